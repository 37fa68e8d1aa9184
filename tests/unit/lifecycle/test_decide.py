"""Decide: the policy, case by case; reasons come with their numbers, the deciding one first."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lifecycle.examples import model_with
from windvane import Monitor
from windvane.lifecycle.decide import Conclusion, decide
from windvane.lifecycle.deciding import Past, Retrained
from windvane.results import CheckOutcome, CheckResult, Decision, MonitorResult, Number, Reason
from windvane.spec import Model, default_checks
from windvane.spec.watching import Policy

MODEL = model_with(outcome_after="3d")
WINDOW = MODEL.cadence.window("2020-06")
HEADLINES = {
    "quality": "region is missing in 40 % of the rows",
    "data_drift": "2 of 3 inputs moved since training (2020-01), most income by 30 % of the rows",
    "prediction_drift": "Scores moved since training (2020-01) by 12 % of the rows",
    "performance": "Retraining would gain about 1.6 % (needs 2 %)",
    "calibration": "Scores are off by 3 percentage points on average",
    "concept_drift": "Outcomes moved against the scores, most in region=north: 9.0 % of the loss",
    "estimated_performance": "log_loss of about 0.62 expected without outcomes",
    "fairness": "No protected group's gap surely moved by 5 points since the holdout",
}
GAIN = Number(name="won by recalibrating", value=1.6, low=0.3, unit="%")


def answers(**outcomes: CheckOutcome) -> list[CheckResult]:
    """All default checks are well but for the given ones."""
    return [
        CheckResult(
            check=name,
            outcome=outcomes.get(name, "ok"),
            headline=HEADLINES[name],
            numbers=(GAIN,) if name == "performance" else (),
        )
        for name in default_checks()
    ]


def decided(
    checks: list[CheckResult],
    model: Model = MODEL,
    last: str | None = None,
    mature: bool = True,
    window: str = "2020-06",
) -> tuple[Decision, tuple[str, ...]]:
    """Decide with at most one earlier retrain, which was promoted; return the decision and the headlines."""
    retrains = (Retrained(model.cadence.window(last).start, "promoted"),) if last else ()
    found = decide(checks, model, window=model.cadence.window(window), past=Past(retrains), mature=mature)
    return found.decision, tuple(reason.headline for reason in found.reasons)


def test_a_quiet_window_holds_and_says_what_performance_says() -> None:
    found = decide(answers(), MODEL, window=WINDOW, mature=True)
    assert (found.decision, found.reasons) == ("hold", (Reason(headline=HEADLINES["performance"], numbers=(GAIN,)),))


def test_a_gain_that_counts_retrains() -> None:
    decision, reasons = decided(answers(performance="finding", data_drift="finding"))
    assert decision == "retrain"
    assert reasons == (HEADLINES["performance"], HEADLINES["data_drift"])


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        ({"data_drift": "finding"}, "Data drift found"),
        ({"prediction_drift": "finding"}, "Prediction drift found"),
        ({"data_drift": "finding", "concept_drift": "finding"}, "Data drift and concept drift found"),
        ({"data_drift": "finding", "calibration": "finding"}, "2 findings"),
        ({"concept_drift": "finding"}, "Concept drift found"),
    ],
)
def test_drift_alone_holds_and_is_named_in_one_line(moved: Any, message: str) -> None:
    decision, headlines = decided(answers(**moved))
    assert decision == "hold"
    assert headlines[0] == f"{message}; retraining would gain about 1.6 % (needs 2 %)"
    assert headlines[1:] == tuple(HEADLINES[name] for name in moved)


def test_one_finding_that_has_no_room_for_its_name_is_one() -> None:
    known = answers(data_drift="finding")
    long = "Recalibrating wins 1.1 % beyond the champion's own reference, not surely"
    known = [item.model_copy(update={"headline": long}) if item.check == "performance" else item for item in known]
    assert decided(known)[1][0] == f"1 finding; r{long[1:]}"


def test_the_headline_of_a_window_names_the_decision_and_fits() -> None:
    found = decide(answers(data_drift="finding", prediction_drift="finding"), MODEL, window=WINDOW, mature=True)
    result = said("2020-06", reasons=found.reasons)
    assert result.headline == (
        "Data drift and prediction drift found; retraining would gain about 1.6 % (needs 2 %): hold"
    )
    assert len(result.headline) == 90
    longer = said("2020-06", decision="insufficient_data", reasons=(Reason(headline="x" * 90),))
    assert longer.headline == f"{'x' * 70}…: insufficient data"
    assert said("2020-06", reasons=()).headline == "hold"


def test_broken_data_alerts_and_blocks_a_retrain() -> None:
    decision, reasons = decided(answers(quality="finding", performance="finding", data_drift="finding"))
    assert decision == "alert"
    assert reasons == (
        HEADLINES["quality"],
        f"{HEADLINES['performance']}, but the data must be in order first",
        HEADLINES["data_drift"],
    )


def test_broken_data_alerts_without_outcomes_too() -> None:
    decision, reasons = decided(answers(quality="finding", performance="insufficient_data"), mature=False)
    assert decision == "alert"
    assert reasons == (HEADLINES["quality"],)


def test_the_policy_says_what_alerts() -> None:
    drifting = MODEL.revised(monitor=Monitor(policy=Policy(alert_on=("data_drift", "performance"))))
    assert decided(answers(data_drift="finding"), drifting)[0] == "alert"
    decision, reasons = decided(answers(performance="finding"), drifting)
    assert decision == "alert"
    assert reasons == (HEADLINES["performance"],)
    decision, reasons = decided(answers(quality="finding"), drifting)
    assert decision == "hold"
    assert reasons[0].startswith("Broken data found; ")


def test_outcomes_that_are_not_due_are_said_to_be() -> None:
    decision, reasons = decided(answers(performance="insufficient_data", data_drift="finding"), mature=False)
    assert decision == "insufficient_data"
    assert reasons == ("Outcomes of window 2020-06 are due 2020-07-04 00:00 UTC", HEADLINES["data_drift"])


def test_an_immature_gain_never_retrains() -> None:
    assert decided(answers(performance="finding"), mature=False)[0] == "insufficient_data"


def test_too_few_rows_are_insufficient() -> None:
    decision, reasons = decided(answers(performance="insufficient_data", prediction_drift="insufficient_data"))
    assert decision == "insufficient_data"
    assert reasons == (HEADLINES["performance"], HEADLINES["prediction_drift"])


def test_without_the_performance_check_nothing_retrains() -> None:
    checks = [item for item in answers(data_drift="finding") if item.check != "performance"]
    decision, reasons = decided(checks)
    assert decision == "hold"
    assert reasons[0].startswith("Performance is not among the declared checks")
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
    assert decided(answers(performance="finding"), model, last)[0] == decision


def test_the_cooldown_is_the_reason_and_the_evidence_follows() -> None:
    assert decided(answers(performance="finding"), last="2020-05")[1] == (
        "A retrain on window 2020-05 was asked for, and the cooldown is 1 window",
        HEADLINES["performance"],
    )
    two = MODEL.revised(monitor=Monitor(policy=Policy(cooldown=2)))
    assert decided(answers(performance="finding"), two, "2020-05")[1][0].endswith("the cooldown is 2 windows")
    newer = decided(answers(performance="finding"), last="2020-08")[1][0]
    assert newer == "A retrain on the newer window 2020-08 was asked for already"


def test_days_across_a_change_of_clocks_are_windows_all_the_same() -> None:
    model = model_with(window="day", timezone="Europe/Berlin")
    found = answers(performance="finding")
    assert decided(found, model, "2020-03-29", window="2020-03-30")[0] == "hold"
    assert decided(found, model, "2020-03-28", window="2020-03-30")[0] == "retrain"


def test_the_same_reason_is_given_once() -> None:
    message = "Window 2020-06 was not scored: nothing to compare"
    checks = [CheckResult(check=name, outcome="insufficient_data", headline=message) for name in default_checks()]
    decision, reasons = decided(checks)
    assert decision == "insufficient_data"
    assert reasons == (message,)


def test_a_reason_that_another_one_contains_is_given_too() -> None:
    """Records are compared, never their words."""
    checks = [
        CheckResult(check="quality", outcome="finding", headline="income is missing in 40 % of the rows"),
        CheckResult(check="data_drift", outcome="finding", headline="income is missing"),
    ]
    assert decided(checks)[1] == ("income is missing in 40 % of the rows", "income is missing")


OUTCOMES: tuple[CheckOutcome, ...] = ("ok", "finding", "insufficient_data")


@given(
    st.tuples(*[st.sampled_from(OUTCOMES)] * len(default_checks())),
    st.booleans(),
    st.sampled_from([None, "2020-01", "2020-05", "2020-09"]),
)
def test_the_policy_holds_in_every_case(found: Any, mature: bool, last: str | None) -> None:
    given_outcomes = dict(zip(default_checks(), found, strict=True))
    decision, reasons = decided(answers(**given_outcomes), last=last, mature=mature)
    assert reasons
    assert all(reasons)
    assert len(set(reasons)) == len(reasons)
    assert (decision == "alert") == (given_outcomes["quality"] == "finding")
    if decision == "retrain":
        assert given_outcomes["performance"] == "finding"
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
        **{
            "model": "loans",
            "window": key,
            "decision": "hold",
            "reasons": (Reason(headline="well"),),
            "checks": checks,
            "version": 1,
        }
        | fields
    )


def gained(share: float, events: int = 200, windows: int = 1, **details: Any) -> CheckResult:
    """A found gain of a share of the loss."""
    message = HEADLINES["performance"]
    details |= {"events": events, "windows": windows}
    return CheckResult(check="performance", outcome="finding", headline=message, effect=share, details=details)


def concluded(performance: CheckResult, past: Past, model: Model = MODEL) -> Conclusion:
    checks = [item for item in answers() if item.check != "performance"] + [performance]
    return decide(checks, model, window=model.cadence.window("2020-06"), past=past, mature=True)


def refused(*keys: str, outcome: Any = "refused") -> tuple[Retrained, ...]:
    return tuple(Retrained(MODEL.cadence.window(key).start, outcome) for key in keys)


def test_three_refused_retrains_back_off_and_are_told_once() -> None:
    past = Past(refused("2020-01", "2020-02", "2020-04"))
    first = concluded(gained(0.3), past)
    assert first.decision == "alert"
    assert first.reasons[0].headline == "Retraining does not help: the last 3 retrains were refused"
    assert "None is asked for until 3 windows after the last." in first.reasons[0].detail
    assert first.reasons[0].numbers[0].value == 3
    assert len(first.notices) == 1
    again = concluded(gained(0.3), Past(past.retrains, (said("2020-05", notices=first.notices),)))
    assert (again.decision, again.notices) == ("hold", ())
    assert again.reasons[0].headline == "The last 3 retrains were refused"


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
    found = answers(concept_drift="finding")
    once = decide(found, MODEL, window=WINDOW, past=Past((), (said("2020-05"),)), mature=True)
    assert once.decision == "hold"
    before = said("2020-05", outcomes={"concept_drift": "finding"})
    twice = decide(found, MODEL, window=WINDOW, past=Past((), (before,)), mature=True)
    assert twice.decision == "retrain"
    assert twice.reasons[0].headline == "Concept drift found in this window and in 2020-05"
    assert HEADLINES["concept_drift"] in twice.reasons[0].detail
    assert len(twice.reasons) == 1
    gap = said("2020-04", outcomes={"concept_drift": "finding"})
    assert decide(found, MODEL, window=WINDOW, past=Past((), (gap,)), mature=True).decision == "hold"


def test_the_floor_retrains_without_a_finding() -> None:
    model = MODEL.revised(monitor=Monitor(policy=Policy(retrain_every=4)))
    for trained, decision in (("2020-02", "retrain"), ("2020-03", "hold")):
        past = Past(trained=model.cadence.window(trained).start)
        found = decide(answers(), model, window=WINDOW, past=past, mature=True)
        assert found.decision == decision
    assert decide(answers(), MODEL, window=WINDOW, past=Past(trained=WINDOW.start), mature=True).decision == "hold"
    due = Past(trained=model.cadence.window("2020-01").start)
    broken = decide(answers(quality="finding"), model, window=WINDOW, past=due, mature=True)
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
    assert first.reasons[0].headline == "v3, a champion before, loses less than a new version would"
    assert [(item.name, item.value) for item in first.reasons[0].numbers] == [
        ("loss of v3", 0.4),
        ("loss of the champion", 0.6),
        ("loss of a new version", 0.45),
        ("rows", 300),
    ]
    next_one = concluded(gained(0.3, earlier_champion=better), Past((), (said("2020-05", notices=first.notices),)))
    assert next_one.decision == "retrain"
    silent = MODEL.revised(monitor=Monitor(policy=Policy(propose_rollback=False)))
    assert concluded(gained(0.3, earlier_champion=better), Past(), silent).decision == "retrain"


def test_a_cost_raises_the_least_share() -> None:
    assert Policy().least_share == 0.02
    assert Policy(cost=0.3, horizon=6).least_share == pytest.approx(0.05)


def test_what_explains_a_finding_is_a_reason() -> None:
    why = CheckResult(check="drift_sources", outcome="ok", headline="What moved and matters: income, since 2020-05")
    assert decided([*answers(performance="finding"), why])[1][-1] == why.headline
