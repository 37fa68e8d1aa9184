"""Rows from a database: of a table, or what a query returns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from windvane.errors import nearest
from windvane.spec.source import Source, SourceKind

if TYPE_CHECKING:
    from windvane.spec import Model
    from windvane.windows import Window


_IDENTIFIER = re.compile(r"[^\x00-\x1f.]{1,128}")
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""What SQLAlchemy takes for a bound parameter."""
_SELECT = re.compile(r"(?is)(?:\s|--[^\n]*\n|/\*.*?\*/)*(select|with)\b")


class _Database(SourceKind):
    reads: ClassVar[frozenset[str]] = frozenset(
        {"columns", "optional", "defaults", "values", "zone", "unit", "format", "moments", "parts"}
    )

    @classmethod
    def connects(cls, source: Source) -> Literal["none", "optional", "required"]:  # noqa: ARG003 (the kind's signature)
        """Return `required`."""
        return "required"


class TableSource(_Database):
    """Rows of a table or view whose event time lies in the window; only the declared columns are read."""

    name: ClassVar[str] = "table"

    @classmethod
    def check(cls, source: Source) -> None:
        """Refuse what is no `name` or `schema.name`."""
        if not source.path:
            raise ValueError("sql takes one of table and query")
        parts = source.path.split(".")
        if len(parts) > 2 or not all(_IDENTIFIER.fullmatch(part) for part in parts):
            raise ValueError(f"{source.path!r:.80} is no table; write 'name' or 'schema.name', or give a query")

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:  # noqa: ARG003 (the kind's signature)
        """Yield the window's rows; see `SourceKind.read`."""
        from windvane.stores.databases import read_table

        yield from read_table(model, window, connections)


class QuerySource(_Database):
    """What one `SELECT` with the bound parameters `:start` and `:end` returns."""

    name: ClassVar[str] = "query"

    @classmethod
    def check(cls, source: Source) -> None:
        """Refuse what is not one `SELECT` that is cut to the window."""
        text = source.path.strip().removesuffix(";")
        if not _SELECT.match(text) or ";" in text:
            raise ValueError(f"query: {text!r:.60} is not one SELECT (or WITH … SELECT)")
        named = set(_PARAMETER.findall(text))
        for name in sorted(named - {"start", "end"}):
            raise ValueError(f"query: unknown parameter {':' + name!r}{nearest(name, ['start', 'end'])}")
        if named != {"start", "end"}:
            lacking = ", ".join(f":{name}" for name in sorted({"start", "end"} - named))
            remedy = "cut it to the window, such as at >= :start AND at < :end"
            raise ValueError(f"query: it does not use {lacking}; {remedy}")

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:  # noqa: ARG003 (the kind's signature)
        """Yield what the query returns; see `SourceKind.read`."""
        from windvane.stores.databases import read_query

        yield from read_query(model, window, connections)
