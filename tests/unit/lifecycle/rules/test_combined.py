"""Rules made of rules, and what the gate decides from them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.lifecycle.examples import evaluation_of, model_with, version_of
from windvane import Gate, rule
from windvane.lifecycle.gate import judge
from windvane.lifecycle.rules import Case
from windvane.results import GateResult

PASS, FAIL = rule.min_rows(10), rule.min_rows(5000)
UNSURE = rule.bound("log_loss", at_most=0.5)
UNSURE_ASKS = rule.bound("brier", at_most=0.5, inconclusive="needs_approval")


def decide(*rules: Any, **gate: Any) -> GateResult:
    model = model_with(gate=Gate(*rules, **gate))
    return judge(Case(model=model, version=version_of(), evaluation=evaluation_of()), "sha256:e")


@pytest.mark.parametrize(
    ("rules", "decision"),
    [
        ((PASS,), "promote"),
        ((FAIL,), "reject"),
        ((UNSURE,), "reject"),
        ((UNSURE_ASKS,), "needs_approval"),
        ((UNSURE_ASKS, FAIL), "reject"),
        ((rule.warn(FAIL),), "promote"),
        ((rule.warn(UNSURE), PASS), "promote"),
        ((rule.ask(FAIL),), "needs_approval"),
        ((rule.ask(UNSURE), PASS), "needs_approval"),
        ((rule.ask(PASS),), "promote"),
        ((rule.any_of(FAIL, PASS),), "promote"),
        ((rule.any_of(FAIL, UNSURE),), "reject"),
        ((rule.any_of(FAIL, UNSURE_ASKS),), "needs_approval"),
        ((rule.any_of(FAIL, rule.ask(FAIL)),), "needs_approval"),
        ((rule.all_of(PASS, FAIL),), "reject"),
        ((rule.all_of(PASS, rule.warn(FAIL)),), "promote"),
        ((rule.all_of(PASS, rule.ask(FAIL)),), "needs_approval"),
        ((rule.all_of(UNSURE_ASKS, rule.any_of(FAIL, PASS)),), "needs_approval"),
        ((rule.warn(rule.all_of(FAIL, UNSURE)), PASS), "promote"),
    ],
)
def test_rules_combine(rules: tuple[Any, ...], decision: str) -> None:
    assert decide(*rules).decision == decision


def test_reasons_are_ranked() -> None:
    result = decide(UNSURE_ASKS, rule.warn(rule.min_rows(9000)), UNSURE, FAIL)
    assert [reason.headline.split(" ")[0] for reason in result.reasons] == ["the", "log_loss", "brier", "warning:"]
    assert "needed 5,000" in result.headline
    assert "needed 9,000" in result.reasons[-1].headline


def test_what_asks_for_a_person_says_so_first_and_warnings_are_always_shown() -> None:
    requested = decide(PASS, rule.ask(FAIL), rule.warn(rule.min_rows(9000)))
    assert requested.headline == "a rule asks for a person: the holdout has 1,000 rows, needed 5,000: fail"
    assert requested.reasons[-1].headline.startswith("warning: ")
    promoted = decide(PASS, rule.warn(FAIL))
    assert [reason.headline for reason in promoted.reasons] == [
        "the holdout has 1,000 rows, needed 10: pass",
        "warning: the holdout has 1,000 rows, needed 5,000: fail",
    ]
    assert [reason.numbers[0].allowed for reason in promoted.reasons] == ["at least 10", "at least 5,000"]


def test_a_verdict_keeps_the_verdicts_of_its_parts() -> None:
    verdict = decide(rule.any_of(FAIL, PASS)).verdicts[1]
    assert [part.outcome for part in verdict.parts] == ["fail", "pass"]
    assert verdict.rule == "any_of(min_rows(rows=5000), min_rows(rows=10))"
    assert verdict.headline == "the holdout has 1,000 rows, needed 10: pass"
    assert not verdict.numbers


def test_a_first_version_that_passed_still_needs_its_approval() -> None:
    assert decide(PASS, approval="first_version").decision == "needs_approval"
    assert decide(FAIL, approval="always").decision == "reject"
