"""Moments as other people write them (text, numbers since 1970, clock times without a zone) as moments in UTC."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pandas.api import types

from windvane.errors import DataError, NaiveTimestamp, WrongType
from windvane.spec.reading import Reading
from windvane.windows import Window

STAMP = "datetime64[us, UTC]"
UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""How many of a unit make a second."""

_OFFSET = re.compile(r"[T\s]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)$")
_DIGIT = re.compile(r"\d")
_SEASONS = re.compile(r"\b(CET|MET|EET|WET)\b")
"""Names of winter's clocks that are also names of zones, which change theirs in summer."""
_NAMED_CLOCK = re.compile(r"\d\s*([A-Z]{2,5})$")
_SPAN = re.compile(r"\d{4}\W?[QqWw]\d{1,2}\b|\b[QqWw]\d{1,2}\W?\d{4}")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_MOMENT = (
    "write moments with their offset, such as 2013-02-28T06:00:00Z or 2013-02-28 06:00:00+01:00, or tell the source "
    "how they are written: format='%d.%m.%Y %H:%M', and whose clock that is: zone='UTC'"
)
NO_ZONE = "tell the source whose clock it is, zone='UTC' or zone='Europe/Berlin', or store moments with a time zone"
NO_UNIT = (
    "tell the source what it counts, unit='s' (or ms, us, ns) since 1970, or format='%Y' (%Y%m%d) for calendar numbers"
)


def moments(
    values: pd.Series[Any], where: str, column: str, reading: Reading, window: Window | None = None
) -> pd.Series[pd.Timestamp]:
    """Return moments in UTC; missing ones stay missing.

    Args:
        values: A column as it came. Its index counts the rows, for messages.
        where: Model, window and file, for messages.
        column: What the column is called.
        reading: Zone, unit and format.
        window: Where it is given, a time that the zone's clocks skipped, and that is surely of another window, is some
            moment outside it. What stands in another month's rows is not this window's matter.

    Raises:
        WrongType: A value is no moment.
        NaiveTimestamp: A moment has no zone, and none was said.
    """
    found: pd.Series[pd.Timestamp] = _Column(values, f"{where}: event time {column!r}", reading, window).moments()
    return found


class _Column:
    def __init__(self, values: pd.Series[Any], where: str, reading: Reading, window: Window | None) -> None:
        self.values = values
        self.where = where
        self.reading = reading
        self.window = window

    def moments(self) -> Any:
        values = self.values
        if types.is_datetime64_any_dtype(values.dtype):
            return values.dt.tz_convert("UTC").astype(STAMP) if values.dt.tz is not None else self._local(values)
        known = values.dropna()
        if not len(known):
            return pd.Series(pd.NaT, index=values.index, dtype=STAMP)
        if types.is_bool_dtype(known.dtype):
            raise self._wrong(WrongType, known, "cannot be read", _MOMENT)
        if types.is_numeric_dtype(known.dtype):
            return self._numbers(known)
        kind = types.infer_dtype(known, skipna=True)
        if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
            return self._numbers(known.astype("int64" if kind == "integer" else "float64"))
        if kind == "string":
            return self._texts(known.astype("str").str.strip())
        return self._objects(known)

    def _objects(self, known: pd.Series[Any]) -> Any:
        """Return Python's own moments and dates; a date is its first moment."""
        wrong = known[[not isinstance(value, date) for value in known]]
        if len(wrong):
            raise self._wrong(WrongType, wrong, "cannot be read", _MOMENT)
        whole = [value if isinstance(value, datetime) else datetime.combine(value, time()) for value in known]
        naive = np.fromiter((value.tzinfo is None for value in whole), bool, len(whole))
        found = pd.Series(pd.NaT, index=known.index, dtype=STAMP)
        if naive.any():
            clock = pd.Series(pd.to_datetime([one for one, is_naive in zip(whole, naive, strict=True) if is_naive]))
            found[naive] = self._local(clock.set_axis(known.index[naive])).dropna().reindex(known.index[naive])
        aware = [one for one, is_naive in zip(whole, naive, strict=True) if not is_naive]
        if aware:
            found[~naive] = pd.to_datetime(aware, utc=True).astype(STAMP)
        return found.reindex(self.values.index)

    def _numbers(self, known: Any) -> Any:
        if self.reading.format:
            whole = known.astype("float64")
            wrong = known[whole != np.floor(whole)]
            if len(wrong):
                raise self._wrong(WrongType, wrong, "is no whole number", f"it is written as {self.reading.format!r}")
            return self._texts(known.astype("int64").astype(str).astype("str"))
        if not self.reading.unit:
            raise self._wrong(WrongType, known, "is a number", NO_UNIT)
        with np.errstate(invalid="ignore"):
            found = pd.to_datetime(known, unit=self.reading.unit, utc=True, errors="coerce")
        if found.isna().any():
            raise self._wrong(
                WrongType, known[found.isna()], "is no moment", f"moments are numbers in {self.reading.unit}"
            )
        return found.astype(STAMP).reindex(self.values.index)

    def _texts(self, known: Any) -> Any:
        form = self.reading.format
        if self.reading.unit:
            numbers = known.str.fullmatch(_NUMBER)
            if not numbers.all():
                raise self._wrong(
                    WrongType, known[~numbers], "is no number", f"moments are numbers in {self.reading.unit}"
                )
            whole = known.str.isdecimal().all() and known.str.len().max() < 19
            return self._numbers(known.astype(object).map(int if whole else float))
        if form is not None and "." not in form:  # a calendar number that some program wrote as a fraction, 2013.0
            known = known.str.replace(r"^(\d+)\.0+$", r"\1", regex=True)
        if form is None:
            self._refuse_numbers(known)
            known = known.str.replace(r"\s*UTC$", "Z", regex=True)
            found = pd.to_datetime(known, utc=True, format="ISO8601", errors="coerce")
            offset = known.str.contains(_OFFSET, regex=True)
        else:
            aware = "%z" in form or "%Z" in form
            found = pd.to_datetime(known, utc=True, format=form, errors="coerce")
            offset = pd.Series(aware, index=known.index)
        found = found.mask(~known.str.contains(_DIGIT, regex=True))  # `now` and `today` would be the clock's
        if found.isna().any():
            unread = known[found.isna()]
            raise self._wrong(WrongType, unread, "cannot be read", _remedy(unread.iloc[0], form))
        if form is not None and "%Z" in form:
            self._refuse_other_season(known, found)
        found = found.astype(STAMP)
        if not offset.all():
            if self.reading.zone is None:
                raise self._wrong(
                    NaiveTimestamp, known[~offset], "has no time zone", _MOMENT if form is None else NO_ZONE
                )
            local = self._local(found[~offset].dt.tz_localize(None), full=False)
            found = found.where(offset, local.reindex(found.index))
        return found.reindex(self.values.index)

    def _local(self, clock: Any, *, full: bool = True) -> Any:
        """Return what a zone's clocks show as moments."""
        known = clock.dropna()
        if not len(known):
            return pd.Series(pd.NaT, index=self.values.index if full else clock.index, dtype=STAMP)
        if self.reading.zone is None:
            raise self._wrong(NaiveTimestamp, known, "has no time zone", NO_ZONE)
        second = np.zeros(len(known), dtype=bool)
        found = known.dt.tz_localize(self.reading.zone, ambiguous=second, nonexistent="NaT")
        limits = self.window and bounds(self.window, self.reading, "naive")
        if limits and found.isna().any():
            elsewhere = found.isna() & ~known.between(*limits)
            found = found.astype(object).where(~elsewhere, known.dt.tz_localize("UTC")).pipe(pd.to_datetime, utc=True)
        if found.isna().any():
            skipped = f"is a time that the clocks of {self.reading.zone} skipped"
            raise self._wrong(
                WrongType, known[found.isna()], skipped, "name the zone that the times are in, such as zone='UTC'"
            )
        moments = found.dt.tz_convert("UTC").astype(STAMP)
        return moments.reindex(self.values.index) if full else moments

    def _refuse_numbers(self, known: Any) -> None:
        """Refuse digits that no source has said the meaning of; eight of them are a day."""
        numbers = known[known.str.fullmatch(_NUMBER)]
        if not numbers.str.fullmatch(r"\d{8}").all():
            raise self._wrong(WrongType, numbers, "cannot be read", NO_UNIT)

    def _refuse_other_season(self, known: Any, found: Any) -> None:
        """Refuse a name of winter's clocks in summer: it is read as a zone, whose clocks show another hour then."""
        names = known.str.extract(_SEASONS, expand=False)
        summer = [
            isinstance(name, str) and bool(ZoneInfo(name).dst(moment.astimezone(ZoneInfo(name))))
            for name, moment in zip(names, found, strict=True)
        ]
        if any(summer):
            remedy = "write offsets (+01:00), or the word itself in format, and whose clock that is: zone='Etc/GMT-1'"
            raise self._wrong(WrongType, known[summer], "names winter's clocks in summer", remedy)

    def _wrong(self, kind: type[DataError], wrong: pd.Series[Any], message: str, remedy: str) -> DataError:
        first = wrong.iloc[0]
        shown = repr(first.item() if isinstance(first, np.generic) else first if isinstance(first, str) else str(first))
        where = f", first {shown:.60} in row {_row(wrong.index[0])}"
        return kind(f"{self.where} {message} in {len(wrong):,} rows{where}", remedy)


def _remedy(text: str, form: str | None) -> str:
    """Return what helps with a text that cannot be read."""
    if _SPAN.search(text):
        return "a week or a quarter is no moment: deliver its first day in the file, or by a source function"
    named = _NAMED_CLOCK.search(text)
    if named and (form is None or "%Z" in form):
        known = form.replace("%Z", named[1]) if form else f"%Y-%m-%d %H:%M:%S {named[1]}"
        return f"name the clocks' zone, and the word in the format: format={known!r}, zone='Europe/Berlin' (or another)"
    return _MOMENT if form is None else f"the source says that it is written as {form!r}"


def _row(label: Any) -> str:
    return f"{int(label) + 1:,}"


def bounds(window: Window, reading: Reading, kind: str) -> tuple[Any, Any] | None:
    """Return between what values a window's moments surely lie, as they are kept; None where that is not known.

    Args:
        window: The window.
        reading: Zone and unit.
        kind: `aware`, `naive` or `number`.
    """
    if kind == "aware":
        return window.start, window.end
    if kind == "naive" and reading.zone:
        zone, slack = ZoneInfo(reading.zone), timedelta(days=1)
        low, high = (moment.astimezone(zone).replace(tzinfo=None) for moment in (window.start, window.end))
        return low - slack, high + slack
    if kind == "number" and reading.unit:
        unit = UNITS[reading.unit]
        low_second, high_second = int(window.start.timestamp()) - 1, int(window.end.timestamp()) + 1
        return low_second * unit, high_second * unit
    return None
