"""From a task's context to the window it concerns and to who asks: nothing else looks into the context for these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from windvane.errors import InvalidWindow
from windvane.results import Run
from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    from airflow.sdk import Context

_AUTOMATION = {"scheduled": "schedule", "backfill": "backfill", "operator_triggered": "monitor"}


def window_of(context: Context, model: Model) -> Window:
    """Return the window of a run: its partition key, else the window in its params.

    Scheduled, manual and backfilled runs carry a partition key; a run that a task started brings its window in its
    configuration, since Airflow 3.3 does not pass a key from a task.

    Raises:
        InvalidWindow: When neither names a window of this model.
    """
    dag_run = context["dag_run"]
    key = getattr(dag_run, "partition_key", None) or dict(context.get("params") or {}).get("window")
    if not key:
        cause = f"{model.name}: run {dag_run.run_id} names no window"
        raise InvalidWindow(cause, "trigger it with a partition key, or with params {'window': '…'}")
    return model.cadence.window(str(key))


def run_of(context: Context) -> Run:
    """Return who asks, why, and the moment the run stands at: its own start, which all tries share."""
    dag_run, task = context["dag_run"], context["ti"]
    params = dict(context.get("params") or {})
    moment: datetime | None = dag_run.start_date or dag_run.run_after
    return Run(
        actor=_actor(dag_run),
        as_of=moment.astimezone(UTC) if moment else datetime.fromtimestamp(0, UTC),
        run_id=f"{dag_run.dag_id}/{dag_run.run_id}",
        attempt=task.try_number,
        reason=str(params.get("reason") or ""),
    )


def run_type(context: Context) -> str:
    """Return `scheduled`, `backfill`, `manual` or `operator_triggered`."""
    kind = context["dag_run"].run_type
    return str(getattr(kind, "value", kind))


def _actor(dag_run: Any) -> str:
    """Return `airflow:<user>` for a person's run, and the automation's name otherwise."""
    kind = str(getattr(dag_run.run_type, "value", dag_run.run_type))
    user = getattr(dag_run, "triggering_user_name", None)
    return _AUTOMATION.get(kind) or f"airflow:{user or 'unknown'}"
