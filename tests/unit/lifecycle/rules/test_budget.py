"""Budgets and ages: both sides of each limit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.lifecycle.examples import evaluation_of, model_with, version_of
from windvane import rule
from windvane.lifecycle.rules import Case, judged
from windvane.results import ScoringCost

COST = ScoringCost(rows=1000, repeats=30, milliseconds=5.0, low=4.0, high=6.0, megabytes=3.0, machine="here")


def outcome(declared: Any, **more: Any) -> str:
    fields: dict[str, Any] = {
        "version": version_of(artifact_bytes=2_000_000, rows=500),
        "as_of": datetime(2020, 3, 21, tzinfo=UTC),
        "costs": (COST,),
    }
    found = judged(declared, Case(model=model_with(), evaluation=evaluation_of(), **(fields | more)))
    assert found.headline.endswith({"pass": ": pass", "fail": ": fail"}.get(found.outcome, ": not enough evidence"))
    return found.outcome


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (rule.size(at_most=2), "pass"),
        (rule.size(at_most=1.9), "fail"),
        (rule.training_rows(500), "pass"),
        (rule.training_rows(501), "fail"),
        (rule.age("30d"), "pass"),
        (rule.age("29d"), "fail"),
        (rule.latency(6), "pass"),
        (rule.latency(5.9), "inconclusive"),
        (rule.latency(3.9), "fail"),
        (rule.latency(6, rows=10), "inconclusive"),
        (rule.memory(3), "pass"),
        (rule.memory(2.9), "fail"),
        (rule.memory(3, rows=10), "inconclusive"),
    ],
)
def test_a_budget_holds_on_one_side_only(declared: Any, expected: str) -> None:
    assert outcome(declared) == expected


def test_an_age_without_a_moment_is_inconclusive() -> None:
    assert outcome(rule.age("30d"), as_of=None) == "inconclusive"
