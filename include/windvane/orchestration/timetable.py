"""Timetables that no cron expression is: windows of several units, trainings that wait to be asked for, and data."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import pendulum

from windvane.orchestration.compat import CronPartitionTimetable, PartitionedAssetTimetable
from windvane.spec.timing import Timing
from windvane.windows import Cadence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pendulum import DateTime

    from windvane.orchestration.compat import DagRunInfo, PartitionMapper, TimeRestriction

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


class DataTimetable(PartitionedAssetTimetable):
    """Runs when the partitions of an asset are there, and has the windows of a clock for backfills.

    Airflow's own has none, and refuses to be backfilled.

    Args:
        assets: What is waited for.
        mapper: How partitions become windows.
        clock: The timetable that the DAG would have without them.
    """

    periodic = True

    def __init__(self, *, assets: Any, mapper: PartitionMapper, clock: SeveralUnitsTimetable) -> None:
        super().__init__(assets=assets, default_partition_mapper=mapper)
        self._clock = clock

    @property
    def summary(self) -> str:
        """What Airflow's pages show as the schedule."""
        return "when its data is there"

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """Return the runs of a backfill."""
        return self._clock.iter_partition_dagrun_infos(earliest=earliest, latest=latest)

    def serialize(self) -> dict[str, Any]:
        """Return what makes the same timetable again."""
        return {**super().serialize(), "clock": self._clock.serialize()}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:
        """Return the timetable that was serialized."""
        made = PartitionedAssetTimetable.deserialize(data)
        clock = SeveralUnitsTimetable.deserialize(data["clock"])
        return cls(assets=made.asset_condition, mapper=made.default_partition_mapper, clock=clock)
