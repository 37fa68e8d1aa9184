"""The monitor's step trains a probe where a sign asks, and only a probe that wins retrains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.steps.conftest import year
from windvane import Estimator, Gate, Model, Monitor, limit, rule, steps
from windvane.pipeline import runner
from windvane.results import MonitorResult, Run
from windvane.steps.judging import _foreseen
from windvane.stores import Stores

Make = Callable[..., Model]


def still(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of one world, a bent one, at random times."""
    random = np.random.default_rng(8)
    signal = 2.0 * np.abs(frame["debt"]) - frame["income"] - 1.5
    return frame.assign(default=(random.random(len(frame)) < 1 / (1 + np.exp(-signal))).astype(float))


def played(model: Model, stores: Stores, run: Run, first: str | None, keys: list[str]) -> list[MonitorResult]:
    if first:
        runner.run_train(model, model.cadence.window(first), stores, run)
    found = []
    for key in keys:
        window = model.cadence.window(key)
        runner.run_score(model, window, stores, run)
        found.append(runner.run_monitor(model, window, stores, run, report=False))
    return found


def performance(result: MonitorResult) -> Any:
    return next(item for item in result.checks if item.check == "performance")


def test_an_estimator_that_underfits_is_not_retrained_for_it(make: Make, stores: Stores, run: Run) -> None:
    """Seven months of one world; weighted classes make its scores off from the first day on."""
    model = make(still, estimator=Estimator("sklearn.linear_model:LogisticRegression", class_weight="balanced"))
    found = played(model, stores, run, "2020-03", [f"2020-{month:02}" for month in range(4, 11)])
    assert [result.decision for result in found if result.decision == "retrain"] == []


def test_a_retrain_tells_what_the_probe_learned_and_won(make: Make, stores: Stores, run: Run) -> None:
    """From May on the same loans default far more often."""
    _, found = played(make(), stores, run, "2020-03", ["2020-04", "2020-05"])
    assert found.decision == "retrain"
    probe = performance(found).details["probe"]
    assert probe["won"]
    assert probe["low"] > 0
    assert probe["trained_rows"] > 0
    reason = found.reasons[0]
    assert reason.headline.startswith("Retraining would gain about ")
    assert reason.detail.startswith("A probe learned from ")
    assert "It was asked for because: " in reason.detail
    assert {number.name for number in reason.numbers} >= {"rows it learned from", "log_loss of the probe"}
    request = stores.registry.monitoring.requests("loans")[0]
    assert request.reason == reason.headline


def test_the_same_window_probed_again_says_the_same(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    _, found = played(model, stores, run, "2020-03", ["2020-04", "2020-05"])
    again = runner.run_monitor(model, model.cadence.window("2020-05"), stores, run, report=False)
    assert again.sha256 == found.sha256


def test_more_rows_ask_by_half_of_the_rows_that_the_champion_learned_from(make: Make, stores: Stores, run: Run) -> None:
    """The champion learned from three months; with May, a retrain would from five."""
    found = played(make(still, history=12), stores, run, "2020-03", ["2020-04", "2020-05"])[-1]
    answer, version = performance(found), stores.registry.versions.get("loans", 1)
    probe = answer.details["probe"]
    learned = stores.registry.snapshots.get_all("loans", version.snapshots)
    assert probe["champion_rows"] == sum(item.outcomes for item in learned) > version.rows
    assert probe["grown"] >= 1.5
    assert probe["trained_rows"] == version.rows
    assert probe["rows"] > found.outcomes, "all that the champion scored since judge it"
    assert probe["curve"]["window"] == found.window
    assert f"each half of the {version.rows:,} rows of v1" in answer.detail


def test_the_gate_counts_what_the_monitor_foresaw(make: Make, stores: Stores, run: Run) -> None:
    """The conclusion about the version's own window is what it hears, and only beside the champion of that window."""
    policy = Monitor().policy.revised(retrain_at=0.0005)
    held_back = Estimator("sklearn.linear_model:LogisticRegression", C=0.0005)  # the more rows, the less it is
    model = make(still, history=12, estimator=held_back, gate=LENIENT, monitor=Monitor(policy=policy))
    found = played(model, stores, run, "2020-03", ["2020-04", "2020-05"])[-1]
    foreseen = performance(found).details["foreseen"]
    assert foreseen["won"]
    runner.run_train(model, model.cadence.window("2020-05"), stores, run)
    first, second = (stores.registry.versions.get("loans", number) for number in (1, 2))
    heard = _foreseen(second, first, stores)
    assert heard is not None
    assert heard.share == foreseen["share"]
    assert _foreseen(second, second, stores) is None
    assert _foreseen(second, None, stores) is None


def test_a_champion_that_turned_worse_than_a_constant_alerts_by_default(make: Make, stores: Stores, run: Run) -> None:
    """What it learned holds the other way round since June; a retrain just asked for leaves only the alert."""

    def turned(frame: pd.DataFrame) -> pd.DataFrame:
        since = frame["applied_at"] >= pd.Timestamp("2020-06-01", tz="UTC")
        flipped = year()["default"].where(~since, 1 - frame["default"])
        return frame.assign(default=flipped)

    model = make(turned, monitor=Monitor(policy=Monitor().policy.revised(retrain_at=0.99)))
    found = played(model, stores, run, "2020-03", ["2020-06"])[0]
    assert found.decision == "alert"
    assert found.reasons[0].headline.startswith("Worse than a constant: log_loss ")


LENIENT = Gate(rule.warn(rule.better_than_baseline()), rule.warn(rule.not_worse_than_champion()))


def backwards(frame: pd.DataFrame) -> pd.DataFrame:
    """In May alone everything holds the other way round: what is trained on it is worse than a constant later."""
    may = frame["applied_at"].dt.month == 5
    return frame.assign(default=frame["default"].where(~may, 1 - frame["default"]))


@pytest.mark.parametrize("propose", [True, False])
def test_the_champion_before_that_was_better_is_proposed_by_number(
    make: Make, stores: Stores, run: Run, propose: bool
) -> None:
    policy = Monitor().policy.revised(retrain_at=0.99, propose_rollback=propose)
    model = make(backwards, gate=LENIENT, history=1, monitor=Monitor(policy=policy))
    for window in ("2020-03", "2020-05"):
        runner.run_train(model, model.cadence.window(window), stores, run)
    champion = stores.registry.champions.current("loans")
    assert champion is not None
    assert champion.version == 2
    found = played(model, stores, run, None, ["2020-06"])[0]
    answer = next(item for item in found.checks if item.check == "limits")
    assert found.decision == "alert"
    assert found.reasons[0].headline.startswith("Worse than a constant: log_loss ")
    assert found.reasons[0].headline.endswith("; v1 was better") is propose
    assert ("windvane rollback loans 1 --reason" in found.reasons[0].detail) is propose
    assert (answer.details.get("better_version", {}).get("version") == 1) is propose


def test_a_version_that_was_rolled_back_is_not_proposed(make: Make, stores: Stores, run: Run) -> None:
    model = make(backwards, gate=LENIENT, history=1)
    for window in ("2020-03", "2020-04", "2020-05"):
        runner.run_train(model, model.cadence.window(window), stores, run)
        if window == "2020-04":
            steps.rollback(model, 1, stores, run)
    found = played(model, stores, run, None, ["2020-06"])[0]
    answer = next(item for item in found.checks if item.check == "limits")
    assert answer.details["better_version"]["version"] == 1, "v2 was rolled back"


def test_a_declared_limit_is_answered_in_each_window(make: Make, stores: Stores, run: Run) -> None:
    limits = (limit("accuracy", at_least=0.99), limit.change("log_loss", at_most="+900 %"))
    found = played(make(monitor=Monitor(limits=limits)), stores, run, "2020-03", ["2020-04"])[0]
    answer = next(item for item in found.checks if item.check == "limits")
    assert found.decision == "alert"
    assert answer.details["alert"] == ["accuracy at least 0.99"]
    assert [number.name for number in answer.numbers] == ["accuracy", "log_loss"]
