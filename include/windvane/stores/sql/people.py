"""Questions to people and their answers, and what explains a version."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from windvane.errors import IllegalMove
from windvane.results import Approval, Run
from windvane.results.people import Answer, ApprovalState
from windvane.stores.sql.answers import approvals_of, record_answer
from windvane.stores.sql.connection import reads, writes
from windvane.stores.sql.tables import approvals, explanations
from windvane.stores.sql.versions import version_row
from windvane.stores.sql.watching import Watching


class People(Watching):
    """The part of the registry that says who was asked, and what they said."""

    @writes
    def add_explanation(self, connection: sa.Connection, model: str, number: int, digest: str, run: Run) -> None:
        """See `Registry.add_explanation`."""
        self.lock(connection, model)
        version_row(connection, model, number)
        key = {"model": model, "version": number}
        known = connection.execute(sa.select(explanations.c.artifact).filter_by(**key)).scalar_one_or_none()
        if known == digest:
            return
        change = self.change(connection, model, run)
        if known is None:
            change.insert(explanations, **key, artifact=digest)
        else:
            change.update(explanations, key, artifact=digest)
        change.tell("version.explained", version=number, explanation=digest)

    @reads
    def explanation(self, connection: sa.Connection, model: str, number: int) -> str | None:
        """See `Registry.explanation`."""
        query = sa.select(explanations.c.artifact).filter_by(model=model, version=number)
        return connection.execute(query).scalar_one_or_none()

    @writes
    def ask_approval(
        self,
        connection: sa.Connection,
        model: str,
        number: int,
        within: timedelta,
        run: Run,
        deadline: datetime | None = None,
    ) -> Approval:
        """See `Registry.ask_approval`."""
        self.lock(connection, model)
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
        change = self.change(connection, model, run)
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
            "approval.asked",
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
        self.lock(connection, model)
        found = approvals_of(connection, model, approvals.c.approval == approval)
        if not found:
            raise IllegalMove(f"{model} has no question {approval}", f"see `windvane show {model}`")
        known = found[0]
        if (known.state, known.actor) == (state, run.actor):
            return known
        if known.state != "open" and (known.state, state) != ("approved", "void"):
            cause = f"{model} v{known.version}: question {approval} is {known.state} already, by {known.actor}"
            raise IllegalMove(cause, "nothing was changed; ask again, by running the gate again")
        return record_answer(self.change(connection, model, run), known, state, answer, run, reason, why)

    @reads
    def approvals(self, connection: sa.Connection, model: str, number: int | None = None) -> list[Approval]:
        """See `Registry.approvals`."""
        self.known(connection, model)
        return approvals_of(connection, model, *([] if number is None else [approvals.c.version == number]))
