"""From a task's context to the window it concerns and to who asks: nothing else looks into the context for these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from windvane.errors import InvalidWindow
from windvane.spec import Model
from windvane.windows import Cadence, Window

if TYPE_CHECKING:
    from airflow.sdk import Context

    from windvane.results import Run

BY_THE_CLOCK = frozenset({"scheduled", "backfill"})
"""Kinds of run whose partition key the timetable made; a person or a task wrote any other one."""

RETRAIN_PREFIX = "retrain__"
"""How the id of a run begins that answers the monitor's request."""

_AUTOMATION = {"scheduled": "schedule", "backfill": "backfill"}


def run_type(context: Context) -> str:
    """Return the kind of run: `scheduled`, `backfill`, `manual`, `operator_triggered`, `asset_triggered`, ..."""
    kind = context["dag_run"].run_type
    return str(getattr(kind, "value", kind))


def window_of(context: Context, model: Model, given: str | None = None) -> Window:
    """Return the window that a run concerns: what the operator was given, the partition key, else the run's params.

    Scheduled, manual and backfilled runs carry a partition key; a run that a task started brings its window in its
    configuration, since Airflow 3.3 does not pass a key from a task.

    Args:
        context: The task's context.
        model: The spec.
        given: The operator's own `window`, after its template was rendered.

    Raises:
        InvalidWindow: When nothing names a window of this model.
    """
    dag_run = context["dag_run"]
    if given:
        return model.cadence.window(given)
    if dag_run.partition_key:
        return named_window(dag_run.partition_key, run_type(context), model.cadence)
    requested = context["params"].get("window")
    if not requested:
        cause = f"{model.name}: run {dag_run.run_id} names no window"
        remedy = f"trigger it with a partition key, or with params such as {{'window': '{model.cadence.example}'}}"
        raise InvalidWindow(cause, remedy)
    return model.cadence.window(str(requested))


def named_window(key: str, kind: str, cadence: Cadence) -> Window:
    """Return the window that a run's partition key names.

    Args:
        key: The key. The timetable's own is a tick: a weekly cron need not tick on the day that names the week.
        kind: The kind of run; see `run_type`.
        cadence: The windows.

    Raises:
        InvalidWindow: It names none.
    """
    if kind not in BY_THE_CLOCK:
        return cadence.window(key)
    try:
        tick = datetime.strptime(key, cadence.key_format).replace(tzinfo=ZoneInfo(cadence.timezone))
    except ValueError:
        return cadence.window(key)  # names the error
    return cadence.ticked(tick)


def run_of(context: Context) -> Run:
    """Return who asks, why, and the moment the run stands at: its own start, which all tries of all its tasks share.

    The task of the run is the piece of work, and this try an attempt at it.
    """
    from windvane.results import Run

    dag_run, task = context["dag_run"], context["ti"]
    mapped = "" if task.map_index in (None, -1) else f"/{task.map_index}"
    moment: datetime = dag_run.start_date or dag_run.run_after
    return Run(
        actor=_actor(context),
        as_of=moment.astimezone(UTC),
        run_id=f"{dag_run.dag_id}/{dag_run.run_id}",
        attempt=task.try_number,
        work=f"{dag_run.dag_id}/{dag_run.run_id}/{task.task_id}{mapped}",
        began=task.start_date,
        reason=str(context["params"].get("reason") or "").strip(),
    )


def replaces(context: Context) -> bool:
    """Return whether the run may let another version's scores take the place of published ones: its form's field."""
    return bool(context["params"].get("replace"))


def _actor(context: Context) -> str:
    """Return `airflow:<user>` for a person's own run, and the automation's name for every other.

    A backfill names the person who created it, yet counts as automation: they chose a range, not a version.
    """
    dag_run, kind = context["dag_run"], run_type(context)
    user = dag_run.triggering_user_name
    if kind == "manual":
        return f"airflow:{user or 'unknown'}"
    if kind == "operator_triggered" and dag_run.run_id.startswith(RETRAIN_PREFIX):
        return "monitor"
    name = _AUTOMATION.get(kind, kind)
    return f"{name}:{user}" if kind == "backfill" and user else name
