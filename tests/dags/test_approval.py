"""An approver's page, and what becomes of each answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import DownstreamTasksSkipped

from tests.dags.test_context import context_of
from tests.unit.lifecycle.examples import evaluation_of, model_with, version_of
from windvane.orchestration.factory import family
from windvane.orchestration.operators.approval import ApproveOperator
from windvane.orchestration.texts import candidate
from windvane.results import Estimate, GateResult, Verdict
from windvane.spec import Gate

if TYPE_CHECKING:
    from airflow.sdk import DAG, BaseOperator

ANSWERED = datetime(2020, 3, 3, 9, tzinfo=UTC)


@pytest.fixture
def train() -> DAG:
    """A training DAG that asks a person each time."""
    return family(model_with(gate=Gate(approval="always", approval_within="3d")))[0]


def answer(dag: DAG, chosen: str, user: str | None, reason: str | None) -> tuple[dict[str, Any], list[str]]:
    """Answer the approval of v2; return what the task left, and the tasks it skipped."""
    task: Any = dag.get_task("approve")
    task.version = 2
    context = context_of()
    context["ti"].task, context["ti"].map_index = task, -1
    event = {
        "chosen_options": [chosen],
        "params_input": {"reason": reason},
        "responded_by_user": {"id": user, "name": user} if user else None,
        "responded_at": ANSWERED,
    }
    with pytest.raises(DownstreamTasksSkipped) as caught:
        task.execute_complete(context, event)
    return context["ti"].left["answer"], [name for name, _ in caught.value.tasks]


@pytest.mark.parametrize(
    ("chosen", "user", "reason", "actor", "told", "skipped"),
    [
        ("Approve", "ada", " looks right ", "airflow:ada", "looks right", "reject"),
        ("Approve", "ada", None, "airflow:ada", "approved by ada, who gave no reason", "reject"),
        ("Reject", "ada", "too old", "airflow:ada", "too old", "promote"),
        ("Reject", None, None, "deadline", "nobody answered in time", "promote"),
    ],
)
def test_each_answer_takes_its_branch_and_keeps_who_and_why(
    train: DAG, chosen: str, user: str | None, reason: str | None, actor: str, told: str, skipped: str
) -> None:
    left, not_taken = answer(train, chosen, user, reason)
    assert not_taken == [skipped]
    assert left == {
        "version": 2,
        "approved": chosen == "Approve",
        "actor": actor,
        "reason": told,
        "at": ANSWERED.isoformat(),
    }


def test_an_answer_counts_for_the_version_it_was_given_about(train: DAG) -> None:
    left, _ = answer(train, "Approve", "ada", "fine")
    promote: Any = train.get_task("promote")
    for version, approved, actor in ((2, True, "airflow:ada"), (2, False, None), (3, True, None)):
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
        reasons=("approval asks for a <b>person</b> | of the team", "1,000 rows"),
        verdicts=(Verdict(rule="min_rows(rows=10)", outcome="pass", sentence="1,000 rows"),),
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
    assert "champion v" not in page
