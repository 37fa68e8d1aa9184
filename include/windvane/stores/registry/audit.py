"""The audit log: who may write, what was written, whether it still stands, and how a history is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from windvane.results import Event, Run, Verification


class AuditLogCheck(NamedTuple):
    """What was found to be as it was written."""

    events: int
    rows: int
    """Rows of tables that the events vouch for."""


class Row(NamedTuple):
    """One row of one of the registry's tables, its values as JSON holds them."""

    table: str
    values: dict[str, Any]


class Audit(Protocol):
    """The audit log: who may write, what was written, whether it still stands, and how a history is moved."""

    def take_fence(self, run: Run) -> Run:
        """Return the run of an attempt with the next number of its work; all earlier attempts are refused from now on.

        Every method that takes a run refuses one whose `fence` is not the last of its `work`, with `StaleAttempt`, and
        writes nothing. A run without a `work` has no other attempts, and needs no fence.

        Raises:
            StaleAttempt: A later attempt has taken one already.
        """
        ...

    def events(self, model: str, limit: int | None = None, before: int | None = None) -> list[Event]:
        """Return the audit log, the newest event first; with `before`, only what came before that event's `seq`."""
        ...

    def events_of(self, model: str, number: int) -> list[Event]:
        """Return the events that concern a version, the oldest first."""
        ...

    def verify(self, model: str) -> AuditLogCheck:
        """Recompute the hashes of the audit log, and hold every row of the tables against the digests in it.

        It reads one moment, in memory that does not grow with the audit log.

        Raises:
            AuditLogBroken: An event or a row is not what was written; the first one is named.
        """
        ...

    def verify_guards(self) -> None:
        """Hold the guards that stand in the database against those that are declared.

        Raises:
            Unguarded: One is missing, disabled or altered; it is named.
        """
        ...

    def stands(self, model: str, seq: int, digest: str) -> bool:
        """True when an event has this hash, and it is the hash of what the event says."""
        ...

    def note_verified(self, model: str, upto: int, run: Run, *, everything: bool, problem: str = "") -> Verification:
        """Keep that an audit log was verified up to an event, or what was wrong with it.

        It is no event: it changes nothing of the model, and is not moved with it.

        Args:
            model: The model.
            upto: The last event that was looked at; 0 for the last one there is, where a problem was found.
            run: Who did.
            everything: Whether files were proved too.
            problem: The first thing that was not as written.

        Raises:
            AuditLogBroken: There is no such event.
        """
        ...

    def rows(self, model: str) -> Iterator[Row]:
        """Yield all rows of a model as they are at one moment, in an order in which they can be received."""
        ...

    def receive(self, model: str, rows: Callable[[], Iterable[Row]], trusted: bool = False) -> None:
        """Take in all rows of a model that is not there yet, in one transaction.

        Args:
            model: The model.
            rows: Gives them from their beginning, as `rows` does; called again when the transaction is.
            trusted: A person trusts whoever wrote them: code that came with them may run.

        Raises:
            ModelExists: It is there.
            DamagedExport: A row is not one of the registry's tables, or another model's.
            AuditLogBroken: The rows are not what their own audit log says.
        """
        ...
