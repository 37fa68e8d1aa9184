"""Files of data, read a piece at a time as a source of their kind would read them."""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.ipc
from pyarrow.parquet import ParquetFile

from windvane.cli.propose.dialect import dialect_of
from windvane.errors import SourceFailed, UnexpectedColumn, WindvaneError
from windvane.spec.reading import FORMATS, Format, Reading
from windvane.stores.columnar import UNNAMED, frame_of, schema_of
from windvane.stores.connections import EnvironmentConnections
from windvane.stores.files import partitions
from windvane.stores.places import bucket_of
from windvane.stores.temporary import temporary_folder

PIECE = 50_000
"""Rows that are looked at at a time."""
SUFFIXES: dict[str, Format] = {
    **FORMATS,
    ".csv.bz2": "csv",
    ".csv.xz": "csv",
    ".tsv": "csv",
    ".tsv.gz": "csv",
    ".pq": "parquet",
}
"""Formats by how names end; of the last ones a spec says the format by its verb."""
_NAMES = {"csv": "CSV", "parquet": "Parquet", "json": "JSON", "feather": "Feather", "excel": "Excel"}


class Rows(Protocol):
    """Rows that are looked at: of files, or of a table."""

    @property
    def kind(self) -> str:
        """Which kind of source reads them."""
        ...

    @property
    def options(self) -> dict[str, Any]:
        """What their source has to be told."""
        ...

    @property
    def nested(self) -> tuple[str, ...]:
        """Columns of lists and structures, which are not read."""
        ...

    @property
    def reading(self) -> Reading:
        """How they are read, as the source will be told."""
        ...

    def pieces(self) -> Iterator[pd.DataFrame]:
        """Yield the rows."""
        ...


@dataclass(frozen=True)
class Files:
    """The files that are looked at.

    Args:
        pattern: What the user named: a file, or a pattern of several.
        paths: The files, sorted.
        names: What they are called, where they are kept.
        kind: How they are read.
        options: What their source has to be told.
        nested: Columns of lists and structures, which are not read.
    """

    pattern: str
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    kind: Format
    options: dict[str, Any] = field(default_factory=dict)
    nested: tuple[str, ...] = ()
    connection: str | None = None

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
        for path, named in zip(self.paths, self.names, strict=True):
            folders = partitions(named) if self.options.get("hive") else {}
            for whole in self._guarded(path):
                frame = whole.assign(
                    **{one: pd.Series(said, whole.index, dtype="str") for one, said in folders.items()}
                )
                names = [str(name) for name in frame.columns]
                twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
                if twice is not None:
                    raise UnexpectedColumn(f"{named} has two columns named {twice!r}", "give each a name of its own")
                first = first or names
                if self.kind != "json" and set(names) != set(first):
                    odd = ", ".join(sorted(set(names) ^ set(first)))
                    cause = f"{named} and {self.names[0]} do not have the same columns: {odd}"
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
    if Path(pattern).is_dir():
        pattern = _within(pattern)
    matched = glob.glob(pattern, recursive=True)  # noqa: PTH207 (as the user wrote it: also with `..`, or from the root)
    paths = tuple(Path(one) for one in sorted(matched) if Path(one).is_file())
    if not paths and Path(pattern).is_file():
        paths = (Path(pattern),)
    if not paths:
        cause = f"{pattern} is not a file"
        remedy = "name a file of rows, a folder of them, or a pattern such as 'data/*.csv'"
        raise SourceFailed(cause, f"{remedy}; a table by --connection NAME --data TABLE")
    return _looked_at(pattern, paths, tuple(map(str, paths)))


@contextmanager
def objects_of(pattern: str, connection: str | None) -> Iterator[Files]:
    """Give the objects of a bucket that match a pattern, each brought into a temporary folder while the block runs.

    Raises:
        SourceFailed: There is none, or one is of another kind, or not readable as what its name says.
        StorageFailed: The bucket cannot be reached.
    """
    place = bucket_of(pattern, connection, "init", EnvironmentConnections())
    names = tuple(place.names())
    if not names:
        raise SourceFailed(f"no object matches {pattern}", "name a pattern such as 's3://bucket/prefix/*.parquet'")
    with temporary_folder() as folder:
        paths = []
        for number, name in enumerate(names):
            paths.append(folder / f"{number:06}_{Path(name).name}")
            with place.opened(name) as path:
                shutil.copyfile(path, paths[-1])
        yield replace(_looked_at(pattern, tuple(paths), names), connection=connection)


def _within(folder: str) -> str:
    """Return the pattern of the files of a folder, and of those within it, that are of one kind."""
    found: dict[str, int] = {}
    for path in Path(folder).rglob("*"):
        suffix = next((one for one in SUFFIXES if path.name.lower().endswith(one)), None)
        if suffix is not None and path.is_file() and not path.name.startswith((".", "_")):
            found[suffix] = found.get(suffix, 0) + 1
    if len(found) != 1:
        several = f" holds files of several kinds: {', '.join(sorted(found))}" if found else " holds no file of rows"
        raise SourceFailed(f"{folder}{several}", "name a pattern of files of one kind, such as 'data/**/*.csv'")
    return f"{folder.rstrip('/')}/**/*{next(iter(found))}"


def _looked_at(pattern: str, paths: tuple[Path, ...], names: tuple[str, ...]) -> Files:
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
    found = Files(pattern, paths, names, kind, options, nested)
    return replace(found, options={**options, "hive": True}) if _in_folders(found) else found


def _in_folders(files: Files) -> bool:
    """Return whether folders such as `month=2024-01` are columns, which the files do not have themselves."""
    folders = partitions(files.names[0]) if len(files.names) > 1 else {}
    if not folders or "*" not in files.pattern:
        return False
    first = next(files.pieces(), None)
    return first is not None and not set(folders) & set(map(str, first.columns))


def _kind(path: Path) -> Format:
    for suffix, kind in SUFFIXES.items():
        if path.name.lower().endswith(suffix):
            return kind
    known = ", ".join(SUFFIXES)
    raise SourceFailed(f"{path} is of no known kind by its name", f"name one that ends in {known}")


def _flat(schema: pa.Schema) -> list[str]:
    return [one.name for one in schema if not pa.types.is_nested(one.type) and not one.name.startswith(UNNAMED)]
