"""Which column holds the moment of an event, or which columns hold its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from windvane.cli.propose.kinds import kind_of, snake
from windvane.cli.propose.time_forms import forms_of
from windvane.errors import DataError, MissingColumn, WrongType

_TIMES = ("event_time", "timestamp", "datetime", "date_time", "date", "time", "at", "ts", "created_at", "day", "year")
_HEAD = 500
_CALENDAR = 100
"""Ranks of numbers of the calendar begin here."""
_CLOCK = r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[AaPp][Mm])?"
_CLOCKS = frozenset(("time", "clock", "hour", "hr", "hh", "tod"))
_NUMBERS: dict[str, tuple[frozenset[str], int, int]] = {
    "%Y": (frozenset(("year", "yr", "yyyy")), 1000, 2199),
    "%m": (frozenset(("month", "mon", "mo", "mnth", "mm")), 1, 12),
    "%d": (frozenset(("day", "dom", "mday", "dd")), 1, 31),
    "%H": (frozenset(("hour", "hr", "hh")), 0, 23),
    "%M": (frozenset(("minute", "min", "mins")), 0, 59),
}
"""Parts of a moment from the largest to the smallest: words in names, and bounds of the values."""
_OWN = ("at", "moment", "event_time", "at_")


@dataclass(frozen=True)
class Time:
    """Where the event time is.

    Args:
        name: What the event time is called.
        parts: The columns that it is made of; none: it is a column.
        form: How the joined parts are written; empty: as text says by itself.
        alternatives: Other columns that hold moments too.
    """

    name: str
    parts: tuple[str, ...] = ()
    form: str = ""
    alternatives: tuple[str, ...] = ()


def time_of(piece: pd.DataFrame, where: str, target: str, given: Sequence[str]) -> Time:
    """Return where the event time is.

    Args:
        piece: The first rows.
        where: The files, for messages.
        target: The column to predict, which is none.
        given: The columns that the user named: one, or the parts of one; none: guess.

    Raises:
        MissingColumn: No column holds moments.
        WrongType: The columns that the user named are no parts of one.
    """
    if len(given) == 1:
        return Time(given[0])
    if given:
        form = _form_of(piece, given)
        if form is None and not all(kind_of(piece[name]) in ("text", "time") for name in given):
            shown = " and ".join(map(repr, given))
            cause = f"{where}: {shown} are no parts of one moment"
            raise WrongType(cause, "name a date and a clock time, or year, month, day, hour and minute, in this order")
        return Time(_own(piece.columns), tuple(given), form or "")
    found = _moments(piece, target)
    ranked = sorted(found, key=lambda name: (found[name], list(found).index(name)))
    for parts, form in _parted(piece, target, ranked[0] if ranked else None):
        return Time(_own(piece.columns), parts, form, tuple(ranked))
    if not ranked:
        cause = f"{where}: no column is called and looks like the moment of an event"
        raise MissingColumn(cause, "say which column holds the time: --time COLUMN; or add one")
    written = found[ranked[0]] < _CALENDAR  # then numbers of the calendar say less
    return Time(ranked[0], alternatives=tuple(one for one in ranked[1:] if not written or found[one] < _CALENDAR))


def _moments(piece: pd.DataFrame, target: str) -> dict[str, int]:
    """Return the columns that hold moments, each with its rank, the likeliest the lowest."""
    found: dict[str, int] = {}
    for name in (str(one) for one in piece.columns if one != target):
        values = piece[name].dropna().head(_HEAD)
        rank = _TIMES.index(name.lower()) if name.lower() in _TIMES else 90
        if not len(values) or len(values) < piece[name].head(_HEAD).size or kind_of(values) == "other":
            continue
        numeric = kind_of(values) == "number" or pd.to_numeric(values.astype(str), errors="coerce").notna().all()
        if numeric and rank == 90:  # many numbers could be years, or seconds: those that are called so are
            if not {"year", "yr", "yyyy"} & set(snake(name).split("_")) or not _is_years(values):
                continue
            rank += 1
        try:
            forms_of(values, name, "UTC", columnar=False)
        except DataError:
            continue
        found[name] = rank + (_CALENDAR if numeric else 0)  # what is written as a moment comes before a calendar number
    return found


def _parted(piece: pd.DataFrame, target: str, best: str | None) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the columns that say more than the best single one: a date and its clock time, or a year and its months."""
    names = [str(one) for one in piece.columns if one not in (target, best)]
    head = piece.head(_HEAD)
    if best is not None and not _is_number(head[best]):
        if not _is_date(head[best]):
            return
        for name in names:
            if _CLOCKS & set(snake(name).split("_")) and _is_clock(head[name]):
                yield (best, name), ""
        if _is_iso(head[best]):
            hour = next(_named(head, names, "%H"), None)
            if hour:
                yield (best, hour), "%Y-%m-%d %H"
        return
    names = [str(one) for one in piece.columns if one != target]
    parts: list[str] = []
    forms: list[str] = []
    for directive in _NUMBERS:
        found = next(_named(head, names, directive), None)
        if found is None:
            break
        parts.append(found)
        forms.append(_directive(head[found], directive))
    if len(parts) > 1:
        yield tuple(parts), " ".join(forms)


def _named(head: pd.DataFrame, names: Iterable[str], directive: str) -> Iterator[str]:
    """Yield the columns that are called like a part of a moment, and hold such numbers; the plainest names first."""
    words, low, high = _NUMBERS[directive]
    named = [name for name in names if words & set(snake(name).split("_"))]
    for name in sorted(named, key=lambda one: snake(one) not in words):
        numbers = _whole(head[name])
        spelled = directive == "%m" and numbers is None and _is_month(head[name])
        short = directive == "%Y" and numbers is not None and _is_short(numbers)
        if spelled or short or (numbers is not None and numbers.between(low, high).all()):
            yield name


def _directive(values: pd.Series[Any], directive: str) -> str:
    numbers = _whole(values)
    if numbers is None:  # a month's name
        return "%b" if values.dropna().astype(str).str.len().max() <= 3 else "%B"
    return "%y" if directive == "%Y" and _is_short(numbers) else directive


def _form_of(piece: pd.DataFrame, given: Sequence[str]) -> str | None:
    """Return how parts that the user named are written, by their names; None where names do not say."""
    head = piece.head(_HEAD)
    found: list[str] = []
    for name in given:
        if not found and len(given) > 1 and _is_iso(head[name]):
            found.append("%Y-%m-%d")
            continue
        fits = (one for one in _NUMBERS if next(_named(head, [name], one), None))
        directive = next(fits, None)
        if directive is None:
            return None
        found.append(_directive(head[name], directive))
    return " ".join(found)


def _own(columns: Iterable[object]) -> str:
    there = {str(one) for one in columns}
    return next(name for name in (*_OWN, *(f"at_{number}" for number in range(len(there) + 1))) if name not in there)


def _is_years(values: pd.Series[Any]) -> bool:
    numbers = _whole(values)
    return numbers is not None and bool(numbers.between(1000, 2199).all() or _is_short(numbers))


def _whole(values: pd.Series[Any]) -> pd.Series[Any] | None:
    """Return whole numbers, also where they are text; None where they are none, or some are missing."""
    if values.isna().any() or not len(values) or kind_of(values) not in ("number", "text"):
        return None
    numbers: pd.Series[Any] = pd.to_numeric(values.astype(str), errors="coerce")
    return None if numbers.isna().any() or (numbers % 1 != 0).any() else numbers


def _is_short(numbers: pd.Series[Any]) -> bool:
    """True of years of two digits; a 0 and a 1 count years, and name none."""
    return bool(numbers.between(0, 99).all() and numbers.max() >= 10)


def _is_month(values: pd.Series[Any]) -> bool:
    texts = values.dropna().astype(str).unique()
    return bool(len(texts)) and any(all(_parses(text, form) for text in texts) for form in ("%b", "%B"))


def _parses(text: str, form: str) -> bool:
    return bool(pd.notna(pd.to_datetime(f"2000 {text}", format=f"%Y {form}", errors="coerce")))


def _is_number(values: pd.Series[Any]) -> bool:
    return bool(pd.to_numeric(values.astype(str), errors="coerce").notna().all())


def _is_date(values: pd.Series[Any]) -> bool:
    """True of moments that are all midnight."""
    if kind_of(values) == "time" and pd.api.types.is_datetime64_any_dtype(values.dtype):
        return bool((values == values.dt.normalize()).all())
    if kind_of(values) == "time":
        return all(not getattr(one, "hour", 0) and not getattr(one, "minute", 0) for one in values)
    return not bool(values.astype(str).str.contains(":").any())


def _is_iso(values: pd.Series[Any]) -> bool:
    """True of dates that are written, or will be joined, as `2024-01-31`."""
    if kind_of(values) == "time":
        return _is_date(values)
    return bool(values.astype(str).str.fullmatch(r"\d{4}-\d\d-\d\d").all())


def _is_clock(values: pd.Series[Any]) -> bool:
    texts = values.astype(str).str.strip()
    return bool(values.notna().all() and texts.str.fullmatch(_CLOCK).all())
