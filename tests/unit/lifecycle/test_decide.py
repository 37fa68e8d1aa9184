"""Decide: the policy, case by case; reasons come with their numbers, the deciding one first."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lifecycle.examples import model_with
from windvane import Monitor
from windvane.lifecycle.decide import Conclusion, Past, Retrained, decide
from windvane.results import CheckOutcome, CheckResult, Decision, MonitorResult
from windvane.spec import CHECKS, Model
from windvane.spec.parts import Policy

MODEL = model_with(outcome_after="3d")
WINDOW = MODEL.cadence.window("2020-06")
SENTENCES = {
    "quality": "region is missing in 40 % of the rows",
    "data_drift": "2 of 3 inputs moved: income by 30 % of the rows",
    "prediction_drift": "scores moved by 12 % of the rows",
    "performance": "recalibrating wins back 7.4 % of its log_loss of 0.626",
    "calibration": "scores are off by 3 percentage points",
    "concept_drift": "outcomes lie 9 percentage points higher in region=north",
    "estimated_performance": "an estimate without outcomes: log_loss 0.62",
    "fairness": "no protected group's gap moved",
}


def answers(**outcomes: CheckOutcome) -> list[CheckResult]:
    """All default checks are well but for the given ones."""
    return [CheckResult(check=name, outcome=outcomes.get(name, "ok"), sentence=SENTENCES[name]) for name in CHECKS]


def decided(
    checks: list[CheckResult],
    model: Model = MODEL,
    last: str | None = None,
    mature: bool = True,
    window: str = "2020-06",
) -> tuple[Decision, tuple[str, ...]]:
    """Decide with at most one earlier retrain, which was promoted."""
    retrains = (Retrained(model.cadence.window(last).start, "promoted"),) if last else ()
    found = decide(checks, model, window=model.cadence.window(window), past=Past(retrains), mature=mature)
    return found.decision, found.reasons


def test_a_quiet_window_holds_and_says_what_performance_says() -> None:
    assert decided(answers()) == ("hold", (SENTENCES["performance"],))


def test_a_gain_that_counts_retrains() -> None:
    decision, reasons = decided(answers(performance="found", data_drift="found"))
    assert decision == "retrain"
    assert reasons == (f"performance: {SENTENCES['performance']}", f"data drift: {SENTENCES['data_drift']}")


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        ({"data_drift": "found"}, "data drift found something"),
        ({"prediction_drift": "found"}, "prediction drift found something"),
        ({"data_drift": "found", "calibration": "found"}, "data drift and calibration found something"),
        ({"concept_drift": "found"}, "concept drift found something"),
    ],
)
def test_drift_alone_holds_and_is_named(moved: Any, message: str) -> None:
    decision, reasons = decided(answers(**moved))
    assert decision == "hold"
    assert reasons[0].startswith(f"{message}, what a new version would win back did not: recalibrating")
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
    assert reasons[0].startswith("data quality found something, ")


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
    found = answers(performance="found")
    assert decided(found, model, "2020-03-29", window="2020-03-30")[0] == "hold"
    assert decided(found, model, "2020-03-28", window="2020-03-30")[0] == "retrain"


def test_the_same_sentence_is_given_once() -> None:
    message = "nothing was scored in window 2020-06, so there is nothing to compare"
    checks = [CheckResult(check=name, outcome="insufficient_data", sentence=message) for name in CHECKS]
    decision, reasons = decided(checks)
    assert decision == "insufficient_data"
    assert reasons == (f"no statement about performance: {message}",)


OUTCOMES: tuple[CheckOutcome, ...] = ("ok", "found", "insufficient_data")


@given(
    st.tuples(*[st.sampled_from(OUTCOMES)] * len(CHECKS)),
    st.booleans(),
    st.sampled_from([None, "2020-01", "2020-05", "2020-09"]),
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


def said(key: str, performance: CheckResult | None = None, **fields: Any) -> MonitorResult:
    """An earlier window's conclusion."""
    checks = tuple(
        item for item in answers(**fields.pop("outcomes", {})) if item.check != "performance" or not performance
    )
    checks += (performance,) if performance else ()
    return MonitorResult(
        **{"model": "loans", "window": key, "decision": "hold", "reasons": ("well",), "checks": checks, "version": 1}
        | fields
    )


def gained(share: float, events: int = 200, windows: int = 1, **details: Any) -> CheckResult:
    """A found gain of a share of the loss."""
    message = SENTENCES["performance"]
    details |= {"events": events, "windows": windows}
    return CheckResult(check="performance", outcome="found", sentence=message, effect=share, details=details)


def concluded(performance: CheckResult, past: Past, model: Model = MODEL) -> Conclusion:
    checks = [item for item in answers() if item.check != "performance"] + [performance]
    return decide(checks, model, window=model.cadence.window("2020-06"), past=past, mature=True)


def refused(*keys: str, outcome: Any = "refused") -> tuple[Retrained, ...]:
    return tuple(Retrained(MODEL.cadence.window(key).start, outcome) for key in keys)


def test_three_refused_retrains_back_off_and_are_told_once() -> None:
    past = Past(refused("2020-01", "2020-02", "2020-04"))
    first = concluded(gained(0.3), past)
    assert first.decision == "alert"
    assert first.reasons[0].startswith("retraining does not help: the last 3 retrains were refused")
    assert len(first.notices) == 1
    again = concluded(gained(0.3), Past(past.retrains, (said("2020-05", notices=first.notices),)))
    assert (again.decision, again.notices) == ("hold", ())
    assert again.reasons[0].startswith("no retrain: the last 3 retrains were refused")


def test_a_back_off_ends_and_the_next_one_is_twice_as_long() -> None:
    """Three refused wait 3 windows after the last, four wait 6."""
    for last, three, four in (("2019-11", "retrain", "retrain"), ("2020-02", "retrain", "alert")):
        requested = refused("2019-08", "2019-09", "2019-10", last)
        assert concluded(gained(0.3), Past(requested[1:])).decision == three
        assert concluded(gained(0.3), Past(requested)).decision == four
    assert concluded(gained(0.3), Past(refused("2019-09", "2019-10", "2020-03"))).decision == "alert"
    assert concluded(gained(0.3), Past(refused("2019-08", "2019-09", "2019-10", "2019-12"))).decision == "alert"


def test_a_promoted_retrain_ends_the_row_of_refusals() -> None:
    past = Past((*refused("2020-01", "2020-02"), *refused("2020-03", outcome="promoted"), *refused("2020-04")))
    assert concluded(gained(0.3), past).decision == "retrain"


def test_concept_drift_retrains_when_it_is_found_in_two_windows_in_a_row() -> None:
    found = answers(concept_drift="found")
    once = decide(found, MODEL, window=WINDOW, past=Past((), (said("2020-05"),)), mature=True)
    assert once.decision == "hold"
    before = said("2020-05", outcomes={"concept_drift": "found"})
    twice = decide(found, MODEL, window=WINDOW, past=Past((), (before,)), mature=True)
    assert twice.decision == "retrain"
    assert twice.reasons[0].endswith("found in window 2020-05 too")
    gap = said("2020-04", outcomes={"concept_drift": "found"})
    assert decide(found, MODEL, window=WINDOW, past=Past((), (gap,)), mature=True).decision == "hold"


def test_the_floor_retrains_without_a_finding() -> None:
    model = MODEL.revised(monitor=Monitor(policy=Policy(retrain_every=4)))
    for trained, decision in (("2020-02", "retrain"), ("2020-03", "hold")):
        past = Past(trained=model.cadence.window(trained).start)
        found = decide(answers(), model, window=WINDOW, past=past, mature=True)
        assert found.decision == decision
    assert decide(answers(), MODEL, window=WINDOW, past=Past(trained=WINDOW.start), mature=True).decision == "hold"
    due = Past(trained=model.cadence.window("2020-01").start)
    broken = decide(answers(quality="found"), model, window=WINDOW, past=due, mature=True)
    assert broken.decision == "alert"


def test_a_change_that_leaves_the_past_useless_trains_from_its_first_window_on() -> None:
    past = Past((), (said("2020-05", gained(0.3)), said("2020-04", gained(0.25)), said("2020-03", gained(0.01))))
    assert concluded(gained(0.4, fresh=True), past).history == ("2020-04", "2020-05", "2020-06")
    broken = Past((), (said("2020-05", gained(0.3), decision="alert"),))
    assert concluded(gained(0.4, fresh=True), broken).history == ("2020-06",)


def test_the_history_is_the_specs_where_the_past_still_helps() -> None:
    found = concluded(gained(0.4, fresh=False), Past((), (said("2020-05", gained(0.3)),)))
    assert (found.decision, found.history) == ("retrain", ())


def test_an_earlier_champion_that_fits_better_is_proposed_once_then_trained() -> None:
    better = {"version": 3, "loss": 0.4, "champion": 0.6, "new": 0.45, "rows": 300}
    first = concluded(gained(0.3, earlier_champion=better), Past())
    assert first.decision == "alert"
    assert first.reasons[0].startswith(
        "v3, champion before, loses 0.4 in this window, the champion 0.6 and a new version 0.45"
    )
    next_one = concluded(gained(0.3, earlier_champion=better), Past((), (said("2020-05", notices=first.notices),)))
    assert next_one.decision == "retrain"
    silent = MODEL.revised(monitor=Monitor(policy=Policy(propose_rollback=False)))
    assert concluded(gained(0.3, earlier_champion=better), Past(), silent).decision == "retrain"


def test_a_cost_raises_the_least_share() -> None:
    assert Policy().least_share == 0.02
    assert Policy(cost=0.3, horizon=6).least_share == pytest.approx(0.05)


def test_what_explains_a_finding_is_a_reason() -> None:
    why = CheckResult(check="drift_sources", outcome="ok", sentence="what moved and matters: income; since 2020-05")
    assert decided([*answers(performance="found"), why])[1][-1] == f"attribution: {why.sentence}"
