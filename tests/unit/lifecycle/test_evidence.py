"""Bad evidence, end to end through evaluation and gate: never a promotion, always a named reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.examples import model_with, rows_of, version_of
from windvane import Gate, OwnMetric, rule
from windvane.errors import HoldoutSeen, ScoringFailed
from windvane.lifecycle.evaluate import Contender, evaluate
from windvane.lifecycle.gate import judge
from windvane.lifecycle.rules import Case
from windvane.results import Evaluation, GateResult
from windvane.spec import Model

VERSION = version_of(trained_until=datetime(2020, 2, 1, tzinfo=UTC))
OLD = version_of(version=1, trained_until=datetime(2020, 1, 1, tzinfo=UTC))


class Scorer:
    """Scores of a made-up estimator: a function of the features."""

    classes_ = np.array([0, 1])

    def __init__(self, score: Any) -> None:
        self.score = score

    def predict_proba(self, features: pd.DataFrame) -> np.ndarray:
        scores = np.asarray(self.score(features), dtype=float)
        return np.column_stack([1 - scores, scores])


def knowing(features: pd.DataFrame) -> Any:
    return 1 / (1 + np.exp(-1.5 * features["income"].to_numpy(dtype=float) - (features["debt"] > 0).to_numpy()))


def rows(count: int = 2000, **columns: Any) -> pd.DataFrame:
    return rows_of(count).assign(**columns)


def evaluated(model: Model, frame: pd.DataFrame, score: Any = knowing, **more: Any) -> Evaluation:
    return evaluate(frame, rows_of(400, seed=3), model, None, Contender(VERSION, Scorer(score)), None, **more)


def gated(model: Model, frame: pd.DataFrame, score: Any = knowing, **more: Any) -> GateResult:
    found = evaluated(model, frame, score, **more)
    assert Evaluation.from_json(found.to_json()) == found
    return judge(Case(model=model, version=VERSION, evaluation=found), "sha256:e")


def lenient(**changes: Any) -> Model:
    """A spec whose only rule anything passes."""
    return model_with(**({"gate": Gate(rule.min_rows(1))} | changes))


def test_good_evidence_is_promoted_or_the_rest_proves_nothing() -> None:
    assert gated(model_with(), rows()).decision == "promote"
    assert gated(lenient(), rows()).decision == "promote"


def price(outcomes: Any, scores: Any) -> float:
    raise KeyError("price")


MISSING = pd.Series([None, "a", None, "b"] * 500, dtype=object)


@pytest.mark.parametrize(
    ("model", "frame", "score", "message"),
    [
        (lenient(), rows(default=1.0), knowing, "all 2,000 outcomes are of one class (1)"),
        (lenient(), rows(), lambda features: np.full(len(features), 0.3), "the scores are constant"),
        (lenient(row_weight="debt"), rows(debt=0.0), knowing, "the weights sum to zero"),
        (lenient(row_weight="debt"), rows(), knowing, "weights are negative"),
        (lenient(metrics=(OwnMetric(path="m:price"),)), rows(), knowing, "price: raised KeyError: 'price'"),
        (
            lenient(gate=Gate(rule.per_slice(queries={"rich": "income > 99"}, against="baseline"))),
            rows(),
            knowing,
            "query:rich matches no row",
        ),
        (
            lenient(gate=Gate(rule.fairness("race", at_most=0.9)), carry=("race",), protected=("race",)),
            rows(race=MISSING),
            knowing,
            "race is missing in 1,000 of 2,000 rows",
        ),
        (lenient(), rows(10), knowing, "the holdout has 10 rows, fewer than the 50"),
        (model_with(), rows(10), knowing, "fewer than the 50"),
        (
            lenient(gate=Gate(rule.bound("log_loss", at_most=9.0)), cluster="region"),
            rows(),
            knowing,
            "2 dependent groups, fewer than the 10",
        ),
    ],
)
def test_what_is_no_evidence_never_promotes_and_says_why(model: Model, frame: Any, score: Any, message: str) -> None:
    result = gated(model, frame, score, own={"price": price})
    assert result.decision == "reject"
    said = [f"{reason.headline} {reason.detail}" for reason in result.reasons]
    assert any(message in reason for reason in said), said


@pytest.mark.parametrize("bad", [np.nan, 1.7, -0.1, np.inf])
def test_scores_that_are_none_stop_the_evaluation(bad: float) -> None:
    with pytest.raises(ScoringFailed, match="not finite, or no probabilities"):
        evaluated(lenient(), rows(), lambda features: np.full(len(features), bad))


def test_rows_that_a_version_may_have_seen_are_refused_by_name() -> None:
    late = version_of(trained_until=datetime(2020, 2, 15, tzinfo=UTC))
    for challenger, champion in ((late, None), (VERSION, Contender(late, Scorer(knowing)))):
        with pytest.raises(HoldoutSeen, match="v2 was trained until 2020-02-15"):
            evaluate(rows(), rows(), lenient(), None, Contender(challenger, Scorer(knowing)), champion)


def test_a_champion_that_cannot_score_the_rows_is_a_named_reason() -> None:
    def broken(features: pd.DataFrame) -> Any:
        raise ValueError("wants 'street'")

    requested = lenient(gate=Gate(rule.not_worse_than_champion()))
    for champion, message in (
        (Contender(OLD, Scorer(broken)), "cannot score these rows"),
        (Contender(OLD.model_copy(update={"columns": {"street": "number"}}), Scorer(knowing)), "needs street"),
    ):
        found = evaluate(rows(), rows(), requested, None, Contender(VERSION, Scorer(knowing)), champion)
        result = judge(Case(model=requested, version=VERSION, evaluation=found, champion=None), "sha256:e")
        assert result.decision == "reject"
        assert message in result.reasons[0].detail


def test_perturbations_are_measured_and_an_estimator_that_needs_a_column_fails() -> None:
    def strict(features: pd.DataFrame) -> Any:
        if features["income"].isna().any():
            raise ValueError("income is missing")
        return knowing(features)

    gate = Gate(rule.robustness(noise=0.5, margin=0.2), rule.robustness(missing=["income"], margin=0.05))
    found = evaluated(lenient(gate=gate), rows(), strict)
    noisy, missing = found.robustness
    assert noisy.comparison.difference is not None and 0.01 < noisy.comparison.difference < 0.15
    assert "income is missing" in missing.comparison.problem
    result = judge(Case(model=lenient(gate=gate), version=VERSION, evaluation=found), "sha256:e")
    assert [verdict.outcome for verdict in result.verdicts[1:]] == ["pass", "fail"]


def test_clusters_blocks_and_weights_reach_every_number() -> None:
    frame = rows(customer=np.arange(2000) // 4 * 1.0, amount=1.0)
    plain = evaluated(lenient(), frame)
    declared = lenient(carry=("customer", "amount"), cluster="customer", block="1d", row_weight="amount")
    found = evaluated(declared, frame)
    assert found.clusters == 28
    assert found.dependence == "rows of one customer or rows within one 1d"
    for one, two in zip(plain.metrics, found.metrics, strict=True):
        assert one.value == pytest.approx(two.value)
        assert "clustered" in two.method
    resampled = {"average_precision", "calibration_error"}  # by customers; the others by customers and days
    most = {item.metric: 499.0 if item.metric in resampled else 27.0 for item in found.comparisons}
    for item in found.comparisons:
        assert item.degrees is not None
        assert 10 < item.degrees <= most[item.metric] + 1e-9, "unequal clusters: fewer"


def test_the_same_rows_give_the_same_bytes() -> None:
    gate = Gate(
        rule.fairness("region", at_most=0.5), rule.robustness(noise=0.1), rule.per_slice("income", bins=[0.0]),
        rule.bound("own", at_most=9.0),
    )  # fmt: skip
    own = {"own": lambda outcomes, scores: float(np.mean((outcomes - scores) ** 2))}
    model = lenient(gate=gate, protected=("region",), metrics=(OwnMetric(path="m:own"),))
    assert evaluated(model, rows(), own=own).to_json() == evaluated(model, rows(), own=own).to_json()
