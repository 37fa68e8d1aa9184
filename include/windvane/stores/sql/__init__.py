"""The registry on SQL: SQLite now, written so that PostgreSQL follows without redesign."""

from __future__ import annotations

from windvane.stores.sql.registry import SqlRegistry

__all__ = ["SqlRegistry"]
