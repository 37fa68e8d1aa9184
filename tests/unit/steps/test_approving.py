"""People's answers: who, when and their words are kept; four eyes; and an answer of another world does not count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from windvane import Gate, Model, rule, steps
from windvane.errors import IllegalMove, NotToldApart, SamePerson, SpecError, StaleChampion
from windvane.pipeline import runner
from windvane.results import Approval, Run
from windvane.results.actors import alike
from windvane.stores import Stores

Make = Callable[..., Model]

ADA = "airflow:ada"


def by(run: Run, actor: str, reason: str = "") -> Run:
    return run.model_copy(update={"actor": actor, "reason": reason})


@pytest.fixture
def model(make: Make) -> Model:
    return make(gate=Gate(rule.better_than_baseline(), approval="always", four_eyes=True))


@pytest.fixture
def requested(model: Model, stores: Stores, run: Run) -> Approval:
    """The question about v1, whose run ada started."""
    found = runner.run_train(model, model.cadence.window("2020-01"), stores, by(run, ADA))
    assert (found.decision, found.promoted) == ("needs_approval", False)
    (question,) = stores.registry.people.approvals("loans")
    assert (question.state, question.requested_by, question.version) == ("open", ADA, 1)
    assert (question.deadline - question.requested_at).days == 7
    return question


def test_the_same_run_finds_its_question_again(model: Model, requested: Approval, stores: Stores, run: Run) -> None:
    assert steps.ask_approval(model, 1, stores, by(run, ADA)) == requested
    assert len(stores.registry.people.approvals("loans")) == 1


def test_somebody_elses_yes_is_kept_with_their_words_and_carried_out(
    model: Model, requested: Approval, stores: Stores, run: Run
) -> None:
    bob = by(run, "airflow:bob", "looks right")
    found = steps.answer_approval(model, requested, True, stores, bob, "looks right")
    assert (found.state, found.actor, found.reason) == ("approved", "airflow:bob", "looks right")
    assert found.answered_at is not None
    steps.approve(model, 1, stores, bob, requested.expected_epoch)
    (promotion,) = stores.registry.champions.promotions("loans")
    assert (promotion.actor, promotion.reason) == ("airflow:bob", "looks right")
    event = next(item for item in stores.registry.audit.events("loans") if item.kind == "approval.approved")
    assert (event.actor, event.payload["reason"]) == ("airflow:bob", "looks right")
    stores.registry.audit.verify("loans")


@pytest.mark.parametrize("actor", [ADA, "cli:ada", "airflow:Ada"])
def test_under_four_eyes_a_yes_of_who_started_the_run_is_void_and_the_question_stays(
    model: Model, requested: Approval, stores: Stores, run: Run, actor: str
) -> None:
    found = steps.answer_approval(model, requested, True, stores, by(run, actor), "mine")
    assert found.state == "void"
    assert "four eyes: airflow:ada started the run" in found.why
    again = steps.ask_approval(model, 1, stores, by(run, ADA), again=found)
    assert (again.state, again.deadline) == ("open", requested.deadline)
    assert again.approval != requested.approval
    event = next(item for item in stores.registry.audit.events("loans") if item.kind == "approval.void")
    assert (event.actor, event.payload["reason"]) == (actor, "mine")


def test_who_made_the_version_may_not_approve_it_either(
    model: Model, requested: Approval, stores: Stores, run: Run
) -> None:
    other = steps.ask_approval(model, 1, stores, by(run, "airflow:cay").model_copy(update={"run_id": "another"}))
    found = steps.answer_approval(model, other, True, stores, by(run, ADA))
    assert "airflow:ada made the version" in found.why


def test_a_no_counts_from_anybody(model: Model, requested: Approval, stores: Stores, run: Run) -> None:
    assert steps.answer_approval(model, requested, False, stores, by(run, ADA), "not yet").state == "rejected"


def test_nobodys_answer_in_time_is_a_no(model: Model, requested: Approval, stores: Stores, run: Run) -> None:
    found = steps.answer_approval(model, requested, False, stores, by(run, steps.DEADLINE))
    assert (found.state, found.answer, found.actor) == ("expired", "", "deadline")


def test_without_four_eyes_the_same_person_may_approve(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(rule.better_than_baseline(), approval="always"))
    runner.run_train(model, model.cadence.window("2020-01"), stores, by(run, ADA))
    (question,) = stores.registry.people.approvals("loans")
    assert steps.answer_approval(model, question, True, stores, by(run, ADA)).state == "approved"


def test_a_yes_is_void_when_another_champion_came(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(rule.better_than_baseline(), approval="always"))
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    (requested,) = stores.registry.people.approvals("loans")
    runner.run_train(model, model.cadence.window("2020-03"), stores, run)
    steps.promote(model, 2, stores, by(run, "cli:cay", "the newest"))
    found = steps.answer_approval(model, requested, True, stores, by(run, "airflow:bob"))
    assert found.state == "void"
    assert "it is v2 of window 2020-03" in found.why
    assert {item.version: item.state for item in stores.registry.people.approvals("loans")} == {
        1: "void",
        2: "approved",
    }


def test_a_yes_is_void_when_the_version_was_evaluated_anew(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(rule.better_than_baseline(), approval="always"))
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    (requested,) = stores.registry.people.approvals("loans")
    steps.evaluate(model.revised(block="1d"), 1, stores, run)  # other intervals: another evaluation
    found = steps.answer_approval(model, requested, True, stores, by(run, "airflow:bob"))
    assert found.state == "void"
    assert "evaluated again" in found.why


def test_a_champion_that_comes_between_the_yes_and_its_doing_makes_it_void(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(gate=Gate(rule.better_than_baseline(), approval="always"))
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    (requested,) = stores.registry.people.approvals("loans")
    bob = by(run, "airflow:bob", "fine")
    steps.answer_approval(model, requested, True, stores, bob, "fine")
    runner.run_train(model, model.cadence.window("2020-03"), stores, run)
    steps.promote(model, 2, stores, by(run, "cli:cay", "the newest"))
    with pytest.raises(StaleChampion):
        steps.approve(model, 1, stores, bob, requested.expected_epoch)
    first = stores.registry.people.approvals("loans", 1)[0]
    assert (first.state, first.reason) == ("void", "fine")
    assert "the champion changed" in first.why


def test_a_question_is_answered_once(model: Model, requested: Approval, stores: Stores, run: Run) -> None:
    steps.answer_approval(model, requested, False, stores, by(run, "airflow:bob"), "no")
    assert steps.answer_approval(model, requested, True, stores, by(run, "airflow:cay"), "yes").state == "rejected"
    with pytest.raises(IllegalMove, match="is rejected already, by airflow:bob"):
        stores.registry.people.answer_approval(
            "loans", requested.approval, "approved", "approve", by(run, "cli:cay"), ""
        )


def test_nobody_is_asked_about_what_the_gate_refused(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(rule.min_rows(10_000)))
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    with pytest.raises(IllegalMove, match="the gate says reject"):
        steps.ask_approval(model, 1, stores, run)


def test_at_a_terminal_four_eyes_hold_too(model: Model, requested: Approval, stores: Stores, run: Run) -> None:
    with pytest.raises(SamePerson, match="airflow:ada made it"):
        steps.promote(model, 1, stores, by(run, "cli:ada", "mine"))
    assert stores.registry.champions.current("loans") is None
    steps.promote(model, 1, stores, by(run, "cli:bob", "seen"))
    assert stores.registry.people.approvals("loans")[0].state == "approved"


def test_a_model_of_high_risk_asks_each_time_and_with_four_eyes(make: Make, stores: Stores, run: Run) -> None:
    model = make(risk="high")
    assert runner.run_train(model, model.cadence.window("2020-01"), stores, by(run, ADA)).decision == "needs_approval"
    assert model.four_eyes
    judged = stores.registry.versions.get("loans", 1).gate
    assert judged is not None
    assert "risk=high asks for a person" in judged.headline


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("airflow:ada", "cli:ada", True),
        ("backfill:ada", "airflow:ada", True),
        ("airflow:ada", "airflow:bob", False),
        ("monitor", "airflow:ada", False),
        ("schedule", "schedule", False),
        ("os:1000/ada", "os:1000/ada", True),
        ("os:1000/ada", "os:1001/bob", False),
        ("os:1000/ada", "os:1001/ada", True),  # on another machine
        ("os:1000/ada", "os:1000/bob", None),
        ("os:1000/ada", "airflow:ada", True),
        ("os:1000/ada", "airflow:bob", None),
        ("os:1000", "airflow:bob", None),
        ("os:1003/eve", "airflow:eva", True),  # as declared
        ("os:1003/eve", "airflow:bob", False),
        ("os:1003/eve", "os:1000/ada", None),
        ("os:0/root", "os:1000/ada", None),  # many people are root
        ("os:0/root", "os:0/root", True),
        ("os:0/root", "monitor", False),
    ],
)
def test_one_person_is_the_same_wherever_they_act(one: str, other: str, same: bool | None) -> None:
    people = {"os:1003": "airflow:eva"}
    assert alike(one, other, people) is same
    assert alike(other, one, people) is same


def test_four_eyes_refuse_who_cannot_be_told_apart(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(approval="always", four_eyes=True))
    runner.run_train(model, model.cadence.window("2020-01"), stores, by(run, "os:1000/ada"))
    for actor in ("os:0/root", "airflow:bob"):
        with pytest.raises(NotToldApart, match="os:1000/ada made it"):
            steps.promote(model, 1, stores, by(run, actor, "seen"))
    assert stores.registry.champions.current("loans") is None
    declared = make(gate=Gate(approval="always", four_eyes=True, people={"os:1000": "airflow:ada"}))
    with pytest.raises(SamePerson):
        steps.promote(declared, 1, stores, by(run, "airflow:ada", "seen"))
    steps.promote(declared, 1, stores, by(run, "airflow:bob", "seen"))
    assert stores.registry.champions.current("loans") is not None


@pytest.mark.parametrize("people", [{"ada": "airflow:ada"}, {"os:1000": "ada"}, {"os:1000": "airflow:"}])
def test_who_is_who_is_said_in_full(people: dict[str, str]) -> None:
    with pytest.raises(SpecError, match="says nobody's names"):
        Gate(people=people)
