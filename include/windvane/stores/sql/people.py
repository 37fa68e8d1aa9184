"""What people say: the pause of a model's automation, and the answers to questions about versions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from windvane.errors import IllegalMove
from windvane.results import Approval, Pause, Run
from windvane.results.people import Answer, ApprovalState
from windvane.stores.sql.answers import approvals_of, record_answer
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.lineup import put_barrier
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.pauses import PAUSED, RESUMED, pause_of
from windvane.stores.sql.pointer import last_promotion
from windvane.stores.sql.tables import approvals
from windvane.stores.sql.versions import version_row

if TYPE_CHECKING:
    import sqlalchemy as sa


class SqlPeople(Part):
    """See `windvane.stores.registry.people.People` for what its methods promise."""

    @writes
    def pause(self, connection: sa.Connection, model: str, run: Run, reason: str) -> Pause:
        """See `Registry.pause`."""
        lock(connection, model)
        _refuse_unsaid(model, run, reason, "pause")
        standing = pause_of(connection, model)
        if standing is not None:
            return standing
        change = self.database.change(connection, model, run)
        champion = last_promotion(connection, model)
        if champion is not None:
            put_barrier(connection, change, model, "pause", run.actor, champion.version)
        change.tell(PAUSED, reason=reason)
        return Pause(model=model, at=change.at, actor=run.actor, reason=reason)

    @writes
    def resume(self, connection: sa.Connection, model: str, run: Run, reason: str) -> None:
        """See `Registry.resume`."""
        lock(connection, model)
        _refuse_unsaid(model, run, reason, "resume")
        if pause_of(connection, model) is not None:
            self.database.change(connection, model, run).tell(RESUMED, reason=reason)

    @writes
    def request_approval(
        self,
        connection: sa.Connection,
        model: str,
        number: int,
        within: timedelta,
        run: Run,
        deadline: datetime | None = None,
    ) -> Approval:
        """See `Registry.ask_approval`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        gate = version.gate
        if gate is None or gate.decision != "needs_approval":
            said = gate.decision if gate else "nothing"
            cause = f"{model} v{number}: nobody is asked, for the gate says {said}"
            raise IllegalMove(cause, "run the gate first; it decides whether a person must approve")
        for item in approvals_of(connection, model, approvals.c.version == number, approvals.c.state == "open"):
            same = (item.run_id, item.evaluation, item.expected_epoch)
            if same == (run.run_id, gate.evaluation, gate.expected_epoch):
                return item
        change = self.database.change(connection, model, run)
        requested = Approval(
            model=model,
            approval=change.seq,
            version=number,
            state="open",
            requested_at=change.at,
            requested_by=run.actor,
            run_id=run.run_id,
            evaluation=gate.evaluation,
            expected_epoch=gate.expected_epoch,
            deadline=deadline or change.at + within,
        )
        row = {"model": model, "approval": requested.approval, "version": number, "state": requested.state}
        change.insert(approvals, **row, record=requested.to_json())
        change.tell(
            "approval.requested",
            approval=requested.approval,
            version=number,
            evaluation=gate.evaluation,
            expected_epoch=gate.expected_epoch,
            deadline=requested.deadline.isoformat(),
        )
        return requested

    @writes
    def answer_approval(
        self,
        connection: sa.Connection,
        model: str,
        approval: int,
        state: ApprovalState,
        answer: Answer,
        run: Run,
        reason: str,
        why: str = "",
    ) -> Approval:
        """See `Registry.answer_approval`."""
        lock(connection, model)
        found = approvals_of(connection, model, approvals.c.approval == approval)
        if not found:
            raise IllegalMove(f"{model} has no question {approval}", f"see `windvane show {model}`")
        standing = found[0]
        if (standing.state, standing.actor) == (state, run.actor):
            return standing
        if standing.state != "open" and (standing.state, state) != ("approved", "void"):
            cause = f"{model} v{standing.version}: question {approval} is {standing.state} already, by {standing.actor}"
            raise IllegalMove(cause, "nothing was changed; ask again, by running the gate again")
        return record_answer(self.database.change(connection, model, run), standing, state, answer, run, reason, why)

    @reads
    def approvals(self, connection: sa.Connection, model: str, number: int | None = None) -> list[Approval]:
        """See `Registry.approvals`."""
        known(connection, model)
        return approvals_of(connection, model, *([] if number is None else [approvals.c.version == number]))


def _refuse_unsaid(model: str, run: Run, reason: str, what: str) -> None:
    if not run.is_person:
        raise IllegalMove(f"{model}: {run.actor} may not {what} automation", "a person decides that")
    if not reason.strip():
        raise IllegalMove(f"{model}: {what} of automation without a reason", "say why, for those who come after")
