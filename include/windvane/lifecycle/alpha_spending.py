"""How much of the error rate one check may spend on one window.

Alpha spending (Lan and DeMets 1983) with the use function alpha(t) = alpha t, equal shares for equal looks, and
Bonferroni between looks and checks: it holds whatever the dependence of windows that share a reference, and does not
need to know when the looking ends. Half of it goes to `performance`, which alone retrains at once; the rest is shared.
"""

from __future__ import annotations

from datetime import timedelta

from windvane.spec import CheckKind, Model
from windvane.windows import Cadence

_YEAR = timedelta(days=365.25)
_LOOKS = {"month": 12.0, "week": 52.0, "day": 365.25}
_UNTESTED: tuple[CheckKind, ...] = ("estimated_performance",)
"""Checks that state an estimate with its interval and test nothing."""


def looks_a_year(cadence: Cadence) -> float:
    """Return how many windows a year has."""
    return _YEAR / cadence.duration if cadence.duration else _LOOKS[cadence.unit]


def level(model: Model, check: CheckKind) -> float:
    """Return the chance of a false finding that a check may spend on one window."""
    window = min(model.monitor.alpha, model.monitor.alpha_year / max(1.0, looks_a_year(model.cadence)))
    others = [name for name in model.monitor.checks if name not in ("performance", *_UNTESTED)]
    if "performance" not in model.monitor.checks:
        return window / max(1, len(others))
    if not others:
        return window
    return window / 2 if check == "performance" else window / 2 / len(others)
