"""Sketches: whether a window's rows came twice, or came before.

Of each window the rows with the smallest hashes are kept as numbers, with how often each came: a sample that is the
same wherever the rows are (Broder 1997). A file that was read twice has each row an even number of times; a stale
file has the rows of an earlier window.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.finding import Finding
from windvane.lifecycle.wording import percent
from windvane.results import ColumnProfile, Profile

Array = np.ndarray[Any, Any]

_KEPT, _KEPT_LEARNED = 64, 1024
"""Rows that are kept of a window, and of all windows that a version was trained on."""
_MANY = 50_000
"""With more rows, only those are hashed whose leading column has a small hash."""
_FEWEST = 24
"""Fewer different rows say nothing about how often each comes."""
_EVEN, _SAME = 0.95, 0.8
"""Share of the rows that come an even number of times in a file that was read twice; share of a stale file's rows that
an earlier window had."""
_SEVERAL, _OFTEN_EVEN, _USUAL = 1.5, 0.8, 0.5
"""Windows of which a reference has that many rows; share of rows that come an even number of times in a window where
that is no news; part of the share which earlier windows may have had of each other, so that it is no news."""


def sketch(
    features: pd.DataFrame, columns: dict[str, ColumnProfile], *, learned: bool = False
) -> tuple[tuple[int, int], ...]:
    """Return the smallest hashes of rows, and how many rows have each; empty where too few rows differ.

    Args:
        features: Rows as the estimator sees them.
        columns: The reference's profile of each column.
        learned: Whether these are the rows that a version was trained on: of several windows more are kept.
    """
    names = [name for name in columns if name in features.columns]
    if not names or not len(features):
        return ()
    if len(features) > _MANY:
        leading = max(names, key=lambda name: (len(columns[name].edges) + len(columns[name].categories), name))
        hashed = _hashed(features[leading], leading)
        features = features[hashed <= np.quantile(hashed, _MANY / len(features))]
    total = np.zeros(len(features), dtype=np.uint64)
    for name in names:
        total += _hashed(features[name], name)
    hashes, counts = np.unique(_mixed(total), return_counts=True)
    if len(hashes) < _FEWEST:
        return ()
    kept = slice(_KEPT_LEARNED if learned else _KEPT)
    return tuple(zip((hashes[kept] >> np.uint64(11)).tolist(), counts[kept].tolist(), strict=True))


def repeated(reference: Profile, current: Profile, before: Sequence[Profile]) -> list[Finding]:
    """Find a window whose rows all came twice, and one whose rows an earlier window had.

    Args:
        reference: Profile of the rows the champion was trained on.
        current: Profile of the window.
        before: Those of earlier windows that were in order, the newest first.
    """
    if len(current.sketch) < _FEWEST:
        return []
    found = []
    even = _even(current)
    if even >= _EVEN and not any(_even(past) >= _OFTEN_EVEN for past in (reference, *before)):
        least = min(times for _, times in current.sketch)
        words = f"Each row comes twice: the {current.rows:,} rows are one file, read two times"
        words = words if least <= 2 else f"Each row comes {least} times or more, an even number of times"
        detail = f"In {reference.window} {percent(_even(reference))} of the rows did."
        number = percent_number("rows that come an even number of times", even, better="lower")
        found.append(Finding("", even, words, detail, (number,), True, "repeated"))
    same, past = max(((_same(current, past), past) for past in (*before, reference)), key=lambda item: item[0])
    others = [_same(one, other) for place, one in enumerate(before) for other in (*before[place + 1 :], reference)]
    if same >= _SAME and not any(share >= _USUAL * same for share in others):
        words = f"{percent(same)} of the rows are those of {past.window}: the file is stale"
        usual = f" Other windows shared at most {percent(max(others))}." if others else ""
        detail = f"The event times may be new, the features are not.{usual}"
        number = percent_number(f"rows of {past.window}", same, allowed=f"below {percent(_SAME)}", better="lower")
        found.append(Finding("", same, words, detail, (number,), bool(others) or _alone(reference, current), "stale"))
    return found


def _alone(reference: Profile, current: Profile) -> bool:
    """True where a reference of several windows has hardly a row twice: no row stays from one window to the next."""
    once = sum(times == 1 for _, times in reference.sketch)
    several = reference.rows >= _SEVERAL * current.rows
    return several and once >= _EVEN * max(_FEWEST, len(reference.sketch))


def _even(profile: Profile) -> float:
    """Return the share of the different rows that come an even number of times."""
    return sum(times % 2 == 0 for _, times in profile.sketch) / max(1, len(profile.sketch))


def _same(one: Profile, other: Profile) -> float:
    """Return the share of one's rows that the other has as often, as far as both sketches reach."""
    if min(len(one.sketch), len(other.sketch)) < _FEWEST:
        return 0.0
    reach = min(one.sketch[-1][0], other.sketch[-1][0])
    own = {item for item in one.sketch if item[0] <= reach}
    return len(own & set(other.sketch)) / len(own) if len(own) >= _FEWEST else 0.0


def _hashed(values: pd.Series[Any], name: str) -> Array:
    """Return a hash of each value, another one in each column."""
    seed = np.uint64(zlib.crc32(name.encode()))
    if values.dtype.kind == "f":
        numbers = values.to_numpy(dtype=float) + 0.0  # -0.0 is 0.0
        numbers = np.where(np.isnan(numbers), np.nan, numbers)
        return _mixed(numbers.view(np.uint64) ^ (seed << np.uint64(16)))
    codes, distinct = pd.factorize(values)
    parts = [zlib.crc32(str(value).encode("utf-8", "surrogatepass")) for value in distinct]
    table = np.array([*parts, 0], dtype=np.uint64)
    return _mixed(table[codes] ^ (seed << np.uint64(32)))


def _mixed(values: Array) -> Array:
    """Return 64 bits of which each depends on all (Steele, Lea and Flood 2014, SplitMix64)."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
