"""How a column's moments are written: every way that all of its values fit is tried on all rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from windvane.cli.propose.kinds import snake
from windvane.errors import DataError, NaiveTimestamp, WrongType
from windvane.spec.reading import Reading
from windvane.stores.event_times import moments

HOUR = 3_600_000_000
"""Microseconds."""
_HEAD = 500
_DATES = (
    *("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%m.%d.%Y", "%m-%d-%Y", "%d-%m-%Y", "%m/%d/%y", "%d/%m/%y"),
    *("%d.%m.%y", "%b %d %Y", "%b %d, %Y", "%B %d %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%Y", "%Y.%m.%d"),
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", " %H:%M:%S %z")
_OFFSET = re.compile(r"(?:[zZ]|UTC|[+-]\d\d:?\d\d)$")
_LIKE = "write times like 2024-03-01T12:00:00Z"


class Form:
    """One way in which a column's moments may be written, and what all rows say of it.

    Args:
        options: What the source has to be told.
        naive: Whether the moments name no zone of their own.
        zone: The zone that the column's type names.
    """

    def __init__(self, options: dict[str, Any], *, naive: bool, zone: str = "UTC") -> None:
        self.options = options
        self.naive = naive
        self.zone = zone
        self.error: DataError | None = None
        self.ordered = True
        self.on_the_hour = True
        """Whether all moments are full hours, as dates are."""
        self.hours: Counter[int] = Counter()
        """Rows of each hour since 1970."""
        self.known: Counter[int] = Counter()
        """Rows of each hour whose outcome is known."""
        self.low = self.high = 0
        self._last: int | None = None

    @property
    def day_or_month(self) -> bool:
        """Whether the same text could be read with day and month the other way round."""
        return any(one in self.options.get("format", "") for one in ("%m/%d", "%d/%m", "%m-%d-", "%d-%m", "%m.%d"))

    def read(self, values: pd.Series[Any], where: str, column: str) -> pd.Series[Any] | None:
        """Return the moments; None where they are not written so."""
        if self.error is None:
            try:
                return moments(values, where, column, Reading(**self.options))
            except DataError as error:
                self.error = error
        return None

    def see(self, found: pd.Series[Any], known: Any) -> None:
        """Count a piece's moments.

        Args:
            found: The moments, none missing.
            known: Of which rows the outcome is known.
        """
        if not len(found):
            return
        stamps = found.astype("datetime64[us, UTC]").astype("int64").to_numpy()
        hours = stamps // HOUR
        self.on_the_hour &= not bool((stamps % HOUR).any())
        for counter, chosen in ((self.hours, hours), (self.known, hours[known])):
            labels, counts = np.unique(chosen, return_counts=True)
            counter.update(dict(zip(labels.tolist(), counts.tolist(), strict=True)))
        first = self._last is None
        self.ordered &= bool((np.diff(stamps) >= 0).all()) and (self._last is None or self._last <= int(stamps[0]))
        self._last = int(stamps[-1])
        low, high = int(stamps.min()), int(stamps.max())
        self.low, self.high = (low, high) if first else (min(low, self.low), max(high, self.high))


def forms_of(values: pd.Series[Any], where: str, timezone: str | None, *, columnar: bool) -> list[Form]:
    """Return the ways in which the first values may be written, the likeliest first.

    Args:
        values: The first rows' values, none missing.
        where: File and column, for messages.
        timezone: The zone of moments that name none, as the user said; None is UTC.
        columnar: Whether the file is Parquet or Feather, whose texts a source wants to be told of.

    Raises:
        WrongType: They are no moments.
        NaiveTimestamp: Some name a zone, and others do not.
    """
    local = {"zone": timezone or "UTC"}
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        zone = str(values.dtype.tz)
        return [Form({}, naive=False, zone=zone if "/" in zone else "UTC")]
    if types.is_datetime64_any_dtype(values.dtype):
        return [Form(local, naive=True)]
    kind = types.infer_dtype(values, skipna=True)
    if kind in ("date", "datetime", "datetime64"):
        aware = getattr(values.iloc[0], "tzinfo", None) is not None
        return [Form({} if aware else local, naive=not aware)]
    head = values.head(_HEAD)
    texts = head.astype(str).str.strip()
    numbers = pd.to_numeric(texts, errors="coerce") if kind != "boolean" else pd.Series([np.nan])
    if numbers.notna().all() and len(numbers):
        found = list(_of_numbers(numbers, str(values.name), local))
        if found:
            return found
    elif kind == "string":
        found = list(_of_texts(texts, where, local, columnar=columnar))
        if found:
            return found
    raise WrongType(f"{where}: {texts.iloc[0]!r:.60} is no moment that can be read", _LIKE)


def _of_numbers(numbers: pd.Series[Any], name: str, local: dict[str, str]) -> Iterator[Form]:
    """Yield calendar numbers (2013, 201302, 20130228) and counts since 1970 by their size."""
    whole = bool((numbers % 1 == 0).all())
    for form, low, high in (("%Y", 1000, 2199), ("%Y%m", 180_001, 219_912), ("%Y%m%d", 18_000_101, 21_991_231)):
        if whole and numbers.between(low, high).all() and _parses(numbers.astype("int64").astype(str), form):
            yield Form({"format": form, **local}, naive=True)
            return
    if whole and {"year", "yr"} & set(snake(name).split("_")) and numbers.between(0, 99).all() and numbers.max() > 9:
        yield Form({"format": "%y", **local}, naive=True)
    for unit, least in (("s", 1e8), ("ms", 1e11), ("us", 1e14), ("ns", 1e17)):
        if numbers.between(least, 1_000 * least).all():
            yield Form({"unit": unit}, naive=False)
            return


def _of_texts(texts: pd.Series[Any], where: str, local: dict[str, str], *, columnar: bool) -> Iterator[Form]:
    zoned = texts.str.contains(_OFFSET, regex=True)
    if texts.str.match(r"\d{4}-\d\d-\d\d").all():
        times = texts.str.len() > 10  # an offset needs a time before it
        zoned &= times
        if zoned.any() and not zoned.all():
            first = texts[~zoned].iloc[0]
            raise NaiveTimestamp(f"{where}: {first!r} has no time zone, others have one", "write all of them with one")
        naive = not zoned.any()
        yield Form(local if naive or columnar else {}, naive=naive)
        return
    for date, clock in product(_DATES, _CLOCKS):
        if _parses(texts, date + clock):
            aware = "%z" in clock
            yield Form({"format": date + clock, **({} if aware else local)}, naive=not aware)


def _parses(texts: pd.Series[Any], form: str) -> bool:
    try:
        for text in texts.unique():
            datetime.strptime(text, form)  # noqa: DTZ007 (only whether it can be read)
    except ValueError:
        return False
    return True


def best(forms: list[Form]) -> Form:
    """Return the way that all rows fit; of several the one by which the file is in the order of time.

    Raises:
        WrongType: None is.
    """
    left = [form for form in forms if form.error is None]
    if not left:
        error = forms[0].error
        assert error is not None
        raise type(error)(error.cause, _LIKE)
    return next((form for form in left if form.ordered), left[0])
