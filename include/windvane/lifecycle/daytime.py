"""Times of day: whether a window's event times are those of another time zone.

What happens follows the hours: how many rows there are, and how warm it is. With event times of another zone the same
pattern comes some hours earlier or later, and setting the clock back restores it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from windvane.lifecycle.finding import Finding
from windvane.results import ColumnProfile, Number, Profile
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_HOURS = 24
_FEWEST = 200
"""Fewer rows do not show a pattern of hours."""
_COLUMNS, _FOLLOWS, _LOOKED_AT = 8, 0.08, 20_000
"""Most numbers whose mean is kept by the hour; least share of a number's spread that the hours must explain; rows that
are looked at."""
_RESTORED, _BETTER, _USUAL = 0.7, 0.3, 0.2
"""Least share of the pattern that setting the clock back explains, by how much more that must be than the clock as it
is explains, and by how much at the most in an earlier window."""
_MOVES = tuple(range(-11, 13))
"""Hours by which a clock may be off."""
_SUMMER = 1
"""A shift of so many hours is what summer time does where a zone is not declared: that is odd."""


class _Fit(NamedTuple):
    hours: int
    share: float
    as_it_is: float


def by_hour(
    features: pd.DataFrame,
    times: pd.Series[Any],
    columns: dict[str, ColumnProfile],
    zone: str,
    known: dict[str, tuple[float, ...]] | None = None,
) -> dict[str, tuple[float, ...]]:
    """Return the rows of each hour of the day, and the mean place of numbers that follow it.

    Args:
        features: Rows as the estimator sees them.
        times: Their event times.
        columns: The reference's profile of each column.
        zone: The zone of the calendar.
        known: What the reference has; None to choose the numbers.
    """
    if len(features) < _FEWEST:
        return {}
    hours = times.dt.tz_convert(zone).dt.hour.to_numpy()
    found = {"": tuple(np.bincount(hours, minlength=_HOURS).astype(float).tolist())}
    chosen = np.unique(np.linspace(0, len(features) - 1, min(len(features), _LOOKED_AT)).astype(int))
    hours = hours[chosen]
    if known is not None:
        names = [name for name in known if name and name in features.columns]
    else:
        names = [name for name, column in columns.items() if column.kind == "number" and len(column.edges) > 2]
    explained = {}
    for name in names:
        edges = np.asarray(columns[name].edges)
        values = features[name].to_numpy(dtype=float)[chosen]
        has = np.isfinite(values)
        if has.sum() < _FEWEST:
            continue
        places = np.searchsorted(edges, values[has], side="left") / len(edges)
        rows = np.bincount(hours[has], minlength=_HOURS)
        means = np.bincount(hours[has], places, _HOURS) / np.maximum(rows, 1)
        spread = float(places.var())
        within = float((rows * (means - places.mean()) ** 2).sum() / rows.sum())
        explained[name] = within / spread if spread > 0 else 0.0
        found[name] = tuple(np.where(rows > 0, means, np.nan_to_num(places.mean())).round(4).tolist())
    if known is None:
        kept = sorted(explained, key=lambda name: (-explained[name], name))[:_COLUMNS]
        kept = [name for name in kept if explained[name] >= _FOLLOWS]
        found = {name: found[name] for name in ("", *kept)}
    return found


def other_zone(reference: Profile, current: Profile, before: Sequence[Profile], window: Window | None) -> list[Finding]:
    """Find event times of another time zone.

    Args:
        reference: Profile of the rows the champion was trained on.
        current: Profile of the window.
        before: Those of earlier windows that were in order, the newest first.
        window: The window; one that is shorter than a day shows no hours.
    """
    if window is None or (window.end - window.start).total_seconds() < 23 * 3600:
        return []
    whole = (window.end - window.start).total_seconds() > 36 * 3600
    found = []
    for name in current.hours:
        fit = _fit(name, current, reference, whole)
        pasts = [_fit(name, past, reference, whole) for past in before]
        if fit is None or not fit.hours or fit.share < _RESTORED or fit.share - fit.as_it_is < _BETTER:
            continue
        known = [item for item in pasts if item is not None]
        if all(item.share - item.as_it_is <= _USUAL for item in known):
            found.append((fit, name, bool(known)))
    if not found:
        return []
    fit, name, held = max(found, key=lambda item: item[0].share - item[0].as_it_is)
    apart = abs(fit.hours)
    which = "later" if fit.hours > 0 else "earlier"
    what = name or "the number of rows"
    words = f"Event times look {apart} hour{'s' if apart > 1 else ''} {which} than before: another time zone"
    detail = (
        f"The hours of the day in {reference.window} explain {100 * max(0.0, fit.as_it_is):.0f} % of those of {what}."
        f" Set back by {apart} h they explain {100 * fit.share:.0f} %."
    )
    number = Number(name="event times moved by", value=fit.hours, unit="h")
    return [Finding("", fit.share, words, detail, (number,), held and apart > _SUMMER, "time zone")]


def _fit(name: str, profile: Profile, reference: Profile, whole: bool) -> _Fit | None:
    """Return by how many hours the reference's pattern must be moved to explain a window's best."""
    if name not in profile.hours or name not in reference.hours:
        return None
    now, then = np.asarray(profile.hours[name]), np.asarray(reference.hours[name])
    weights = np.asarray(profile.hours[""])
    if weights.sum() < _FEWEST:
        return None
    explained = _explained(now, then, weights, name, whole)
    shares = dict(zip(_MOVES, explained.tolist(), strict=True))
    best = max(shares, key=lambda hours: (shares[hours], -abs(hours)))
    return _Fit(best, shares[best], shares[0])


def _explained(now: Array, then: Array, weights: Array, name: str, whole: bool) -> Array:
    """Return the share of a pattern's spread over the hours that another one explains, moved by each of `_MOVES`.

    Of a window of one day, the hours that a move takes out of it, or into it, are not looked at.
    """
    places, moves = np.arange(_HOURS), np.array(_MOVES)[:, None]
    moved = then[(places - moves) % _HOURS]
    kept = np.ones_like(moved)
    if not whole:
        kept[(moves > 0) & (places < moves)] = 0.0
        kept[(moves < 0) & (places >= _HOURS + moves)] = 0.0

    def total(values: Array) -> Array:
        return np.asarray(values.sum(axis=1, keepdims=True))

    if name:
        here, there, weighed = np.broadcast_to(now, moved.shape), moved, weights * kept
    else:
        here, there = (side / np.maximum(1.0, total(side * kept)) for side in (now, moved))
        weighed = kept
    rows = np.where(total(weighed), total(weighed), np.nan)
    here, there = here - total(weighed * here) / rows, there - total(weighed * there) / rows
    spread = total(weighed * here**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 1 - total(weighed * (here - there) ** 2) / spread
    return np.asarray(np.where(spread > 0, found, 0.0)[:, 0])
