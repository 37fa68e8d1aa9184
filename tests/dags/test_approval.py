"""An approver's page, and what becomes of each answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowException, DownstreamTasksSkipped, TaskAwaitingInput

from tests.dags.test_context import context_of
from tests.unit.lifecycle.examples import evaluation_of, model_with, rows_of, version_of
from windvane import Estimator, Features, Model, Source, rule, steps
from windvane.orchestration.factory import family
from windvane.orchestration.operators.approval import ApproveOperator
from windvane.orchestration.texts import candidate
from windvane.pipeline import runner
from windvane.results import Estimate, GateResult, Number, Reason, Run, Verdict
from windvane.spec import Gate
from windvane.stores import Stores, open_stores

if TYPE_CHECKING:
    from airflow.sdk import DAG, BaseOperator

ANSWERED = datetime(2020, 3, 3, 9, tzinfo=UTC)
RUN = Run(actor="airflow:ada", as_of=datetime(2020, 4, 1, tzinfo=UTC), run_id="loans_train/a_run")


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """Real stores, which the operators find in place of the connections'."""
    opened = open_stores(f"sqlite:///{tmp_path / 'r.db'}", str(tmp_path / "a"))
    monkeypatch.setattr("windvane.orchestration.base.stores_of", lambda *_: opened)
    return opened


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """Asks a person each time, and not the one who started the run."""
    file = tmp_path / "rows.parquet"
    rows_of(900).to_parquet(file)
    return model_with(
        source=Source.parquet(str(file)),
        features=Features(numbers=("income", "debt")),
        carry=("region",),
        gate=Gate(rule.better_than_baseline(), approval="always", approval_within="3d", four_eyes=True),
    )


@pytest.fixture
def train(model: Model, stores: Stores) -> DAG:
    """The training DAG, once v1 waits for its approval: ada's run asks."""
    runner.run_train(model, model.cadence.window("2020-02"), stores, RUN)
    return family(model)[0]


def answer(dag: DAG, chosen: str, user: str | None, reason: str | None) -> tuple[dict[str, Any], list[str]]:
    """Answer the approval of v1; return what the task left, and the tasks it skipped."""
    task, context = _waiting(dag)
    with pytest.raises(DownstreamTasksSkipped) as caught:
        task.execute_complete(context, _event(chosen, user, reason))
    return context["ti"].left["answer"], [name for name, _ in caught.value.tasks]


def _waiting(dag: DAG) -> tuple[Any, Any]:
    task: Any = dag.get_task("approve")
    task.version = 1
    context = context_of()
    context["ti"].task, context["ti"].map_index, context["ti"].id = task, -1, uuid4()
    context["task_instance"], context["task_state_store"] = context["ti"], Kept()
    return task, context


class Kept(dict[str, Any]):
    """What a task keeps from one try to the next."""

    set = dict.__setitem__


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The task instances for which a question was put up, which wipes out an answer that stands there."""
    ids: list[Any] = []
    for module in ("windvane.orchestration.operators.approval", "airflow.providers.standard.operators.hitl"):
        monkeypatch.setattr(f"{module}.upsert_hitl_detail", lambda **one: ids.append(one["ti_id"]))
    return ids


def test_a_try_that_finds_its_question_up_leaves_the_answer_that_may_stand_beside_it(
    train: DAG, shown: list[Any]
) -> None:
    task, context = _waiting(train)
    for _ in range(2):
        with pytest.raises(TaskAwaitingInput) as caught:
            task.execute(context)
        assert timedelta(days=2) < caught.value.timeout <= timedelta(days=3)
    assert shown == [context["ti"].id]
    context["ti"].id = uuid4()  # as after a failure of its own, or when somebody cleared the task
    with pytest.raises(TaskAwaitingInput):
        task.execute(context)
    assert shown[1:] == [context["ti"].id]


@pytest.mark.parametrize(("chosen", "skipped"), [("Approve", "reject"), ("Reject", "promote")])
def test_an_answer_that_was_taken_before_the_task_was_killed_is_followed_by_the_next_try(
    train: DAG, stores: Stores, shown: list[Any], chosen: str, skipped: str
) -> None:
    answer(train, chosen, "bob", "seen")
    task, context = _waiting(train)
    with pytest.raises(DownstreamTasksSkipped) as caught:
        task.execute(context)
    assert [name for name, _ in caught.value.tasks] == [skipped]
    assert shown == []
    left = context["ti"].left["answer"]
    kept = stores.registry.people.approvals("loans")
    assert (left["approved"], left["actor"], left["reason"]) == (chosen == "Approve", "airflow:bob", "seen")
    assert [left["at"]] == [item.answered_at.isoformat() for item in kept if item.answered_at]


def test_an_answer_that_was_carried_out_is_not_taken_for_the_next_question(
    train: DAG, model: Model, stores: Stores, shown: list[Any]
) -> None:
    answer(train, "Reject", "bob", "too old")
    steps.reject(model, 1, stores, RUN.model_copy(update={"actor": "airflow:bob", "reason": "too old"}))
    task, context = _waiting(train)
    with pytest.raises(TaskAwaitingInput):
        task.execute(context)
    assert shown == [context["ti"].id]


def _event(chosen: str, user: str | None, reason: str | None) -> dict[str, Any]:
    return {
        "chosen_options": [chosen],
        "params_input": {"reason": reason},
        "responded_by_user": {"id": user, "name": user} if user else None,
        "responded_at": ANSWERED,
    }


@pytest.mark.parametrize(
    ("chosen", "user", "reason", "actor", "message", "skipped"),
    [
        ("Approve", "bob", " looks right ", "airflow:bob", "looks right", "reject"),
        ("Approve", "bob", None, "airflow:bob", "approved by bob, who gave no reason", "reject"),
        ("Reject", "bob", "too old", "airflow:bob", "too old", "promote"),
        ("Reject", "ada", "not yet", "airflow:ada", "not yet", "promote"),
        ("Reject", None, None, "deadline", "nobody answered in time", "promote"),
    ],
)
def test_each_answer_takes_its_branch_and_keeps_who_and_why(
    train: DAG,
    stores: Stores,
    chosen: str,
    user: str | None,
    reason: str | None,
    actor: str,
    message: str,
    skipped: str,
) -> None:
    left, not_taken = answer(train, chosen, user, reason)
    assert not_taken == [skipped]
    assert left == {
        "version": 1,
        "approved": chosen == "Approve",
        "actor": actor,
        "reason": message,
        "at": ANSWERED.isoformat(),
    }
    kept = stores.registry.people.approvals("loans")[0]
    assert (kept.actor, kept.reason) == (actor, message)
    assert kept.state == ("approved" if chosen == "Approve" else "rejected" if user else "expired")


def test_under_four_eyes_the_question_is_put_up_again_for_somebody_else(
    train: DAG, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("windvane.orchestration.operators.approval.upsert_hitl_detail", lambda **one: shown.append(one))
    task, context = _waiting(train)
    with pytest.raises(TaskAwaitingInput) as caught:
        task.execute_complete(context, _event("Approve", "ada", "mine"))
    assert caught.value.timeout <= timedelta(days=3)
    assert [one["options"] for one in shown] == [["Approve", "Reject"]]
    again, first = stores.registry.people.approvals("loans")
    assert (first.state, first.reason) == ("void", "mine")
    assert (again.state, again.deadline) == ("open", first.deadline)
    with pytest.raises(DownstreamTasksSkipped):
        task.execute_complete(context, _event("Approve", "bob", "seen"))
    assert stores.registry.people.approvals("loans")[0].actor == "airflow:bob"


def test_when_the_champion_moved_meanwhile_the_answer_is_void_and_another_try_asks_anew(
    train: DAG, model: Model, stores: Stores
) -> None:
    other = model.revised(estimator=Estimator("sklearn.linear_model:LogisticRegression", C=0.5))
    runner.run_train(other, model.cadence.window("2020-02"), stores, RUN)
    steps.promote(other, 2, stores, RUN.model_copy(update={"actor": "cli:cay", "reason": "first"}))
    task, context = _waiting(train)
    with pytest.raises(AirflowException, match="the champion changed: it is v2"):
        task.execute_complete(context, _event("Approve", "bob", "seen"))
    assert stores.registry.people.approvals("loans", 1)[0].state == "void"
    champion = stores.registry.champions.current("loans")
    assert champion is not None
    assert champion.version == 2


def test_an_answer_counts_for_the_version_it_was_given_about(train: DAG) -> None:
    left, _ = answer(train, "Approve", "bob", "fine")
    promote: Any = train.get_task("promote")
    for version, approved, actor in ((1, True, "airflow:bob"), (1, False, None), (3, True, None)):
        context = context_of("scheduled")
        context["ti"].left = {"approve": {"answer": left}}
        promote.version = version
        found = promote.answered(_work(promote, context), approved=approved)
        assert (found.actor if found else None) == actor


def _work(operator: BaseOperator, context: Any) -> Any:
    from windvane.orchestration.base import Work

    return Work(operator, context)  # type: ignore[arg-type]  # a task of the DAG is one of ours


def test_nobody_answers_for_the_approver_by_leaving_the_form_empty(train: DAG) -> None:
    task = train.get_task("approve")
    assert isinstance(task, ApproveOperator)
    assert task.defaults == ["Reject"]
    assert task.params.dump() == {"reason": None}


def test_the_approvers_page_tells_the_gates_reasons_the_metrics_and_the_origin() -> None:
    gate = GateResult(
        model="loans",
        version=2,
        decision="needs_approval",
        reasons=(Reason(headline="approval asks for a <b>person</b> | of the team"), Reason(headline="1,000 rows")),
        verdicts=(
            Verdict(
                rule="min_rows(rows=10)",
                outcome="pass",
                headline="1,000 rows",
                numbers=(Number(name="holdout rows", value=1000, allowed="at least 10", better="higher"),),
            ),
        ),
        evaluation="sha256:e",
        expected_epoch=1,
    )
    metrics = (Estimate(metric="log_loss", value=0.25, low=0.2, high=0.3, rows=1000),)
    baseline = (Estimate(metric="log_loss", value=0.5, rows=1000),)
    page = candidate(version_of(gate=gate), evaluation_of(metrics=metrics, baseline=baseline))
    assert page.startswith("approval asks for a \\<b\\>person\\</b\\> \\| of the team\n\n| verdict")
    assert "| log\\_loss | 0.25 (0.2 to 0.3) | 0.5 |" in page
    assert "| on 1,000 held-out rows | v2 | baseline |" in page
    assert "| pass | min\\_rows\\(rows=10\\) | 1,000 rows |" in page
    assert "| min\\_rows\\(rows=10\\) | holdout rows | 1,000 |  | at least 10 |" in page
    assert page.count("1,000 rows |") == 1
    assert "champion v" not in page
