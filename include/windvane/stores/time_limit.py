"""How long a database may take to deliver a source's rows: a query that never ends would hold a worker for hours."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from windvane.errors import SourceFailed

SECONDS = "WINDVANE_SOURCE_SECONDS"
"""The setting: seconds from the connection to the last row."""
_USUAL = 3600.0
_WAYS = ("cancel", "interrupt", "close")
"""How drivers end what runs on a connection, from another thread: psycopg, SQLite, and any other."""


class TimeLimit:
    """The time that a source's rows may take.

    Args:
        where: What messages call the source.
        seconds: The time.
    """

    def __init__(self, where: str, seconds: float) -> None:
        self._where, self._seconds = where, seconds
        self._over = False

    def check(self) -> None:
        """Refuse where the time is over.

        Raises:
            SourceFailed: It is.
        """
        if self._over:
            cause = f"{self._where} took longer than {self._seconds:g} seconds"
            remedy = f"let the query read less, put an index on the event time, or set {SECONDS} to more seconds"
            raise SourceFailed(cause, remedy)

    @contextmanager
    def on(self, connection: sa.Connection) -> Iterator[None]:
        """End what runs on a connection when the time is over; what the driver then raises is told as that.

        Raises:
            SourceFailed: The time is over.
        """
        timer = threading.Timer(self._seconds, self._end, [connection.connection.dbapi_connection])
        timer.daemon = True
        timer.start()
        try:
            yield
        except sa.exc.SQLAlchemyError:
            self.check()
            raise
        finally:
            timer.cancel()

    def _end(self, connection: object) -> None:
        self._over = True
        for way in _WAYS:
            if hasattr(connection, way):
                with suppress(Exception):  # it has ended meanwhile
                    getattr(connection, way)()
                return


def time_limit(where: str) -> TimeLimit:
    """Return the limit of the environment; an hour where it says nothing.

    Args:
        where: What messages call the source.

    Raises:
        SourceFailed: The setting is no positive number.
    """
    said = os.environ.get(SECONDS, "")
    try:
        seconds = float(said) if said else _USUAL
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise SourceFailed(f"{where}: {SECONDS} is {said!r}", "set it to a number of seconds, such as 3600")
    return TimeLimit(where, seconds)
