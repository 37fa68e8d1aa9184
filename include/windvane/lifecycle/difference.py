"""A comparison's difference as people read it."""

from __future__ import annotations

from windvane import results
from windvane.spec import Metric


def difference(
    found: results.Comparison, metric: Metric, low: float, high: float, limit: float, *, closed: bool = False
) -> results.Number:
    """Return a comparison's difference as people read it: new minus old, in the metric's own direction.

    Args:
        found: The comparison, negative where the version is better.
        metric: The metric.
        low: The lower end, signed as the comparison.
        high: The upper end, signed as the comparison.
        limit: What the upper end is held to.
        closed: True when the limit itself is allowed.
    """
    up = metric.greater_is_better
    sign = -1.0 if up else 1.0
    ends = sorted((sign * low, sign * high))
    beside = ("at least" if up else "at most") if closed else ("above" if up else "below")
    return results.Number(
        name=f"{metric.name} difference" + (f" on {found.slice}" if found.slice else ""),
        value=None if found.difference is None else sign * found.difference,
        low=ends[0],
        high=ends[1],
        unit=metric.unit,
        allowed=f"{beside} {_signed(sign * limit)}",
        better="higher" if up else "lower",
        difference=True,
    )


def _signed(value: float) -> str:
    """Return a limit as people read it: with its sign, which is no hyphen."""
    return f"{value:+.4f}".replace("-", "\N{MINUS SIGN}") if value else "0"
