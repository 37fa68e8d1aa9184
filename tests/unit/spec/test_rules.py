"""The gate's rules at definition: every mistake at once, with the nearest match; conditions that cannot run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.lifecycle.examples import model_with
from windvane import Gate, OwnMetric, rule
from windvane.errors import SpecError
from windvane.spec.query import query_problems


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([rule.fairness("region", at_most=0.1)], "unknown column 'region'"),
        ([rule.fairness("race")], "needs one of at_most (difference), at_least (ratio)"),
        ([rule.fairness("race", at_most=0.1, at_least=0.8)], "needs one of at_most (difference), at_least (ratio)"),
        ([rule.per_slice()], "needs a column, or queries"),
        ([rule.per_slice("region", queries={"a": "income < 0"})], "needs a column, or queries"),
        ([rule.per_slice("income", bins=[3, 2])], "bins must rise, not [3.0, 2.0]"),
        (
            [rule.per_slice(queries={"poor": "incme < 0"})],
            "slice 'poor': unknown column 'incme'; did you mean 'income'?",
        ),
        ([rule.per_slice("region", metric="logloss")], "unknown metric 'logloss'; did you mean 'log_loss'?"),
        ([rule.robustness()], "needs one of noise, missing"),
        ([rule.robustness(noise=0.1, columns=["region"])], "unknown column 'region'"),
        ([rule.robustness(missing=["incom"])], "did you mean 'income'?"),
        ([rule.all_of(rule.warn(rule.bound("roc_acu", at_least=0.5)))], "did you mean 'roc_auc'?"),
        ([rule.bound("expected_cost", at_most=1)], "unknown metric 'expected_cost'"),
        ([rule.bound("pinball(0.9)", at_most=1)], "unknown metric 'pinball(0.9)'"),
        ([rule.bound("f1", at_most=1, at_least=0)], "needs one of at_most, at_least"),
    ],
)
def test_a_mistake_in_a_rule_is_found_by_the_model(rules: list[Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        model_with(gate=Gate(*rules), protected=("race",), carry=("race",))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: rule.fairness("race", "demografic"), "gate rule 'fairness': measure"),
        (lambda: rule.age("soon"), "is not a duration"),
        (lambda: rule.age("0d"), "needs some time"),
        (lambda: rule.size(0), "greater than 0"),
        (lambda: rule.latency(5, rows=0), "rows"),
        (lambda: rule.custom("models.loans"), "is not an import path"),
        (lambda: rule.not_worse_than_champion(margin=-1), "margin"),
        (lambda: rule.all_of(), "rules"),
        (lambda: OwnMetric(path="profit"), "is not an import path"),
        (lambda: Gate(rule.size(5), min_rows=3), "min_rows"),
    ],
)
def test_a_value_out_of_range_is_refused_by_the_rule(build: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        build()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cluster": "customer"}, "cluster: unknown column 'customer'"),
        ({"protected": ("race",)}, "list it under carry"),
        ({"row_weight": "region"}, "weights are numbers"),
        ({"task": "regression", "costs": {"1": {"0": 1.0}}}, "a regression decides nothing"),
        ({"costs": {"yes": {"0": 1.0}}}, "'0' and '1', not"),
        ({"metrics": (OwnMetric(path="m:roc_auc"),)}, "'roc_auc' is a built-in metric"),
        ({"metrics": (OwnMetric(path="m:Bad"),)}, "'Bad' must start with a lower-case letter"),
        ({"metrics": (OwnMetric(path="m:a"), OwnMetric(path="n:a"))}, "'a' is declared twice"),
        ({"block": "sometimes"}, "is not a duration"),
        ({"task": "regression", "gate": Gate(rule.calibration())}, "needs a binary task"),
    ],
)
def test_a_role_must_fit(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        model_with(**fields)
    assert message in str(caught.value)


def test_every_mistake_of_a_gate_is_listed() -> None:
    gate = Gate(rule.bound("roc_acu"), rule.per_slice(), rule.fairness("race"))
    with pytest.raises(SpecError) as caught:
        model_with(gate=gate)
    for message in ("roc_acu", "needs one of at_most, at_least", "needs a column", "unknown column 'race'"):
        assert message in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "__import__('os').system('true')",
        "income.__class__ == 1",
        "@x > 1",
        "(lambda: 1)() == 1",
        "[i for i in (1,)] == 1",
        "income",
        "1 +",
        "income < 1; income",
        "f'{income}' == 1",
        "income ** 9 > 1",
        "-income < 1",
        "income in x",
        "income in [x]",
        "income and x < 1",
        "income is x",
        "income < None",
        "True",
    ],
)
def test_a_condition_that_could_run_is_refused(query: str) -> None:
    assert query_problems(query, ("income", "x"))


def test_a_label_names_what_was_changed_and_nothing_else() -> None:
    assert (
        rule.not_worse_than_champion("log_loss", margin=0.01).label == "not_worse_than_champion(log_loss, margin=0.01)"
    )
    assert rule.per_slice("origin").label == "per_slice(origin, margin=0.05)"
    assert (
        rule.per_slice("age", bins=[30, 45.5], every=True).label
        == "per_slice(age, margin=0.05, bins=[30, 45.5], every)"
    )
    assert rule.any_of(rule.size(5), rule.age("3d")).label == "any_of(size(at_most=5), age(at_most=3d))"
    assert rule.fairness("race", "equalised_odds", at_least=0.8).label == "fairness(race, equalised_odds, at_least=0.8)"


def test_a_gate_comes_back_from_its_json() -> None:
    gate = Gate(
        rule.any_of(rule.all_of(rule.size(5), rule.warn(rule.age("3d"))), rule.fairness("race", at_most=0.1)),
        rule.per_slice(queries={"a": "income < 0"}),
    )
    assert Gate(**gate.model_dump(mode="json")) == gate
    assert Gate(**gate.model_dump(mode="json")).digest == gate.digest


def test_what_is_measured_does_not_decide_what_a_version_is() -> None:
    changed = model_with(
        protected=("region",), cluster="region", block="1d", row_weight="debt", threshold=0.3,
        costs={"1": {"0": 5}}, metrics=(OwnMetric(path="m:f"),),
    )  # fmt: skip
    assert changed.training_digest == model_with().training_digest
    assert changed.digest != model_with().digest
    assert list(changed.known_metrics)[-2:] == ["expected_cost", "f"]
