"""The monitor on real stores: late outcomes, broken rows, requests and their history, and retrains that do not help."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from windvane import Gate, Model, Monitor, rule, steps
from windvane.errors import EmptyWindow, ExpectationsFailed, MissingReport
from windvane.pipeline import runner
from windvane.results import MonitorResult, Profile, Run
from windvane.spec.watching import Policy
from windvane.steps.evidence import evidence
from windvane.stores import Stores

Make = Callable[..., Model]


def train(model: Model, key: str, stores: Stores, run: Run) -> runner.TrainOutcome:
    return runner.run_train(model, model.cadence.window(key), stores, run)


def watch(model: Model, key: str, stores: Stores, run: Run, **more: Any) -> MonitorResult:
    window = model.cadence.window(key)
    runner.run_score(model, window, stores, run)
    return runner.run_monitor(model, window, stores, run, report=False, **more)


def rewrite(model: Model, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change what the source delivers from now on."""
    file = Path(model.source.path)
    change(pd.read_parquet(file)).to_parquet(file)


def of_month(frame: pd.DataFrame, month: int) -> Any:
    return frame["applied_at"].dt.month == month


def test_outcomes_that_come_forty_days_late_open_the_window_again_once(make: Make, stores: Stores, run: Run) -> None:
    def withheld(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(default=frame["default"].mask(of_month(frame, 5)))

    model = make(withheld)
    truth = make().source
    train(model, "2020-01", stores, run)
    rows = pd.read_parquet(truth.path)
    rewrite(model, withheld)
    early = run.model_copy(update={"as_of": datetime(2020, 6, 4, tzinfo=UTC)})
    first = watch(model, "2020-05", stores, early)
    assert first.decision == "insufficient_data"
    assert "0 of 900 outcomes are known" in first.reasons[0].headline
    nothing_new = steps.reopen(model, model.cadence.window("2020-06"), stores, early)
    assert nothing_new == []
    rewrite(model, lambda frame: rows)
    late = run.model_copy(update={"as_of": datetime(2020, 7, 10, tzinfo=UTC)})
    (again,) = steps.reopen(model, model.cadence.window("2020-06"), stores, late)
    assert (again.window, again.decision, again.reopened, again.outcomes) == ("2020-05", "retrain", True, 900)
    assert again.snapshot != first.snapshot
    assert steps.reopen(model, model.cadence.window("2020-06"), stores, late) == []
    kinds = [
        event.payload["decision"] for event in stores.registry.audit.events("loans") if event.kind == "window.monitored"
    ]
    assert kinds == ["retrain", "insufficient_data"]


def test_corrected_outcomes_of_the_last_window_open_it_once(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    assert watch(model, "2020-02", stores, run).decision == "hold"
    assert steps.reopen(model, model.cadence.window("2020-03"), stores, run) == []
    rewrite(
        model, lambda frame: frame.assign(default=frame["default"].where(~of_month(frame, 2), 1 - frame["default"]))
    )
    (again,) = steps.reopen(model, model.cadence.window("2020-03"), stores, run)
    assert (again.decision, again.reopened) == ("retrain", True)


def test_rows_that_are_refused_alert_by_name_and_nothing_learns_from_them(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    watch(model, "2020-03", stores, run)
    rewrite(model, lambda frame: frame.assign(iban="DE"))
    result = runner.run_monitor(model, model.cadence.window("2020-03"), stores, run)
    assert result.decision == "alert"
    assert "UnexpectedColumn: iban not declared" in result.reasons[0].headline
    assert {item.check: item.outcome for item in result.checks}["data_drift"] == "ok"
    rewrite(model, lambda frame: frame.drop(columns=["loan_id"]))
    nothing = runner.run_monitor(model, model.cadence.window("2020-03"), stores, run)
    assert nothing.decision == "alert"
    assert nothing.snapshot == ""


def test_a_broken_window_is_left_out_of_later_training(make: Make, stores: Stores, run: Run) -> None:
    def thousandfold(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(income=np.where(of_month(frame, 3), 1000 * frame["income"], frame["income"]))

    model = make(thousandfold)
    train(model, "2020-01", stores, run)
    assert watch(model, "2020-02", stores, run).decision == "hold"
    broken = watch(model, "2020-03", stores, run)
    assert broken.decision == "alert"
    version = stores.registry.versions.get("loans", train(model, "2020-04", stores, run).version)
    kept = [stores.registry.snapshots.get("loans", digest).window for digest in version.snapshots]
    assert kept == ["2020-01", "2020-02", "2020-04"]


def test_a_retrain_is_trained_on_the_windows_its_request_names(make: Make, stores: Stores, run: Run) -> None:
    def turned(frame: pd.DataFrame) -> pd.DataFrame:
        other = (frame["income"] + frame["debt"] > 0).astype(float)
        return frame.assign(default=frame["default"].where(frame["applied_at"].dt.month < 5, other))

    model = make(turned)
    for month in range(1, 3):
        train(model, f"2020-0{month}", stores, run)
    for month in (3, 4):
        assert watch(model, f"2020-0{month}", stores, run).decision == "hold"
    result = watch(model, "2020-05", stores, run)
    assert (result.decision, result.history) == ("retrain", ("2020-05",))
    (request,) = stores.registry.monitoring.requests("loans")
    assert request.history == ("2020-05",)
    champion = stores.registry.champions.current("loans")
    assert champion is not None and champion.window == "2020-05"
    version = stores.registry.versions.get("loans", champion.version)
    assert [stores.registry.snapshots.get("loans", digest).window for digest in version.snapshots] == ["2020-05"]


def test_two_monitors_at_once_ask_for_one_retrain(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    window = model.cadence.window("2020-05")
    runner.run_score(model, window, stores, run)
    found: list[MonitorResult] = []
    both = [
        threading.Thread(
            target=lambda: found.append(runner.run_monitor(model, window, stores, run, retrain=False, report=False))
        )
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [item.decision for item in found] == ["retrain", "retrain"]
    assert len(stores.registry.monitoring.requests("loans")) == 1
    assert sum(event.kind == "retrain.requested" for event in stores.registry.audit.events("loans")) == 1


def test_retrains_that_the_gate_refuses_back_off_and_that_is_told_once(make: Make, stores: Stores, run: Run) -> None:
    policy = Policy(cooldown=0, patience=3)
    model = make(monitor=Monitor(policy=policy))
    train(model, "2020-01", stores, run)
    strict = model.revised(gate=Gate(rule.bound("log_loss", at_most=0.01)))
    said = [watch(strict, f"2020-{month:02}", stores, run) for month in range(5, 11)]
    assert [item.decision for item in said] == ["retrain"] * 3 + ["alert"] + ["hold"] * 2
    assert "the last 3 retrains were refused" in said[3].reasons[0].headline
    assert len(stores.registry.monitoring.requests("loans")) == 3


@pytest.mark.parametrize(("compare", "reference"), [("training", "2020-01"), ("last_week", "2020-01")])
def test_what_inputs_are_compared_with_falls_back_to_training(
    compare: str, reference: str, make: Make, stores: Stores, run: Run
) -> None:
    model = make(monitor=Monitor(compare_with=compare))
    train(model, "2020-01", stores, run)
    result = watch(model, "2020-02", stores, run)
    drift = next(item for item in result.checks if item.check == "data_drift")
    assert drift.details["reference"] == reference


def test_a_weekday_is_compared_with_the_same_weekday_before(make: Make, stores: Stores, run: Run) -> None:
    gate = Gate(rule.bound("log_loss", at_most=10), min_rows=20)
    model = make(window="day", history=7, monitor=Monitor(compare_with="last_week"), min_rows=20, gate=gate)
    train(model, "2020-01-10", stores, run)
    for day in (12, 19):
        watch(model, f"2020-01-{day}", stores, run)
    last = watch(model, "2020-01-26", stores, run)
    drift = next(item for item in last.checks if item.check == "data_drift")
    assert drift.details["reference"] == "2020-01-12 to 2020-01-19, the same weekday"


def test_the_versions_profile_holds_what_its_holdout_lost(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    version = stores.registry.versions.get("loans", train(model, "2020-01", stores, run).version)
    profile = Profile.from_json(stores.artifacts.get(version.profile))
    assert profile.segments[""][0].rows == 270
    assert {"", "(score)", "income", "debt"} == set(profile.segments)
    assert sum(item.rows for item in profile.segments["income"]) == 270


def without(*keys: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a change that takes the rows of days or months away."""

    def changed(frame: pd.DataFrame) -> pd.DataFrame:
        days = frame["applied_at"].dt.strftime("%Y-%m-%d")
        kept: pd.DataFrame = frame[~days.str.startswith(tuple(keys))]
        return kept.reset_index(drop=True)

    return changed


def test_a_window_without_rows_alerts_and_the_other_checks_say_that_there_is_nothing(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(without("2020-05"))
    train(model, "2020-01", stores, run)
    found = runner.run_monitor(model, model.cadence.window("2020-05"), stores, run)
    assert (found.decision, found.snapshot, found.outcomes, found.request) == ("alert", "", 0, None)
    assert found.reasons[0].headline == "0 rows, 0 % of the usual 900"
    assert found.headline == "0 rows, 0 % of the usual 900: alert"
    assert {item.check for item in found.checks} == set(model.monitor.checks)
    others = [item for item in found.checks if item.check != "quality"]
    assert {item.outcome for item in others} == {"insufficient_data"}
    assert {item.headline for item in others} == {"Window 2020-05 has no rows: nothing to compare"}
    assert stores.registry.monitoring.results("loans", "2020-05")[0].decision == "alert"
    assert steps.verify("loans", stores).problems == ()
    runner.run_monitor(model, model.cadence.window("2020-06"), stores, run, report=False)


def test_a_window_that_nothing_would_have_scored_is_skipped_without_rows(make: Make, stores: Stores, run: Run) -> None:
    model = make(without("2020-01", "2020-02"))
    with pytest.raises(EmptyWindow):
        runner.run_monitor(model, model.cadence.window("2020-02"), stores, run)
    train(model, "2020-03", stores, run)
    with pytest.raises(EmptyWindow):
        runner.run_monitor(model, model.cadence.window("2020-02"), stores, run)
    assert stores.registry.monitoring.results("loans") == []


def test_a_day_on_which_nothing_ever_happens_alerts_once(make: Make, stores: Stores, run: Run) -> None:
    """The source has no rows on Sundays: the first one is told, the later ones are no news."""
    sundays = tuple(f"{day:%Y-%m-%d}" for day in pd.date_range("2020-03-01", "2020-04-30", freq="W-SUN"))

    def twice(frame: pd.DataFrame) -> pd.DataFrame:
        again = frame.assign(loan_id=frame["loan_id"].astype(str) + "-2")
        return without(*sundays)(pd.concat([frame.assign(loan_id=frame["loan_id"].astype(str)), again]))

    easy = Gate(rule.bound("log_loss", at_most=9.0), min_rows=20)
    model = make(twice, window="day", history=20, min_rows=20, gate=easy)
    assert train(model, "2020-02-28", stores, run).decision == "promote"
    found = [
        runner.run_monitor(model, model.cadence.window(key), stores, run, report=False)
        for key in ("2020-03-08", "2020-03-15", "2020-03-22", "2020-03-26")
    ]
    assert [item.decision for item in found[:3]] == ["alert", "insufficient_data", "insufficient_data"]
    assert "like the window a week before" in " ".join(reason.headline for reason in found[1].reasons)


def test_what_takes_time_to_load_is_loaded_where_a_declared_check_needs_it(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    for key in ("2020-02", "2020-03"):
        watch(model, key, stores, run)
    window = model.cadence.window("2020-03")
    collected = steps.collect(model, window, stores, run)

    def loaded(*checks: str) -> tuple[bool, ...]:
        found, _ = evidence(model.revised(monitor=Monitor(checks=checks)), window, collected, stores)
        assert found.scored is not None
        return bool(found.earlier), found.reference_rows is not None, found.usual_rows is not None

    assert loaded("quality") == (False, False, True)
    assert loaded("performance") == (True, False, False)
    assert loaded("data_drift", "multivariate_drift") == (False, True, False)


def nobody_is_rich() -> list[Any]:
    from great_expectations.expectations import ExpectColumnValuesToBeBetween

    return [ExpectColumnValuesToBeBetween(column="income", max_value=2.5)]


def test_a_window_that_is_not_as_expected_alerts_and_never_retrains(make: Make, stores: Stores, run: Run) -> None:
    def capped(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(income=frame["income"].where(of_month(frame, 5), frame["income"].clip(upper=2.5)))

    model = make(capped, expect=f"{__name__}:nobody_is_rich")
    train(model, "2020-01", stores, run)
    assert watch(model, "2020-02", stores, run).decision == "hold"
    with pytest.raises(ExpectationsFailed):
        runner.run_score(model, model.cadence.window("2020-05"), stores, run)
    found = runner.run_monitor(model, model.cadence.window("2020-05"), stores, run, report=False)
    assert (found.decision, found.request) == ("alert", None)
    why = f"{found.reasons[0].headline} {found.reasons[0].detail}"
    assert "1 of 1 expectations failed: expect_column_values_to_be_between(income)" in why
    steps.verify("loans", stores)


def test_a_report_is_drawn_when_somebody_asks_and_kept(make: Make, stores: Stores, run: Run) -> None:
    drawn = make(monitor=Monitor(report_rows=100))
    asked = drawn.revised(monitor=Monitor(report_rows=100, report="when_asked"))
    assert asked.digest != drawn.digest
    window = asked.cadence.window("2020-02")
    runner.run_train(asked, asked.cadence.window("2020-01"), stores, run)
    runner.run_score(asked, window, stores, run)
    runner.run_monitor(asked, window, stores, run, retrain=False)
    assert stores.registry.monitoring.reports("loans") == {}
    page = steps.asked_report(asked, window, stores, run)
    assert b"<html" in page
    events = len(stores.registry.audit.events("loans"))
    assert steps.asked_report(asked, window, stores, run) == page
    assert len(stores.registry.audit.events("loans")) == events
    kept = stores.registry.monitoring.reports("loans")["2020-02"]
    runner.run_monitor(drawn, window, stores, run, retrain=False)
    assert stores.registry.monitoring.reports("loans")["2020-02"] == kept, "as it is after each window"
    with pytest.raises(MissingReport, match="2020-03"):
        steps.asked_report(asked, asked.cadence.window("2020-03"), stores, run)
