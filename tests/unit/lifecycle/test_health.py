"""Health: what is wrong is told, the worst first; nothing is called good without evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.stores.examples import MODEL, spec_of
from windvane.lifecycle import health
from windvane.lifecycle.health import examine, jump
from windvane.lifecycle.health_signs import Question, Signs
from windvane.lifecycle.overdue import MOST_WINDOWS, monitored_by
from windvane.results import DagState, FailedRun
from windvane.results.health import LEVELS

NOW = datetime(2013, 7, 1, 12, tzinfo=UTC)
AGO = NOW - timedelta(days=1)
SPEC = spec_of(outcome_after="0d")
WELL = Signs(
    MODEL,
    SPEC,
    champion=2,
    champion_at=AGO,
    champion_window="2013-01",
    scored="2013-06",
    monitored="2013-06",
    concluded_at=AGO,
    losses=(0.4, 0.41, 0.4, 0.41),
    versions=2,
    dags=(DagState(dag=f"{MODEL}_score"), DagState(dag=f"{MODEL}_monitor")),
)
"""A model with nothing to tell: June is scored and monitored, and July has not ended."""


def failed(verb: str, window: str | None = "2013-05", at: datetime = AGO) -> DagState:
    run = FailedRun(run=f"{MODEL}_{verb}/1", window=window, at=at)
    return DagState(dag=f"{MODEL}_{verb}", failed=(run,))


def dag(verb: str, **fields: Any) -> DagState:
    return DagState(dag=f"{MODEL}_{verb}", **fields)


AWAITED: dict[str, tuple[str, dict[str, Any]]] = {
    "incident": ("bad", {"alert": ("2013-06", "the feed is missing", AGO)}),
    "run_failed": ("bad", {"dags": (failed("score"),)}),
    "action_failed": ("warn", {"dags": (failed("rollback", None),)}),
    "dag_broken": ("bad", {"dags": (dag("score", broken=True),)}),
    "run_overdue": ("bad", {"dags": (dag("score", due=AGO),)}),
    "run_queued": ("warn", {"dags": (dag("train", queued=AGO),)}),
    "artifact": ("bad", {"unreadable": "it is missing"}),
    "audit_log": ("bad", {"verified": ("Event 4 is not as it was written", AGO)}),
    "not_scored": ("bad", {"scored": "2013-03", "monitored": "2013-03"}),
    "deadline_passed": ("bad", {"questions": (Question(3, AGO - timedelta(days=2), AGO),)}),
    "not_monitored": ("warn", {"monitored": "2013-04"}),
    "outcomes_late": ("warn", {"losses": (0.4, None), "conclusion": "no outcomes"}),
    "loss_jumped": ("warn", {"losses": (0.4, 0.41, 0.4, 0.7)}),
    "waiting": ("warn", {"questions": (Question(3, AGO),)}),
    "no_champion": ("warn", {"champion": None, "refused": (2, AGO, "unfair")}),
    "paused": ("warn", {"paused_at": AGO}),
    "dag_paused": ("warn", {"dags": (dag("monitor", paused=True),)}),
    "retrain_waits": ("warn", {"retrain_at": AGO}),
    "retraining": ("busy", {"retrain_at": NOW - timedelta(minutes=5)}),
    "never_ran": ("unknown", {"registered": False}),
    "not_known": ("unknown", {"monitored": None, "losses": (), "scored": "2013-06", "champion_window": "2013-06"}),
}
"""Each kind of trouble, its level, and what of a well model is changed for it."""


def test_a_model_with_nothing_to_tell_is_good() -> None:
    found = examine(WELL, NOW)
    assert (found.level, found.troubles, found.airflow) == ("good", (), True)


@pytest.mark.parametrize("kind", AWAITED)
def test_each_kind_of_trouble_is_told_with_what_to_do(kind: str) -> None:
    level, changed = AWAITED[kind]
    found = examine(replace(WELL, **changed), NOW)
    assert found.level == level
    assert [one.kind for one in found.troubles] == [kind]
    (trouble,) = found.troubles
    assert trouble.level == level
    assert len(trouble.remedy) > 10
    assert trouble.headline


def test_the_kinds_are_those_that_the_module_documents() -> None:
    assert set(AWAITED) == set(health._ORDER)
    documented = {
        line.split("`")[1]: line.split("|")[2].strip() for line in str(health.__doc__).splitlines() if "| `" in line
    }
    assert documented == {kind: level for kind, (level, _) in AWAITED.items()}


@given(st.sets(st.sampled_from(sorted(AWAITED))))
def test_troubles_come_worst_first_whatever_comes_together(kinds: set[str]) -> None:
    changed: dict[str, Any] = {}
    dags: tuple[DagState, ...] = ()
    for kind in sorted(kinds):
        dags += AWAITED[kind][1].get("dags", ())
        changed |= AWAITED[kind][1]
    found = examine(replace(WELL, **{**changed, "dags": dags or WELL.dags}), NOW)
    levels = [LEVELS.index(one.level) for one in found.troubles]
    assert levels == sorted(levels)
    assert found.level == (found.troubles[0].level if found.troubles else "good")


def test_a_failed_run_names_its_window_its_age_and_its_run() -> None:
    (trouble,) = examine(replace(WELL, dags=(failed("score"),)), NOW).troubles
    assert trouble.headline == "loans_score failed for window 2013-05"
    assert (trouble.window, trouble.since, trouble.run) == ("2013-05", AGO, "loans_score/1")


def test_a_person_who_failed_to_act_long_ago_is_no_trouble() -> None:
    old = NOW - timedelta(days=8)
    assert examine(replace(WELL, dags=(failed("act", None, old),)), NOW).level == "good"
    assert examine(replace(WELL, dags=(failed("score", "2013-01", old),)), NOW).level == "bad"


@pytest.mark.parametrize(
    ("scored", "now", "told"),
    [
        ("2013-05", SPEC.scores_due(SPEC.cadence.window("2013-06")) - timedelta(seconds=1), ""),
        ("2013-05", SPEC.scores_due(SPEC.cadence.window("2013-06")), "1 window not scored, since 2013-06"),
        ("2013-03", NOW, "3 windows not scored, since 2013-04"),
        ("2010-01", NOW, f"More than {MOST_WINDOWS} windows not scored, since 2010-02"),
        (None, NOW, "5 windows not scored, since 2013-02; none ever was"),
    ],
)
def test_windows_are_overdue_from_the_moment_their_scores_were_due(
    scored: str | None, now: datetime, told: str
) -> None:
    troubles = examine(replace(WELL, scored=scored, monitored=scored), now).troubles
    found = [one for one in troubles if one.kind == "not_scored"]
    assert [one.headline for one in found] == ([told] if told else [])
    assert all(one.since == SPEC.scores_due(SPEC.cadence.window(one.window or "")) for one in found)


def test_windows_beyond_the_declared_end_and_of_an_unreadable_spec_are_not_due() -> None:
    ended = spec_of(outcome_after="0d", start="2013-01-01", end="2013-05-01")
    late = replace(WELL, scored="2013-04", monitored="2013-04")
    assert examine(late, NOW).level == "bad"
    assert examine(replace(late, spec=ended), NOW).level == "good"
    assert examine(replace(late, spec=None), NOW).level == "good"


def test_a_window_is_to_be_monitored_once_its_outcomes_are_due() -> None:
    slow = spec_of(outcome_after="45d")
    may = slow.cadence.window("2013-05")
    assert monitored_by(slow, may) > may.end + timedelta(days=45)
    assert monitored_by(SPEC, may) < may.end + timedelta(days=3)


def test_a_deadline_is_told_as_near_in_its_last_quarter() -> None:
    near = Question(3, NOW - timedelta(hours=10), NOW + timedelta(hours=1))
    (trouble,) = examine(replace(WELL, questions=(near,)), NOW).troubles
    assert trouble.headline == "v3 waits for a person, deadline 2013-07-01 13:00 UTC is near"
    far = replace(near, deadline=NOW + timedelta(days=2))
    assert "near" not in examine(replace(WELL, questions=(far,)), NOW).troubles[0].headline


def test_without_a_champion_the_newest_refusal_is_the_reason() -> None:
    (refused,) = examine(replace(WELL, champion=None, refused=(2, AGO, "Unfair to one group")), NOW).troubles
    assert refused.headline == "No champion: the newest version v2 was refused. Unfair to one group"
    assert "read the verdicts of v2" in refused.remedy
    (none,) = examine(Signs(MODEL), NOW).troubles
    assert none.headline == "No version was trained yet"
    assert "train a window" in none.remedy
    awaited = examine(replace(WELL, champion=None, questions=(Question(1, AGO),)), NOW).troubles
    assert [one.kind for one in awaited] == ["waiting"]


@pytest.mark.parametrize(
    ("losses", "stands_out"),
    [
        ((), False),
        ((0.5,), False),
        ((0.4, 0.4, 0.9), False),  # too few before it
        ((0.4, 0.4, 0.4, 0.47), False),  # less than a fifth
        ((0.4, 0.4, 0.4, 0.49), True),
        ((0.2, 0.6, 0.3, 0.7, 0.75), False),  # as they go
        ((0.4, None, 0.4, 0.4, 0.9), True),
        ((0.4, 0.4, 0.4, None), False),
        ((0.9, 0.9, 0.9, 0.4), False),  # better
    ],
)
def test_a_loss_jumps_when_it_stands_out_from_those_before(losses: tuple[float | None, ...], stands_out: bool) -> None:
    assert (jump(losses) is not None) == stands_out


def test_without_airflow_nothing_is_said_of_runs() -> None:
    found = examine(replace(WELL, dags=None), NOW)
    assert (found.level, found.airflow) == ("good", False)


def test_a_model_that_never_ran_has_no_windows_that_wait_and_its_failed_first_run_is_told() -> None:
    """Airflow pauses every new DAG: nothing of such a model waits yet."""
    new = Signs(MODEL, registered=False, dags=(dag("score", paused=True), failed("train", None)))
    assert [one.kind for one in examine(new, NOW).troubles] == ["run_failed", "never_ran"]
