"""A version is traced to what people were asked about it, and what they answered."""

from __future__ import annotations

from collections.abc import Callable

from windvane import Gate, Model, rule, steps
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores

Make = Callable[..., Model]


def test_who_approved_when_and_in_which_words_is_told(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(rule.better_than_baseline(), approval="always"))
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    (requested,) = stores.registry.people.approvals("loans")
    ada = run.model_copy(update={"actor": "airflow:ada", "reason": "looks right"})
    steps.answer_approval(model, requested, True, stores, ada, "looks right")
    steps.approve(model, 1, stores, ada, requested.expected_epoch)
    origin = steps.lineage("loans", stores).origin
    (approval,) = origin.approvals
    assert (approval.state, approval.actor, approval.reason) == ("approved", "airflow:ada", "looks right")
    assert approval.answered_at is not None
    (promotion,) = origin.promotions
    assert (promotion.actor, promotion.reason) == ("airflow:ada", "looks right")
    assert [item.kind for item in origin.events if item.kind.startswith("approval.")] == [
        "approval.requested",
        "approval.approved",
    ]
    assert steps.verify("loans", stores, everything=True).problems == ()


def test_why_a_version_was_let_through_is_the_gates_word_and_not_why_it_was_trained(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(gate=Gate(rule.better_than_baseline()))
    asked = run.model_copy(update={"reason": "the loss rose in December"})
    runner.run_train(model, model.cadence.window("2020-01"), stores, asked)
    (promotion,) = steps.lineage("loans", stores).origin.promotions
    version = stores.registry.versions.get("loans", 1)
    assert version.gate is not None
    assert promotion.reason == version.gate.headline
    assert version.reason == "the loss rose in December"
