"""Look at a file of data without reading more than a bounded sample of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetFile

from windvane.errors import (
    MissingColumn,
    NaiveTimestamp,
    SourceFailed,
    TooFewRows,
    UnexpectedColumn,
    WrongType,
    nearest,
)
from windvane.stores.columnar import UNNAMED, frame_of

SAMPLE_ROWS = 200_000
LEAST_ROWS = 100
SUFFIXES: dict[str, Literal["csv", "parquet"]] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
Form = Literal["aware", "text", "naive", "naive_text"]
ISO_ZONE = r"(?:[zZ]|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class Sample:
    """What was seen of a file.

    Args:
        path: The file.
        kind: How it is read.
        frame: At most `SAMPLE_ROWS` rows: a CSV file's first ones, a Parquet file's from all over it.
        rows: Rows of the whole file; None when that would take reading it.
        nested: Columns of lists and structures, which are not in the frame.
    """

    path: Path
    kind: Literal["csv", "parquet"]
    frame: pd.DataFrame
    rows: int | None
    nested: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True when the sample is all of the file."""
        return self.rows == len(self.frame)

    def column(self, name: str, role: str) -> pd.Series:
        """Return a column that the user named.

        Raises:
            MissingColumn: With the nearest match.
        """
        if name not in self.frame.columns:
            known = nearest(name, [str(column) for column in self.frame.columns])
            raise MissingColumn(
                f"{self.path} has no column {name!r} for the {role}{known}", "name a column of the file"
            )
        return self.frame[name]


@dataclass(frozen=True)
class Times:
    """The event times of a sample.

    Args:
        moments: One a row, UTC.
        form: `aware` when the file's type carries the zone, `text` for ISO 8601 text with offsets, `naive` and
            `naive_text` for clock times that had to be given their zone.
        timezone: The zone of the file's type, or the one it was given.
        span: The first and the last moment, of the whole file where that is known without reading all of it.
    """

    moments: pd.Series[pd.Timestamp]
    form: Form
    timezone: str
    span: tuple[datetime, datetime]


def read_sample(path: Path) -> Sample:
    """Read a bounded sample of a CSV or Parquet file.

    Raises:
        SourceFailed: The file is absent, of another kind, or not readable as what its name says.
        TooFewRows: There is too little to guess from.
        UnexpectedColumn: Two columns have one name.
    """
    kind = next((kind for suffix, kind in SUFFIXES.items() if path.name.lower().endswith(suffix)), None)
    if not path.is_file():
        raise SourceFailed(f"{path} is not a file", "name a CSV or Parquet file")
    if kind is None:
        raise SourceFailed(
            f"{path} is neither CSV nor Parquet by its name", f"name one that ends in {', '.join(SUFFIXES)}"
        )
    try:
        frame, rows, nested = _csv(path) if kind == "csv" else _parquet(path)
    except SourceFailed as error:  # what the strict reader of CSV refuses
        raise SourceFailed(f"{path} cannot be read as {kind}: {error.cause}", error.remedy) from None
    except (OSError, ValueError) as error:  # what pandas and pyarrow raise on broken files derives from these
        message = str(error).partition("\n")[0] or type(error).__name__
        raise SourceFailed(f"{path} cannot be read as {kind}: {message}", "check the file, or convert it") from error
    if len(frame) < LEAST_ROWS:
        raise TooFewRows(f"{path} has {len(frame)} rows", f"guessing needs at least {LEAST_ROWS}")
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise UnexpectedColumn(f"{path} has two columns named {twice[0]!r}", "give each column a name of its own")
    return Sample(path, kind, frame, rows, nested)


def read_times(sample: Sample, column: str, timezone: str | None) -> Times:
    """Understand the event times.

    Args:
        sample: The file's sample.
        column: The column that holds them.
        timezone: The zone that clock times without one are in, when the user said.

    Raises:
        WrongType: The column holds no timestamps, or misses some.
        NaiveTimestamp: The times have no zone, and none was said.
    """
    values = sample.column(column, "event time")
    where = f"{sample.path}, column {column!r}"
    missing = int(values.isna().sum())
    if missing:
        raise WrongType(f"{where}: {missing} rows have no time", "give every row the moment of its event")
    form, zone = _form(values, where)
    zone = timezone or zone
    ends = _ends(sample, column) if form in ("aware", "naive") and not sample.whole else None
    try:
        moments, ends = (_moments(found, form, timezone, where) for found in (values, values if ends is None else ends))
    except (ValueError, OverflowError) as error:
        raise WrongType(f"{where}: {error}", "write times like 2024-03-01T12:00:00Z") from None
    return Times(moments, form, zone, (ends.min().to_pydatetime(), ends.max().to_pydatetime()))


def _form(values: pd.Series, where: str) -> tuple[Form, str]:
    """Return how times are written, and the zone that their type names."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        zone = str(values.dtype.tz)
        return "aware", zone if "/" in zone else "UTC"
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return "naive", "UTC"
    texts = values.astype(str)
    dated = texts.str.match(r"\d{4}-\d\d-\d\d")
    if pd.api.types.is_numeric_dtype(values.dtype) or not dated.all():
        first = texts[~dated].iloc[0]
        raise WrongType(f"{where}: {first!r} is no ISO 8601 timestamp", "write times like 2024-03-01T12:00:00Z")
    zoned = texts.str.contains(ISO_ZONE, regex=True)
    if zoned.any() and not zoned.all():
        first = texts[~zoned].iloc[0]
        raise NaiveTimestamp(f"{where}: {first!r} has no time zone, others have one", "write all of them with one")
    return ("text" if zoned.any() else "naive_text"), "UTC"


def _moments(values: pd.Series, form: Form, timezone: str | None, where: str) -> pd.Series:
    """Return times in UTC; of an hour that a clock shows twice, the second is taken."""
    utc: pd.Series
    if form == "text":
        utc = pd.to_datetime(values, format="ISO8601", utc=True)
    elif form == "aware":
        utc = values.dt.tz_convert("UTC")
    else:
        clock = values if form == "naive" else pd.to_datetime(values.astype(str), format="ISO8601")
        if timezone is None:
            cause = f"{where}: {clock.iloc[0]} and all others have no time zone"
            raise NaiveTimestamp(cause, "say which zone they are in: --timezone UTC, or --timezone Europe/Berlin")
        utc = clock.dt.tz_localize(timezone, ambiguous=False, nonexistent="shift_forward").dt.tz_convert("UTC")
    return utc


def _ends(sample: Sample, column: str) -> pd.Series | None:
    """Return the earliest and the latest value of a long Parquet file's column, read a batch at a time."""
    if sample.kind == "csv":
        return None
    with ParquetFile(sample.path, pre_buffer=False) as file:
        found = [pc.min_max(batch.column(0)).as_py() for batch in file.iter_batches(columns=[column])]
    return pd.Series([one for pair in found for one in pair.values() if one is not None])


def _csv(path: Path) -> tuple[pd.DataFrame, int | None, tuple[str, ...]]:
    """Read the first rows as a CSV source would: text with leading zeros, or `NA` as a word, is what it says."""
    from windvane.spec.reading import Reading
    from windvane.stores.delimited import Delimited, booleans, kinds_of, numbers

    reading = Reading()
    file = Delimited(path, path.name, "init", reading, SAMPLE_ROWS + 1)
    texts = next(file.frames(lambda _: False, ""))
    columns: dict[int, Any] = {}
    for position in range(len(texts.columns)):
        values = texts.iloc[:, position]
        kinds = set(kinds_of(values, reading))
        padded = values.str.match(r"[+-]?0[0-9]").any()
        known: dict[str, Any] = {"booleans": booleans, "numbers": numbers}
        convert = known.get(*kinds) if len(kinds) == 1 and not padded else None
        columns[position] = convert(values, reading) if convert else values
        if not kinds and not values.notna().any():
            columns[position] = numbers(values, reading)
    frame = pd.DataFrame(columns)
    frame.columns = pd.Index(texts.columns)
    return frame.head(SAMPLE_ROWS), len(frame) if len(frame) <= SAMPLE_ROWS else None, ()


def _parquet(path: Path) -> tuple[pd.DataFrame, int | None, tuple[str, ...]]:
    """Read the head of every row group, so that a long file is seen from its start to its end."""
    with ParquetFile(path, pre_buffer=False) as file:
        named = [field for field in file.schema_arrow if not field.name.startswith(UNNAMED)]
        flat = [field.name for field in named if not pa.types.is_nested(field.type)]
        groups = max(file.metadata.num_row_groups, 1)
        chosen = range(0, groups, max(1, groups // 200))
        quota = max(1, SAMPLE_ROWS // len(chosen))
        batches = [
            batch
            for group in chosen
            for batch in islice(file.iter_batches(batch_size=quota, row_groups=[group], columns=flat), 1)
        ]
        table = pa.Table.from_batches(batches) if batches else file.read(columns=flat)
        nested = tuple(field.name for field in named if field.name not in flat)
        return frame_of(table), file.metadata.num_rows, nested
