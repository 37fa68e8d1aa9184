"""The performance check: a gain that counts is found, and everything else is told for what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.examples import model_with
from tests.unit.lifecycle.test_recalibration import sample
from windvane import Monitor
from windvane.lifecycle.beyond import fitted
from windvane.lifecycle.performance import performance_check
from windvane.lifecycle.scored_rows import ScoredRows, mean_loss, time_blocks
from windvane.results import MonitorResult

Array = np.ndarray[Any, Any]


MODEL = model_with(timezone="America/New_York")


def window_of(random: np.random.Generator, rows: int, bias: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    target, scores = sample(random, "binary", rows, bias, 1.0)
    times = pd.Timestamp("2020-02-01T05:00Z") + pd.to_timedelta(np.sort(random.integers(0, 28 * 86400, rows)), unit="s")
    return pd.DataFrame({"applied_at": times, "default": target}), pd.DataFrame({"score": scores})


class TestCheck:
    def test_a_sure_and_large_gain_is_found(self) -> None:
        rows, scores = window_of(np.random.default_rng(0), 4000, 0.8)
        result, loss = performance_check(rows, scores, MODEL)
        assert result.outcome == "finding"
        assert result.effect is not None
        assert result.low is not None
        assert 0 < result.low < result.effect < 1
        assert loss == pytest.approx(result.details["loss"])
        assert result.details["blocks"] == 28
        assert result.headline == f"Retraining would gain about {100 * result.effect:.1f} % (needs 2 %)"
        won = "The gain is what recalibrating the champion on 4,000 outcomes of this window wins back."
        assert result.detail == won
        gain, lost = result.numbers[:2]
        assert (gain.name, gain.unit, gain.allowed) == ("won by recalibrating", "%", "retrain at 2 % or more")
        assert [gain.value, gain.low] == pytest.approx([100 * result.effect, 100 * result.low])
        assert (lost.name, lost.unit) == ("log_loss", "nats a row")
        assert lost.value == pytest.approx(loss)

    def test_a_sure_gain_that_is_too_small_is_not(self) -> None:
        rows, scores = window_of(np.random.default_rng(0), 4000, 0.8)
        demanding = MODEL.revised(monitor=Monitor(policy=MODEL.monitor.policy.revised(retrain_at=0.5)))
        result, _ = performance_check(rows, scores, demanding)
        assert result.outcome == "ok"
        assert result.effect is not None
        assert result.headline == f"Retraining would gain about {100 * result.effect:.1f} % (needs 50 %)"

    def test_a_gain_that_is_not_sure_is_not(self) -> None:
        rows, scores = window_of(np.random.default_rng(2), 150, 0.35)
        result, _ = performance_check(rows, scores, MODEL)
        assert result.effect is not None
        assert result.effect > 0.02
        assert result.outcome == "ok"
        assert result.headline == f"Retraining may gain {100 * result.effect:.1f} %, not surely (needs 2 %)"

    def test_calibrated_scores_are_well(self) -> None:
        rows, scores = window_of(np.random.default_rng(1), 300, 0.0)
        result, _ = performance_check(rows, scores, MODEL)
        assert result.outcome == "ok"
        assert result.headline == "Retraining would gain nothing (needs 2 %)"

    def test_a_harder_window_alone_is_not_found(self) -> None:
        """The loss doubles because the rows are harder, and a new version could do nothing about it."""
        random = np.random.default_rng(3)
        target, scores = (random.random(4000) < 0.5).astype(float), np.full(4000, 0.5)
        rows, _ = window_of(random, 4000, 0.0)
        result, loss = performance_check(rows.assign(default=target), pd.DataFrame({"score": scores}), MODEL)
        assert loss == pytest.approx(np.log(2))
        assert result.outcome == "ok"

    def test_too_few_rows_are_insufficient_and_still_have_a_loss(self) -> None:
        rows, scores = window_of(np.random.default_rng(0), 99, 0.8)
        result, loss = performance_check(rows, scores, MODEL)
        assert result.outcome == "insufficient_data"
        assert result.headline == "99 rows with outcomes are too few to judge the loss (needs 100)"
        assert result.numbers[0].allowed == "at least 100 (monitor.min_rows)"
        assert loss is not None

    def test_no_rows_have_no_loss(self) -> None:
        rows, scores = window_of(np.random.default_rng(0), 10, 0.8)
        result, loss = performance_check(rows.iloc[:0], scores.iloc[:0], MODEL)
        assert result.outcome == "insufficient_data"
        assert loss is None

    def test_one_class_is_insufficient(self) -> None:
        rows, scores = window_of(np.random.default_rng(0), 500, 0.0)
        result, _ = performance_check(rows.assign(default=0.0), scores, MODEL)
        assert result.outcome == "insufficient_data"
        assert result.headline == "500 outcomes say nothing about a gain: all are default=0"

    def test_more_classes_than_rows_are_insufficient(self) -> None:
        model = MODEL.revised(task="multiclass", monitor=Monitor(min_rows=10))
        labels = [f"c{index:02}" for index in range(12)]
        rows = pd.DataFrame({"applied_at": pd.date_range("2020-02-02", periods=12, tz="UTC"), "default": labels})
        scores = pd.DataFrame(np.full((12, 12), 1 / 12), columns=[f"score_{label}" for label in labels])
        result, loss = performance_check(rows, scores, model)
        assert result.headline == "12 outcomes say nothing about a gain: too few for 12 classes"
        assert loss == pytest.approx(np.log(12))

    def test_classes_are_found_by_the_names_of_their_columns(self) -> None:
        random = np.random.default_rng(0)
        model = MODEL.revised(task="multiclass")
        target, scores = sample(random, "multiclass", 2000, 1.5, 1.0)
        rows, _ = window_of(random, 2000, 0.0)
        columns = pd.DataFrame(scores, columns=["score_a", "score_b", "score_c"])
        result, loss = performance_check(rows.assign(default=target), columns, model)
        turned, same = performance_check(rows.assign(default=target), columns[columns.columns[::-1]], model)
        assert result.outcome == turned.outcome == "finding"
        assert loss == pytest.approx(same)
        assert result.effect == pytest.approx(turned.effect)

    def test_a_regression_speaks_of_its_squared_error(self) -> None:
        random = np.random.default_rng(0)
        model = MODEL.revised(task="regression")
        target, scores = sample(random, "regression", 500, 1.0, 1.0)
        rows, _ = window_of(random, 500, 0.0)
        result, loss = performance_check(rows.assign(default=target), pd.DataFrame({"score": scores}), model)
        assert result.outcome == "finding"
        assert (result.numbers[1].name, result.numbers[1].unit) == ("mse", "squared units a row")
        assert result.details["unit"] == "squared units a row"
        assert loss == mean_loss(rows.assign(default=target), pd.DataFrame({"score": scores}), model)


class TestBlocks:
    def blocks(self, *times: str) -> list[int]:
        return [int(value) for value in time_blocks(pd.DataFrame({"applied_at": pd.to_datetime(list(times))}), MODEL)]

    def test_rows_of_one_local_day_are_one_block(self) -> None:
        days = [f"2020-02-{day:02}T12:00Z" for day in range(1, 6)]
        found = self.blocks(*days, "2020-02-02T04:59Z", "2020-02-02T05:00Z")
        assert found[-2] == found[0]  # still February 1st in New York
        assert found[-1] == found[1]
        assert len(set(found)) == 5

    def test_few_days_fall_back_to_hours_and_few_hours_to_rows(self) -> None:
        hours = [f"2020-02-01T{hour:02}:00Z" for hour in (10, 10, 11, 12, 13, 14)]
        assert len(set(self.blocks(*hours))) == 5
        assert self.blocks(*["2020-02-01T10:00Z"] * 4) == [0, 1, 2, 3]


def test_a_small_loss_that_stays_is_found_over_a_span_of_windows() -> None:
    """Each window alone shows too little; the eight together are sure."""
    random, windows = np.random.default_rng(3), []
    model = model_with(window="week")
    for week in range(8):
        scores = 1 / (1 + np.exp(-random.standard_normal(700)))
        odds = scores / (1 - scores) * 1.42
        times = pd.date_range("2020-02-03", periods=700, freq="14min", tz="UTC") + pd.Timedelta(weeks=week)
        rows = pd.DataFrame({"applied_at": times, "default": (random.random(700) < odds / (1 + odds)).astype(float)})
        windows.append(ScoredRows(rows, pd.DataFrame({"score": scores})))
    *earlier, last = windows
    alone, _ = performance_check(last.rows, last.scores, model)
    together, _ = performance_check(last.rows, last.scores, model, earlier=earlier[::-1])
    assert alone.outcome == "ok"
    assert together.outcome == "finding"
    assert together.details["windows"] > 1
    assert "of this window and the " in together.detail


def test_what_the_champion_could_win_on_its_own_holdout_is_no_sign() -> None:
    """The same underfitted scores: a sign beside nothing, none beside the holdout, and one again where it changed."""
    random = np.random.default_rng(7)
    holdout, scores = window_of(random, 1500, 0.8)
    own = fitted(
        holdout["default"].to_numpy(), scores["score"].to_numpy(), "binary", time_blocks(holdout, MODEL), ["score"]
    )
    rows, table = window_of(random, 4000, 0.8)
    assert performance_check(rows, table, MODEL)[0].outcome == "finding"
    found, _ = performance_check(rows, table, MODEL, recalibration=own)
    assert found.outcome == "ok"
    assert found.headline.startswith("Recalibrating wins ")
    changed, table = window_of(random, 4000, -0.4)
    assert performance_check(changed, table, MODEL, recalibration=own)[0].outcome == "finding"


def test_the_reference_takes_in_the_first_windows_in_order_and_not_the_last() -> None:
    """A slow drift does not move what it is measured by."""
    random = np.random.default_rng(8)
    holdout, scores = window_of(random, 300, 0.0)
    own = fitted(
        holdout["default"].to_numpy(), scores["score"].to_numpy(), "binary", time_blocks(holdout, MODEL), ["score"]
    )

    def concluded(bias: float) -> MonitorResult:
        check, _ = performance_check(*window_of(random, 3000, bias), MODEL, recalibration=own)
        quiet = check.model_copy(update={"outcome": "ok"})
        return MonitorResult(model="loans", window="2020-01", decision="hold", reasons=(), checks=(quiet,), version=1)

    first, later = [concluded(0.0) for _ in range(3)], [concluded(0.5) for _ in range(5)]
    rows, table = window_of(random, 3000, 0.5)
    slow, _ = performance_check(rows, table, MODEL, recalibration=own, sound=[*later, *first])
    assert slow.outcome == "finding"
    used, _ = performance_check(rows, table, MODEL, recalibration=own, sound=[*first, *later])
    assert used.outcome == "ok"
