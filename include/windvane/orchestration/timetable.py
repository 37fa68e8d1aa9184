"""Timetables that no cron expression is: of windows of several units, and of trainings that wait to be asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import pendulum

from windvane.orchestration.compat import CronPartitionTimetable
from windvane.spec.timing import Timing
from windvane.windows import Cadence

if TYPE_CHECKING:
    from pendulum import DateTime

    from windvane.orchestration.compat import DagRunInfo, TimeRestriction

_INSTANT = timedelta(seconds=1)


class SeveralUnitsTimetable(CronPartitionTimetable):
    """Ticks once in each window of several weeks, days or months, which no cron expression does.

    Args:
        timing: The expression, which ticks once in each unit, and which unit counts.
        window: The windows, as a spec declares them.
        timezone: Their zone.
    """

    def __init__(self, timing: Timing, *, window: str, timezone: str) -> None:
        self._timing, self._window = timing, window
        self._cadence = Cadence.parse(window, timezone)
        super().__init__(
            timing.cron, timezone=timezone, run_offset=timing.run_offset, key_format=self._cadence.key_format
        )

    @property
    def summary(self) -> str:
        """What Airflow's pages show as the schedule."""
        return f"{self._timing.cron}, every {self._window}"

    def serialize(self) -> dict[str, Any]:
        """Return what makes the same timetable again."""
        return {"timing": list(self._timing), "window": self._window, "timezone": self._cadence.timezone}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:
        """Return the timetable that was serialized."""
        return cls(Timing(*data["timing"]), window=data["window"], timezone=data["timezone"])

    def _get_next(self, current: DateTime) -> DateTime:
        found = super()._get_next(current)
        while missing := (self._timing.position - self._cadence.position(found)) % self._cadence.count:
            begin = pendulum.instance(self._cadence.unit_after(found, missing))
            found = super()._get_next(begin - _INSTANT)
        return found

    def _get_prev(self, current: DateTime) -> DateTime:
        found = super()._get_prev(current)
        while beyond := (self._cadence.position(found) - self._timing.position) % self._cadence.count:
            end = pendulum.instance(self._cadence.unit_after(found, 1 - beyond))
            found = super()._get_prev(end)
        return found


class OnRequestTimetable(SeveralUnitsTimetable):
    """Has the windows, for backfills and for runs that somebody starts, and never ticks by itself.

    A schedule that ticks would make a run for each window only to find that nobody asked for it.
    """

    @property
    def summary(self) -> str:
        """What Airflow's pages show as the schedule."""
        return "when it is asked for"

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return that there is no next run."""
        return None
