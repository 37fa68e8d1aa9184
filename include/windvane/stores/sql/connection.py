"""Transactions: a connection each, whole or not at all, tried again where that helps, every failure by its name."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, StatementError

from windvane.errors import AuditLogBroken, OutcomeUnknown, RegistryUnavailable, WindvaneError
from windvane.results import Run
from windvane.stores.sql import postgresql, sqlite
from windvane.stores.sql.audit_log import Change, Clock, now
from windvane.stores.sql.backend import BEGIN_READING, BEGIN_WRITING, Backend
from windvane.stores.sql.moments import BOUND
from windvane.stores.sql.proof import Proof, begin_proof, proof_of, stands
from windvane.stores.sql.schema import bring_up_to_date

T = TypeVar("T")

_FORMS = f"write WINDVANE_REGISTRY like {sqlite.FORM}, or {postgresql.FORM}"
_TRIES = 8
"""How often a transaction is tried that fails for a passing reason: with the pauses below, for about eight seconds."""
_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class Database:
    """A registry's database.

    Processes that are forked share no connection; one that was lost in between is replaced, and its transaction is
    tried again.

    Args:
        url: A SQLAlchemy URL: `sqlite:////absolute/path.db`, or `postgresql://user:password@host:5432/database`.
        busy_timeout: How long to wait for another writer, in seconds.
        clock: The moment a change is recorded at; it never chooses data.
        compared: Whether that clock is held against the database's own; None does so with the machine's clock.

    Raises:
        RegistryUnavailable: It cannot be opened.
        RegistryLocked: Another process kept it locked while its schema was to be brought up to date.
        SchemaTooNew: A newer Windvane wrote it.
    """

    def __init__(self, url: str, busy_timeout: float = 30.0, clock: Clock = now, compared: bool | None = None) -> None:
        self._clock = clock
        self._compared = clock is now if compared is None else compared
        self.backend = _open(url, busy_timeout)
        self.url = self.backend.shown
        self.names: dict[str, str] = {}  # which model each name that was asked for leads to
        self._persistently(lambda: bring_up_to_date(self.backend))

    def close(self) -> None:
        """Let go of what is open."""
        self.backend.engine.dispose()

    def change(self, connection: sa.Connection, model: str, run: Run) -> Change:
        """Return a change of a locked model."""
        return Change(connection, model, run, self._clock(), self._witness(connection))

    def moment(self, connection: sa.Connection) -> datetime:
        """Return the present moment: the database's, when this machine's clock is wrong beside it."""
        said, witness = self._clock(), self._witness(connection)
        return witness if witness is not None and abs(said - witness) > BOUND else said

    def _witness(self, connection: sa.Connection) -> datetime | None:
        return self.backend.clock(connection) if self._compared else None

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees one moment of the database and locks nobody out; it is not tried again."""
        with self._named(), self._transaction(BEGIN_READING) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that is committed whole or not at all; it is not tried again."""
        with self._named(), self._transaction(BEGIN_WRITING) as connection:
            yield connection

    def read(self, question: Callable[[sa.Connection], T]) -> T:
        """Answer a question in a transaction that sees one moment.

        Raises:
            RegistryUnavailable: The database cannot be reached.
        """

        def once() -> T:
            with self._transaction(BEGIN_READING) as connection:
                return question(connection)

        return self._persistently(once)

    def write(self, change: Callable[[sa.Connection], T]) -> T:
        """Make a change in one transaction; one whose answer got lost is looked up, and not made twice.

        Raises:
            RegistryUnavailable: The database cannot be reached; nothing was changed.
            OutcomeUnknown: The commit failed, and so did looking whether it counts.
            RegistryLocked: Another writer took too long.
            StorageFull: There is no room for it.
        """
        made: list[tuple[Proof, T]] = []

        def once() -> T:
            if made:
                proof, answer = made[-1]
                with self._transaction(BEGIN_WRITING) as connection:
                    if stands(connection, proof):
                        return answer
                made.clear()
            with self._transaction(BEGIN_WRITING) as connection:
                begin_proof(connection)
                answer = change(connection)
                message = proof_of(connection)
                if message is not None:
                    made.append((message, answer))
            return answer

        try:
            return self._persistently(once)
        except WindvaneError as error:
            if not made:
                raise
            return self._settled(*made[-1], error)

    def _settled(self, proof: Proof, answer: T, error: WindvaneError) -> T:
        """Return the answer of a commit that failed and counts all the same; else raise what it failed with.

        Where a disk fails between writing and syncing, the next who opens the file may find the whole of it.
        """
        try:
            with self._named():
                with self._transaction(BEGIN_WRITING) as connection:
                    counts = stands(connection, proof)
                if counts:
                    self.backend.harden()
        except WindvaneError as failed:
            cause = f"{error.cause}; it failed while it was committed, and whether it counts cannot be seen"
            remedy = f"{error.remedy}; then run the same again: it is done once"
            raise OutcomeUnknown(cause, remedy) from failed
        if counts:
            return answer
        raise error

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[sa.Connection]:
        with self.backend.engine.connect() as connection:
            self.backend.begin(connection, kind)
            with connection.begin():
                yield connection

    @contextmanager
    def _named(self) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        except DBAPIError as error:
            raise self.backend.failure(error, time.monotonic() - started) from error

    def _persistently(self, once: Callable[[], T]) -> T:
        """Try until it succeeds, fails for good, or has failed too often for passing reasons."""
        started = time.monotonic()
        for count in itertools.count(1):
            try:
                return once()
            except DBAPIError as error:
                passes = error.connection_invalidated or self.backend.passes(error)
                if not passes or count == _TRIES:
                    raise self.backend.failure(error, time.monotonic() - started) from error
            except StatementError as error:
                if isinstance(error.orig, WindvaneError):  # a value that no database can keep
                    raise error.orig from None
                raise
            except ValueError as error:  # no JSON, or no moment, where one was written
                cause = f"{self.backend.where} holds a value that is not what was written: {error}"
                raise AuditLogBroken(cause, "run `windvane verify`; restore the registry from a backup") from error
            pause = min(_PAUSE * 2**count, _LONGEST_PAUSE)
            time.sleep(random.uniform(0.5, 1.0) * pause)  # noqa: S311 (when to try again is no secret)
        raise AssertionError("unreachable")


def _open(url: str, patience: float) -> Backend:
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):  # the latter: a port that is no number
        raise RegistryUnavailable(f"registry {_shown(url)} is no database URL", _FORMS) from None
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return sqlite.open_sqlite(parsed, patience, _FORMS)
    if kind in ("postgresql", "postgres"):
        return postgresql.open_postgresql(parsed, patience, _FORMS)
    shown = parsed.render_as_string(hide_password=True)
    raise RegistryUnavailable(f"registry {shown}: {kind} is not a database Windvane knows", _FORMS)


def _shown(url: str) -> str:
    """Return what may be shown of a text that cannot be parsed, and may hold a password somewhere."""
    return "(not shown: it may hold a password)" if "@" in url or "=" in url else repr(url)
