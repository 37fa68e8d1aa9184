"""Sources that are files, here or on S3, read in pieces and cut to a window by event time.

A file counts for a window only by the rows that it has in it: what another month's file looks like changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pandas as pd

from windvane.errors import (
    MissingColumn,
    NaiveTimestamp,
    SourceFailed,
    UnexpectedColumn,
    WindvaneError,
    WrongType,
    nearest,
)
from windvane.spec import Key, Model
from windvane.stores import delimited
from windvane.stores.columnar import batches_of, schema_of
from windvane.stores.event_times import NO_ZONE, moments
from windvane.stores.file_forms import how_to_find, refuse_other_form
from windvane.stores.places import Place, place_of
from windvane.stores.time_parts import with_moments
from windvane.stores.translating import translated
from windvane.windows import Window

if TYPE_CHECKING:
    from windvane.stores.connections import Connections

CHUNK_ROWS = 50_000
"""Rows of a file that are read at a time."""
_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def read_files(model: Model, window: Window, base: Path, connections: Connections) -> Iterator[pd.DataFrame]:
    """Yield the rows of a window from the files that match the source's pattern, in the order of their names.

    Of CSV files, categories, keys and multiclass targets stay the text they are (`007`, `NA`); other columns become
    numbers or booleans where all their values in the window are.

    Raises:
        SourceFailed: No file matches, one cannot be read, or they have different columns.
        MissingColumn, WrongType, NaiveTimestamp: Event times cannot be read.
        UnexpectedColumn: Two columns of a file have one name.
    """
    place = place_of(model, window, base, connections)
    names = place.names()
    if not names:
        cause = f"{model.name} {window}: no file matches {place}"
        raise SourceFailed(cause, "correct the pattern, or the working folder")

    def read() -> Iterator[pd.DataFrame]:
        return _each(place, names, model, window)

    yield from _typed(read, model) if model.source.kind == "csv" else read()


def _each(place: Place, names: Sequence[str], model: Model, window: Window) -> Iterator[pd.DataFrame]:
    """Yield the rows of all files; those with rows in the window have the same columns, in any order."""
    first: list[Any] | None = None
    beside, empty = "", None
    for name in names:
        with place.opened(name) as path:
            for frame in _guarded(_File(path, name, model, window)):
                if not len(frame):
                    empty = frame if empty is None else empty
                    continue
                if first is None:
                    first, beside = list(frame.columns), name
                if set(frame.columns) != set(first):
                    message = ", ".join(sorted(set(frame.columns) ^ set(first), key=str))
                    cause = f"{model.name} {window}: {name} and {beside} do not have the same columns: {message}"
                    remedy = (
                        "tell the source which columns may be absent, optional=[…], or give all files the same ones"
                    )
                    raise SourceFailed(cause, remedy)
                yield frame if list(frame.columns) == first else frame[first]
    if first is None and empty is not None:
        yield empty


def _guarded(file: _File) -> Iterator[pd.DataFrame]:
    try:
        yield from file.frames()
    except WindvaneError:
        raise
    except Exception as error:  # whatever a damaged file makes pandas or Arrow raise
        cause = f"{file.where}: cannot read {file.name}: {type(error).__name__}: {error}"
        raise SourceFailed(cause, "mend the file, or narrow the pattern") from error


class _File:
    """A file of a source, and what the spec says of it."""

    def __init__(self, path: Path, name: str, model: Model, window: Window) -> None:
        self.path = path
        self.name = name
        self.where = f"{model.name} {window}"
        self._model = model
        self._window = window
        self._reading = model.source.reading
        self._folders = partitions(name) if self._reading.hive else {}

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield the window's rows, with the columns as the spec calls them."""
        for frame in self._raw():
            ours = self._renamed(frame)
            where = f"{self.where}: {self.name}"
            times = moments(ours[self._model.event_time], where, self._model.event_time, self._reading, self._window)
            ours[self._model.event_time] = times
            if self._model.key_parts == Key.ROW:
                position = (ours.index + 1).astype("str")
                ours[self._model.key] = pd.Series(f"{_label(self.name, self._model)}:" + position, ours.index)
            inside = ours[((times >= self._window.start) & (times < self._window.end)) | times.isna()].copy()
            for column in self._reading.moments:
                if column in inside.columns:
                    inside[column] = moments(inside[column], where, column, self._reading)
            yield translated(inside, self._reading, where, as_text=self._model.source.kind == "csv")

    def _raw(self) -> Iterator[pd.DataFrame]:
        kind = self._model.source.kind
        refuse_other_form(self.path, f"{self.where}: {self.name}", kind, self._reading.encoding)
        if kind == "csv":
            file = delimited.Delimited(self.path, self.name, self.where, self._reading, CHUNK_ROWS)
            yield from file.frames(self._elsewhere, self._theirs(self._model.event_time))
        elif kind == "json":
            from windvane.stores.json_rows import frames

            yield from frames(self.path, f"{self.where}: {self.name}", self._reading, CHUNK_ROWS)
        elif kind == "excel":
            from windvane.stores.workbooks import frames as cells

            yield from cells(self.path, f"{self.where}: {self.name}", self._reading, CHUNK_ROWS)
        else:
            yield from self._columnar(kind)

    def _columnar(self, kind: str) -> Iterator[pd.DataFrame]:
        schema = schema_of(self.path, kind)
        self._refuse_twice(schema.names)
        if self._model.event_time in self._reading.parts:
            yield from batches_of(self.path, kind, "", self._window, self._reading, CHUNK_ROWS, whole=True)
            return
        column = self._theirs(self._model.event_time)
        self._refuse_without_time(column, schema.names)
        stored = str(schema.field(column).type)
        if "string" in stored and not (self._reading.format or self._reading.zone or self._reading.unit):
            cause = f"{self.where}: {self.name}: event time {column!r} is stored as {stored}"
            remedy = "store it as a timestamp with a time zone, or tell the source how it is written, format='%Y-%m-%d'"
            raise WrongType(cause, remedy)
        if stored.startswith("timestamp") and "tz=" not in stored and not self._reading.zone:
            cause = f"{self.where}: {self.name}: event time {column!r} is stored as {stored}, without a time zone"
            raise NaiveTimestamp(cause, NO_ZONE)
        yield from batches_of(
            self.path, kind, column, self._window, self._reading, CHUNK_ROWS, whole=self._model.key_parts == Key.ROW
        )

    def _elsewhere(self, text: str) -> bool:
        """True when a text is surely a moment outside the window."""
        try:
            found = moments(
                pd.Series([text], dtype="str"), self.where, self._model.event_time, self._reading, self._window
            )
        except WindvaneError:
            return False
        return not bool(found.isna()[0]) and not self._window.start <= found[0] < self._window.end

    def _theirs(self, column: str) -> str:
        """Return what the file calls a column."""
        return next((theirs for theirs, ours in self._reading.columns.items() if ours == column), column)

    def _renamed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a piece with the spec's names, the columns of its folders, and those that may be absent."""
        said = self._reading
        self._refuse_twice(list(frame.columns))
        for name, value in self._folders.items():
            if name in frame.columns:
                cause = f"{self.where}: {self.name} has a column {name!r}, and lies in a folder that names one"
                raise UnexpectedColumn(cause, "take hive=True out, or the column out of the file")
            frame[name] = pd.Series(value, index=frame.index, dtype="str")
        kept = frame[[name for name in frame.columns if name not in said.ignore]]
        for theirs, ours in said.columns.items():
            if theirs in kept.columns and ours in kept.columns:
                cause = f"{self.where}: {self.name} has a column {ours!r}, and {theirs!r}, which is to be called so"
                raise UnexpectedColumn(cause, f"tell the source to ignore={[ours]}, or choose another name")
        kept = kept.rename(columns=said.columns)
        if said.parts:
            kept = with_moments(kept, said, f"{self.where}: {self.name}", self._model.delivered)
        if "*" in said.ignore:
            kept = kept[[name for name in kept.columns if name in self._model.delivered]]
        self._refuse_without_time(self._model.event_time, list(kept.columns))
        text = self._model.source.kind == "csv"
        return filled(kept, self._model, as_text=text).copy()

    def _refuse_twice(self, names: list[Any]) -> None:
        twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
        if twice is not None:
            cause = f"{self.where}: {self.name} has two columns named {twice!r}"
            raise UnexpectedColumn(cause, "give each column of the file a name of its own")

    def _refuse_without_time(self, column: str, names: Sequence[Any]) -> None:
        if column not in names:
            cause = f"{self.where}: {self.name} has no event time column {column!r}{nearest(column, map(str, names))}"
            remedy = "correct event_time in the spec, rename it by columns={…}, or mend the file"
            raise MissingColumn(cause, how_to_find(column, list(map(str, names)), self._model.source.kind) or remedy)


def filled(frame: pd.DataFrame, model: Model, *, as_text: bool = False) -> pd.DataFrame:
    """Return rows with the columns that may be absent, and are: missing, or what the source says.

    Args:
        frame: The rows, with the spec's names.
        model: The spec.
        as_text: Whether all its values are text still.
    """
    said = model.source.reading
    absent = [name for name in (*said.optional, *said.defaults) if name not in frame.columns]
    numbers = {*model.features.from_source} - {*model.features.categories}
    for name in absent:
        value = said.defaults.get(name)
        if value is None:
            number = name in numbers and not as_text
            column = pd.Series(None, index=frame.index, dtype="float64" if number else "str" if as_text else "object")
        else:
            column = pd.Series([str(value) if as_text else value] * len(frame), index=frame.index)
            column = column.astype("str") if as_text else column
        frame = frame.assign(**{name: column})
    return frame


def _label(name: str, model: Model) -> str:
    """Return a file's name below the folder that the pattern names, the same on every machine."""
    parts = Path(model.source.path).expanduser().parts
    fixed = next((number for number, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts) - 1)
    below = len(parts) - fixed if "**" not in parts else 0
    if below:
        return "/".join(Path(name).parts[-below:])
    folder = "/".join(parts[:fixed])
    return name.rpartition(f"{folder}/")[2] if folder else name


def partitions(name: str) -> dict[str, str | None]:
    """Return what the folders of a file say: `month=2024-01/part.parquet` is a column `month`."""
    found: dict[str, str | None] = {}
    for part in Path(name).parent.parts:
        column, sign, value = part.partition("=")
        if sign and column:
            found[unquote(column)] = None if value == _NO_PARTITION else unquote(value)
    return found


def _typed(read: Callable[[], Iterator[pd.DataFrame]], model: Model) -> Iterator[pd.DataFrame]:
    """Yield rows of text with the columns that are not declared as text turned into numbers where all their values are.

    What a column holds is known when all its rows were seen. Few rows are kept until then; many are read again.
    """
    reading = model.source.reading
    numbers = {*model.features.from_source} - {*model.features.categories}
    text = {model.key, *model.key_parts, model.event_time, *reading.moments, *model.features.categories} - numbers
    if model.task == "multiclass":
        text.add(model.target)
    else:
        numbers.add(model.target)
    kinds: dict[str, set[str]] = {}
    held: list[pd.DataFrame] | None = []
    rows = 0
    for frame in read():
        for name in frame.columns:
            if name not in text and name not in reading.integers:
                kinds.setdefault(name, set()).update(delimited.kinds_of(frame[name], reading))
        rows += len(frame)
        if held is not None:
            held = [*held, frame] if rows <= CHUNK_ROWS else None
    for frame in read() if held is None else held:
        changed = {name: _values(frame[name], found, model, number=name in numbers) for name, found in kinds.items()}
        where = f"{model.name}: {model.source.path}"
        changed |= {
            name: delimited.integers(frame[name], where, name) for name in reading.integers if name in frame.columns
        }
        yield frame.assign(**changed)


def _values(texts: pd.Series[Any], kinds: set[str], model: Model, *, number: bool) -> pd.Series[Any]:
    """Return texts as values, by all that a window's rows hold; what is of several kinds stays text, for the check."""
    reading = model.source.reading
    if kinds == {"booleans"}:
        return delimited.booleans(texts, reading)
    if kinds == {"numbers"} or (kinds and number and kinds <= {"numbers", "padded"}):
        return delimited.numbers(texts, reading)
    if not kinds and (number or not texts.notna().any()):
        return delimited.numbers(texts, reading)
    return texts
