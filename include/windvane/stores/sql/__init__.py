"""The registry on SQL: SQLite and PostgreSQL, one implementation."""

from __future__ import annotations

from windvane.stores.sql.registry import SqlRegistry

__all__ = ["SqlRegistry"]
