"""Limits are broken where they surely are, alert or ask for a retrain, and a retrain comes before an alert."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.examples import evaluation_of, model_with, rows_of
from windvane import Monitor, limit
from windvane.errors import SpecError
from windvane.lifecycle.decide import decide
from windvane.lifecycle.deciding import Past
from windvane.lifecycle.limits import limits_check
from windvane.lifecycle.possible import impossible_scores
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.results import CheckResult, Estimate, Profile

WINDOW = model_with().cadence.window("2020-02")
RETRAIN = CheckResult(check="performance", outcome="finding", headline="Retraining would gain about 9 %", effect=0.09)
HOLD = CheckResult(check="performance", outcome="ok", headline="Retraining would gain nothing")


def scored(rows: int, right: float, seed: int = 0, scores: Any = None) -> ScoredRows:
    """Rows of which a share is decided rightly, with scores of 0.9 and 0.1."""
    random = np.random.default_rng(seed)
    frame = rows_of(rows, seed=seed)
    target = (random.random(rows) < 0.3).astype(float)
    said = np.where(random.random(rows) < right, target, 1 - target)
    table = np.where(said == 1, 0.9, 0.1) if scores is None else scores
    return ScoredRows(frame.assign(default=target), pd.DataFrame({"score": table}))


def held(known: ScoredRows, *limits: Any, constant: float = 0.3, evaluation: Any = None) -> CheckResult:
    model = model_with(monitor=Monitor(limits=limits))
    profile = Profile(
        model="loans", window="2020-01", rows=1000, columns={}, constant={"0": 1 - constant, "1": constant}
    )
    return limits_check(known, profile, evaluation, model)


class TestValue:
    def test_accuracy_surely_below_is_found_with_its_interval(self) -> None:
        found = held(scored(800, 0.6), limit("accuracy", at_least=0.7))
        assert found.outcome == "finding"
        number = found.numbers[0]
        assert (number.name, number.allowed, number.better) == ("accuracy", "at least 0.7", "higher")
        assert number.low is not None
        assert number.high is not None
        assert number.low < (number.value or 0) < number.high < 0.7
        assert found.headline == f"accuracy is {number.value:.4g}, surely not at least 0.7"
        assert found.details == {"alert": ["accuracy at least 0.7"], "retrain": []}

    @pytest.mark.parametrize(("rows", "right"), [(800, 0.72), (120, 0.66)])
    def test_what_holds_or_may_hold_is_not(self, rows: int, right: float) -> None:
        assert held(scored(rows, right), limit("accuracy", at_least=0.7)).outcome == "ok"

    def test_at_the_limit_it_is_rarely_found(self) -> None:
        """A window of a month may spend 0.83 %; 3 of 400 are expected, 11 would be one in ten thousand."""
        found = [held(scored(200, 0.7, seed), limit("accuracy", at_least=0.7)).outcome for seed in range(400)]
        assert found.count("finding") <= 10

    def test_few_rows_say_nothing(self) -> None:
        assert held(scored(99, 0.2), limit("accuracy", at_least=0.7)).outcome == "insufficient_data"

    def test_an_undefined_metric_says_why_and_the_others_are_judged(self) -> None:
        known = scored(300, 0.5)
        alone = ScoredRows(known.rows.assign(default=0.0), known.scores)
        found = held(alone, limit("roc_auc", at_least=0.7))
        assert found.outcome == "insufficient_data"
        assert "roc_auc" in found.headline
        assert held(alone, limit("roc_auc", at_least=0.7), limit("accuracy", at_least=0.99)).outcome == "finding"


class TestBaseline:
    def test_a_champion_worse_than_a_constant_is_found(self) -> None:
        found = held(scored(400, 0.5), limit.worse_than_baseline())
        assert found.outcome == "finding"
        assert found.headline.startswith("Worse than a constant: log_loss ")
        assert (found.numbers[0].low or 0) > 0

    def test_one_that_is_better_or_the_same_is_not(self) -> None:
        assert held(scored(400, 0.9), limit.worse_than_baseline()).outcome == "ok"
        same = scored(400, 0.9, scores=np.full(400, 0.3))
        assert held(same, limit.worse_than_baseline()).outcome != "finding"

    def test_a_version_of_before_has_nothing_to_be_compared_with(self) -> None:
        model = model_with()
        profile = Profile(model="loans", window="2020-01", rows=1000, columns={})
        found = limits_check(scored(400, 0.2), profile, None, model)
        assert found.outcome == "insufficient_data"
        assert "before its baseline was kept" in found.headline


class TestChange:
    def evaluation(self, value: float, half: float) -> Any:
        known = Estimate(metric="log_loss", value=value, low=value - half, high=value + half, rows=300)
        return evaluation_of().model_copy(update={"metrics": (known,)})

    def test_a_loss_surely_further_than_allowed_is_found(self) -> None:
        found = held(scored(800, 0.6), limit.change("log_loss", at_most="+20 %"), evaluation=self.evaluation(0.4, 0.02))
        assert found.outcome == "finding"
        assert found.numbers[0].allowed == "at most 0.48"

    def test_a_holdout_that_knows_little_makes_it_unsure(self) -> None:
        limits = limit.change("log_loss", at_most="+20 %")
        assert held(scored(800, 0.6), limits, evaluation=self.evaluation(0.4, 0.6)).outcome == "ok"

    def test_a_metric_that_the_holdout_lacks_is_told(self) -> None:
        assert held(scored(800, 0.6), limit.change("brier", at_most="+20 %")).outcome == "insufficient_data"


class TestDecided:
    def decided(self, *checks: CheckResult, past: Past | None = None) -> Any:
        return decide(checks, model_with(), window=WINDOW, past=past, mature=True)

    def broken(self, then: Any) -> CheckResult:
        return held(scored(800, 0.5), limit("accuracy", at_least=0.7, then=then))

    def test_a_broken_limit_alerts(self) -> None:
        found = self.decided(HOLD, self.broken("alert"))
        assert found.decision == "alert"
        assert found.reasons[0].headline.startswith("accuracy is ")

    def test_a_retrain_that_wins_comes_first_and_the_limit_is_told(self) -> None:
        found = self.decided(RETRAIN, self.broken("alert"))
        assert found.decision == "retrain"
        assert any(reason.headline.startswith("accuracy is ") for reason in found.reasons)

    def test_a_limit_that_asks_for_a_retrain_gets_one_only_where_no_probe_lost(self) -> None:
        assert self.decided(HOLD, self.broken("retrain")).decision == "retrain"
        lost = HOLD.model_copy(update={"details": {"probe": {"won": False}}})
        assert self.decided(lost, self.broken("retrain")).decision == "hold"


class TestPossible:
    def work(self, scores: list[float], span: tuple[float, float] | None, **declared: Any) -> Any:
        from windvane.lifecycle.checks.case import Evidence, Work

        model = model_with(task="regression", **declared)
        profile = Profile(model="loans", window="2020-01", rows=9, columns={}, target_range=span)
        rows = ScoredRows(rows_of(len(scores)), pd.DataFrame({"score": scores}))
        evidence = Evidence(WINDOW, rows.rows, None, profile, rows)
        return Work(evidence, model, profile, None, None)

    def test_negative_prices_are_named(self) -> None:
        found = impossible_scores(self.work([-5.0, -1.0, 3.0, 4.0], (0.0, 10.0)))
        assert found is not None
        assert found.headline == "50 % of the scores are negative, and no outcome of training was"
        assert decide([HOLD, found], model_with(), window=WINDOW, mature=True).decision == "hold"

    def test_where_outcomes_have_both_signs_nothing_is(self) -> None:
        assert impossible_scores(self.work([-5.0, -1.0, 3.0], (-1.0, 10.0))) is None
        assert impossible_scores(self.work([1.0, 2.0, 30.0], (0.0, 10.0))) is None

    def test_scores_outside_what_is_declared_are_named(self) -> None:
        found = impossible_scores(self.work([-5.0, 1.0, 30.0, 150.0], (0.0, 10.0), target_range=(None, 100)))
        assert found is not None
        assert found.headline == "25 % of the scores are above 100, which the target cannot be"
        assert found.detail == "default is declared to be at most 100."
        assert [(item.name, item.value) for item in found.numbers][1] == ("the farthest one", 150.0)
        below = impossible_scores(self.work([-5.0, 1.0], None, target_range=(0, 100)))
        assert below is not None
        assert below.headline.startswith("50 % of the scores are below 0")

    def test_what_is_declared_counts_and_not_what_training_had(self) -> None:
        assert impossible_scores(self.work([-5.0, 1.0], (0.0, 10.0), target_range=(-10, None))) is None

    @pytest.mark.parametrize(
        ("declared", "message"),
        [
            ({"target_range": (None, None), "task": "regression"}, "says nothing"),
            ({"target_range": (5, 1), "task": "regression"}, "smaller end first"),
            ({"target_range": (0, float("inf")), "task": "regression"}, "is no range"),
            ({"target_range": (0, 1), "task": "binary"}, "a binary target has classes"),
        ],
    )
    def test_a_range_that_is_none_is_refused(self, declared: dict[str, Any], message: str) -> None:
        with pytest.raises(SpecError, match=message):
            model_with(**declared)

    def test_a_range_is_no_part_of_what_a_version_is(self) -> None:
        plain, ranged = (model_with(task="regression", **more) for more in ({}, {"target_range": (0, None)}))
        assert "target_range" not in plain.model_dump()
        assert plain.digest != ranged.digest
        assert plain.training_digest == ranged.training_digest
