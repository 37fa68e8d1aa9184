"""Judge a paired difference against a margin: the test that several rules share."""

from __future__ import annotations

import math
from dataclasses import dataclass

from windvane import results
from windvane.lifecycle.difference import difference
from windvane.lifecycle.rules.case import LEVEL, Case, verdict, without_comparison
from windvane.lifecycle.wording import percent
from windvane.spec import Metric
from windvane.spec.rules import MarginRule


def beside_champion(rule: MarginRule, case: Case, *, give: bool) -> results.Verdict:
    """Judge a rule's metric beside the champion's on all rows."""
    missing = without_comparison(rule, case)
    if missing:
        return missing
    name = rule.metric_for(case.model.task)
    found = comparison_of(case, name, case.comparison_version)
    return paired(rule, found, case.metric(name), case.comparison_version, give=give)


def comparison_of(case: Case, metric: str, other: str) -> results.Comparison | None:
    """Return the comparison on all rows."""
    found = case.evaluation.comparisons
    return next((item for item in found if (item.metric, item.other, item.slice) == (metric, other, None)), None)


def paired(
    rule: MarginRule, found: results.Comparison | None, metric: Metric, other: str, *, give: bool, claim: str = ""
) -> results.Verdict:
    """Judge the upper one-sided 95 % end of a paired difference against a margin.

    Non-inferiority and superiority as one-sided tests: Schuirmann 1987, section 2; CPMP/EWP/2158/99, section III.

    Args:
        rule: The rule with its margin.
        found: The comparison, negative where the version is better.
        metric: The metric.
        other: What it is compared with, as people call it.
        give: True when the margin is given away, False when it is required.
        claim: What must hold, for the headline; empty: `not worse than v1`, `better than v1`.
    """
    must = f"{metric.name} {claim or ('not worse' if give else 'better') + f' than {other}'}"
    beyond = excess(found, rule.margin if give else 0.0 - rule.margin, relative=rule.relative)
    if found is None or found.difference is None or beyond is None:
        why = found.problem if found and found.problem else "The difference is not known."
        said = verdict(rule, "inconclusive", must, detail=why)
        # What nothing can show is for a person to say, once: to reject would be to reject every version from now on.
        return said.model_copy(update={"unless_passed": "needs_approval"}) if found and not found.bridged else said
    limit, (low, high) = beyond.limit, beyond.ends()
    passed = high <= 0 if limit > 0 else high < 0
    outcome: results.RuleOutcome = "pass" if passed else "fail" if low > 0 else "inconclusive"
    number = difference(found, metric, low + limit, high + limit, limit)
    detail = f"On {found.rows:,} rows; the interval's ends are one-sided 95 % bounds."
    if rule.relative:
        detail += f" The margin is {percent(rule.margin, 1)} of the value of {other}."
    return verdict(rule, outcome, must, number, detail=detail)


@dataclass(frozen=True)
class Excess:
    """How far a difference lies beyond a limit.

    Args:
        limit: The limit, in the metric's unit.
        value: The difference less the limit.
        variance: Of that.
        skew: How fast the variance grows with the difference.
        degrees: Degrees of freedom of the variance.
    """

    limit: float
    value: float
    variance: float
    skew: float
    degrees: float

    def ends(self) -> tuple[float, float]:
        """Return the one-sided 95 % ends of the excess: Student's t, corrected for skewness as the intervals are.

        The correction may only widen: an estimated skewness never makes a test more lenient.
        """
        from scipy import stats

        square = float(stats.t.ppf(1 - LEVEL, self.degrees)) ** 2
        up, down = (square * max(sign * self.skew, 0.0) for sign in (1, -1))
        high, low = ((shift + math.sqrt(shift**2 + 4 * square * self.variance)) / 2 for shift in (up, down))
        return self.value - low, self.value + high

    def above(self) -> float:
        """Return the one-sided p-value of `the difference is not above the limit`, by the same test."""
        if self.variance == 0:
            return 1.0 if self.value <= 0 else 0.0
        from scipy import stats

        at_limit = self.variance + max(0.0, -self.skew * self.value)
        return float(stats.t.sf(self.value / math.sqrt(at_limit), self.degrees))


def excess(found: results.Comparison | None, margin: float, *, relative: bool) -> Excess | None:
    """Return how far a difference lies beyond a margin; None where that is not known.

    A relative margin m is a share of the other side's value v, which is estimated on the same rows: the error of
    d - m v is sqrt(var d + m^2 var v - 2 m cov(d, v)) (the numerator of Fieller's 1954 ratio).
    """
    if found is None or found.difference is None or found.std_error is None:
        return None
    degrees = found.degrees if found.degrees is not None else found.rows - 1.0
    variance, limit = found.std_error**2, margin
    if relative:
        if found.value is None or found.value_error is None or found.covariance is None:
            return None
        limit = margin * abs(found.value)
        share = math.copysign(margin, margin * found.value)
        variance = max(variance + share**2 * found.value_error**2 - 2 * share * found.covariance, 0.0)
    return Excess(limit, found.difference - limit, variance, found.skew, degrees)
