"""Judge how good a version is: within a bound, better than the baseline, better or not worse than the champion."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from windvane.lifecycle.rules.case import LEVEL, WORDS, Case, verdict, without_comparison
from windvane.results import Comparison, RuleOutcome, Verdict
from windvane.spec import Rule
from windvane.spec.rules import BetterThanBaseline, BetterThanChampion, Bound, Calibration, NotWorseThanChampion
from windvane.spec.rules.performance import MarginRule


def bound(rule: Bound, case: Case) -> Verdict:
    """Hold the bad end of a metric's 95 % interval to a bound."""
    name = rule.metric_for(case.model.task)
    limit = rule.at_most if rule.at_most is not None else rule.at_least
    assert limit is not None  # one of the two is declared: the spec checks it
    return _bounded(rule, case, name, limit, upper=rule.at_most is not None)


def calibration(rule: Calibration, case: Case) -> Verdict:
    """Hold the calibration error's upper end to a bound."""
    return _bounded(rule, case, "calibration_error", rule.at_most, upper=True)


def better_than_baseline(rule: BetterThanBaseline, case: Case) -> Verdict:
    """Ask for a sure win over the baseline without features."""
    name = rule.metric_for(case.model.task)
    found = comparison_of(case, name, "baseline")
    return paired(rule, found, name, "the baseline without features", give=False)


def not_worse_than_champion(rule: NotWorseThanChampion, case: Case) -> Verdict:
    """Give away no more than the margin."""
    return _beside_champion(rule, case, give=True)


def better_than_champion(rule: BetterThanChampion, case: Case) -> Verdict:
    """Ask for more than the margin."""
    return _beside_champion(rule, case, give=False)


def comparison_of(case: Case, metric: str, other: str) -> Comparison | None:
    """Return the comparison on all rows."""
    found = case.evaluation.comparisons
    return next((item for item in found if (item.metric, item.other, item.slice) == (metric, other, None)), None)


def paired(rule: MarginRule, found: Comparison | None, metric: str, other: str, *, give: bool) -> Verdict:
    """Judge the upper one-sided 95 % end of a paired difference against a margin.

    Non-inferiority and superiority as one-sided tests: Schuirmann 1987, section 2; CPMP/EWP/2158/99, section III.

    Args:
        rule: The rule with its margin.
        found: The comparison, negative where the version is better.
        metric: The metric's name.
        other: What it is compared with, as the sentence says it.
        give: True when the margin is given away, False when it is demanded.
    """
    beyond = excess(found, rule.margin if give else 0.0 - rule.margin, relative=rule.relative)
    if found is None or found.difference is None or beyond is None:
        why = found.problem if found and found.problem else "is not known"
        return verdict(rule, "inconclusive", f"{metric} beside {other}: {why}")
    limit, (low, high) = beyond.limit, beyond.ends()
    passed = high <= 0 if limit > 0 else high < 0
    outcome: RuleOutcome = "pass" if passed else "fail" if low > 0 else "inconclusive"
    allowed = f"{limit:+.4f}" if limit else "0"
    word = "better" if found.difference < 0 else "worse"
    sentence = (
        f"{metric} is {abs(found.difference):.4f} {word} than {other} on {found.rows:,} rows "
        f"(one-sided 95 % bounds {low + limit:+.4f} to {high + limit:+.4f}, allowed below {allowed}): "
        f"{WORDS[outcome]}"
    )
    return verdict(rule, outcome, sentence, high + limit, limit)


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
        square = float(stats.t.ppf(1 - LEVEL, self.degrees)) ** 2
        up, down = (square * max(sign * self.skew, 0.0) for sign in (1, -1))
        high, low = ((shift + math.sqrt(shift**2 + 4 * square * self.variance)) / 2 for shift in (up, down))
        return self.value - low, self.value + high

    def above(self) -> float:
        """Return the one-sided p-value of `the difference is not above the limit`, by the same test."""
        if self.variance == 0:
            return 1.0 if self.value <= 0 else 0.0
        at_limit = self.variance + max(0.0, -self.skew * self.value)
        return float(stats.t.sf(self.value / math.sqrt(at_limit), self.degrees))


def excess(found: Comparison | None, margin: float, *, relative: bool) -> Excess | None:
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


def _beside_champion(rule: MarginRule, case: Case, *, give: bool) -> Verdict:
    missing = without_comparison(rule, case)
    if missing:
        return missing
    name = rule.metric_for(case.model.task)
    return paired(
        rule, comparison_of(case, name, case.comparison_version), name, f"champion {case.comparison_version}", give=give
    )


def _bounded(rule: Rule, case: Case, name: str, limit: float, *, upper: bool) -> Verdict:
    estimate = case.evaluation.metric(name)
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        why = estimate.problem if estimate and estimate.problem else "has no value and interval here"
        return verdict(rule, "inconclusive", f"{name}: {why}")
    bad, good = (estimate.high, estimate.low) if upper else (estimate.low, estimate.high)
    passed, failed = (bad <= limit, good > limit) if upper else (bad >= limit, good < limit)
    outcome: RuleOutcome = "pass" if passed else "fail" if failed else "inconclusive"
    sentence = (
        f"{name} is {estimate.value:.4f} (95 % interval {estimate.low:.4f} to {estimate.high:.4f}), "
        f"allowed {'at most' if upper else 'at least'} {limit:g}: {WORDS[outcome]}"
    )
    return verdict(rule, outcome, sentence, bad, limit)
