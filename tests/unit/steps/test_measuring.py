"""Scoring budgets: measured once a version, and no digest depends on a clock."""

from __future__ import annotations

from typing import Any

from tests.unit.steps.test_runs import train
from windvane import Gate, OwnMetric, rule, steps
from windvane.results import Run
from windvane.stores import Stores


def test_a_budget_is_measured_once_and_the_evaluation_does_not_know_of_it(make: Any, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(rule.latency(10_000, rows=200), rule.memory(500, rows=200), rule.latency(10_000, rows=50)))
    outcome = train(model, "2020-01", stores, run)
    assert outcome.decision == "promote"
    version = stores.registry.versions.get("loans", 1)
    assert version.gate is not None
    assert [cost.rows for cost in version.gate.costs] == [50, 200]
    for cost in version.gate.costs:
        assert 0 < cost.low <= cost.milliseconds <= cost.high
        assert cost.megabytes > 0
    plain = make(gate=Gate(rule.min_rows(20)))
    steps.evaluate(plain, 1, stores, run)
    assert stores.registry.versions.get("loans", 1).evaluation == version.evaluation
    again = steps.gate(model, 1, stores, run)
    assert again.costs == version.gate.costs


def test_a_version_over_budget_is_rejected_with_the_number(make: Any, stores: Stores, run: Run) -> None:
    outcome = train(make(gate=Gate(rule.latency(0.000001))), "2020-01", stores, run)
    assert outcome.decision == "reject"
    assert "scoring 1,000 rows takes" in outcome.reasons[0].headline


def cautious(outcomes: Any, scores: Any) -> float:
    """A metric of the user's own."""
    return float(((outcomes - scores) ** 2).mean())


def content(evaluation: Any) -> tuple[str, str]:
    """A rule of the user's own."""
    return ("pass" if evaluation.metric("cautious").value < 0.25 else "fail"), "the squared error is small"


def test_metrics_and_rules_of_ones_own_run_from_their_import_paths(make: Any, stores: Stores, run: Run) -> None:
    here = "tests.unit.steps.test_measuring"
    model = make(
        metrics=(OwnMetric(path=f"{here}:cautious"),),
        gate=Gate(rule.custom(f"{here}:content"), rule.bound("cautious", at_most=0.25)),
    )
    outcome = train(model, "2020-01", stores, run)
    assert outcome.decision == "promote"
    assert "the squared error is small" in outcome.reasons[0].headline
    version = stores.registry.versions.get("loans", 1)
    assert version.gate is not None and version.gate.verdicts[2].numbers[0].name == "cautious"
