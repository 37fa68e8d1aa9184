"""What a DAG waits for instead of the clock: data that an asset of Airflow says is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from airflow.sdk import Asset, AssetAll, AssetAny

from windvane.errors import SpecError
from windvane.orchestration.partition_keys import finer, key_of, within
from windvane.spec import Model
from windvane.spec.timing import Timing, shortest
from windvane.windows import Cadence

WAITING = ("score", "monitor", "train")
"""DAGs that may wait for data."""

_FROM, _UNTIL = datetime(2023, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
_DIRECTIVES = frozenset({"%Y", "%m", "%d", "%H", "%M", "%S", "%z", "%j", "%%"})
"""What a form of keys may be made of: what can be read back."""


@dataclass(frozen=True)
class After:
    """The partitions of an asset, and how they make up a model's windows.

    Args:
        asset: The asset whose partitions are waited for; several by Airflow's `&` and `|`.
        each: What one partition holds where that is less than a window: `day`, `1h`. A run begins once every partition
            of its window is there. None: a partition is a window.
        key_format: The `strftime` format of the partitions' keys, in the model's zone, or in UTC where `each` is a
            duration. None: that of Windvane's keys. Airflow's `CronPartitionTimetable` writes `%Y-%m-%dT%H:%M:%S`,
            where it is not told otherwise.
    """

    asset: Asset | AssetAll | AssetAny
    each: str | None = None
    key_format: str | None = None


Awaited: TypeAlias = Asset | AssetAll | AssetAny | After
"""What a DAG may wait for."""


def waited_for(model: Model, after: Any) -> dict[str, After]:
    """Return what each DAG waits for, by the DAG's name.

    Args:
        model: The spec.
        after: An asset or an `After`, which `score` waits for; or several, by the name of the DAG.

    Raises:
        SpecError: It names no DAG that may wait, or partitions that make up no window.
    """
    if after is None:
        return {}
    given = after if isinstance(after, Mapping) else {"score": after}
    strange = [f"{name!r} cannot wait for data" for name in given if name not in WAITING]
    if strange:
        raise SpecError(f"{model.name}: after", [f"{one}; those that can: {', '.join(WAITING)}" for one in strange])
    found = {name: one if isinstance(one, After) else After(one) for name, one in given.items()}
    for name, one in found.items():
        if problem := _problem(model.cadence, one):
            raise SpecError(f"{model.name}: after, {name}", [problem])
    return found


def partitions(model: Model, after: After, timing: Timing) -> Any:
    """Return the timetable of a DAG that waits.

    Args:
        model: The spec.
        after: What it waits for.
        timing: When it would run without that, which backfills go by.
    """
    from windvane.orchestration.mappers import WholeWindowMapper, WindowMapper
    from windvane.orchestration.timetable import DataTimetable, SeveralUnitsTimetable

    about: dict[str, Any] = {"window": model.window, "timezone": model.timezone, "key_format": after.key_format}
    mapper = WindowMapper(**about) if after.each is None else WholeWindowMapper(each=after.each, **about)
    clock = SeveralUnitsTimetable(timing, window=model.window, timezone=model.timezone)
    return DataTimetable(assets=after.asset, mapper=mapper, clock=clock)


def _problem(cadence: Cadence, after: After) -> str | None:
    """Return why partitions make up no windows; the windows of four years, or the first thousand, are looked at."""
    given: object = after.asset
    if not isinstance(given, Asset | AssetAll | AssetAny):
        return f"assets of Airflow are waited for, not {type(given).__name__}"
    try:
        fine = cadence if after.each is None else finer(after.each, cadence)
    except ValueError as error:
        return str(error)
    first = cadence.window_at(_FROM)
    windows = cadence.between(first, cadence.window_at(min(_UNTIL, first.start + 1000 * shortest(cadence))))
    if after.key_format is not None:
        known = ", ".join(sorted(_DIRECTIVES))
        if strange := set(re.findall(r"%.", after.key_format)) - _DIRECTIVES:
            return f"key_format {after.key_format!r} has {', '.join(sorted(strange))}; allowed: {known}"
        keys = [key_of(one, fine, after.key_format) for window in windows[:100] for one in within(fine, window)]
        if len(set(keys)) < len(keys):
            return f"key_format {after.key_format!r} gives several partitions one key"
    for one in windows if after.each else ():
        if fine.window_at(one.start).start != one.start or fine.window_at(one.end).start != one.end:
            return f"partitions of {after.each!r} do not make up window {one.key}: one reaches beyond its ends"
    return None
