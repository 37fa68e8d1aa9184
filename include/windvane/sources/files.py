"""Rows from files, here or on S3: CSV, Parquet, JSON, Feather and Excel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from windvane.spec.places import bucket_and_key
from windvane.spec.source import Source, SourceKind

if TYPE_CHECKING:
    from windvane.spec import Model
    from windvane.windows import Window

_ALL = frozenset(
    {"columns", "optional", "defaults", "values", "ignore", "zone", "unit", "format", "moments", "parts", "hive"}
)
_DIALECT = frozenset({"separator", "decimal", "thousands", "quote", "encoding", "header", "integers"})


class _Files(SourceKind):
    reads: ClassVar[frozenset[str]] = _ALL

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

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:
        """Yield the window's rows; see `SourceKind.read`."""
        from windvane.stores.files import read_files

        yield from read_files(model, window, base, connections)


class CsvSource(_Files):
    """Rows from CSV files that match a pattern."""

    name: ClassVar[str] = "csv"
    reads: ClassVar[frozenset[str]] = _ALL | _DIALECT | {"missing", "skip"}


class ParquetSource(_Files):
    """Rows from Parquet files that match a pattern."""

    name: ClassVar[str] = "parquet"


class FeatherSource(_Files):
    """Rows from Feather (Arrow IPC) files that match a pattern."""

    name: ClassVar[str] = "feather"


class JsonSource(_Files):
    """Rows from files of JSON lines, or of one JSON list, that match a pattern."""

    name: ClassVar[str] = "json"
    reads: ClassVar[frozenset[str]] = _ALL | {"encoding"}


class ExcelSource(_Files):
    """Rows from a sheet of the workbooks that match a pattern."""

    name: ClassVar[str] = "excel"
    reads: ClassVar[frozenset[str]] = _ALL | {"missing", "skip", "sheet"}
