"""By when a window must be done: a deadline counted from the window, watched by Airflow."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self
from zoneinfo import ZoneInfo

from airflow.sdk import BaseDeadlineReference, DeadlineAlert, SyncCallback  # type: ignore[attr-defined] # not in stubs

from windvane.errors import SpecError, WindowError
from windvane.orchestration.context import named_window
from windvane.spec import Model
from windvane.spec.timing import tick_after
from windvane.windows import Cadence, Window, parse_duration

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WATCHED = ("score", "monitor", "train")
"""DAGs that may have a deadline."""

_OWN = frozenset({"scheduled", "asset_triggered"})
"""Runs that are made for a window in its time: a backfill, or a person's run, comes when it comes."""
_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deadline:
    """By when a DAG's run must have succeeded, counted from its window.

    Args:
        by: A time of the clocks in the model's zone, `06:00`: its first time after the window's end; or how long after
            the end, `3h`, `2d`. Where outcomes are needed, the count begins when they are due.
        tell: Airflow's `SyncCallback` or `AsyncCallback` for a deadline that was missed. None: an error in the log.
            In either case Airflow lists the missed deadline, and counts it in its own metrics.
    """

    by: str
    tell: Any = None


def deadlines_of(model: Model, given: Mapping[str, str | Deadline] | None) -> dict[str, DeadlineAlert]:
    """Return the alert of each DAG that has a deadline, by the DAG's name.

    Args:
        model: The spec.
        given: Deadlines by the name of the DAG; a text stands for `Deadline(text)`.

    Raises:
        SpecError: No DAG has such a name, it is no time, or it is before the DAG's own tick.
    """
    problems, found = [], {}
    for name, one in (given or {}).items():
        deadline = one if isinstance(one, Deadline) else Deadline(one)
        problem = _problem(model, name, deadline)
        if problem:
            problems.append(problem)
            continue
        reference = WindowDeadline(
            by=deadline.by,
            window=model.window,
            timezone=model.timezone,
            after=0.0 if name == "score" else model.maturity.total_seconds(),
        )
        told = deadline.tell or SyncCallback(missed, {"by": deadline.by})
        found[name] = DeadlineAlert(reference, timedelta(0), told, name=f"{model.name}_{name} by {deadline.by}")
    if problems:
        raise SpecError(f"{model.name}: deadlines", problems)
    return found


def moment_by(by: str, cadence: Cadence, window: Window, after: timedelta) -> datetime:
    """Return when a window must be done, UTC.

    Args:
        by: A time of the clocks, or how long it may take.
        cadence: The windows.
        window: The window.
        after: How long after the window's end the count begins.

    Raises:
        ValueError: It is neither.
    """
    begin = window.end + after
    found = _CLOCK.match(by)
    if found is None:
        return begin + parse_duration(by)
    zone, clock = ZoneInfo(cadence.timezone), time(int(found[1]), int(found[2]))
    day = begin.astimezone(zone).date()
    # A time that the clocks skip is read as they would have shown it, which is the moment after.
    moments = (datetime.combine(day + timedelta(days=n), clock, zone).astimezone(UTC) for n in range(3))
    return next(moment for moment in moments if moment >= begin)


class WindowDeadline(BaseDeadlineReference):  # type: ignore[misc] # Airflow's stubs leave it out
    """Counts a deadline from the window that a run concerns, not from the run.

    Args:
        by: See `Deadline`.
        window: The model's windows, as a spec declares them.
        timezone: Their zone.
        after: Seconds after a window's end at which the count begins.
    """

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def __init__(self, *, by: str, window: str, timezone: str, after: float = 0.0) -> None:
        self.by, self.window, self.timezone, self.after = by, window, timezone, after

    def serialize_reference(self) -> dict[str, Any]:
        """Return what makes the same reference again."""
        about = {"by": self.by, "window": self.window, "timezone": self.timezone, "after": self.after}
        return {**super().serialize_reference(), **about}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> Self:
        """Return the reference that was serialized."""
        return cls(**{name: reference_data[name] for name in ("by", "window", "timezone", "after")})

    def _evaluate_with(self, *, session: Session, dag_id: str, run_id: str) -> datetime | None:
        """Return the deadline of a run; None of one that was not made for a window in its time."""
        import sqlalchemy as sa

        from windvane.orchestration.compat import DagRun

        query = sa.select(DagRun.partition_key, DagRun.run_type).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        found = session.execute(query).one_or_none()
        if found is None or found.partition_key is None or str(found.run_type) not in _OWN:
            return None
        cadence = Cadence.parse(self.window, self.timezone)
        try:
            window = named_window(found.partition_key, str(found.run_type), cadence)
        except WindowError:  # the run itself says what is wrong with the key
            return None
        return moment_by(self.by, cadence, window, timedelta(seconds=self.after))


def missed(by: str, context: Mapping[str, Any] | None = None) -> None:
    """Write a missed deadline to the log; runs where Airflow's executor runs it.

    Args:
        by: The deadline, as declared.
        context: What Airflow tells of the run.
    """
    told = dict(context or {})
    run, moment = told.get("dag_run") or {}, (told.get("deadline") or {}).get("deadline_time")
    about = f"{run.get('dag_id')}, window {run.get('partition_key')}"
    _log.error("%s was not done by %s (%s); run %s is %s", about, by, moment, run.get("dag_run_id"), run.get("state"))


def _problem(model: Model, name: str, deadline: Deadline) -> str | None:
    if name not in WATCHED:
        return f"{name!r} cannot have a deadline; those that can: {', '.join(WATCHED)}"
    if deadline.tell is not None and not hasattr(deadline.tell, "serialize"):
        return f"{name}: `tell` is a SyncCallback or AsyncCallback of Airflow, not {type(deadline.tell).__name__}"
    window = model.cadence.window_at(datetime(2023, 1, 1, tzinfo=UTC))
    after = timedelta(0) if name == "score" else model.maturity
    try:
        moment = moment_by(deadline.by, model.cadence, window, after)
    except (ValueError, TypeError):
        return f"{name}: {deadline.by!r} is neither a time such as '06:00' nor a duration such as '3h'"
    timing = model.timetable().get(name)
    if timing is None or model.cadence.count > 1 or (name == "train" and model.schedule.train is None):
        return None
    tick = tick_after(model.cadence, timing.cron, Window(window.start, window.end + after, window.key))
    return f"{name}: {deadline.by!r} is before {tick:%H:%M} UTC, when the run begins" if moment <= tick else None
