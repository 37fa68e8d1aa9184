"""How a check says what it found, or that there is too little to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from windvane import results


def percent_number(name: str, share: float | None, **more: Any) -> results.Number:
    """Return a share, and the ends of its interval, as a number in percent."""
    ends: dict[str, Any] = {end: 100 * more[end] for end in ("low", "high") if more.get(end) is not None}
    return results.Number(name=name, value=None if share is None else 100 * share, unit="%", **(more | ends))


def p_number(p_value: float, allowed: float) -> results.Number:
    """Return a p-value, corrected for everything the check looked at, beside the level at which it is a finding."""
    return results.Number(name="p-value, corrected", value=p_value, allowed=f"a finding below {allowed:.2g}")


def unknown(check: str, said: str, detail: str = "", numbers: Sequence[results.Number] = ()) -> results.CheckResult:
    """Return the answer of a check that has too little to say."""
    from windvane.results.reason import fitting

    return results.CheckResult(
        check=check,
        outcome="insufficient_data",
        headline=fitting(said),
        detail=detail,
        numbers=tuple(numbers),
    )
