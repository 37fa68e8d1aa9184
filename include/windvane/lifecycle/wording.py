"""How numbers and values are written in sentences for people."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windvane.results import ColumnProfile, Version


def percent(share: float, digits: int = 0) -> str:
    """Return a share as `12 %`."""
    return f"{100 * share:.{digits}f} %"


def in_sentence(text: str) -> str:
    """Return a headline as it stands after other words: its first letter small, unless it begins with a name."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def joined(*facts: str) -> str:
    """Return facts one after the other, those that say nothing left out."""
    return "; ".join(filter(None, facts))


def rows(count: int) -> str:
    """Return `1 row`, `1,000 rows`."""
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def counted(count: int, total: int) -> str:
    """Return `3 of 100 rows`."""
    return f"{count:,} of {rows(total)}"


def shown(value: object) -> str:
    """Return a value as it is shown in messages: short, and moments as people write them."""
    if isinstance(value, datetime):
        return str(value)
    import numpy as np

    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 80 else text[:77] + "..."


NAMED_FROM = 10
"""Rows from which on a category's value is named in a record: one of fewer may be a person's."""


def named_value(value: str, rows: int) -> str:
    """Return a category's value as findings say it: itself where several rows have it, else how few do.

    Args:
        value: The value.
        rows: Rows that have it.
    """
    return repr(value) if rows >= NAMED_FROM else f"a value of fewer than {NAMED_FROM} rows"


def refitted(version: Version) -> str:
    """Return how the estimator that scores was fitted again on all rows, and what numbers are of; empty: it was not."""
    again = version.refit
    if again is None:
        return ""
    fitted = f"fitted again on {again.rows:,} rows, until {again.until:%Y-%m-%d %H:%M} UTC, by the same recipe"
    return f"{fitted}; every number is of the recipe, measured on a version without the last rows"


def trained_until(version: Version) -> datetime:
    """Return the moment at or after which no row taught what was judged; of a version from elsewhere, that of there."""
    return version.elsewhere.trained_until if version.elsewhere else version.trained_until


def elsewhere(version: Version) -> str:
    """Return where a version was made that came from another registry, and who let it through; empty: it was here."""
    made = version.elsewhere
    if made is None:
        return ""
    people = [f"{item.actor} ({item.at:%Y-%m-%d %H:%M} UTC)" for item in made.trail if item.approves]
    said = f"in another registry, as v{made.version} of {made.window}; the file was signed by {made.signer or 'nobody'}"
    return f"{said}; let through there by {joined(*dict.fromkeys(people)) or 'nobody that is kept'}"


def shift(then: ColumnProfile, now: ColumnProfile, effect: float) -> str:
    """Return how a column moved in words people know: its middle, its missing share, or the value that moved most."""
    rows_moved = f"by {percent(effect)} of the rows"
    gone = now.missing / now.rows - then.missing / then.rows
    if abs(gone) >= effect / 2:
        return f"{rows_moved} (missing in {percent(now.missing / now.rows)}, was {percent(then.missing / then.rows)})"
    if then.kind == "number":
        middles = [_median(side) for side in (then, now)]
        return f"{rows_moved} (median {middles[1]:.4g}, was {middles[0]:.4g})"
    shares = {
        name: (then.categories[name] / then.rows, now.categories.get(name, 0) / now.rows) for name in then.categories
    }
    shares["values never seen before"] = (then.other / then.rows, now.other / now.rows)
    name, (before, after) = max(shares.items(), key=lambda item: abs(item[1][1] - item[1][0]))
    if max(before * then.rows, after * now.rows) < NAMED_FROM:
        name = f"a value of fewer than {NAMED_FROM} rows"
    return f"{rows_moved} ({name}: {percent(after)}, was {percent(before)})"


def _median(column: ColumnProfile) -> float:
    """Return the edge at the middle of the counted rows."""
    if not column.edges:
        return float("nan")
    below = list(accumulate(column.counts))
    return column.edges[min(bisect_left(below, below[-1] / 2), len(column.edges) - 1)]


def capital(text: str) -> str:
    """Return a text with its first letter large."""
    return text[:1].upper() + text[1:]
