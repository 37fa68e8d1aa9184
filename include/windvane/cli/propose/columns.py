"""Sort a sample's columns into features and those left out, each with a reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from windvane.cli.propose.kinds import is_named_like_a_key, kind_of, snake
from windvane.cli.propose.leaks import leaks
from windvane.lifecycle.wording import shown
from windvane.spec import Task

MOST_CATEGORIES = 50
_CODES = frozenset(
    [
        *("zip", "zipcode", "postcode", "postal", "code", "store", "shop", "branch", "region", "district", "county"),
        *("state", "month", "weekday", "dow", "dayofweek", "hour", "quarter", "season", "type", "kind", "category"),
        *("class", "group", "cluster", "segment", "channel", "sector", "industry", "dept", "department", "item"),
        *("product", "sku", "route", "station", "device", "plan", "status"),
    ]
)
"""Words in the names of columns whose whole numbers are names."""
_NAMES = frozenset(
    [
        *("id", "key", "uuid", "guid", "zip", "zipcode", "postcode", "postal", "code", "no", "nr", "number", "fips"),
        *("person", "customer", "user", "client", "patient", "subject", "household", "account", "firm", "company"),
        *("county", "country", "city", "flight", "train", "vehicle", "machine", "sensor", "school", "hospital"),
    ]
)
"""Words in the names of columns whose whole numbers never measure, however many there are."""
_PARTS = {"year": {"year", "yr"}, "month": {"month", "mon", "mo", "mnth"}, "day": {"day", "dom", "mday"}}
"""Parts of a date that go on with the time, and the words in the names of columns that hold them."""
_CYCLES = {"year": pd.Timedelta.max, "month": pd.Timedelta(days=730), "day": pd.Timedelta(days=92)}
"""After how long all values of a part of a date were seen more than once."""
_ALIKE_ROWS = 5_000
_ALIKE_COLUMNS = 200


@dataclass(frozen=True)
class Number:
    """A numeric feature: what is expected of it, from the sample with slack."""

    name: str
    low: float
    high: float
    present: float
    """Least share of rows with a value."""


@dataclass(frozen=True)
class Category:
    """A feature with few values that are names."""

    name: str
    values: tuple[str, ...]
    present: float
    code: bool = False
    """Whether its values are whole numbers."""


@dataclass(frozen=True)
class LeftOut:
    """A column that is no feature, and why."""

    name: str
    why: str


def names_something(name: str) -> bool:
    """Return whether a column is called as what names something, such as a store or a person, and measures nothing."""
    return _is_named(name, _CODES | _NAMES)


def sort_columns(
    frame: pd.DataFrame,
    target: pd.Series[Any],
    task: Task,
    *,
    time: pd.Series[Any] | None = None,
    key: Sequence[str] = (),
) -> tuple[list[Number], list[Category], list[LeftOut]]:
    """Sort columns into numbers, categories, and those left out.

    Args:
        frame: The sample without key, event time and target.
        target: The target of the same rows, missing where unknown.
        task: What the target is.
        time: The event times of the same rows.
        key: The columns that identify a row together.
    """
    kinds = {name: kind_of(frame[name]) for name in frame.columns}
    useless = {name: why for name in frame.columns if (why := _useless(frame[name], kinds[name], time))}
    rest = frame[[name for name in frame.columns if name not in useless]]
    names = [name for name in rest.columns if name in key]  # who a row is of may say much, and was known before
    names += [
        name for name in rest.columns if any(dict(_alike(rest[[one, name]], kinds)) for one in names if one != name)
    ]
    leaking = leaks(rest.drop(columns=list(set(names))), target, task, kinds)
    same = dict(_alike(rest.drop(columns=list(leaking)), kinds))
    numbers: list[Number] = []
    categories: list[Category] = []
    left_out: list[LeftOut] = []
    for name in frame.columns:
        why = useless.get(name) or leaking.get(name) or same.get(name)
        values = frame[name]
        named = kinds[name] == "number" and (name in key or _is_code(values))
        if named and not why and values.nunique() > MOST_CATEGORIES:
            why = f"a part of the key, {values.nunique():,} of them: the size of the number says nothing"
        if why:
            left_out.append(LeftOut(str(name), why))
        elif kinds[name] == "number" and not named:
            numbers.append(_number(values))
        else:
            found = sorted({_word(value) for value in values.dropna()})
            categories.append(Category(str(name), tuple(found), _present(values), kinds[name] == "number"))
    return numbers, categories, left_out


def _word(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _whole(values: pd.Series[Any]) -> bool:
    """True of whole numbers, also where a missing one made them fractions."""
    if values.dtype.kind in "iu":
        return True
    return values.dtype.kind == "f" and bool((values.dropna() % 1 == 0).all()) and bool(values.isna().any())


def _is_code(values: pd.Series[Any]) -> bool:
    """True of whole numbers that name something, such as a store or a month: their size says nothing."""
    return _is_named(str(values.name), _CODES | _NAMES) and _whole(values) and values.nunique() <= MOST_CATEGORIES


def _is_named(name: str, words: frozenset[str]) -> bool:
    parts = [part.rstrip("0123456789") for part in snake(name).split("_")]
    return bool(words & set(parts)) or any(part.endswith(("code", "id", "fips")) and len(part) > 4 for part in parts)


def _useless(values: pd.Series[Any], kind: str, time: pd.Series[Any] | None) -> str | None:
    """Return why a column cannot be a feature as it is."""
    if kind == "time":
        return "a moment; make something of it in features.make, such as days since"
    if kind == "other":
        return "neither number nor text"
    distinct = values.nunique()
    if distinct == 0:
        return "empty"
    if distinct == 1 and values.notna().all():
        return f"always {shown(values.iloc[0]):.40}"
    if kind == "text":
        if distinct > 0.9 * values.notna().sum():
            return "another value in nearly every row, like an identifier"
        if distinct > MOST_CATEGORIES:
            if _dated(values):
                return "a moment as text; make something of it in features.make, such as days since"
            return f"text with {distinct:,} different values, more than {MOST_CATEGORIES}"
        return _stretches(values, time)
    if np.isinf(values.astype(float)).any():
        return "holds infinite numbers; mend them in rows"
    return _counting(values, distinct, time)


def _counting(values: pd.Series[Any], distinct: int, time: pd.Series[Any] | None) -> str | None:
    """Return why whole numbers are names, or nothing but the time."""
    whole, name = _whole(values), str(values.name)
    if whole and distinct == len(values) and (values.is_monotonic_increasing or is_named_like_a_key(name)):
        return "another value in every row, like an identifier"
    if time is not None and (why := _follows(values, time) or (_stretches(values, time) if whole else None)):
        return why
    if whole and distinct > MOST_CATEGORIES and _is_named(name, _NAMES):
        return f"names something, {distinct:,} of them: the size of the number says nothing"
    if time is not None and whole:
        return _calendar(values, snake(name), time)
    return None


def _follows(values: pd.Series[Any], time: pd.Series[Any]) -> str | None:
    """Return why a column only says when: its numbers grow with the time, or it is 1 in a single year."""
    years = time.dt.year
    if values.nunique() > 2:
        moments = time.astype("int64").to_numpy().astype(float)
        same = _proportional(values.astype(float).to_numpy(), moments)
        return "says the same as the event time: later rows have values that were never seen" if same else None
    flags = values.astype(float)
    if set(flags.dropna()) == {0.0, 1.0} and years.nunique() > 2 and years[flags == 1].nunique() == 1:
        only = years[flags == 1].iloc[0]
        if bool((flags[years == only] == 1).all()):
            return f"1 in all of {only}, and in no other year: it says nothing of later rows"
    return None


def _stretches(values: pd.Series[Any], time: pd.Series[Any] | None) -> str | None:
    """Return why a column only says when: each of its values has a stretch of time of its own, as `2024-01` has."""
    if time is None or values.isna().any() or not 2 < values.nunique() <= len(values) / 2:
        return None
    codes = values.iloc[time.to_numpy().argsort(kind="stable")].factorize()[0]
    once = int((np.diff(codes) != 0).sum()) == values.nunique() - 1
    return "follows from the event time: later rows have values that were never seen" if once else None


def _calendar(values: pd.Series[Any], name: str, time: pd.Series[Any]) -> str | None:
    """Return why a part of the event time's date is none to learn from: later rows have ones that were never seen."""
    span = time.max() - time.min()
    for part, words in _PARTS.items():
        if span >= _CYCLES[part]:  # all of its values were seen, again and again
            continue
        found = getattr(time.dt, part)
        alike = float((found == values).mean())
        if alike > 0.99 or (alike > 0.6 and words & set(name.split("_"))):  # the same of another zone's calendar
            return f"the {part} of the event time: later rows have ones that were never seen"
    return None


def _dated(values: pd.Series[Any]) -> bool:
    head = values.dropna().astype(str).head(200)
    return bool(head.str.match(r"\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}").all())


def _alike(frame: pd.DataFrame, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the columns that say the same as an earlier one: in another unit, or in other words."""
    sample = frame.iloc[:: max(1, len(frame) // _ALIKE_ROWS)]
    seen: dict[str, tuple[Any, Any]] = {}
    for name in list(sample.columns)[:_ALIKE_COLUMNS]:
        values = sample[name]
        codes: Any = values.factorize(use_na_sentinel=False)[0]
        if codes.max(initial=0) > len(codes) / 2:  # values that hardly repeat are alike only as numbers are
            codes = None
        line = values.astype(float).to_numpy() if kinds[name] == "number" and values.nunique() > 2 else None
        for other, (known, other_line) in seen.items():
            if codes is not None and known is not None and bool((codes == known).all()):
                yield str(name), f"says the same as {other!r}"
                break
            if line is not None and other_line is not None and _proportional(line, other_line):
                yield str(name), f"says the same as {other!r}, in another unit"
                break
        else:
            seen[str(name)] = (codes, line)


def _proportional(one: Any, other: Any) -> bool:
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < max(20, 0.5 * len(one)) or not one[known].std() or not other[known].std():
        return False
    return abs(float(np.corrcoef(one[known], other[known])[0, 1])) > 0.99999


def _number(values: pd.Series[Any]) -> Number:
    numbers = values.dropna().astype(float)
    low, high = float(numbers.min()), float(numbers.max())
    if {low, high} <= {0.0, 1.0}:
        return Number(str(values.name), 0.0, 1.0, _present(values))
    slack = (high - low) / 2
    wide_low = 0.0 if low >= 0 else _rounded(low - slack, math.floor)
    return Number(str(values.name), wide_low, _rounded(high + slack, math.ceil), _present(values))


def _present(values: pd.Series[Any]) -> float:
    """Return the least share of rows with a value that is still no surprise, in hundredths."""
    share = float(values.notna().mean())
    return max(0.0, math.floor(100 * (share - max(0.05, (1 - share) / 2))) / 100)


def _rounded(value: float, direction: Callable[[float], int]) -> float:
    """Round outwards to two significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{direction(value / unit) * unit:.2g}")
