"""Sources that are files, here or on S3: CSV and Parquet, read in pieces and cut to a window by event time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from windvane.errors import MissingColumn, NaiveTimestamp, SourceFailed, WindvaneError, WrongType, nearest
from windvane.spec import Model
from windvane.stores.places import Place, place_of
from windvane.windows import Window

if TYPE_CHECKING:
    from windvane.stores.connections import Connections

    _Reader = Callable[[Path, str, Model, Window], Iterator[pd.DataFrame]]

CHUNK_ROWS = 50_000
"""Rows of a file that are read at a time."""

_NULLABLE = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}

_OFFSET = re.compile(r":\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)$")
_MOMENT = "write moments with their offset, such as 2013-02-28T06:00:00Z or 2013-02-28 06:00:00+01:00"


def read_csv(model: Model, window: Window, base: Path, connections: Connections) -> Iterator[pd.DataFrame]:
    """Yield the rows of a window from the CSV files that match the source's pattern, in the order of their names.

    Categories, keys and multiclass targets stay the text they are (`007`); other columns become numbers or booleans
    where all their values in the window are. pandas' usual words (`NA`, `null`, nothing) are missing.

    Raises:
        SourceFailed: No file matches, one cannot be read, or they have different columns.
        MissingColumn, WrongType, NaiveTimestamp: Event times cannot be read.
    """
    place, names = _found(model, window, base, connections)
    yield from _typed(lambda: _each(_csv, place, names, model, window), model)


def read_parquet(model: Model, window: Window, base: Path, connections: Connections) -> Iterator[pd.DataFrame]:
    """Yield the rows of a window from the Parquet files that match the source's pattern; raises as `read_csv`."""
    place, names = _found(model, window, base, connections)
    yield from _each(_parquet, place, names, model, window)


def _found(model: Model, window: Window, base: Path, connections: Connections) -> tuple[Place, list[str]]:
    place = place_of(model, window, base, connections)
    names = place.names()
    if not names:
        cause = f"{model.name} {window}: no file matches {place}"
        raise SourceFailed(cause, "correct the pattern, or the working folder")
    return place, names


def _each(read: _Reader, place: Place, names: Sequence[str], model: Model, window: Window) -> Iterator[pd.DataFrame]:
    """Yield the rows of all files; they have the same columns, in any order."""
    first: list[Any] | None = None
    for name in names:
        with place.opened(name) as path:
            for frame in _guarded(read, path, name, model, window):
                first = list(frame.columns) if first is None else first
                if set(frame.columns) != set(first):
                    message = ", ".join(sorted(set(frame.columns) ^ set(first), key=str))
                    cause = f"{model.name} {window}: {name} and {names[0]} do not have the same columns: {message}"
                    raise SourceFailed(cause, "give all files the same columns, or narrow the pattern")
                yield frame if list(frame.columns) == first else frame[first]


def _guarded(read: _Reader, path: Path, name: str, model: Model, window: Window) -> Iterator[pd.DataFrame]:
    try:
        yield from read(path, name, model, window)
    except WindvaneError:
        raise
    except Exception as error:  # whatever a damaged file makes pandas or Arrow raise
        cause = f"{model.name} {window}: cannot read {name}: {type(error).__name__}: {error}"
        raise SourceFailed(cause, "mend the file, or narrow the pattern") from error


def _csv(path: Path, name: str, model: Model, window: Window) -> Iterator[pd.DataFrame]:
    """Yield the window's rows of a CSV file as text, a piece a chunk."""
    with pd.read_csv(path, dtype=str, chunksize=CHUNK_ROWS) as chunks:
        for chunk in chunks:
            _refuse_without_time(list(chunk.columns), name, model, window)
            times = moments(chunk[model.event_time], f"{model.name} {window}: {name}", model)
            chunk[model.event_time] = times
            yield chunk[((times >= window.start) & (times < window.end)) | times.isna()]


def _parquet(path: Path, name: str, model: Model, window: Window) -> Iterator[pd.DataFrame]:
    """Yield the window's rows of a Parquet file; row groups that end before it or begin after it are not read."""
    column = model.event_time
    schema = pq.read_schema(path)
    _refuse_without_time([*schema.names], name, model, window)
    kind = schema.field(column).type
    if not pa.types.is_timestamp(kind):
        cause = f"{model.name} {window}: {name}: event time {column!r} is stored as {kind}"
        raise WrongType(cause, "store it as a timestamp with a time zone")
    if kind.tz is None:
        cause = f"{model.name} {window}: {name}: event time {column!r} is stored as {kind}, without a time zone"
        raise NaiveTimestamp(cause, "store it as a timestamp with a time zone")
    field = pc.field(column)
    start, end = (pa.scalar(moment, type=kind) for moment in (window.start, window.end))
    inside = ((field >= start) & (field < end)) | field.is_null()
    lean = ds.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True)
    file = ds.dataset(path, format=ds.ParquetFileFormat(default_fragment_scan_options=lean))
    batches = file.to_batches(
        filter=inside, batch_size=CHUNK_ROWS, batch_readahead=0, fragment_readahead=0, use_threads=False
    )
    yield _frame(file.schema.empty_table())
    for batch in batches:
        yield _frame(pa.table(batch))


def _frame(table: Any) -> pd.DataFrame:
    """Return rows with whole numbers and booleans as such, where some are missing too."""
    frame: pd.DataFrame = table.to_pandas()
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.null_count and column.type in _NULLABLE:
            frame[name] = column.to_pandas(types_mapper=_NULLABLE.get)
    return frame


def _refuse_without_time(columns: list[Any], name: str, model: Model, window: Window) -> None:
    if model.event_time not in columns:
        cause = f"{model.name} {window}: {name} has no event time column {model.event_time!r}"
        cause += nearest(model.event_time, map(str, columns))
        raise MissingColumn(cause, "correct event_time in the spec, or the file")


def moments(texts: pd.Series[str], where: str, model: Model) -> pd.Series[pd.Timestamp]:
    """Return event times in UTC that are written as text with an offset; missing ones stay missing.

    Raises:
        WrongType: A text is no moment.
        NaiveTimestamp: A moment has no offset.
    """
    where = f"{where}: event time {model.event_time!r}"
    known = texts.dropna().str.strip().str.replace(r"\s*UTC$", "Z", regex=True)
    found = pd.to_datetime(known, utc=True, format="ISO8601", errors="coerce")
    wrong = known[found.isna()]
    if len(wrong):
        cause = f"{where} cannot be read in {len(wrong):,} rows, first {wrong.iloc[0]!r} in row {wrong.index[0] + 1:,}"
        raise WrongType(cause, _MOMENT)
    naive = known[~known.str.contains(_OFFSET, regex=True)]
    if len(naive):
        cause = (
            f"{where} has no time zone in {len(naive):,} rows, first {naive.iloc[0]!r} in row {naive.index[0] + 1:,}"
        )
        raise NaiveTimestamp(cause, _MOMENT)
    return found.astype("datetime64[us, UTC]").reindex(texts.index)


def _typed(read: Callable[[], Iterator[pd.DataFrame]], model: Model) -> Iterator[pd.DataFrame]:
    """Yield rows of text with the columns that are not declared as text turned into numbers where all their values are.

    What a column holds is known when all its rows were seen. Few rows are kept until then; many are read again.
    """
    text = {model.key, model.event_time, *model.features.categories}
    if model.task == "multiclass":
        text.add(model.target)
    kinds: dict[str, set[str]] = {}
    held: list[pd.DataFrame] | None = []
    rows = 0
    for frame in read():
        for name in frame.columns:
            if name not in text:
                kinds.setdefault(name, set()).update(_kind(frame[name]))
        rows += len(frame)
        if held is not None:
            held = [*held, frame] if rows <= CHUNK_ROWS else None
    for frame in read() if held is None else held:
        yield frame.assign(
            **{name: _CONVERT.get(frozenset(found), _same)(frame[name]) for name, found in kinds.items()}
        )


def _kind(texts: pd.Series[str]) -> Iterator[str]:
    """Yield what some texts are: `booleans`, `numbers` or `text`; nothing when none is there."""
    known = texts.dropna()
    if not len(known):
        return
    if known.str.strip().str.lower().isin(["true", "false"]).all():
        yield "booleans"
        return
    try:
        pd.to_numeric(known)
    except (ValueError, TypeError):
        yield "text"
    else:
        yield "numbers"


def _booleans(texts: pd.Series[str]) -> pd.Series[Any]:
    return texts.str.strip().str.lower().map({"true": True, "false": False})


def _same(texts: pd.Series[Any]) -> pd.Series[Any]:
    return texts


_CONVERT: dict[frozenset[str], Callable[[pd.Series[Any]], pd.Series[Any]]] = {
    frozenset({"booleans"}): _booleans,
    frozenset({"numbers"}): pd.to_numeric,
    frozenset(): pd.to_numeric,
}
"""How texts become values, by all that a window's rows hold; what is of several kinds stays text, for the check."""
