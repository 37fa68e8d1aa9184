"""What differs between databases: how one is opened, how a transaction begins, and what its failures mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING

from windvane.errors import RegistryLocked, WindvaneError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.exc import DBAPIError

BEGIN_WRITING, BEGIN_READING, NO_TRANSACTION = "writing", "reading", "none"
"""Values of the execution option `windvane_begin`."""


class Backend(ABC):
    """One kind of database.

    Args:
        engine: Opens a connection a transaction.
        shown: Where it is, without credentials.
        patience: How long to wait for another writer, in seconds.
    """

    def __init__(self, engine: sa.Engine, shown: str, patience: float) -> None:
        self.engine = engine
        self.shown = shown
        self.patience = patience

    @property
    def where(self) -> str:
        """How errors name it."""
        return f"registry {self.shown}"

    def prepare(self) -> None:  # noqa: B027 (most databases need nothing)
        """Set what stays with the database, before its tables are made."""

    @abstractmethod
    def begin(self, connection: sa.Connection, kind: str) -> None:
        """Set how the connection's next transaction begins."""

    @abstractmethod
    def lock_schema(self, connection: sa.Connection) -> None:
        """Make other processes that would migrate wait until this transaction ends."""

    def clock(self, connection: sa.Connection) -> datetime | None:  # noqa: ARG002 (see the subclass)
        """Return what the database's own clock says now; None where it is that of this machine."""
        return None

    def harden(self) -> None:  # noqa: B027 (what a server shows is on its disk)
        """Bring to the disk what can be seen.

        Raises:
            DBAPIError: It cannot be.
        """

    @abstractmethod
    def passes(self, error: DBAPIError) -> bool:
        """True when the same transaction may succeed if it is tried again."""

    def damage(self, connection: sa.Connection) -> str | None:  # noqa: ARG002 (see the subclass)
        """Return what is broken in the database's own structure, if it can tell."""
        return None

    @abstractmethod
    def failure(self, error: DBAPIError, waited: float) -> WindvaneError:
        """Return the named error of a driver's one."""

    def locked(self, waited: float) -> RegistryLocked:
        """Return the error of having waited too long for another writer."""
        cause = f"{self.where} has been locked by another process for {waited:.0f} seconds"
        return RegistryLocked(cause, "nothing was changed; run the same again when the other process is done")
