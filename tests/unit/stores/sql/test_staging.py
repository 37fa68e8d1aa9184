"""Questions to people, shadow scores and promotions in stages, in SQLite and in a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, evaluated, gate_of, month, promoted, scores_of
from windvane.errors import IllegalMove, OlderWindow, StaleChampion
from windvane.results import Comparison, LiveResult, Reason, Run
from windvane.stores.sql import SqlRegistry, answers

WEEK = timedelta(days=7)
GRACE = ADA.model_copy(update={"actor": "airflow:grace"})


def begun(registry: SqlRegistry) -> int:
    """January's version is champion, February's takes over in stages."""
    promoted(registry, 1)
    evaluated(registry, 2)
    return registry.staging.begin(MODEL, 2, (0.05, 0.25), 0.01, 1, SCHEDULE, "the gate passed").rollout


def result_of(outcome: str = "pass") -> LiveResult:
    compared = Comparison(metric="log_loss", other="v1", difference=-0.1, std_error=0.01, rows=100)
    return LiveResult(
        model=MODEL,
        window=month(3).key,
        window_start=month(3).start,
        version=2,
        champion=1,
        comparison=compared,
        margin=0.01,
        outcome=outcome,
        reason=Reason(headline="Surely better"),
        snapshot="sha256:" + "1" * 64,
        scores="sha256:" + "2" * 64,
        champion_scores="sha256:" + "3" * 64,
    )


def test_a_question_is_asked_once_a_run_and_answered_once(registry: SqlRegistry) -> None:
    evaluated(registry, 1)
    registry.versions.add_gate(MODEL, 1, gate_of(1, "needs_approval"), SCHEDULE)
    requested = registry.people.request_approval(MODEL, 1, WEEK, SCHEDULE)
    assert registry.people.request_approval(MODEL, 1, WEEK, SCHEDULE) == requested
    assert requested.deadline - requested.requested_at == WEEK
    answered = registry.people.answer_approval(MODEL, requested.approval, "approved", "approve", GRACE, "fine")
    assert registry.people.answer_approval(MODEL, requested.approval, "approved", "approve", GRACE, "fine") == answered
    with pytest.raises(IllegalMove, match="approved already"):
        registry.people.answer_approval(MODEL, requested.approval, "rejected", "reject", ADA, "no")
    late = registry.people.answer_approval(
        MODEL, requested.approval, "void", "approve", GRACE, "fine", "the champion changed"
    )
    assert (late.state, registry.people.approvals(MODEL)) == ("void", [late])
    registry.audit.verify(MODEL)


@pytest.mark.parametrize(
    ("who", "state", "answer", "why"),
    [(GRACE, "approved", "approve", ""), (SCHEDULE, "void", "", "the version was promoted without an answer")],
)
def test_a_promotion_answers_what_is_still_asked_in_its_own_transaction(
    registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch, who: Run, state: str, answer: str, why: str
) -> None:
    evaluated(registry, 1)
    registry.versions.add_gate(MODEL, 1, gate_of(1, "needs_approval"), SCHEDULE)
    registry.people.request_approval(MODEL, 1, WEEK, SCHEDULE)
    registry.versions.add_gate(MODEL, 1, gate_of(1), SCHEDULE)
    with monkeypatch.context() as patch:
        patch.setattr(answers, "record_answer", failing)
        with pytest.raises(RuntimeError, match="half-way"):
            registry.champions.promote(MODEL, 1, 0, who, "it passed")
    assert (registry.champions.current(MODEL), registry.people.approvals(MODEL)[0].state) == (None, "open")
    registry.champions.promote(MODEL, 1, 0, who, "it passed")
    (found,) = registry.people.approvals(MODEL)
    assert (found.state, found.answer, found.actor, found.why) == (state, answer, who.actor, why)
    assert [event.kind for event in registry.audit.events(MODEL, limit=2)] == [f"approval.{state}", "champion.promoted"]
    registry.audit.verify(MODEL)


def failing(*_: object) -> None:
    raise RuntimeError("half-way")


def test_an_explanation_replaces_the_one_before(registry: SqlRegistry) -> None:
    evaluated(registry, 1)
    assert registry.versions.explanation(MODEL, 1) is None
    first, second = ("sha256:" + one * 64 for one in "ab")
    for digest in (first, first, second):
        registry.versions.add_explanation(MODEL, 1, digest, SCHEDULE)
    assert registry.versions.explanation(MODEL, 1) == second
    assert [item.kind for item in registry.audit.events(MODEL)].count("version.explained") == 2
    registry.audit.verify(MODEL)


def test_shadow_scores_are_not_published_and_the_latest_counts(registry: SqlRegistry) -> None:
    promoted(registry, 1)
    evaluated(registry, 2)
    for flavour in ("", "", "again"):
        registry.staging.add_shadow(scores_of(3, 2, flavour), SCHEDULE)
    assert registry.scores.current(MODEL, month(3).key) is None
    (found,) = registry.staging.shadow(MODEL, month(3).key)
    assert found.artifact == scores_of(3, 2, "again").artifact
    assert registry.staging.shadow(MODEL, version=1) == []


def test_a_window_keeps_the_share_it_was_first_scored_with(registry: SqlRegistry) -> None:
    rollout = begun(registry)
    first = registry.staging.stage_window(MODEL, rollout, month(3).key, month(3).start, SCHEDULE)
    assert (first.stage, first.share) == (0, 0.05)
    moved = registry.staging.advance(MODEL, rollout, SCHEDULE, stage=1, why="better")
    assert (moved.stage, moved.share) == (1, 0.25)
    assert registry.staging.stage_window(MODEL, rollout, month(3).key, month(3).start, SCHEDULE) == first
    assert registry.staging.stage_window(MODEL, rollout, month(4).key, month(4).start, SCHEDULE).share == 0.25
    registry.staging.advance(MODEL, rollout, SCHEDULE, state="withdrawn", why="worse")
    with pytest.raises(IllegalMove, match="withdrawn"):
        registry.staging.stage_window(MODEL, rollout, month(5).key, month(5).start, SCHEDULE)
    assert registry.staging.advance(MODEL, rollout, SCHEDULE, stage=2).state == "withdrawn"
    registry.audit.verify(MODEL)


def test_one_promotion_is_under_way_and_a_move_of_the_champion_ends_it(registry: SqlRegistry) -> None:
    begun(registry)
    evaluated(registry, 3)
    newer = registry.staging.begin(MODEL, 3, (0.05,), 0.01, 1, SCHEDULE, "newer")
    assert [item.state for item in registry.staging.rollouts(MODEL)] == ["open", "withdrawn"]
    assert registry.staging.begin(MODEL, 3, (0.05,), 0.01, 1, SCHEDULE, "newer") == newer
    evaluated(registry, 2, "other")
    with pytest.raises(OlderWindow, match="of v3, which is being promoted"):
        registry.staging.begin(MODEL, 4, (0.05,), 0.01, 1, SCHEDULE, "older")
    with pytest.raises(StaleChampion):
        registry.staging.begin(MODEL, 4, (0.05,), 0.01, 7, SCHEDULE, "another world")
    registry.champions.promote(MODEL, 3, 1, ADA, "at once")
    assert [item.state for item in registry.staging.rollouts(MODEL)] == ["promoted", "withdrawn"]
    registry.audit.verify(MODEL)


def test_a_live_result_is_recorded_once_and_the_latest_counts(registry: SqlRegistry) -> None:
    begun(registry)
    for outcome in ("pass", "pass", "inconclusive"):
        registry.staging.add_live(result_of(outcome), SCHEDULE)
    assert [item.outcome for item in registry.staging.live(MODEL, 2, 1)] == ["inconclusive"]
    assert registry.staging.live(MODEL, 1) == []
    assert [item.kind for item in registry.audit.events(MODEL)].count("version.compared") == 2


def test_the_database_itself_keeps_answers_and_ended_promotions(registry: SqlRegistry) -> None:
    rollout = begun(registry)
    registry.staging.advance(MODEL, rollout, SCHEDULE, state="withdrawn", why="worse")
    with pytest.raises(Exception, match="a promotion that has ended stays so"):  # whatever the driver raises
        registry.database.write(lambda connection: connection.execute(sa.text("UPDATE rollouts SET state = 'open'")))
