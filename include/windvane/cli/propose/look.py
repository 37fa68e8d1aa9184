"""Look at a file of data without reading more than a bounded sample of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from windvane.errors import MissingColumn, NaiveTimestamp, SourceFailed, TooFewRows, UnexpectedColumn, WrongType, nearest

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_ROWS = 200_000
LEAST_ROWS = 100
SUFFIXES: dict[str, Literal["csv", "parquet"]] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
ISO_ZONE = r"(?:[zZ]|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class Sample:
    """What was seen of a file.

    Args:
        path: The file.
        kind: How it is read.
        frame: At most `SAMPLE_ROWS` rows: a CSV file's first ones, a Parquet file's from all over it.
        whole: True when that is all of it.
    """

    path: Path
    kind: Literal["csv", "parquet"]
    frame: pd.DataFrame
    whole: bool

    def column(self, name: str, role: str) -> pd.Series:
        """Return a column that the user named.

        Raises:
            MissingColumn: With the nearest match.
        """
        if name not in self.frame.columns:
            known = nearest(name, [str(column) for column in self.frame.columns])
            raise MissingColumn(f"{self.path} has no column {name!r} for the {role}{known}", "name a column of the file")
        return self.frame[name]


@dataclass(frozen=True)
class Times:
    """The event times of a sample.

    Args:
        moments: One a row, UTC.
        form: `aware` when the file's type carries the zone, `text` for ISO 8601 text with offsets, `naive` and
            `naive_text` for clock times that had to be told their zone.
        timezone: The zone of the file's type, or the one it was told.
    """

    moments: pd.Series[pd.Timestamp]
    form: Literal["aware", "text", "naive", "naive_text"]
    timezone: str


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
        raise SourceFailed(f"{path} is neither CSV nor Parquet by its name", f"name one that ends in {', '.join(SUFFIXES)}")
    try:
        frame, whole = _csv(path) if kind == "csv" else _parquet(path)
    except (OSError, ValueError) as error:  # what pandas and pyarrow raise on broken files derives from these
        told = str(error).partition("\n")[0] or type(error).__name__
        raise SourceFailed(f"{path} cannot be read as {kind}: {told}", "check the file, or convert it") from error
    if len(frame) < LEAST_ROWS:
        raise TooFewRows(f"{path} has {len(frame)} rows", f"guessing needs at least {LEAST_ROWS}")
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise UnexpectedColumn(f"{path} has two columns named {twice[0]!r}", "give each column a name of its own")
    return Sample(path, kind, frame, whole)


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
    import pandas as pd

    values = sample.column(column, "event time")
    where = f"{sample.path}, column {column!r}"
    missing = int(values.isna().sum())
    if missing:
        raise WrongType(f"{where}: {missing} rows have no time", "give every row the moment of its event")
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        zone = str(values.dtype.tz)
        return Times(values.dt.tz_convert("UTC"), "aware", timezone or (zone if "/" in zone else "UTC"))
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return Times(_localized(values, timezone, where), "naive", timezone or "UTC")
    texts = values.astype(str)
    if pd.api.types.is_numeric_dtype(values.dtype) or not texts.str.match(r"\d{4}-\d\d").all():
        first = texts[~texts.str.match(r"\d{4}-\d\d[-\dT :.]*")].head(1).tolist() or [texts.iloc[0]]
        raise WrongType(f"{where}: {first[0]!r} is no ISO 8601 timestamp", "write times like 2024-03-01T12:00:00Z")
    try:
        zoned = texts.str.contains(ISO_ZONE, regex=True)
        if zoned.all():
            return Times(pd.to_datetime(texts, format="ISO8601", utc=True), "text", timezone or "UTC")
        if zoned.any():
            first = texts[~zoned].iloc[0]
            raise NaiveTimestamp(f"{where}: {first!r} has no time zone, others have one", "write all of them with one")
        clock = pd.to_datetime(texts, format="ISO8601")
    except (ValueError, OverflowError) as error:
        raise WrongType(f"{where}: {error}", "write times like 2024-03-01T12:00:00Z") from None
    return Times(_localized(clock, timezone, where), "naive_text", timezone or "UTC")


def _localized(clock: pd.Series, timezone: str | None, where: str) -> pd.Series:
    """Read clock times in the zone the user named; of an hour that comes twice, take the second."""
    if timezone is None:
        cause = f"{where}: {clock.iloc[0]} and all others have no time zone"
        raise NaiveTimestamp(cause, "say which zone they are in: --timezone UTC, or --timezone Europe/Berlin")
    return clock.dt.tz_localize(timezone, ambiguous=False, nonexistent="shift_forward").dt.tz_convert("UTC")


def _csv(path: Path) -> tuple[pd.DataFrame, bool]:
    import pandas as pd

    frame = pd.read_csv(path, nrows=SAMPLE_ROWS + 1)
    return frame.head(SAMPLE_ROWS), len(frame) <= SAMPLE_ROWS


def _parquet(path: Path) -> tuple[pd.DataFrame, bool]:
    """Read the head of every row group, so that a long file is seen from its start to its end."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path, pre_buffer=False) as file:
        flat = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
        groups = max(file.metadata.num_row_groups, 1)
        chosen = range(0, groups, max(1, groups // 200))
        quota = SAMPLE_ROWS if groups == 1 else max(1, SAMPLE_ROWS // len(chosen))
        heads = [
            next(file.iter_batches(batch_size=quota, row_groups=[group], columns=flat), None) for group in chosen
        ]
        table = pa.Table.from_batches([head for head in heads if head is not None], schema=None if any(heads) else None)
        return table.to_pandas(), table.num_rows == file.metadata.num_rows
