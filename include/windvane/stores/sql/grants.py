"""Roles of PostgreSQL with no more rights than their work needs; the database itself refuses the rest.

| role | may |
|---|---|
| owner | everything: it made the tables, and brings them up to date |
| writer | what tasks, people and the pages do: read everything, add and change rows |
| scorer | read everything, and add what taking, validating, scoring and publishing a window writes; no promotion |
| reader | read everything |

Only the owner can change a table or a guard. A migration may bring tables, so the grants are given anew after one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from windvane.stores.sql.schema import VERSION_TABLE
from windvane.stores.sql.tables import metadata

Role = Literal["writer", "scorer", "reader"]

_ENDS = "owner, description, task, spec_digest, spec, audit_seq, audit_hash, audit_at, seq"
"""What of a model's row a score run changes: the end of its audit log, and a spec that was edited."""
_SCORER = {
    "fences": ("INSERT", "UPDATE"),
    "models": ("INSERT", f"UPDATE ({_ENDS})"),
    "events": ("INSERT",),
    "snapshots": ("INSERT", "UPDATE"),
    "validations": ("INSERT",),
    "scores": ("INSERT", "UPDATE"),
    "publications": ("INSERT",),
    "shadow_scores": ("INSERT",),
    "rollout_windows": ("INSERT",),
}
_REMADE = ("windows",)
"""Tables whose rows are derived from others, and are made anew."""


def grants(role: Role, name: str, schema: str = "public") -> Iterator[str]:
    """Yield the statements that give a role of the database just its rights; the owner of the tables runs them.

    Running them again changes nothing; rights that an older release gave are taken back.

    Args:
        role: What it is for.
        name: The role, which must exist.
        schema: Where the registry's tables are.
    """
    who, where = _quoted(name), _quoted(schema)
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {where} FROM {who}"
    yield f"GRANT USAGE ON SCHEMA {where} TO {who}"
    tables = sorted(metadata.tables)
    for table in (*tables, VERSION_TABLE):
        rights = ["SELECT"]
        if role == "writer" and table in tables:
            rights += ["INSERT", "UPDATE", *(["DELETE"] if table in _REMADE else [])]
        if role == "scorer":
            rights += _SCORER.get(table, ())
        yield f"GRANT {', '.join(rights)} ON {where}.{_quoted(table)} TO {who}"


def _quoted(name: str) -> str:
    """Return a name as PostgreSQL takes any."""
    return '"{}"'.format(name.replace('"', '""'))
