"""Answers to questions about versions: recorded one by one, or by the promotion that makes a question pointless."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from windvane.results import Approval, Run
from windvane.results.people import Answer, ApprovalState
from windvane.stores.sql.audit_log import Change
from windvane.stores.sql.tables import approvals


def approvals_of(connection: sa.Connection, model: str, *conditions: sa.ColumnElement[bool]) -> list[Approval]:
    """Return a model's questions, the newest first."""
    query = sa.select(approvals.c.record).where(approvals.c.model == model, *conditions)
    query = query.order_by(approvals.c.approval.desc())
    return [Approval.from_json(text) for text in connection.execute(query).scalars()]


def record_answer(
    change: Change, requested: Approval, state: ApprovalState, answer: Answer, run: Run, reason: str, why: str = ""
) -> Approval:
    """Record who answered what, as an event of its own."""
    said = {"state": state, "answer": answer, "actor": run.actor, "reason": reason, "why": why}
    message = requested.model_copy(update={**said, "answered_at": change.at})
    key = {"model": requested.model, "approval": requested.approval}
    change.update(approvals, key, state=state, record=message.to_json())
    change.tell(
        f"approval.{state}",
        approval=requested.approval,
        version=requested.version,
        answer=answer,
        reason=reason,
        why=why,
    )
    return message


def answer_by_promotion(
    connection: sa.Connection, change: Callable[[], Change], model: str, number: int, run: Run
) -> None:
    """Answer what is still asked about a version that has just been promoted: by whoever did it, if it is a person."""
    for requested in approvals_of(connection, model, approvals.c.version == number, approvals.c.state == "open"):
        if run.is_person:
            record_answer(change(), requested, "approved", "approve", run, run.reason)
        else:
            record_answer(change(), requested, "void", "", run, "", "the version was promoted without an answer")
