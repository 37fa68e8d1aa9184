"""Where a registry of the tests lives, and what somebody beside Windvane may do there with plain SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.audit_log import Clock, now
from windvane.stores.sql.guards import take_down


@dataclass(frozen=True)
class Place:
    """A database."""

    url: str

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.partition(":")[0]

    def open(self, busy_timeout: float = 30.0, clock: Clock = now) -> SqlRegistry:
        """Open the registry in it."""
        return SqlRegistry(self.url, busy_timeout, clock)

    def execute(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Run a statement of plain SQL."""
        with self.engine().begin() as connection:
            found = connection.execute(sa.text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def tamper(self, statement: str, **values: object) -> None:
        """Change what is recorded, as who may also remove the guards can."""
        with self.engine().begin() as connection:
            take_down(connection)
            assert connection.execute(sa.text(statement), values).rowcount > 0

    @contextmanager
    def unguarded(self) -> Iterator[sa.Connection]:
        """Open a transaction in which neither guards nor foreign keys are in the way (SQLite's are off by default)."""
        with self.engine().begin() as connection:
            take_down(connection)
            inspector = sa.inspect(connection)
            for table in inspector.get_table_names() if self.kind == "postgresql" else ():
                for key in inspector.get_foreign_keys(table):
                    connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{key["name"]}"')
            yield connection

    def engine(self) -> sa.Engine:
        """Return an engine without any of Windvane's own settings."""
        url = self.url.replace("postgresql:", "postgresql+psycopg2:")
        return sa.create_engine(url, poolclass=NullPool)
