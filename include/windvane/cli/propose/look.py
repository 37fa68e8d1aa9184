"""Look at files of data: all rows once, a piece at a time, and a sample of them that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from windvane.cli.propose.dialect import words_among
from windvane.cli.propose.distinct import Distinct
from windvane.cli.propose.kinds import kind_of
from windvane.cli.propose.pieces import Rows, files_of
from windvane.cli.propose.time_columns import Time, time_of
from windvane.cli.propose.time_forms import Form, best, forms_of
from windvane.errors import MissingColumn, TooFewRows, WrongType, nearest
from windvane.spec.reading import Reading
from windvane.stores.delimited import USUAL, booleans, kinds_of, numbers
from windvane.stores.time_parts import joined

SAMPLE_ROWS = 200_000
SAMPLE_VALUES = 20_000_000
LEAST_ROWS = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """What was seen of the files.

    Args:
        files: The files.
        frame: A sample of the rows, drawn alike from all over the files, in their order.
        rows: Rows of all files.
        time: The column of the event time.
        moments: The sample's event times, UTC.
        form: How all event times are written, and how many rows each hour has.
        unique: Columns that never repeat a value and never miss one, in all rows.
        unique_times: Whether no event time is repeated.
        parts: The columns that the event time is made of, if it is no column itself.
        alternatives: Other columns that hold moments too.
    """

    files: Rows
    frame: pd.DataFrame
    rows: int
    time: str
    moments: pd.Series[Any]
    form: Form
    unique: frozenset[str]
    unique_times: bool
    parts: tuple[str, ...] = field(default=())
    alternatives: tuple[str, ...] = field(default=())

    @property
    def whole(self) -> bool:
        """True when the sample is all of the rows."""
        return self.rows == len(self.frame)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first and the last event time."""
        low, high = (_EPOCH + timedelta(microseconds=one) for one in (self.form.low, self.form.high))
        return low, high

    def column(self, name: str, role: str) -> pd.Series[Any]:
        """Return a column that the user named.

        Raises:
            MissingColumn: With the nearest match.
        """
        _refuse_missing(self.files, name, role, self.frame.columns)
        return self.frame[name]

    def are_unique(self, columns: list[str]) -> bool:
        """Return whether several columns together never repeat themselves, in all rows."""
        if self.frame[columns].isna().any().any() or self.frame.duplicated(columns).any():
            return False
        if self.whole:
            return True
        seen = Distinct()
        for piece in self.files.pieces():
            seen.add_hashes(pd.util.hash_pandas_object(piece[columns], index=False).to_numpy())
            if not seen.holds:
                return False
        return seen.unique


def look(rows: str | Rows, target: str, time: str | Sequence[str] | None, timezone: str | None) -> Sample:
    """Read files once from beginning to end.

    Args:
        rows: A file, a folder, a pattern of several, or what was found of them.
        target: The column to predict.
        time: The column of the event time, or the columns of its parts; None: those that hold moments.
        timezone: The zone of moments that name none, as the user said.

    Raises:
        SourceFailed: A file is absent, of another kind, or not readable as what its name says.
        TooFewRows: There is too little to guess from.
        MissingColumn: No column is called so, or none holds moments.
        WrongType, NaiveTimestamp: The event times cannot be read.
        UnexpectedColumn: Two columns have one name.
    """
    given = (time,) if isinstance(time, str) else tuple(time or ())
    return _Pass(files_of(rows) if isinstance(rows, str) else rows, target, given, timezone).run()


class _Pass:
    """One reading of all rows."""

    def __init__(self, files: Rows, target: str, given: tuple[str, ...], timezone: str | None) -> None:
        self.files = files
        self.target = target
        self.given = given
        self.time: Time | None = None
        self.timezone = timezone
        self.forms: list[Form] = []
        self.rows = 0
        self.distinct: dict[str, Distinct] = {}
        self.times = Distinct()
        self._random = np.random.default_rng(0)
        self._held: list[pd.DataFrame] = []
        self._ranks: list[Any] = []
        self._limit = 1.0

    def run(self) -> Sample:
        for piece in self.files.pieces():
            if len(piece):
                self._see(piece)
        if self.rows < LEAST_ROWS:
            cause = f"{self.files} has {self.rows} rows"
            raise TooFewRows(cause, f"guessing needs at least {LEAST_ROWS}")
        assert self.time is not None
        form, time = best(self.forms), self.time.name
        self._cut(self._most())
        frame = pd.concat(self._held).sort_index()
        found = form.read(frame[time], str(self.files), time)
        assert found is not None
        if self.files.kind == "csv":
            frame = self._without_words(frame)
            frame = _typed(frame, self.files.reading, time)
        unique = frozenset(name for name, seen in self.distinct.items() if seen.unique)
        times, other = self.times.unique, self.time.alternatives
        return Sample(self.files, frame, self.rows, time, found, form, unique, times, self.time.parts, other)

    def _see(self, piece: pd.DataFrame) -> None:
        piece = piece.set_axis(pd.RangeIndex(self.rows, self.rows + len(piece)), axis=0)
        if self.time is None:
            self.time = self._begin(piece)
        piece = self._parted(piece, self.time)
        if not self.rows:
            self._prepare(piece, self.time)
        self._count_times(piece[self.time.name], self.time.name, self._known(piece.get(self.target)))
        for name, seen in self.distinct.items():
            if seen.holds:
                seen.add(piece[name]) if name in piece.columns else seen.repeat()
        self.rows += len(piece)
        ranks = self._random.random(len(piece))
        self._held.append(piece[ranks < self._limit])
        self._ranks.append(ranks[ranks < self._limit])
        if sum(map(len, self._held)) > 2 * self._most():
            self._cut(self._most())

    def _begin(self, piece: pd.DataFrame) -> Time:
        for name, role in ((self.target, "target"), *((one, "event time") for one in self.given)):
            _refuse_missing(self.files, name, role, piece.columns)
        return time_of(piece, str(self.files), self.target, self.given)

    def _parted(self, piece: pd.DataFrame, time: Time) -> pd.DataFrame:
        """Return a piece with the event time that is made of several columns."""
        if not time.parts:
            return piece
        for name in time.parts:
            _refuse_missing(self.files, name, "event time", piece.columns)
        return piece.assign(**{time.name: joined(piece[list(time.parts)], str(self.files))})

    def _prepare(self, piece: pd.DataFrame, time: Time) -> None:
        values = piece[time.name].dropna()
        where = f"{self.files}, column {time.name!r}"
        if not len(values):
            raise WrongType(f"{where}: no row has a time", "give every row the moment of its event")
        if time.form:
            self.forms = [Form({"format": time.form, "zone": self.timezone or "UTC"}, naive=True)]
        else:
            columnar = self.files.kind in ("parquet", "feather")
            self.forms = forms_of(values, where, self.timezone, columnar=columnar)
        if time.parts:
            for form in self.forms:
                form.options = {"parts": {time.name: list(time.parts)}, **form.options}
        for name in piece.columns:
            kind = kind_of(piece[name])
            whole = kind == "number" and piece[name].dtype.kind in "iu"
            if whole or kind == "text":
                self.distinct[str(name)] = Distinct()

    def _count_times(self, values: pd.Series[Any], name: str, known: Any) -> None:
        where = f"{self.files}, column {name!r}"
        missing = int(values.isna().sum())
        if missing:
            raise WrongType(f"{where}: {missing} rows have no time", "give every row the moment of its event")
        for number, form in enumerate(self.forms):
            found = form.read(values, str(self.files), name)
            if found is not None:
                form.see(found, known)
                if number == 0:
                    self.times.add_hashes(pd.util.hash_array(found.astype("int64").to_numpy()))
        best(self.forms)

    def _known(self, values: Any) -> Any:
        if values is None:
            return np.zeros(0, dtype=bool)
        there = values.notna()
        return (there & ~values.isin(USUAL)).to_numpy() if self.files.kind == "csv" else there.to_numpy()

    def _without_words(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the sample without the signs for a missing number that come late in the files; the source is told."""
        found = {one for name in frame.columns for one in words_among(frame[name].dropna().astype(str).tolist())}
        options = self.files.options
        if found - set(options.get("missing", ())):
            there = {one for name in frame.columns for one in USUAL[1:] if (frame[name] == one).any()}
            options["missing"] = sorted(found | there | set(options.get("missing", ())))
            return frame.mask(frame.isin(options["missing"]))
        return frame

    def _most(self) -> int:
        return max(1_000, min(SAMPLE_ROWS, SAMPLE_VALUES // max(1, len(self._held[0].columns))))

    def _cut(self, most: int) -> None:
        """Keep the rows of the least ranks: any row of the files is as likely among them as any other."""
        frame, ranks = pd.concat(self._held), np.concatenate(self._ranks)
        if len(ranks) > most:
            self._limit = float(np.partition(ranks, most)[most])
            frame, ranks = frame[ranks < self._limit], ranks[ranks < self._limit]
        self._held, self._ranks = [frame], [ranks]


def _typed(frame: pd.DataFrame, reading: Reading, time: str) -> pd.DataFrame:
    """Return texts as the CSV source would: with leading zeros, or `NA` as a word, they are what they say."""
    columns: dict[Any, Any] = {}
    for name in frame.columns:
        values = frame[name]
        kinds = set(kinds_of(values, reading))
        padded = values.str.match(r"[+-]?0[0-9]").any()
        known: dict[str, Any] = {"booleans": booleans, "numbers": numbers}
        convert = known.get(*kinds) if len(kinds) == 1 and not padded and name != time else None
        if not kinds and not values.notna().any():
            convert = numbers
        columns[name] = convert(values, reading) if convert else values
    return pd.DataFrame(columns, index=frame.index)


def _refuse_missing(files: Rows, name: str, role: str, columns: Iterable[object]) -> None:
    known = [str(column) for column in columns]
    if name not in known:
        raise MissingColumn(
            f"{files} has no column {name!r} for the {role}{nearest(name, known)}", "name a column of the file"
        )
