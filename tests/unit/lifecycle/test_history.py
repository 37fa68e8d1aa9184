"""What earlier windows and versions mean for this one, chosen from records alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.lifecycle.examples import model_with, version_of
from windvane.lifecycle.history import alike, idle, past, reopenable, serving, unbroken, waiting
from windvane.results import Champion, CheckResult, MonitorResult, RetrainRequest, Rollout, StagedWindow
from windvane.windows import Window

MODEL = model_with()
AT = datetime(2020, 9, 1, tzinfo=UTC)


def month(number: int) -> Window:
    return MODEL.cadence.window(f"2020-{number:02}")


def result(number: int, **fields: Any) -> MonitorResult:
    known = {"decision": "hold", "version": 1, "snapshot": "s", "scores": "c", "outcomes": 100}
    return MonitorResult(model=MODEL.name, window=month(number).key, reasons=(), checks=(), **{**known, **fields})


def champion(version: int = 1, number: int = 1) -> Champion:
    window = month(number)
    return Champion(
        model=MODEL.name,
        version=version,
        epoch=1,
        at=AT,
        window=window.key,
        window_end=window.end,
        trained_until=window.end,
    )


def request(number: int, started: bool = True) -> RetrainRequest:
    window = month(number)
    return RetrainRequest(
        request=str(number),
        model=MODEL.name,
        window=window.key,
        window_start=window.start,
        reason="",
        created_at=AT,
        run_id=f"run{number}",
        started_at=AT if started else None,
    )


@pytest.mark.parametrize(
    ("state", "started", "outcome"),
    [
        ("champion", True, "promoted"),
        ("archived", True, "promoted"),
        ("rejected", True, "refused"),
        ("evaluated", True, "open"),
        (None, True, "failed"),
        (None, False, "open"),
    ],
)
def test_what_became_of_a_retrain_follows_from_the_version_that_its_run_made(
    state: Any, started: bool, outcome: str
) -> None:
    states = {"run3": state} if state else {}
    found = past([result(4), result(6)], [request(3, started), request(5)], states, champion(), MODEL, month(5))
    assert [item.outcome for item in found.retrains] == [outcome], "the window's own request is left out"
    assert [item.window for item in found.windows] == ["2020-04"]
    assert found.trained == month(1).start


def test_an_unbroken_run_ends_at_a_gap_an_alert_another_version_and_too_many_rows() -> None:
    earlier = [result(4), result(3), result(2)]
    assert [item.window for item in unbroken(earlier, MODEL, month(5), 1, 250)] == ["2020-04", "2020-03"]
    assert unbroken(earlier, MODEL, month(6), 1, 1000) == [], "May was not monitored"
    for broken in ({"decision": "alert"}, {"version": 2}, {"outcomes": 0}, {"scores": None}, {"snapshot": ""}):
        assert len(unbroken([result(4), result(3, **broken)], MODEL, month(5), 1, 1000)) == 1


def test_a_window_is_opened_again_once_while_it_lacks_outcomes_or_is_the_last_one() -> None:
    results = [result(4), result(3), result(2, outcomes=0), result(1, outcomes=0)]
    assert [item.window for item in reopenable(results, MODEL, month(5))] == ["2020-04"]
    assert [item.window for item in reopenable(results, MODEL, month(3))] == ["2020-01", "2020-02"]
    assert reopenable([result(4, reopened=True)], MODEL, month(5)) == []
    assert reopenable([result(4, scores=None)], MODEL, month(5)) == []


def test_a_window_is_idle_when_the_same_time_a_week_before_was_empty() -> None:
    daily = model_with(window="day")
    silent = CheckResult(check="quality", outcome="finding", headline="no rows", details={"rows": 0})

    def of(day: str, *checks: CheckResult) -> MonitorResult:
        return result(1).model_copy(update={"window": day, "checks": checks})

    sunday = daily.cadence.window("2020-03-15")
    assert idle([of("2020-03-14"), of("2020-03-08", silent)], daily, sunday)
    assert not idle([of("2020-03-14", silent), of("2020-03-08")], daily, sunday)
    assert not idle([of("2020-03-01", silent)], daily, sunday), "two weeks before says nothing"


def test_a_promotion_in_stages_serves_windows_after_its_own_and_those_it_served() -> None:
    staged = StagedWindow(window="2020-02", window_start=month(2).start, stage=0, share=0.1)
    rollout = Rollout(
        model=MODEL.name,
        rollout=9,
        version=2,
        champion=1,
        expected_epoch=1,
        shares=(0.1,),
        margin=0.0,
        state="open",
        stage=0,
        began_at=AT,
        actor="",
        reason="",
        windows=(staged,),
    )
    ends = {2: month(3).end}
    assert serving([rollout], ends, month(4), champion()) == rollout
    assert serving([rollout], ends, month(3), champion()) is None, "it has seen that window"
    assert serving([rollout], ends, month(2), champion()) == rollout, "it keeps what it was scored with"
    ended = rollout.model_copy(update={"state": "withdrawn"})
    assert serving([ended], {}, month(4), champion()) is None
    assert serving([rollout], ends, month(4), champion(version=5)) is None


def test_the_newest_versions_that_were_never_champion_score_in_shadow() -> None:
    def version(number: int, of: int, state: str) -> Any:
        fields = {"version": number, "state": state, "window_end": month(of).end}
        return version_of().model_copy(update=fields)

    every = [
        version(1, 1, "champion"),
        version(2, 2, "rejected"),
        version(3, 3, "evaluated"),
        version(4, 6, "rejected"),
    ]
    assert [item.version for item in waiting(every, month(5), 5, ())] == [3, 2]
    assert [item.version for item in waiting(every, month(5), 1, (3,))] == [2]


def counted(number: int, rows: int, decision: str = "hold") -> MonitorResult:
    quality = CheckResult(check="quality", outcome="ok", headline="x", details={"rows": rows})
    if decision == "alert":
        quality = quality.model_copy(update={"outcome": "finding"})
    said = result(number, decision=decision)
    return said.model_copy(update={"checks": (quality,)})


def test_like_windows_are_those_before_that_were_in_order_the_newest_first() -> None:
    earlier = [counted(4, 40), counted(3, 3, "alert"), counted(2, 20)]
    learned = {"2020-01": 10, "2020-02": 99, "2020-06": 60}
    assert alike(earlier, learned, MODEL, month(5)) == (40, 20, 10)


def test_a_level_that_alerted_three_times_is_what_is_usual_now() -> None:
    earlier = [counted(number, 5, "alert") for number in (6, 5, 4)] + [counted(3, 10)]
    assert alike(earlier, {}, MODEL, month(7)) == (5, 5, 5, 10)


def test_windows_of_a_day_are_like_those_of_the_same_weekday() -> None:
    """The clocks change on 2020-03-29: the Mondays before and after are alike."""
    model = model_with(window="day", timezone="Europe/Berlin")
    learned = {f"2020-03-{day:02}": day for day in range(9, 31)}
    assert alike([], learned, model, model.cadence.window("2020-04-06")) == (30, 23, 16, 9)
