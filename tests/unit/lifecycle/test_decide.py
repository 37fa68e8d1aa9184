"""Decide: the policy, case by case; reasons come with their numbers, the deciding one first."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lifecycle.examples import model_with
from windvane import Monitor
from windvane.lifecycle.decide import decide
from windvane.results import CheckOutcome, CheckResult, Decision
from windvane.spec import CHECKS, Model
from windvane.spec.parts import Policy

MODEL = model_with(outcome_after="3d")
WINDOW = MODEL.cadence.window("2020-06")
SENTENCES = {
    "quality": "region is missing in 40 % of the rows",
    "data_drift": "2 of 3 inputs moved: income by 30 % of the rows",
    "prediction_drift": "scores moved by 12 % of the rows",
    "performance": "recalibrating wins back 7.4 % of its log_loss of 0.626",
}


def answers(**outcomes: CheckOutcome) -> list[CheckResult]:
    """All four checks are well but for the given ones."""
    return [CheckResult(check=name, outcome=outcomes.get(name, "ok"), sentence=SENTENCES[name]) for name in CHECKS]


def decided(
    checks: list[CheckResult], model: Model = MODEL, last: str | None = None, mature: bool = True
) -> tuple[Decision, tuple[str, ...]]:
    moment: datetime | None = model.cadence.window(last).start if last else None
    return decide(checks, model, window=model.cadence.window("2020-06"), last_retrain=moment, mature=mature)


def test_a_quiet_window_holds_and_says_what_performance_says() -> None:
    assert decided(answers()) == ("hold", (SENTENCES["performance"],))


def test_a_gain_that_counts_retrains() -> None:
    decision, reasons = decided(answers(performance="found", data_drift="found"))
    assert decision == "retrain"
    assert reasons == (f"performance: {SENTENCES['performance']}", f"data drift: {SENTENCES['data_drift']}")


@pytest.mark.parametrize(
    ("moved", "told"),
    [
        ({"data_drift": "found"}, "inputs moved"),
        ({"prediction_drift": "found"}, "scores moved"),
        ({"data_drift": "found", "prediction_drift": "found"}, "inputs and scores moved"),
    ],
)
def test_drift_alone_holds_and_is_named(moved: Any, told: str) -> None:
    decision, reasons = decided(answers(**moved))
    assert decision == "hold"
    assert reasons[0].startswith(f"{told}, the loss that a new version would win back did not: recalibrating")
    assert len(reasons) == 1 + len(moved)


def test_broken_data_alerts_and_blocks_a_retrain() -> None:
    decision, reasons = decided(answers(quality="found", performance="found", data_drift="found"))
    assert decision == "alert"
    assert reasons[0] == f"data quality: {SENTENCES['quality']}"
    assert reasons[1].startswith("no retrain, though performance: ")
    assert reasons[2].startswith("data drift: ")


def test_broken_data_alerts_without_outcomes_too() -> None:
    decision, reasons = decided(answers(quality="found", performance="insufficient_data"), mature=False)
    assert decision == "alert"
    assert reasons[0] == f"data quality: {SENTENCES['quality']}"
    assert len(reasons) == 1


def test_the_policy_says_what_alerts() -> None:
    drifting = MODEL.revised(monitor=Monitor(policy=Policy(alert_on=("data_drift", "performance"))))
    assert decided(answers(data_drift="found"), drifting)[0] == "alert"
    decision, reasons = decided(answers(performance="found"), drifting)
    assert decision == "alert"
    assert reasons == (f"performance: {SENTENCES['performance']}",)
    decision, reasons = decided(answers(quality="found"), drifting)
    assert decision == "hold"
    assert reasons[0].startswith("data quality moved, ")


def test_outcomes_that_are_not_due_are_said_to_be() -> None:
    decision, reasons = decided(answers(performance="insufficient_data", data_drift="found"), mature=False)
    assert decision == "insufficient_data"
    assert reasons == (
        "the outcomes of window 2020-06 are due 2020-07-04 00:00 UTC, so the loss is not known yet",
        f"data drift: {SENTENCES['data_drift']}",
    )


def test_an_immature_gain_never_retrains() -> None:
    assert decided(answers(performance="found"), mature=False)[0] == "insufficient_data"


def test_too_few_rows_are_insufficient() -> None:
    decision, reasons = decided(answers(performance="insufficient_data", prediction_drift="insufficient_data"))
    assert decision == "insufficient_data"
    assert reasons[0] == f"no statement about performance: {SENTENCES['performance']}"
    assert reasons[1] == f"prediction drift: {SENTENCES['prediction_drift']}"


def test_without_the_performance_check_nothing_retrains() -> None:
    checks = [item for item in answers(data_drift="found") if item.check != "performance"]
    decision, reasons = decided(checks)
    assert decision == "hold"
    assert reasons[0].startswith("performance is not among the declared checks")
    assert decided([])[0] == "hold"


@pytest.mark.parametrize(
    ("cooldown", "last", "decision"),
    [
        (1, None, "retrain"),
        (1, "2020-05", "hold"),
        (1, "2020-04", "retrain"),
        (0, "2020-05", "retrain"),
        (3, "2020-03", "hold"),
        (3, "2020-02", "retrain"),
        (1, "2020-07", "hold"),
        (0, "2021-01", "hold"),
    ],
)
def test_the_cooldown_counts_windows_of_event_time(cooldown: int, last: str | None, decision: Decision) -> None:
    model = MODEL.revised(monitor=Monitor(policy=Policy(cooldown=cooldown)))
    assert decided(answers(performance="found"), model, last)[0] == decision


def test_the_cooldown_is_the_reason_and_the_evidence_follows() -> None:
    assert decided(answers(performance="found"), last="2020-05")[1] == (
        "no retrain: a retrain was asked for window 2020-05, and the cooldown is 1 window",
        f"performance: {SENTENCES['performance']}",
    )
    two = MODEL.revised(monitor=Monitor(policy=Policy(cooldown=2)))
    assert decided(answers(performance="found"), two, "2020-05")[1][0].endswith("the cooldown is 2 windows")
    newer = decided(answers(performance="found"), last="2020-08")[1][0]
    assert newer == "no retrain: a retrain was asked for window 2020-08 already, which is newer"


def test_days_across_a_change_of_clocks_are_windows_all_the_same() -> None:
    model = model_with(window="day", timezone="Europe/Berlin")
    window, before = model.cadence.window("2020-03-30"), model.cadence.window("2020-03-29")
    found = answers(performance="found")
    assert decide(found, model, window=window, last_retrain=before.start, mature=True)[0] == "hold"
    earlier = model.cadence.window("2020-03-28").start
    assert decide(found, model, window=window, last_retrain=earlier, mature=True)[0] == "retrain"


def test_the_same_sentence_is_given_once() -> None:
    told = "nothing was scored in window 2020-06, so there is nothing to compare"
    checks = [CheckResult(check=name, outcome="insufficient_data", sentence=told) for name in CHECKS]
    decision, reasons = decided(checks)
    assert decision == "insufficient_data"
    assert reasons == (f"no statement about performance: {told}",)


OUTCOMES: tuple[CheckOutcome, ...] = ("ok", "found", "insufficient_data")


@given(
    st.tuples(*[st.sampled_from(OUTCOMES)] * 4), st.booleans(), st.sampled_from([None, "2020-01", "2020-05", "2020-09"])
)
def test_the_policy_holds_in_every_case(found: Any, mature: bool, last: str | None) -> None:
    given_outcomes = dict(zip(CHECKS, found, strict=True))
    decision, reasons = decided(answers(**given_outcomes), last=last, mature=mature)
    assert reasons
    assert all(reasons)
    assert len(set(reasons)) == len(reasons)
    assert (decision == "alert") == (given_outcomes["quality"] == "found")
    if decision == "retrain":
        assert given_outcomes["performance"] == "found"
        assert mature
        assert last in (None, "2020-01")
    if decision == "hold":
        assert mature
        assert given_outcomes["performance"] != "insufficient_data"


def test_every_case_is_reached() -> None:
    reached = {
        decided(answers(quality=quality, performance=performance), mature=mature)[0]
        for quality, performance, mature in product(OUTCOMES, OUTCOMES, (True, False))
    }
    assert reached == {"hold", "retrain", "alert", "insufficient_data"}
