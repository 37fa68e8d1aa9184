"""What Airflow's tables say of the DAGs of models: paused, broken, overdue, queued, failed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from windvane.orchestration.compat import DagModel, DagRun, DagTag
from windvane.pipeline import GRAPHS
from windvane.results import DagState, FailedRun

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

VERBS = (*GRAPHS, "act")
"""What the DAGs of a family end with."""

TAG = "windvane"
"""The tag of every DAG of a family; the others are the model's name, the verb, and the model's own tags."""

_NAMED = 500
"""DAGs that a query names."""

_MOST_FAILED = 1000
"""Failed runs that are read, the newest first."""


def states_of(session: Session, models: Collection[str]) -> Mapping[str, tuple[DagState, ...]]:
    """Return what there is to tell of each model's DAGs; of most there is nothing, and they are not among them.

    Args:
        session: A session of Airflow's database.
        models: Names of models.
    """
    dags = {f"{name}_{verb}": name for name in sorted(models) for verb in VERBS}
    failed, queued = _failed(session, dags), _queued(session, dags)
    now, found = datetime.now(UTC), dict[str, tuple[DagState, ...]]()
    late = sa.and_(DagModel.next_dagrun_create_after < now, DagModel.exceeds_max_non_backfill.is_(False))
    told = sa.or_(DagModel.is_paused, DagModel.is_stale, DagModel.has_import_errors.is_(True), late)
    rows = {row.dag_id: row for row in _read(session, sa.select(*_COLUMNS).where(told), DagModel.dag_id, dags)}
    for dag_id in sorted({*rows, *failed, *queued}):
        row = rows.get(dag_id)
        due = row.next_dagrun_create_after if row and not row.exceeds_max_non_backfill else None
        state = DagState(
            dag=dag_id,
            paused=bool(row and row.is_paused),
            broken=bool(row and row.has_import_errors),
            missing=bool(row and row.is_stale),
            due=due if due is not None and due < now else None,
            queued=queued.get(dag_id),
            failed=tuple(failed.get(dag_id, ())),
        )
        found[dags[dag_id]] = (*found.get(dags[dag_id], ()), state)
    return found


_COLUMNS = (
    DagModel.dag_id,
    DagModel.is_paused,
    DagModel.is_stale,
    DagModel.has_import_errors,
    DagModel.next_dagrun_create_after,
    DagModel.exceeds_max_non_backfill,
)


def _failed(session: Session, dags: Collection[str]) -> dict[str, list[FailedRun]]:
    """Return the failed runs that none of the same window followed with success, by DAG, the newest first."""
    later = sa.orm.aliased(DagRun)
    same = sa.or_(later.partition_key == DagRun.partition_key, DagRun.partition_key.is_(None))
    succeeded = sa.exists().where(later.dag_id == DagRun.dag_id, later.state == "success", later.id > DagRun.id, same)
    query = sa.select(DagRun.dag_id, DagRun.run_id, DagRun.partition_key, DagRun.end_date)
    query = query.where(DagRun.state == "failed", ~succeeded).order_by(DagRun.id.desc()).limit(_MOST_FAILED)
    found: dict[str, list[FailedRun]] = {}
    seen = set()
    for row in _read(session, query, DagRun.dag_id, dags):
        if (row.dag_id, row.partition_key) in seen:  # one failure of a window is enough
            continue
        seen.add((row.dag_id, row.partition_key))
        run = FailedRun(run=f"{row.dag_id}/{row.run_id}", window=row.partition_key, at=row.end_date)
        found.setdefault(row.dag_id, []).append(run)
    return found


def _queued(session: Session, dags: Collection[str]) -> dict[str, datetime]:
    query = sa.select(DagRun.dag_id, sa.func.min(DagRun.queued_at).label("at"))
    query = query.where(DagRun.state == "queued").group_by(DagRun.dag_id)
    return {row.dag_id: row.at for row in _read(session, query, DagRun.dag_id, dags) if row.at is not None}


def _read(session: Session, query: sa.Select[*tuple[Any, ...]], column: Any, dags: Collection[str]) -> Iterator[Any]:
    """Yield the rows of some DAGs: a few are named, of many all are read that have the tag of families.

    Databases bound the values of a query, and a visit of a thousand models takes one query for its five thousand DAGs.
    """
    if len(dags) <= _NAMED:
        yield from session.execute(query.where(column.in_(sorted(dags))))
        return
    tagged = sa.select(DagTag.dag_id).where(DagTag.name == TAG)
    yield from (row for row in session.execute(query.where(column.in_(tagged))) if row.dag_id in dags)
