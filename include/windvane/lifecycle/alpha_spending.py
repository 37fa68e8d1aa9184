"""How much of the error rate one check may use on one window.

Alpha spending (Lan and DeMets 1983) with the use function alpha(t) = alpha t, equal shares for equal looks, and
Bonferroni between looks and checks: it holds whatever the dependence of windows that share a reference, and does not
need to know when the looking ends. Half of it goes to the checks that declare so, which is `performance`: it alone
retrains at once. The rest is shared.
"""

from __future__ import annotations

from datetime import timedelta

from windvane.spec import CHECKS, Model
from windvane.windows import Cadence

_YEAR = timedelta(days=365.25)
_LOOKS = {"year": 1.0, "quarter": 4.0, "month": 12.0, "week": 52.0, "day": 365.25}


def looks_a_year(cadence: Cadence) -> float:
    """Return how many windows a year has."""
    return _YEAR / cadence.duration if cadence.duration else _LOOKS[cadence.unit] / cadence.count


def window_level(model: Model) -> float:
    """Return the chance of any false finding on one window: `alpha`, or its share of `alpha_year` if smaller."""
    return min(model.monitor.alpha, model.monitor.alpha_year / max(1.0, looks_a_year(model.cadence)))


def level(model: Model, check: str) -> float:
    """Return the chance of a false finding that a declared check may use on one window."""
    window = window_level(model)
    budgets = [CHECKS.get(name).budget for name in model.monitor.checks]
    halves, others = budgets.count("half"), budgets.count("shared")
    if not halves:
        return window / max(1, others)
    if not others:
        return window / halves
    return window / 2 / halves if CHECKS.get(check).budget == "half" else window / 2 / others
