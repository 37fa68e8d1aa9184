"""A person's word on a version: the run parks until somebody answers, or until the deadline answers for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BranchMixIn, Param
from airflow.sdk.exceptions import AirflowException

from windvane.orchestration.base import Work, named_failures
from windvane.orchestration.compat import ApprovalOperator, HITLOperator, TaskAwaitingInput, upsert_hitl_detail
from windvane.orchestration.operators.train import OnVersionOperator
from windvane.orchestration.texts import candidate

if TYPE_CHECKING:
    from airflow.sdk import Context

    from windvane.results import Approval

_LONGEST = timedelta(days=3650)  # the spec's own deadline is known when the task runs
_ASKED_IN = "asked_in"


class ApproveOperator(OnVersionOperator, ApprovalOperator, BranchMixIn):
    """Ask a person whether a version that passed the gate may become champion. XCom: `answer`.

    The task waits under Required actions, with one page about the version, and holds no worker slot. The answer names
    the person and their words; without one within the spec's `approval_within` the version is rejected. An answer that
    does not count (four eyes; another champion meanwhile) is recorded as void, and the question is asked again.

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
        """Ask, write the page, and wait; an answer that an earlier try was given is followed.

        Airflow 3.3 takes a parked task for killed, and tries it again, when it is answered before the executor has
        reported that the asking process ended. The answer then stands in the registry, when it was read, or still in
        Airflow, beside the question of this same task instance: putting the question up again would wipe it out there.
        """
        from windvane import steps

        with named_failures(self, context) as work:
            taken = steps.taken_answer(work.model, int(self.version), work.stores, work.run)
            chosen = self.carry_on(work, taken, taken.answered_at) if taken else None
            self.body = self.body if taken else self.step(work)
        if chosen is not None:
            return self.branch_to(context, chosen)
        kept, this = context["task_state_store"], str(context["ti"].id)
        if kept.get(_ASKED_IN) == this:
            raise TaskAwaitingInput(method_name="execute_complete", timeout=self.response_timeout)
        try:
            return HITLOperator.execute(self, context)
        except TaskAwaitingInput:
            kept.set(_ASKED_IN, this)
            raise

    def step(self, work: Work) -> str:
        """Ask, and return what the approver reads."""
        from windvane import steps
        from windvane.results import Evaluation

        requested = steps.ask_approval(work.model, int(self.version), work.stores, work.run)
        self.response_timeout = min(self.response_timeout or _LONGEST, _left(requested))
        version = work.stores.registry.versions.get(work.model.name, requested.version)
        self.subject = f"{work.model.name}: may v{version.version} of {version.window} become champion?"
        kept = work.stores.artifacts.get(version.evaluation) if version.evaluation else None
        return candidate(
            version, Evaluation.from_json(kept) if kept else None, requested, four_eyes=work.model.four_eyes
        )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> None:
        """Take the answer for what it is worth, leave it for the task that carries it out, and follow it."""
        answer = HITLOperator.execute_complete(self, context, event)
        yes = answer["chosen_options"] == [self.APPROVE]
        user = (answer["responded_by_user"] or {}).get("name")
        words = str((answer["params_input"] or {}).get("reason") or "").strip() or _unsaid(yes, user)
        with named_failures(self, context) as work:
            chosen = self.carry_on(work, self.heard(work, yes, user, words), answer["responded_at"])
        self.branch_to(context, chosen)

    def carry_on(self, work: Work, found: Approval, at: datetime | None) -> str:
        """Leave the answer for the task that carries it out, and return which one that is."""
        chosen = self.follow(work, found)
        left = {"version": found.version, "approved": found.state == "approved", "actor": found.actor}
        work.push(answer={**left, "reason": found.reason, "at": at.isoformat() if at else None})
        return chosen

    def branch_to(self, context: Context, chosen: str) -> None:
        """Skip what was not chosen; a task that a DAG left out is not followed."""
        self.do_branch(context, chosen if chosen in self.downstream_task_ids else None)

    def heard(self, work: Work, yes: bool, user: str | None, words: str) -> Approval:
        """Record the answer under the name of who gave it."""
        from windvane import steps

        actor = f"airflow:{user}" if user else steps.DEADLINE
        requested = steps.question(work.model, int(self.version), work.stores, work.run)
        person = work.run.model_copy(update={"actor": actor, "reason": words})
        return steps.answer_approval(work.model, requested, yes, work.stores, person, words)

    def follow(self, work: Work, found: Approval) -> str:
        """Return the task to follow; an answer that does not count leads to the question again.

        Raises:
            TaskAwaitingInput: Somebody else must answer, within the same deadline.
            AirflowException: The champion moved, and the version needs a person beside the new one, too: another try
                writes a page about that.
        """
        from windvane import steps

        if found.state != "void":
            return self.promote if found.state == "approved" else self.reject
        self.log.warning("The answer of %s does not count. %s", found.actor, found.why)
        if not steps.champion_changed(work.model, found, work.stores):
            again = steps.ask_approval(work.model, found.version, work.stores, work.run, again=found)
            self.park(work.context, _left(again))
        work.call(steps.evaluate, work.model, found.version, work.stores, work.run)
        decision = work.call(steps.gate, work.model, found.version, work.stores, work.run).decision
        if decision == "needs_approval":
            raise AirflowException(f"the approval is void, {found.why}; it is asked for again beside the new champion")
        return self.promote if decision == "promote" else self.reject

    def park(self, context: Context, left: timedelta) -> None:
        """Put the question up again, without the answer, and wait for what is left of the time."""
        upsert_hitl_detail(
            ti_id=context["ti"].id,
            options=self.options,
            subject=self.subject,
            body=self.body,
            defaults=self.defaults,
            multiple=self.multiple,
            params=self.serialized_params,
            assigned_users=self.assigned_users,
        )
        raise TaskAwaitingInput(method_name="execute_complete", timeout=left)


def _left(requested: Approval) -> timedelta:
    """Return how long there is to answer."""
    return max(requested.deadline - datetime.now(UTC), timedelta(seconds=1))


def _unsaid(approved: bool, user: str | None) -> str:
    if user is None:
        return "nobody answered in time"
    return f"{'approved' if approved else 'rejected'} by {user}, who gave no reason"
