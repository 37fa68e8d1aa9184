"""Guards: triggers that hold the registry's rules against plain SQL too. One declaration, rendered for each database.

They are taken down before a migration and put up after it, always as this module has them: who changes a guard adds a
revision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import sqlalchemy as sa

from windvane.results.states import TRANSITIONS

_PREFIX = "windvane_"


class Guard(NamedTuple):
    """What may not happen to a row.

    Args:
        table: The table.
        event: The statement it stands before.
        name: What is guarded.
        wrong: SQL over `OLD` and `NEW` that is true when the statement is to be refused; for `<>?` NULL is a value.
        message: The refusal, in words.
    """

    table: str
    event: Literal["INSERT", "UPDATE", "DELETE"]
    name: str
    wrong: str
    message: str

    @property
    def trigger(self) -> str:
        """The name of the trigger, and of its function."""
        return f"{_PREFIX}{self.table}_{self.name}"


_KEPT = {
    "identity": "one",
    "models": "name registered_at",
    "names": "model name",
    "events": "model seq at kind actor run_id payload version window rows previous hash",
    "snapshots": "model digest window manifest",
    "validations": "model snapshot digest success validation",
    "versions": "model version fingerprint window window_end trained_until created_at actor run_id dag_run"
    " attempt reason draft rows",
    "judgements": "model version beside",
    "barriers": "model barrier kind window_end actor",
    "builds": "model fingerprint window",
    "promotions": "model epoch version kind from_version at actor actor_kind run_id reason",
    "scores": "model window version artifact",
    "publications": "model window publication recorded version artifact snapshot rows staged share at actor run_id"
    " reason",
    "requests": "request model window window_start reason created_at requested run_id",
    "monitoring": "model window recorded evidence decision request result",
    "explanations": "model version",
    "approvals": "model approval version",
    "shadow_scores": "model window version artifact recorded scores",
    "live": "model window version champion digest recorded result",
    "rollouts": "model rollout version",
    "rollout_windows": "model rollout window record",
    "incidents": "model incident window reason opened_at",
    "notices": "model incident kind channel notified_at",
    "erased": "model digest kind successor removed remaining seq",
    "received": "model versions trusted",
    "studies": "model study window record",
    "trials": "model study trial proposal",
    "verifications": "model verification upto hash at actor everything problem",
    "fences": "work",
}
"""Columns that never change once a row is written."""

_FOLLOWS = " OR ".join(
    f"(OLD.state = '{state}' AND NEW.state IN ({', '.join(repr(item) for item in following)}))"
    for state, following in TRANSITIONS.items()
)
_LAST = "(SELECT m.version FROM promotions m WHERE m.model = NEW.model ORDER BY m.epoch DESC LIMIT 1)"
_EPOCH = "COALESCE((SELECT MAX(m.epoch) FROM promotions m WHERE m.model = NEW.model), 0)"
_STATE = "(SELECT v.state FROM versions v WHERE v.model = NEW.model AND v.version = NEW.version)"
_WINDOW_END = "(SELECT v.window_end FROM versions v WHERE v.model = NEW.model AND v.version = {version})"
_STOOD = "(SELECT m.{column} FROM promotions m WHERE m.model = NEW.model AND m.epoch = NEW.epoch - 1)"

_RULES = (
    Guard(
        "events",
        "INSERT",
        "follows",
        "NOT EXISTS (SELECT 1 FROM models m WHERE m.name = NEW.model"
        " AND m.audit_seq = NEW.seq - 1 AND m.audit_hash = NEW.previous)",
        "an event follows the last one of its audit log",
    ),
    Guard(
        "models",
        "UPDATE",
        "audit_log",
        "(NEW.audit_seq <> OLD.audit_seq OR NEW.audit_hash <> OLD.audit_hash)"
        " AND NOT (NEW.audit_seq = OLD.audit_seq + 1 AND EXISTS (SELECT 1 FROM events e WHERE e.model = NEW.name"
        " AND e.seq = NEW.audit_seq AND e.hash = NEW.audit_hash))",
        "an audit log ends with its last event",
    ),
    Guard(
        "verifications",
        "INSERT",
        "there",
        "NEW.problem = '' AND NOT EXISTS (SELECT 1 FROM events e WHERE e.model = NEW.model AND e.seq = NEW.upto"
        " AND e.hash = NEW.hash)",
        "what is verified is an event that is there",
    ),
    Guard("identity", "INSERT", "one", "1 = 1", "a registry has one id"),
    Guard("identity", "UPDATE", "id", "OLD.id <> '' AND NEW.id <> OLD.id", "a registry keeps its id"),
    Guard("models", "INSERT", "new", "NEW.audit_seq <> 0 OR NEW.audit_hash <> ''", "an audit log begins with no event"),
    Guard(
        "models",
        "INSERT",
        "name",
        "EXISTS (SELECT 1 FROM names n WHERE n.name = NEW.name)",
        "another model has this name",
    ),
    Guard(
        "names",
        "INSERT",
        "taken",
        "EXISTS (SELECT 1 FROM models m WHERE m.name = NEW.name AND m.name <> NEW.model)",
        "another model has this name",
    ),
    Guard("snapshots", "UPDATE", "mature", "OLD.mature AND NOT NEW.mature", "a mature snapshot stays so"),
    Guard(
        "versions",
        "INSERT",
        "built",
        "NEW.state <> 'built' OR NOT EXISTS (SELECT 1 FROM builds b WHERE b.model = NEW.model"
        " AND b.fingerprint = NEW.fingerprint)",
        "a version begins as built, and its building was begun before",
    ),
    Guard(
        "versions",
        "INSERT",
        "number",
        "NEW.version <> COALESCE((SELECT MAX(v.version) FROM versions v WHERE v.model = NEW.model), 0) + 1",
        "versions are numbered without a gap",
    ),
    Guard(
        "versions",
        "UPDATE",
        "state",
        f"NEW.state <> OLD.state AND NOT ({_FOLLOWS})",
        "this state does not follow that one",
    ),
    Guard(
        "versions",
        "UPDATE",
        "pointer",
        f"NEW.state <> OLD.state AND ((NEW.state = 'champion' AND NEW.version <> COALESCE({_LAST}, 0))"
        f" OR (NEW.state = 'archived' AND NEW.version = {_LAST}))",
        "the champion is the version of the last promotion",
    ),
    Guard(
        "versions",
        "UPDATE",
        "through",
        "NEW.eligible IS NOT NULL AND NEW.state NOT IN ('champion', 'archived')",
        "what is eligible is champion or archived",
    ),
    Guard(
        "builds",
        "UPDATE",
        "done",
        "OLD.version IS NOT NULL AND (NEW.version <>? OLD.version OR NEW.run_id <> OLD.run_id OR NEW.actor <> OLD.actor"
        " OR NEW.attempt <> OLD.attempt OR NEW.reason <> OLD.reason OR NEW.begun_at <> OLD.begun_at)",
        "what was built stays as it is",
    ),
    Guard(
        "promotions",
        "INSERT",
        "epoch",
        f"NEW.epoch <> {_EPOCH} + 1 OR NEW.from_version <>? {_STOOD.format(column='version')}"
        f" OR NEW.version = {_STOOD.format(column='version')}",
        "epochs have no gap, and a promotion begins where the one before ended",
    ),
    Guard("promotions", "INSERT", "judged", f"{_STATE} = 'built'", "a champion was evaluated"),
    Guard(
        "promotions",
        "INSERT",
        "person",
        f"(NEW.kind = 'rollback' OR {_STATE} = 'rejected') AND (NEW.actor_kind <> 'person' OR trim(NEW.reason) = '')",
        "only a person with a reason goes back, or promotes what was rejected",
    ),
    Guard(
        "promotions",
        "INSERT",
        "back",
        "NEW.kind = 'rollback' AND NOT EXISTS"
        " (SELECT 1 FROM promotions m WHERE m.model = NEW.model AND m.version = NEW.version)",
        "a rollback is to a version that was champion before",
    ),
    Guard(
        "promotions",
        "INSERT",
        "window",
        f"NEW.kind = 'promote' AND {_WINDOW_END.format(version='NEW.version')}"
        f" < {_WINDOW_END.format(version='NEW.from_version')}",
        "an older window never replaces a newer one",
    ),
    Guard(
        "publications",
        "INSERT",
        "number",
        "NEW.publication <> COALESCE((SELECT MAX(p.publication) FROM publications p WHERE p.model = NEW.model"
        ' AND p."window" = NEW."window"), 0) + 1',
        "publications of a window are numbered without a gap",
    ),
    Guard(
        "approvals",
        "UPDATE",
        "answered",
        "OLD.state <> NEW.state AND NOT (OLD.state = 'open' OR (OLD.state = 'approved' AND NEW.state = 'void'))",
        "a question is answered once",
    ),
    Guard("rollouts", "UPDATE", "ended", "OLD.state <> 'open'", "a promotion that has ended stays so"),
    Guard("requests", "UPDATE", "started", "OLD.started_at IS NOT NULL AND NEW.started_at <>? OLD.started_at", "once"),
    Guard(
        "incidents",
        "INSERT",
        "number",
        "NEW.incident <> COALESCE((SELECT MAX(i.incident) FROM incidents i WHERE i.model = NEW.model), 0) + 1"
        " OR EXISTS (SELECT 1 FROM incidents i WHERE i.model = NEW.model AND i.closed_at IS NULL)",
        "incidents are numbered without a gap, and one is open at a time",
    ),
    Guard(
        "incidents",
        "UPDATE",
        "closed",
        "OLD.closed_at IS NOT NULL AND (NEW.closed_at <>? OLD.closed_at OR NEW.closed_window <>? OLD.closed_window)",
        "an incident is closed once",
    ),
    Guard(
        "studies",
        "UPDATE",
        "chosen",
        "OLD.chosen IS NOT NULL AND (NEW.chosen <>? OLD.chosen OR NEW.headline <> OLD.headline)",
        "a study chooses once",
    ),
    Guard(
        "trials",
        "INSERT",
        "number",
        "NEW.state <> 'running' OR NEW.claim <> 1 OR NEW.trial <> COALESCE((SELECT MAX(t.trial) FROM trials t"
        " WHERE t.model = NEW.model AND t.study = NEW.study), -1) + 1",
        "trials are numbered without a gap, and begin as running",
    ),
    Guard(
        "trials",
        "UPDATE",
        "ended",
        "OLD.state <> 'running' AND (NEW.state <> OLD.state OR NEW.result <>? OLD.result OR NEW.cost <>? OLD.cost"
        " OR NEW.claim <> OLD.claim OR NEW.owner <> OLD.owner)",
        "what a trial came to stays",
    ),
    Guard("trials", "UPDATE", "claim", "NEW.claim NOT IN (OLD.claim, OLD.claim + 1)", "a claim grows by one"),
    Guard("fences", "UPDATE", "next", "NEW.fence <> OLD.fence + 1", "a fence grows by one"),
)


def guards() -> Iterator[Guard]:
    """Yield every guard."""
    for table, names in _KEPT.items():
        changed = " OR ".join(f'NEW."{name}" <>? OLD."{name}"' for name in names.split())
        yield Guard(table, "UPDATE", "kept", changed, "what is recorded is not changed")
        yield Guard(table, "DELETE", "deleted", "1 = 1", "what is recorded is not deleted")
    yield from _RULES


class Declared(NamedTuple):
    """A trigger as one database is to hold it; on PostgreSQL its function is made first."""

    table: str
    event: str
    trigger: str
    statements: list[str]


def declared(dialect: str) -> Iterator[Declared]:
    """Yield every trigger that a database of this dialect is to hold."""
    render = _postgresql if dialect == "postgresql" else _sqlite
    for guard in guards():
        yield Declared(guard.table, guard.event, guard.trigger, list(render(guard)))
    for table in _KEPT if dialect == "postgresql" else ():
        yield Declared(table, "TRUNCATE", f"{_PREFIX}{table}_truncated", list(_truncation(table)))


def put_up(connection: sa.Connection) -> None:
    """Make every trigger."""
    for guard in declared(connection.dialect.name):
        for statement in guard.statements:
            connection.exec_driver_sql(statement)


def take_down(connection: sa.Connection) -> None:
    """Remove every trigger there is, of this release or of an older one."""
    if connection.dialect.name == "postgresql":
        found = connection.execute(
            sa.text(
                "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace"
                " AND p.proname LIKE 'windvane\\_%' AND p.prorettype = 'trigger'::regtype"
            )
        )
        for name in found.scalars().all():
            connection.exec_driver_sql(f'DROP FUNCTION "{name}" CASCADE')
        return
    found = connection.execute(
        sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'windvane\\_%' ESCAPE '\\'")
    )
    for name in found.scalars().all():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def _sqlite(guard: Guard) -> Iterator[str]:
    wrong = guard.wrong.replace("<>?", "IS NOT")
    yield (
        f"CREATE TRIGGER {guard.trigger} BEFORE {guard.event} ON {guard.table} WHEN {wrong}"
        f" BEGIN SELECT RAISE(ABORT, '{guard.table}: {guard.message}'); END"
    )


def _postgresql(guard: Guard) -> Iterator[str]:
    wrong = guard.wrong.replace("<>?", "IS DISTINCT FROM")
    kept = "OLD" if guard.event == "DELETE" else "NEW"
    yield (
        f"CREATE FUNCTION {guard.trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {wrong} THEN"
        f" RAISE EXCEPTION '{guard.table}: {guard.message}' USING ERRCODE = 'check_violation'; END IF;"
        f" RETURN {kept}; END $$"
    )
    yield (
        f"CREATE TRIGGER {guard.trigger} BEFORE {guard.event} ON {guard.table}"
        f" FOR EACH ROW EXECUTE FUNCTION {guard.trigger}()"
    )


def _truncation(table: str) -> Iterator[str]:
    name = f"{_PREFIX}{table}_truncated"
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
        f" '{table}: what is recorded is not deleted' USING ERRCODE = 'check_violation'; END $$"
    )
    yield f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {name}()"
