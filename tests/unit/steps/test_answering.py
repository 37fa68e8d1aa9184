"""A person answers the open question about a version where no run does it: the same terms hold, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from windvane import Gate, Model, rule, steps
from windvane.errors import IllegalMove, SamePerson, StaleChampion
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores

Make = Callable[..., Model]
BOB = "cli:bob"


def by(run: Run, actor: str, reason: str = "seen") -> Run:
    return run.model_copy(update={"actor": actor, "reason": reason})


@pytest.fixture
def model(make: Make, stores: Stores, run: Run) -> Model:
    """Asks each time, and not who started the run; ada's v1 waits."""
    made = make(gate=Gate(rule.better_than_baseline(), approval="always", four_eyes=True))
    runner.run_train(made, made.cadence.window("2020-01"), stores, by(run, "airflow:ada"))
    return made


def states(stores: Stores) -> list[str]:
    return [item.state for item in stores.registry.people.approvals("loans")]


def test_a_yes_is_recorded_and_carried_out(model: Model, stores: Stores, run: Run) -> None:
    assert steps.answer_open(model, 1, True, stores, by(run, BOB)).state == "champion"
    assert states(stores) == ["approved"]
    (promotion,) = stores.registry.champions.promotions("loans")
    assert (promotion.actor, promotion.reason) == (BOB, "seen")
    with pytest.raises(IllegalMove, match="waits for nobody"):
        steps.answer_open(model, 1, True, stores, by(run, BOB))


def test_a_no_is_recorded_from_anybody(model: Model, stores: Stores, run: Run) -> None:
    assert steps.answer_open(model, 1, False, stores, by(run, "cli:ada")).state == "rejected"
    assert states(stores) == ["rejected"]


@pytest.mark.parametrize("who", ["cli:ada", "airflow:Ada"])
def test_under_four_eyes_who_started_the_run_is_refused_and_the_question_stays(
    model: Model, stores: Stores, run: Run, who: str
) -> None:
    with pytest.raises(SamePerson):
        steps.answer_open(model, 1, True, stores, by(run, who))
    assert states(stores) == ["open"]


def test_under_four_eyes_who_asked_is_refused_though_another_made_the_version(
    model: Model, stores: Stores, run: Run
) -> None:
    steps.answer_approval(model, stores.registry.people.approvals("loans")[0], True, stores, by(run, "cli:ada"))
    steps.ask_approval(model, 1, stores, by(run, "airflow:cay"))
    with pytest.raises(SamePerson, match="cay started the run"):
        steps.answer_open(model, 1, True, stores, by(run, "cli:cay"))


def test_a_yes_after_the_deadline_is_refused_and_a_no_counts(model: Model, stores: Stores, run: Run) -> None:
    (requested,) = stores.registry.people.approvals("loans")
    late = by(run, BOB).model_copy(update={"as_of": requested.deadline + timedelta(seconds=1)})
    with pytest.raises(IllegalMove, match="the deadline for an answer was"):
        steps.answer_open(model, 1, True, stores, late)
    assert states(stores) == ["open"]
    assert steps.answer_open(model, 1, False, stores, late).state == "rejected"


def test_a_yes_is_refused_when_the_champion_changed_since_the_question(model: Model, stores: Stores, run: Run) -> None:
    runner.run_train(model, model.cadence.window("2020-03"), stores, by(run, "airflow:ada"))
    steps.promote(model, 2, stores, by(run, "cli:cay"))
    with pytest.raises(StaleChampion, match="changed since the question"):
        steps.answer_open(model, 1, True, stores, by(run, BOB))
    assert sorted(states(stores)) == ["approved", "open"]


def test_a_yes_of_one_who_looked_at_another_champion_is_refused(model: Model, stores: Stores, run: Run) -> None:
    with pytest.raises(StaleChampion):
        steps.answer_open(model, 1, True, stores, by(run, BOB), expected_epoch=7)
    assert stores.registry.champions.current("loans") is None
