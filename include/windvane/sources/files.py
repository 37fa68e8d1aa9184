"""Rows from files, here or on S3: CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from windvane.spec.places import bucket_and_key
from windvane.spec.source import Source, SourceKind

if TYPE_CHECKING:
    from windvane.spec import Model
    from windvane.windows import Window


class _Files(SourceKind):
    @classmethod
    def connects(cls, source: Source) -> Literal["none", "optional", "required"]:
        """Return `optional` for objects on S3."""
        return "optional" if source.path.startswith("s3://") else "none"

    @classmethod
    def check(cls, source: Source) -> None:
        """Refuse a pattern that is empty, or names no bucket."""
        if not source.path.strip():
            raise ValueError("path: the file pattern is empty")
        if source.path.startswith("s3://"):
            bucket_and_key(source.path, pattern=True)


class CsvSource(_Files):
    """Rows from CSV files that match a pattern."""

    name: ClassVar[str] = "csv"

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:
        """Yield the window's rows; see `SourceKind.read`."""
        from windvane.stores.files import read_csv

        yield from read_csv(model, window, base, connections)


class ParquetSource(_Files):
    """Rows from Parquet files that match a pattern."""

    name: ClassVar[str] = "parquet"

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:
        """Yield the window's rows; see `SourceKind.read`."""
        from windvane.stores.files import read_parquet

        yield from read_parquet(model, window, base, connections)
