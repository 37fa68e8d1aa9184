"""Judge the bad end of an interval against a bound: what `bound` and `calibration` share."""

from __future__ import annotations

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec.rules import Rule


def within(limit: float, low: float, high: float, *, upper: bool) -> results.RuleOutcome:
    """Return whether a whole interval lies within a bound, outside, or on both sides of it."""
    bad, good = (high, low) if upper else (low, high)
    passed, failed = (bad <= limit, good > limit) if upper else (bad >= limit, good < limit)
    return "pass" if passed else "fail" if failed else "inconclusive"


def bounded(rule: Rule, case: Case, name: str, limit: float, *, upper: bool) -> results.Verdict:
    """Hold a metric's 95 % interval to a bound."""
    allowed = f"{'at most' if upper else 'at least'} {limit:g}"
    estimate = case.evaluation.metric(name)
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        why = estimate.problem if estimate and estimate.problem else "It has no value and interval here."
        return verdict(rule, "inconclusive", f"{name} {allowed}", detail=why)
    metric = case.metric(name)
    number = results.Number(
        name=name,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        unit=metric.unit,
        allowed=allowed,
        better="higher" if metric.greater_is_better else "lower",
    )
    outcome = within(limit, estimate.low, estimate.high, upper=upper)
    detail = f"On {estimate.rows:,} rows; the whole 95 % interval must be within the bound."
    return verdict(rule, outcome, f"{name} {allowed}", number, detail=detail)
