"""Fairness, robustness, the input contract and rules of one's own: which evidence passes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.lifecycle.examples import evaluation_of, model_with, version_of
from windvane import Gate, rule
from windvane.lifecycle.rules import Case, judged
from windvane.results import Comparison, Disparity, GroupRate, Stress, Verdict, Version

FAIR = Disparity(
    column="race",
    measure="demographic_parity",
    fewest=50,
    difference=0.05,
    low=0.01,
    high=0.09,
    ratio=0.9,
    ratio_low=0.85,
    ratio_high=0.98,
    rows=1000,
    groups=(GroupRate(group="a", rows=500, selection_rate=0.5), GroupRate(group="b", rows=500, selection_rate=0.45)),
)


def case(evaluation: dict[str, Any], **more: Any) -> Case:
    model = model_with(carry=("race",), protected=("race",))
    return Case(model=model, version=version_of(), evaluation=evaluation_of(**evaluation), **more)


def fair(declared: Any, **changes: Any) -> Verdict:
    return judged(declared, case({"fairness": (FAIR.model_copy(update=changes),)}))


@pytest.mark.parametrize(
    ("declared", "outcome"),
    [
        (rule.fairness("race", at_most=0.1), "pass"),
        (rule.fairness("race", at_most=0.08), "inconclusive"),
        (rule.fairness("race", at_most=0.005), "fail"),
        (rule.fairness("race", at_least=0.8), "pass"),
        (rule.fairness("race", at_least=0.9), "inconclusive"),
        (rule.fairness("race", at_least=0.99), "fail"),
        (rule.fairness("race", "equal_opportunity", at_most=0.1), "inconclusive"),
        (rule.fairness("race", at_most=0.1, rows=60), "inconclusive"),
    ],
)
def test_fairness_looks_at_the_bad_end(declared: Any, outcome: str) -> None:
    found = fair(declared)
    assert found.outcome == outcome
    if outcome == "pass":
        assert [(one.name, one.value) for one in found.numbers[1:]] == [
            ("positive decisions, 'a'", 0.5),
            ("positive decisions, 'b'", 0.45),
        ]


def test_a_protected_column_that_is_missing_too_often_is_inconclusive() -> None:
    found = fair(rule.fairness("race", at_most=0.1), rows=500, missing=500)
    assert found.outcome == "inconclusive"
    assert found.headline == "race is missing in 500 of 1,000 rows, allowed 5 %: not enough evidence"
    assert fair(rule.fairness("race", at_most=0.1, missing=0.5), rows=500, missing=500).outcome == "pass"


@pytest.mark.parametrize(
    ("difference", "problem", "outcome"),
    [
        (0.005, "", "pass"),
        (0.05, "", "fail"),
        (0.02, "", "inconclusive"),
        (None, "the estimator raised: x", "fail"),
        (None, "other", "inconclusive"),
    ],
)
def test_robustness_gives_away_only_the_margin(difference: float | None, problem: str, outcome: str) -> None:
    declared = rule.robustness(missing=["income"], margin=0.02)
    error = None if difference is None else 0.002
    compared = Comparison(
        metric="log_loss", other="as they are", difference=difference, std_error=error, rows=1000, problem=problem
    )
    stress = (Stress(perturbation="without income", comparison=compared),)
    found = judged(declared, case({"robustness": stress}))
    assert found.outcome == outcome
    assert "without income" in found.headline
    assert judged(rule.robustness(noise=0.1), case({"robustness": stress})).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("columns", "allow", "outcome", "message"),
    [
        ({"a": "number", "b": "category"}, "same", "pass", "asks for the inputs of champion v1"),
        ({"a": "number"}, "fewer", "pass", "without b"),
        ({"a": "number"}, "same", "fail", "no longer reads b"),
        ({"a": "number", "b": "category", "c": "number"}, "fewer", "fail", "asks for c, which champion v1 does not"),
        ({"a": "category", "b": "category"}, "fewer", "fail", "reads a as a category, the champion as a number"),
    ],
)
def test_the_input_contract_is_the_champions(columns: dict[str, str], allow: Any, outcome: str, message: str) -> None:
    champion: Version = version_of(version=1, columns={"a": "number", "b": "category"})
    version = version_of(columns=columns)
    found = judged(
        rule.input_contract(allow),
        Case(model=model_with(), version=version, evaluation=evaluation_of(), champion_version=champion),
    )
    assert found.outcome == outcome
    assert message in found.headline
    assert judged(rule.input_contract(), case({})).outcome == "pass"


def boom(evaluation: Any) -> bool:
    raise RuntimeError("no answer")


@pytest.mark.parametrize(
    ("answer", "outcome", "message"),
    [
        (lambda evaluation: evaluation.rows == 1000, "pass", "says yes"),
        (lambda evaluation: False, "fail", "says no"),
        (lambda evaluation: ("inconclusive", "ask Ada"), "inconclusive", "ask Ada"),
        (lambda evaluation: "yes", "inconclusive", "answered 'yes'"),
        (lambda evaluation: None, "inconclusive", "answered None"),
        (boom, "inconclusive", "RuntimeError: no answer"),
    ],
)
def test_a_rule_of_ones_own_is_asked(answer: Any, outcome: str, message: str) -> None:
    found = judged(rule.custom("models.loans:policy"), case({}, own={"models.loans:policy": answer}))
    assert found.outcome == outcome
    assert message in f"{found.headline} {found.detail}"


def test_a_gate_holds_all_of_them() -> None:
    assert Gate(rule.custom("m:f"), rule.input_contract(), rule.fairness("race", at_least=0.8)).rules
