"""PostgreSQL: a writer locks its model's row; readers see one moment; what is lost on the way is asked for again."""

from __future__ import annotations

import os
import weakref
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from windvane.errors import RegistryUnavailable, StorageFull, WindvaneError
from windvane.stores.sql.backend import BEGIN_READING, Backend

FORM = "postgresql://user@host:5432/registry"

_IDLE = 2
"""How many connections a process keeps for its next transactions; each thread beyond opens one of its own."""
_STALE_AFTER = 300
"""Seconds after which a connection is made anew: what lies in between may have forgotten it."""

_NAMES = ("postgresql", "postgresql+psycopg2", "postgres")
_SCHEMA_LOCK = 0x77696E6476616E65
"""Key of the advisory lock of a migration: `windvane` in ASCII."""

# SQLSTATE codes (https://www.postgresql.org/docs/current/errcodes-appendix.html)
_AGAIN = {"40001", "40P01", "57P01", "57P02", "57P03", "53300", "25P03", "08000", "08003", "08006"}
_LOCKED, _TOO_SLOW, _FULL = "55P03", "57014", ("53100", "53200")
_PASSING_REFUSALS = ("starting up", "shutting down", "recovery", "not accepting", "too many", "connection slots")
"""What a server that refuses a connection says (without a code) when it may take one later."""


class PostgresBackend(Backend):
    """A registry in a PostgreSQL database."""

    def begin(self, connection: sa.Connection, kind: str) -> None:
        """See `Backend.begin`: one snapshot for reading; READ COMMITTED for writing, where row locks order writers."""
        if kind == BEGIN_READING:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            connection.execution_options(isolation_level="READ COMMITTED")

    def lock_schema(self, connection: sa.Connection) -> None:
        """See `Backend.lock_schema`."""
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))  # a migration takes as long as it takes
        connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})

    def clock(self, connection: sa.Connection) -> datetime:
        """See `Backend.clock`: the server's, which all its clients share."""
        found: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return found.astimezone(UTC)

    def passes(self, error: DBAPIError) -> bool:
        """See `Backend.passes`: a serialisation failure, a deadlock, a connection that was lost or not made."""
        code = getattr(error.orig, "pgcode", None)
        if code is not None:
            return code in _AGAIN
        return isinstance(error, OperationalError) and not _refused_for_good(str(error.orig))

    def failure(self, error: DBAPIError, waited: float) -> WindvaneError:
        """See `Backend.failure`."""
        code = getattr(error.orig, "pgcode", None)
        if code == _LOCKED:
            return self.locked(waited)
        if code in _FULL:
            return StorageFull(f"{self.where}: no space left on the server", "free some space, then run the same again")
        message = str(error.orig).strip()
        secret = self.engine.url.password
        if secret:
            message = message.replace(str(secret), "***")
        if code == _TOO_SLOW:
            return RegistryUnavailable(f"{self.where} did not answer in time: {message}", "run the same again later")
        cause = f"{self.where} cannot be used: {message}"
        return RegistryUnavailable(cause, "check the URL, that the server is up, and that the user may write there")


def open_postgresql(url: sa.URL, patience: float, forms: str) -> PostgresBackend:
    """Return the backend of a database that exists.

    Raises:
        RegistryUnavailable: The URL names another driver, or no database.
    """
    shown = url.set(query={}).render_as_string()  # a query may hold a password as well
    if url.drivername not in _NAMES:
        raise RegistryUnavailable(f"registry {shown}: {url.drivername} is not the driver Windvane uses", forms)
    if not url.database:
        raise RegistryUnavailable(f"registry {shown} names no database", forms)
    full = url.set(drivername="postgresql+psycopg2")
    shown = url.set(drivername="postgresql", query={}).render_as_string()
    arguments = {name: value for name, value in _usual(patience).items() if name not in full.query}
    given = full.query.get("options")
    if given:
        full = full.difference_update_query(["options"])
        arguments["options"] = f"{_options(patience)} {given}"  # of two values for one setting the later counts
    engine = sa.create_engine(full, connect_args=arguments, pool_size=_IDLE, pool_recycle=_STALE_AFTER)
    _let_go_after_fork(engine)
    return PostgresBackend(engine, shown, patience)


def _let_go_after_fork(engine: sa.Engine) -> None:
    """Make a forked process open connections of its own, and leave those of its parent alone."""
    known = weakref.ref(engine)

    def forget() -> None:
        found = known()
        if found is not None:
            found.dispose(close=False)

    os.register_at_fork(after_in_child=forget)


def _usual(patience: float) -> dict[str, Any]:
    """Return libpq's parameters, each unless the URL has it: nothing waits for ever."""
    return {
        "application_name": "windvane",
        "connect_timeout": 10,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
        "options": _options(patience),
    }


def _options(patience: float) -> str:
    """Return the session's settings, in milliseconds; one that stops in mid-transaction must not hold its locks."""
    settings = {
        "lock_timeout": max(1, int(patience * 1000)),  # 0 would be no limit
        "statement_timeout": 60_000 + int(patience * 1000),
        "idle_in_transaction_session_timeout": 60_000,
        "client_min_messages": "error",
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def _refused_for_good(message: str) -> bool:
    """True when a server refused the connection itself, and not for a while only: a password, a database's name."""
    return "FATAL" in message and not any(phrase in message for phrase in _PASSING_REFUSALS)
