"""Files of data, read a piece at a time as a source of their kind would read them."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.ipc
from pyarrow.parquet import ParquetFile

from windvane.cli.propose.dialect import dialect_of
from windvane.errors import SourceFailed, UnexpectedColumn, WindvaneError
from windvane.spec.reading import Reading
from windvane.spec.source import FORMATS, Format
from windvane.stores.columnar import UNNAMED, frame_of, schema_of

PIECE = 50_000
"""Rows that are looked at at a time."""
SUFFIXES: dict[str, Format] = {**FORMATS, ".tsv": "csv", ".pq": "parquet"}
"""Formats by how names end; of the last two a spec says the format by its verb."""
_NAMES = {"csv": "CSV", "parquet": "Parquet", "json": "JSON", "feather": "Feather", "excel": "Excel"}


@dataclass(frozen=True)
class Files:
    """The files that are looked at.

    Args:
        pattern: What the user named: a file, or a pattern of several.
        paths: The files, sorted.
        kind: How they are read.
        options: What their source has to be told.
        nested: Columns of lists and structures, which are not read.
    """

    pattern: str
    paths: tuple[Path, ...]
    kind: Format
    options: dict[str, Any] = field(default_factory=dict)
    nested: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.pattern

    @property
    def reading(self) -> Reading:
        """How they are read, as the source will be told."""
        return Reading(**self.options)

    def pieces(self) -> Iterator[pd.DataFrame]:
        """Yield the rows, whatever they are; of CSV files all values are text.

        Raises:
            SourceFailed: A file is not readable as what its name says, or the files have different columns.
            UnexpectedColumn: Two columns have one name.
        """
        first: list[str] | None = None
        for path in self.paths:
            for frame in self._guarded(path):
                names = [str(name) for name in frame.columns]
                twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
                if twice is not None:
                    raise UnexpectedColumn(f"{path} has two columns named {twice!r}", "give each a name of its own")
                first = first or names
                if self.kind != "json" and set(names) != set(first):
                    odd = ", ".join(sorted(set(names) ^ set(first)))
                    cause = f"{path} and {self.paths[0]} do not have the same columns: {odd}"
                    raise SourceFailed(cause, "name files of one kind, or begin with those that have the same columns")
                yield frame

    def _guarded(self, path: Path) -> Iterator[pd.DataFrame]:
        known = f"{path} cannot be read as {_NAMES[self.kind]}"
        try:
            yield from self._raw(path)
        except SourceFailed as error:
            raise SourceFailed(f"{known}: {error.cause}", error.remedy) from None
        except WindvaneError:
            raise
        except Exception as error:  # whatever a damaged file makes pandas, Arrow or openpyxl raise
            message = str(error).partition("\n")[0] or type(error).__name__
            raise SourceFailed(f"{known}: {message}", "check the file, or convert it") from error

    def _raw(self, path: Path) -> Iterator[pd.DataFrame]:
        reading = self.reading
        if self.kind == "csv":
            from windvane.stores.delimited import Delimited

            yield from Delimited(path, path.name, "init", reading, PIECE).frames(lambda _: False, "")
        elif self.kind == "json":
            from windvane.stores.json_rows import frames

            yield from frames(path, path.name, reading, PIECE)
        elif self.kind == "excel":
            from windvane.stores.workbooks import frames as cells

            yield from cells(path, path.name, reading, PIECE)
        elif self.kind == "parquet":
            with ParquetFile(path, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=PIECE, columns=_flat(file.schema_arrow)):
                    yield frame_of(pa.Table.from_batches([batch]))
        else:
            with path.open("rb") as stream, pyarrow.ipc.open_file(stream) as reader:
                for number in range(reader.num_record_batches):
                    table = pa.table(reader.get_batch(number)).select(_flat(reader.schema))
                    yield from (frame_of(table.slice(at, PIECE)) for at in range(0, table.num_rows, PIECE))


def files_of(pattern: str) -> Files:
    """Return the files that a user named, and how they are written.

    Raises:
        SourceFailed: There is none, or one is of another kind, or not readable as what its name says.
    """
    matched = glob.glob(pattern, recursive=True)  # noqa: PTH207 (as the user wrote it: also with `..`, or from the root)
    paths = tuple(Path(one) for one in sorted(matched) if Path(one).is_file())
    if not paths and Path(pattern).is_file():
        paths = (Path(pattern),)
    if not paths:
        raise SourceFailed(f"{pattern} is not a file", "name a file of rows, or a pattern such as 'data/*.csv'")
    kinds = {path: _kind(path) for path in paths}
    if len(set(kinds.values())) > 1:
        raise SourceFailed(f"{pattern} matches files of several kinds", "narrow the pattern to files of one kind")
    kind = kinds[paths[0]]
    nested: tuple[str, ...] = ()
    options: dict[str, Any] = {}
    try:
        if kind == "csv":
            options = dialect_of(paths[0])
        elif kind in ("parquet", "feather"):
            schema = schema_of(paths[0], kind)
            nested = tuple(one.name for one in schema if one.name not in _flat(schema) and UNNAMED not in one.name)
    except (OSError, EOFError, ValueError) as error:  # what gzip and pyarrow raise on broken files derives from these
        message = str(error).partition("\n")[0] or type(error).__name__
        cause = f"{paths[0]} cannot be read as {_NAMES[kind]}: {message}"
        raise SourceFailed(cause, "check the file, or convert it") from error
    return Files(pattern, paths, kind, options, nested)


def _kind(path: Path) -> Format:
    for suffix, kind in SUFFIXES.items():
        if path.name.lower().endswith(suffix):
            return kind
    known = ", ".join(SUFFIXES)
    raise SourceFailed(f"{path} is of no known kind by its name", f"name one that ends in {known}")


def _flat(schema: pa.Schema) -> list[str]:
    return [one.name for one in schema if not pa.types.is_nested(one.type) and not one.name.startswith(UNNAMED)]
