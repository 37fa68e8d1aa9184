"""Sources that are files: CSV and Parquet, read in pieces and cut to a window by event time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from windvane.errors import MissingColumn, NaiveTimestamp, SourceFailed, WindvaneError, WrongType, nearest
from windvane.spec import Model
from windvane.windows import Window

CHUNK_ROWS = 100_000
"""Rows of a CSV file that are read at a time."""

_OFFSET = re.compile(r":\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)$")
_MOMENT = "write moments with their offset, such as 2013-02-28T06:00:00Z or 2013-02-28 06:00:00+01:00"


def read_files(model: Model, window: Window, base: Path) -> pd.DataFrame:
    """Return the rows of a window from the files that match the source's pattern, in the order of their names.

    A CSV file's categories, keys and multiclass targets stay the text they are (`007`); other columns become numbers
    or booleans where all their values in the window are. pandas' usual words (`NA`, `null`, nothing) are missing.

    Raises:
        SourceFailed: No file matches, one cannot be read, or they have different columns.
        MissingColumn, WrongType, NaiveTimestamp: Event times cannot be told.
    """
    pattern = Path(model.source.path).expanduser()
    top = Path(pattern.anchor) if pattern.anchor else base
    within = str(pattern.relative_to(pattern.anchor)) if pattern.anchor else str(pattern)
    paths = sorted(path for path in top.glob(within) if path.is_file())
    if not paths:
        cause = f"{model.name} {window}: no file matches {base / pattern}"
        raise SourceFailed(cause, "correct the pattern, or the working folder")
    read = _csv if model.source.kind == "csv" else _parquet
    frames: list[pd.DataFrame] = []
    for path in paths:
        frames += _guarded(read, path, model, window)
        columns, first = list(frames[-1].columns), list(frames[0].columns)
        if set(columns) != set(first):
            told = ", ".join(sorted(set(columns) ^ set(first), key=str))
            cause = f"{model.name} {window}: {path} and {paths[0]} do not have the same columns: {told}"
            raise SourceFailed(cause, "give all files the same columns, or narrow the pattern")
    some = [frame for frame in frames if len(frame)] or frames[:1]
    rows = pd.concat(some, ignore_index=True)
    return _typed(rows, model) if model.source.kind == "csv" else rows


def _guarded(
    read: Callable[[Path, Model, Window], Iterator[pd.DataFrame]], path: Path, model: Model, window: Window
) -> list[pd.DataFrame]:
    try:
        return list(read(path, model, window))
    except WindvaneError:
        raise
    except Exception as error:  # whatever a damaged file makes pandas or Arrow raise
        cause = f"{model.name} {window}: cannot read {path}: {type(error).__name__}: {error}"
        raise SourceFailed(cause, "mend the file, or narrow the pattern") from error


def _csv(path: Path, model: Model, window: Window) -> Iterator[pd.DataFrame]:
    """Yield the window's rows of a CSV file as text, a piece a chunk."""
    with pd.read_csv(path, dtype=str, chunksize=CHUNK_ROWS) as chunks:
        for chunk in chunks:
            _refuse_without_time(list(chunk.columns), path, model, window)
            times = _moments(chunk[model.event_time], path, model, window)
            chunk[model.event_time] = times
            yield chunk[((times >= window.start) & (times < window.end)) | times.isna()]


def _parquet(path: Path, model: Model, window: Window) -> Iterator[pd.DataFrame]:
    """Yield the window's rows of a Parquet file; row groups that end before it or begin after it are not read."""
    name = model.event_time
    schema = pq.read_schema(path)
    _refuse_without_time([*schema.names], path, model, window)
    kind = schema.field(name).type
    if not pa.types.is_timestamp(kind):
        cause = f"{model.name} {window}: {path}: event time {name!r} is stored as {kind}"
        raise WrongType(cause, "store it as a timestamp with a time zone")
    if kind.tz is None:
        cause = f"{model.name} {window}: {path}: event time {name!r} is stored as {kind}, without a time zone"
        raise NaiveTimestamp(cause, "store it as a timestamp with a time zone")
    field = pc.field(name)
    start, end = (pa.scalar(moment, type=kind) for moment in (window.start, window.end))
    inside = ((field >= start) & (field < end)) | field.is_null()
    yield pq.read_table(path, filters=inside, pre_buffer=False).to_pandas()


def _refuse_without_time(columns: list[Any], path: Path, model: Model, window: Window) -> None:
    if model.event_time not in columns:
        cause = f"{model.name} {window}: {path} has no event time column {model.event_time!r}"
        cause += nearest(model.event_time, map(str, columns))
        raise MissingColumn(cause, "correct event_time in the spec, or the file")


def _moments(texts: pd.Series[str], path: Path, model: Model, window: Window) -> pd.Series[pd.Timestamp]:
    """Return event times in UTC; missing ones stay missing."""
    where = f"{model.name} {window}: {path}: event time {model.event_time!r}"
    known = texts.dropna().str.strip().str.replace(r"\s*UTC$", "Z", regex=True)
    moments = pd.to_datetime(known, utc=True, format="ISO8601", errors="coerce")
    wrong = known[moments.isna()]
    if len(wrong):
        cause = f"{where} cannot be read in {len(wrong):,} rows, first {wrong.iloc[0]!r} in row {wrong.index[0] + 1:,}"
        raise WrongType(cause, _MOMENT)
    naive = known[~known.str.contains(_OFFSET, regex=True)]
    if len(naive):
        cause = (
            f"{where} has no time zone in {len(naive):,} rows, first {naive.iloc[0]!r} in row {naive.index[0] + 1:,}"
        )
        raise NaiveTimestamp(cause, _MOMENT)
    return moments.astype("datetime64[us, UTC]").reindex(texts.index)


def _typed(rows: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Return rows of text with the columns that are not declared as text turned into numbers where they can be."""
    text = {model.key, model.event_time, *model.features.categories}
    if model.task == "multiclass":
        text.add(model.target)
    return rows.assign(**{name: _numbers(rows[name]) for name in rows.columns if name not in text})


def _numbers(texts: pd.Series[str]) -> pd.Series[Any]:
    """Return numbers or booleans when every value is one; else the text, for the check that will name it."""
    words = texts.str.strip().str.lower()
    if words.isin(["true", "false"]).any() and (words.isin(["true", "false"]) | words.isna()).all():
        return words.map({"true": True, "false": False})
    try:
        return pd.to_numeric(texts)
    except (ValueError, TypeError):
        return texts
