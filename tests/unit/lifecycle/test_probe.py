"""The probe: what a retrain would win is measured where a sign asks for it, and not oftener."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.examples import model_with, rows_of
from windvane import Features, Gate, rule
from windvane.errors import OneClass
from windvane.lifecycle.asking import Asked, asked
from windvane.lifecycle.decide import decide
from windvane.lifecycle.deciding import Past, Retrained
from windvane.lifecycle.performance import performance_check
from windvane.lifecycle.probe import answered, probe, untrained, waiting
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.lifecycle.split import split_history
from windvane.lifecycle.train import score_rows, train
from windvane.results import CheckResult, MonitorResult, Reason, Segment

MODEL = model_with(features=Features(numbers=("income", "debt")), min_rows=20)
OLD, NEW = (2.0, 0.0), (0.0, 2.0)
SIGN = CheckResult(
    check="performance",
    outcome="finding",
    headline="Retraining would gain about 9.0 % (needs 2 %)",
    effect=0.09,
    low=0.03,
    details={"sign": "gain", "windows": 1},
)


def build() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def world(weights: tuple[float, float], rows: int, seed: int) -> pd.DataFrame:
    frame = rows_of(rows, seed=seed)
    signal = weights[0] * frame["income"] + weights[1] * frame["debt"]
    drawn = np.random.default_rng(seed + 1).random(rows)
    return frame.assign(default=(drawn < 1 / (1 + np.exp(-signal))).astype(float))


def scored(frame: pd.DataFrame, by: pd.DataFrame) -> ScoredRows:
    champion = train([by], MODEL, build, None).estimator
    return ScoredRows(frame, pd.DataFrame({"score": score_rows(champion, frame[["income", "debt"]], MODEL)}))


def window_of(key: str) -> Any:
    return MODEL.cadence.window(key)


def said(key: str, version: int = 2, **probed: Any) -> MonitorResult:
    details = {"probe": {"won": False, "history": [], "strength": 0.09, **probed}} if probed else {}
    check = SIGN.model_copy(update={"outcome": "ok", "details": {**SIGN.details, **details}})
    return MonitorResult(model="loans", window=key, decision="hold", reasons=(), checks=(check,), version=version)


class TestMeasured:
    def test_a_changed_relation_is_won_back_and_told(self) -> None:
        rows = world(NEW, 1500, 2)
        done = probe([rows], [scored(rows, world(OLD, 3000, 1))], MODEL, build, None, None, "v2")
        found = answered(SIGN, Asked(Reason(headline="A sign")), done, MODEL)
        assert done.won(MODEL)
        assert found.outcome == "finding"
        assert found.headline == f"Retraining would gain about {100 * done.share:.1f} % (needs 2 %)"
        assert found.effect == done.share
        assert 0 < (found.low or 0) < done.share
        assert "A probe learned from 1,050 rows of 1 window. v2 and the probe scored the 450 outcomes" in found.detail
        assert "because: A sign." in found.detail
        cost = next(number for number in found.numbers if number.name == "rows it learned from")
        assert cost.value == 1050
        assert found.details["probe"]["won"]
        assert found.details["gain_share"] == 0.09

    @pytest.mark.parametrize("seed", range(4))
    def test_an_unchanged_world_wins_nothing_and_holds(self, seed: int) -> None:
        rows = world(OLD, 1500, 10 + seed)
        done = probe([rows], [scored(rows, world(OLD, 3000, 1))], MODEL, build, None, None, "v2")
        found = answered(SIGN, Asked(Reason(headline="A sign")), done, MODEL)
        assert found.outcome == "ok"
        conclusion = decide([found], MODEL, window=window_of("2020-02"), mature=True)
        assert conclusion.decision == "hold"

    def test_it_learns_nothing_of_the_rows_that_judge_it(self) -> None:
        seen: list[int] = []

        def spying() -> Any:
            from sklearn.dummy import DummyClassifier
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import FunctionTransformer

            def noted(table: Any) -> Any:
                seen.append(len(table))
                return table

            return make_pipeline(FunctionTransformer(noted), DummyClassifier())

        rows, before = world(OLD, 1000, 3), world(OLD, 500, 4)
        done = probe([before, rows], [scored(rows, before)], MODEL, spying, None, None, "v2")
        known = pd.concat([before, rows])
        assert seen[0] == int((known["applied_at"] < done.since).sum())
        assert done.comparison.rows == int((rows["applied_at"] >= done.since).sum())

    def test_it_learns_nothing_that_a_retrain_would_hold_out(self) -> None:
        """The gate counts more rows than a window has: a retrain would learn from the window before alone."""
        model = MODEL.model_copy(update={"gate": Gate(rule.better_than_baseline(), rule.min_rows(450))})
        before, rows = world(OLD, 1500, 2), world(NEW, 400, 5)
        before["applied_at"] = before["applied_at"] - pd.Timedelta(days=31)
        done = probe([before, rows], [scored(rows, before)], model, build, None, None, "v2")
        assert done.trained == len(split_history([before, rows], model).train) < 1500
        assert done.comparison.rows == 120, "it is judged as any other"
        assert not done.won(model)

    def test_a_sign_over_several_windows_is_judged_on_more_rows(self) -> None:
        by, rows = world(OLD, 800, 1), world(OLD, 200, 5)
        earlier = world(OLD, 200, 6)
        one = probe([rows], [scored(rows, by)], MODEL, build, None, None, "v2")
        two = probe([rows, earlier], [scored(rows, by), scored(earlier, by)], MODEL, build, None, None, "v2")
        assert two.comparison.rows > one.comparison.rows

    def test_what_cannot_be_trained_is_named_and_retrains_nothing(self) -> None:
        rows = world(OLD, 300, 7)
        alone = rows.assign(default=1.0)
        with pytest.raises(OneClass):
            probe(
                [alone], [ScoredRows(alone, pd.DataFrame({"score": np.full(300, 0.5)}))], MODEL, build, None, None, "v2"
            )
        found = untrained(SIGN, Asked(Reason(headline="A sign")), "one_class: all rows are alike.")
        assert found.outcome == "ok"
        assert "one_class" in found.detail
        assert decide([found], MODEL, window=window_of("2020-02"), mature=True).decision == "hold"


class TestAsked:
    def of(self, *checks: CheckResult, window: str = "2020-06", past: Past | None = None, mature: bool = True) -> Any:
        return asked(checks, MODEL, window=window_of(window), past=past, mature=mature)

    def test_a_sign_asks(self) -> None:
        found = self.of(SIGN)
        assert found is not None
        assert (found.why, found.windows, found.history, found.waits) == (SIGN.reason, 1, (), "")

    def test_it_judges_on_the_windows_that_the_sign_rests_on(self) -> None:
        assert self.of(SIGN.model_copy(update={"details": {"sign": "gain", "windows": 4}})).windows == 4
        assert self.of(SIGN.model_copy(update={"details": {"sign": "rise", "windows": 4}})).windows == 1

    def test_nothing_asks_where_no_retrain_could_follow(self) -> None:
        broken = CheckResult(check="quality", outcome="finding", headline="Broken")
        assert self.of(SIGN, broken) is None
        assert self.of(SIGN, mature=False) is None
        assert self.of(SIGN.model_copy(update={"outcome": "ok"})) is None
        retrained = Past(retrains=(Retrained(window_of("2020-05").start),))
        assert self.of(SIGN, past=retrained) is None

    @pytest.mark.parametrize(
        ("lost", "due"),
        [(["2020-05"], ""), (["2020-05", "2020-04"], "2020-07"), (["2020-05", "2020-03", "2020-02"], "2020-09")],
    )
    def test_each_lost_probe_makes_the_next_one_wait_twice_as_long(self, lost: list[str], due: str) -> None:
        windows = tuple(
            said(key, rows=1) if key in lost else said(key) for key in ("2020-05", "2020-04", "2020-03", "2020-02")
        )
        found = self.of(SIGN, past=Past(windows=windows, version=2))
        assert found.waits == due
        if due:
            again = waiting(SIGN, found)
            assert again.headline == f"{len(lost)} probes won nothing; the next one is due with window {due}"
            conclusion = decide([again], MODEL, window=window_of("2020-06"), past=Past(windows=windows), mature=True)
            assert conclusion.decision == "hold"

    def test_a_new_champion_or_a_sign_twice_as_large_does_not_wait(self) -> None:
        windows = (said("2020-05", rows=1), said("2020-04", rows=1), said("2020-03", rows=1))
        assert self.of(SIGN, past=Past(windows=windows, version=2)).waits
        assert not self.of(SIGN, past=Past(windows=windows, version=3)).waits
        assert not self.of(SIGN.model_copy(update={"effect": 0.2}), past=Past(windows=windows, version=2)).waits

    def ever_since(self, probe: dict[str, Any] | None, *outcomes: Any) -> tuple[str, ...]:
        """Return the history of a large sign, after two windows with one: a probe and retrains were in the first."""
        large = {"gain_share": 0.3, "sign": "gain"}
        checks = [
            SIGN.model_copy(update={"details": large | extra}) for extra in ({}, {"probe": probe} if probe else {})
        ]
        windows = tuple(
            said(key).model_copy(update={"checks": (check,)})
            for key, check in zip(("2020-05", "2020-04"), checks, strict=True)
        )
        retrains = tuple(Retrained(window_of("2020-04").start, outcome) for outcome in outcomes)
        past = Past(retrains=retrains, windows=windows, version=2)
        found = self.of(SIGN.model_copy(update={"details": large, "effect": 0.3}), past=past)
        assert found is not None
        return tuple(found.history)

    def test_the_older_windows_are_left_out_where_they_were_tried_in_vain(self) -> None:
        run = ("2020-04", "2020-05", "2020-06")
        lost = {"won": False, "history": [], "strength": 0.3}
        assert self.ever_since(lost) == run
        assert self.ever_since(None, "promoted") == run
        assert self.ever_since(None, "refused") == run
        assert self.ever_since({**lost, "won": True}) == ()
        assert self.ever_since({**lost, "history": ["2020-04"]}, "refused") == (), "the run alone was tried in vain"

    def test_a_probe_for_more_rows_is_judged_on_the_whole_window_and_strictly(self) -> None:
        before, rows = world(NEW, 3000, 1), world(NEW, 400, 2)
        before = before.assign(applied_at=before["applied_at"] - pd.Timedelta(days=31))
        done = probe([before, rows], [scored(rows, world(NEW, 100, 4))], MODEL, build, None, None, "v2", grown=True)
        assert done.comparison.rows == 400
        assert done.trained == 3000
        assert done.level == 0.01

    def test_a_lost_probe_answers_concept_drift_too(self) -> None:
        drift = CheckResult(check="concept_drift", outcome="finding", headline="Outcomes moved")
        quiet = SIGN.model_copy(update={"outcome": "ok"})
        before = said("2020-05").model_copy(update={"checks": (drift,)})
        past = Past(windows=(before,), version=2)
        found = self.of(quiet, drift, past=past)
        assert found is not None
        assert decide([quiet, drift], MODEL, window=window_of("2020-06"), past=past, mature=True).decision == "retrain"
        rows = world(OLD, 600, 8)
        done = probe([rows], [scored(rows, world(OLD, 3000, 1))], MODEL, build, None, None, "v2")
        lost = answered(quiet, found, done, MODEL)
        assert decide([lost, drift], MODEL, window=window_of("2020-06"), past=past, mature=True).decision == "hold"


def test_a_loss_that_rises_is_a_sign_whatever_a_recalibration_wins_back() -> None:
    """The ranking is gone and the scores stay calibrated: nothing of it can be recalibrated away."""
    random = np.random.default_rng(11)
    rows = rows_of(1200, seed=11).assign(default=(random.random(1200) < 0.5).astype(float))
    scores = pd.DataFrame({"score": np.full(1200, 0.5)})
    then = Segment(
        label="all rows",
        rows=400,
        loss=400 * 0.4,
        loss_variance=400 * 0.1,
        residual=0.0,
        residual_variance=1.0,
        blocks=20,
    )
    found, _ = performance_check(rows, scores, MODEL, reference=then)
    assert found.outcome == "finding"
    assert found.headline == "The loss is 73.3 % above what the version lost before"
    assert found.details["sign"] == "rise"
    same = then.model_copy(update={"loss": 400 * 0.6931})
    assert performance_check(rows, scores, MODEL, reference=same)[0].outcome == "ok"


def test_a_multiclass_model_whose_loss_rose_is_probed_whatever_a_recalibration_wins() -> None:
    """The classes trade places for a part of the rows: accuracy falls, and no temperature mends it."""
    random = np.random.default_rng(12)
    model = MODEL.revised(task="multiclass")
    rows = rows_of(1500, seed=12)
    labels = np.array(["a", "b", "c"])
    said_of = random.integers(0, 3, 1500)
    right = random.random(1500) < 0.59
    target = np.where(right, said_of, (said_of + random.integers(1, 3, 1500)) % 3)
    table = np.full((1500, 3), 0.115)
    table[np.arange(1500), said_of] = 0.77
    scores = pd.DataFrame(table, columns=["score_a", "score_b", "score_c"])
    then = Segment(
        label="all rows",
        rows=450,
        loss=450 * 0.7,
        loss_variance=450 * 0.6,
        residual=0.0,
        residual_variance=1.0,
        blocks=20,
    )
    found, _ = performance_check(rows.assign(default=labels[target]), scores, model, reference=then)
    assert found.outcome == "finding"
    assert asked([found], model, window=window_of("2020-02"), mature=True) is not None
