"""Whether every guard stands in the database as it is declared: a rule that somebody took down holds nothing."""

from __future__ import annotations

import sqlalchemy as sa

from windvane.stores.sql.guards import declared
from windvane.stores.sql.schema import VERSION_TABLE
from windvane.stores.sql.tables import metadata

_BEFORE_A_ROW = {"INSERT": 7, "DELETE": 11, "UPDATE": 19, "TRUNCATE": 34}
"""`pg_trigger.tgtype`: 1 for each row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate (catalog/pg_trigger.h)."""
_FIRES = ("O", "A")
_STANDING = sa.text(
    "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled, t.tgqual IS NULL AND t.tgattr::text = '' AS always,"
    " p.prosrc, l.lanname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " JOIN pg_language l ON l.oid = p.prolang"
    " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
)


def unguarded(connection: sa.Connection) -> str | None:
    """Return which guard is missing, disabled or altered, in words; None when all stand as declared."""
    find = _postgresql if connection.dialect.name == "postgresql" else _sqlite
    return find(connection)


def _sqlite(connection: sa.Connection) -> str | None:
    query = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    standing: dict[str, str] = {row.name: row.sql for row in connection.execute(query)}
    for guard in declared("sqlite"):
        if guard.trigger not in standing:
            return f"guard {guard.trigger} is missing"
        if [standing[guard.trigger]] != guard.statements:
            return f"guard {guard.trigger} was altered"
    foreign = sorted(standing.keys() - {guard.trigger for guard in declared("sqlite")})
    if foreign:
        return f"trigger {foreign[0]} is none of Windvane's"
    others = "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'"
    for row in connection.execute(sa.text(others)):
        if row.type == "view" or row.name not in {*metadata.tables, VERSION_TABLE}:
            return f"{row.type} {row.name} is none of Windvane's"
    return _foreign_column(connection)


def _foreign_column(connection: sa.Connection) -> str | None:
    """Return which column of our tables is not ours; None when all are. What it holds, no event vouches for."""
    inspector = sa.inspect(connection)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in inspector.get_columns(table.name)}
        if there != set(table.c.keys()):
            odd = sorted(there ^ set(table.c.keys()))
            wrong = "none of Windvane's" if odd[0] in there else "missing"
            return f"column {table.name}.{odd[0]} is {wrong}"
    return None


def _postgresql(connection: sa.Connection) -> str | None:
    role = connection.execute(sa.text("SHOW session_replication_role")).scalar_one()
    if role == "replica":
        return "every guard is disabled: session_replication_role is replica"
    standing = {(row.relname, row.tgname): row for row in connection.execute(_STANDING)}
    for guard in declared("postgresql"):
        found = standing.get((guard.table, guard.trigger))
        if found is None:
            return f"guard {guard.trigger} is missing"
        if found.tgenabled not in _FIRES:
            return f"guard {guard.trigger} is disabled"
        body = guard.statements[0].split("$$")[1]
        same = (_BEFORE_A_ROW[guard.event], True, body, "plpgsql")
        if (found.tgtype, found.always, found.prosrc, found.lanname) != same:
            return f"guard {guard.trigger} was altered"
    own = {(guard.table, guard.trigger) for guard in declared("postgresql")}
    foreign = sorted(key for key in standing.keys() - own if key[0] in metadata.tables)
    if foreign:
        return f"trigger {foreign[0][1]} on {foreign[0][0]} is none of Windvane's"
    return _foreign_column(connection)
