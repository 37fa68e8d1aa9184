"""A person's word on a version: the run parks until somebody answers, or until the deadline answers for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import Param
from airflow.sdk.bases.branch import BranchMixIn

from windvane.orchestration.base import Work, named_failures
from windvane.orchestration.operators.train import OnVersionOperator
from windvane.orchestration.texts import candidate

if TYPE_CHECKING:
    from airflow.sdk import Context

_LONGEST = timedelta(days=3650)  # the spec's own deadline is known when the task runs


class ApproveOperator(OnVersionOperator, ApprovalOperator, BranchMixIn):
    """Ask a person whether a version that passed the gate may become champion. XCom: `answer`.

    The task waits under Required actions, with one page about the version, and holds no worker slot. The answer names
    the person and their words; without one within the spec's `approval_within` the version is rejected.

    Args:
        version: The version's number.
        promote: Id of the task to follow when it is approved.
        reject: Id of the task to follow when it is not.
        kwargs: See `WindvaneOperator`, and Airflow's `ApprovalOperator` (such as `assigned_users`, `notifiers`).
    """

    template_fields: Sequence[str] = (*OnVersionOperator.template_fields, "subject")
    ui_color = "#ede9fe"

    def __init__(
        self,
        *,
        promote: str = "promote",
        reject: str = "reject",
        subject: str = "May this version become champion?",
        **kwargs: Any,
    ) -> None:
        words = Param(None, type=["null", "string"], maxLength=1000, title="Reason", description="Kept with your name")
        # Airflow hands the DAG's own form down as this task's params; the approver's form has this one field.
        given = {"defaults": "Reject", "response_timeout": _LONGEST, **kwargs, "params": {"reason": words}}
        super().__init__(subject=subject, **given)
        self.promote = promote
        self.reject = reject

    def execute(self, context: Context) -> Any:
        """Write the page, and wait."""
        with named_failures(self, context) as work:
            self.body = self.step(work)
            self.response_timeout = min(self.response_timeout or _LONGEST, work.model.approval_deadline)
        return HITLOperator.execute(self, context)

    def step(self, work: Work) -> str:
        """Return what the approver reads."""
        from windvane.results import Evaluation

        version = work.stores.registry.version(work.model.name, int(self.version))
        self.subject = f"{work.model.name}: may v{version.version} of {version.window} become champion?"
        kept = work.stores.artifacts.get(version.evaluation) if version.evaluation else None
        return candidate(version, Evaluation.from_json(kept) if kept else None)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> None:
        """Leave the answer for the task that carries it out, and follow it."""
        answer = HITLOperator.execute_complete(self, context, event)
        approved = answer["chosen_options"] == [self.APPROVE]
        user = (answer["responded_by_user"] or {}).get("name")
        words = str((answer["params_input"] or {}).get("reason") or "").strip()
        context["ti"].xcom_push(
            key="answer",
            value={
                "version": int(self.version),
                "approved": approved,
                "actor": f"airflow:{user}" if user else "deadline",
                "reason": words or _unsaid(approved, user),
                "at": answer["responded_at"].isoformat(),
            },
        )
        chosen = self.promote if approved else self.reject
        self.do_branch(context, chosen if chosen in self.downstream_task_ids else None)


def _unsaid(approved: bool, user: str | None) -> str:
    if user is None:
        return "nobody answered in time"
    return f"{'approved' if approved else 'rejected'} by {user}, who gave no reason"
