"""Judge what a version costs, and how much and how old the data are that it rests on."""

from __future__ import annotations

from windvane.lifecycle.rules.case import WORDS, Case, verdict
from windvane.results import RuleOutcome, Verdict
from windvane.spec.rules import Age, Latency, Memory, MinRows, Size, TrainingRows


def min_rows(rule: MinRows, case: Case) -> Verdict:
    """Count the holdout."""
    rows = case.evaluation.rows
    sentence = f"the holdout has {rows:,} rows, needed {rule.rows:,}"
    return verdict(rule, "pass" if rows >= rule.rows else "fail", sentence, rows, rule.rows)


def training_rows(rule: TrainingRows, case: Case) -> Verdict:
    """Count the training rows."""
    rows = case.version.rows
    sentence = f"it was trained on {rows:,} rows, needed {rule.at_least:,}"
    return verdict(rule, "pass" if rows >= rule.at_least else "fail", sentence, rows, rule.at_least)


def age(rule: Age, case: Case) -> Verdict:
    """Compare the newest training row with the run's moment."""
    if case.as_of is None:
        return verdict(rule, "inconclusive", "the moment this run stands at is not known")
    old = case.as_of - case.version.trained_until
    days, limit = old.total_seconds() / 86_400, rule.longest.total_seconds() / 86_400
    sentence = f"its newest training row is {days:.1f} days old at {case.as_of:%Y-%m-%d}, allowed {limit:g}"
    return verdict(rule, "pass" if old <= rule.longest else "fail", sentence, days, limit)


def size(rule: Size, case: Case) -> Verdict:
    """Compare the stored model's size."""
    megabytes = case.version.artifact_bytes / 1e6
    sentence = f"the stored model has {megabytes:.3g} MB, allowed {rule.at_most:g}"
    return verdict(rule, "pass" if megabytes <= rule.at_most else "fail", sentence, megabytes, rule.at_most)


def latency(rule: Latency, case: Case) -> Verdict:
    """Hold the bad end of the median's interval to the budget."""
    cost = next((item for item in case.costs if item.rows == rule.rows), None)
    if cost is None:
        return verdict(rule, "inconclusive", "scoring was not measured")
    outcome: RuleOutcome = (
        "pass" if cost.high <= rule.at_most else "fail" if cost.low > rule.at_most else "inconclusive"
    )
    sentence = (
        f"scoring {cost.rows:,} rows takes {cost.milliseconds:.3g} ms in the median of {cost.repeats} repeats "
        f"(95 % interval {cost.low:.3g} to {cost.high:.3g}, {cost.machine}), allowed {rule.at_most:g}: {WORDS[outcome]}"
    )
    return verdict(rule, outcome, sentence, cost.high, rule.at_most)


def memory(rule: Memory, case: Case) -> Verdict:
    """Hold the largest peak to the budget."""
    cost = next((item for item in case.costs if item.rows == rule.rows), None)
    if cost is None:
        return verdict(rule, "inconclusive", "scoring was not measured")
    outcome: RuleOutcome = "pass" if cost.megabytes <= rule.at_most else "fail"
    sentence = (
        f"scoring {cost.rows:,} rows allocates {cost.megabytes:.3g} MB at its peak, allowed {rule.at_most:g}: "
        f"{WORDS[outcome]}"
    )
    return verdict(rule, outcome, sentence, cost.megabytes, rule.at_most)
