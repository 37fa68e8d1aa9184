"""What earlier windows and versions mean for this one: pure choices, from records that a step has loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from windvane.lifecycle.deciding import LOOKS_BACK, Past, Retrained, in_order
from windvane.results import Champion, MonitorResult, RetrainRequest, Rollout, Version, VersionState
from windvane.results.watching import answer_to
from windvane.spec import Model
from windvane.windows import Window, parse_duration

_ALIKE, _LASTS = 8, 3
"""Like windows whose rows are looked at; windows that alerted in a row, after which it is so now."""
Outcome = Literal["promoted", "refused", "failed", "open"]


def before(results: Sequence[MonitorResult], model: Model, window: Window) -> list[MonitorResult]:
    """Return the conclusions about earlier windows, in the order given."""
    return [item for item in results if model.cadence.window(item.window).start < window.start]


def past(
    results: Sequence[MonitorResult],
    requests: Sequence[RetrainRequest],
    states: Mapping[str, VersionState],
    champion: Champion | None,
    model: Model,
    window: Window,
) -> Past:
    """Return what was decided about other windows, and what became of the retrains that were requested.

    Args:
        results: The latest conclusion about each window, the newest first.
        requests: The retrains that were requested.
        states: DAG run to the state of the version that it made.
        champion: The champion.
        model: The spec.
        window: The window that is decided about.
    """
    others = sorted((item for item in requests if item.window != window.key), key=lambda item: item.window_start)
    retrains = tuple(Retrained(item.window_start, _outcome(item, states.get(item.run_id), window)) for item in others)
    trained = model.cadence.window(champion.window).start if champion else None
    return Past(retrains, tuple(before(results, model, window)), trained)


def _outcome(request: RetrainRequest, state: VersionState | None, window: Window) -> Outcome:
    if state in ("champion", "archived"):
        return "promoted"
    if state == "rejected":
        return "refused"
    begun = state is None and request.started_at is not None
    return "failed" if begun and request.window_start < window.start else "open"


def idle(earlier: Sequence[MonitorResult], model: Model, window: Window) -> bool:
    """Return whether the window a week before was empty, too: nothing happens at that time of the week."""
    week = window.start - timedelta(days=7)
    said = next((item for item in earlier if model.cadence.window(item.window).start <= week), None)
    if said is None or model.cadence.window(said.window).end <= week:
        return False
    quality = answer_to("quality", said.checks)
    return quality is not None and quality.details.get("rows") == 0


def alike(
    earlier: Sequence[MonitorResult], learned: Mapping[str, int], model: Model, window: Window
) -> tuple[int, ...]:
    """Return the rows of windows before one that should have as many, the newest first.

    Of windows shorter than a week these are the ones at the same time of the week. Windows that alerted do not count,
    unless the last three did: then it is so now.

    Args:
        earlier: Conclusions about earlier windows, the newest first.
        learned: Window to its rows, of those that the version was trained on.
        model: The spec.
        window: The window.
    """
    found: dict[str, tuple[Window, int, bool]] = {}
    for said in earlier[:LOOKS_BACK]:
        quality = answer_to("quality", said.checks)
        rows = quality.details.get("rows") if quality else None
        if rows is not None:
            found[said.window] = (model.cadence.window(said.window), int(rows), in_order(said, model))
    for key, rows in learned.items():
        then = model.cadence.window(key)
        if key not in found and then.start < window.start:
            found[key] = (then, rows, True)
    ranked = sorted(found.values(), key=lambda item: item[0].start, reverse=True)
    like = [item for item in ranked if _same_time(item[0], window)]
    lasting = len(like) >= _LASTS and not any(sound for _, _, sound in like[:_LASTS])
    return tuple(rows for _, rows, sound in like if sound or lasting)[:_ALIKE]


def _same_time(then: Window, window: Window) -> bool:
    """True where two windows are at the same time of the week, give or take summer time; long ones always are."""
    if window.end - window.start >= timedelta(days=6):
        return True
    apart = (window.start - then.start) % timedelta(days=7)
    return min(apart, timedelta(days=7) - apart) <= timedelta(hours=1)


def sound(earlier: Sequence[MonitorResult], version: int | None, model: Model) -> list[MonitorResult]:
    """Return the conclusions about windows that a version scored and that were in order, as they are given."""
    near = earlier[:LOOKS_BACK]
    return [item for item in near if item.version == version and in_order(item, model)] if version else []


def grown(
    earlier: Sequence[MonitorResult], model: Model, window: Window, learned: Mapping[str, int], outcomes: int
) -> float:
    """Return how many times a version's rows a retrain on a window would learn from, as far as they were monitored.

    Args:
        earlier: Conclusions about earlier windows, the newest first.
        model: The spec.
        window: The window.
        learned: Window to its rows with outcomes, of those that the version was trained on.
        outcomes: Rows with outcomes of this window.
    """
    inside = {item.key for item in model.history_of(window)}
    known = {key: rows for key, rows in learned.items() if key in inside}
    known |= {
        item.window: item.outcomes for item in earlier[:LOOKS_BACK] if item.window in inside and in_order(item, model)
    }
    return (sum(known.values()) + outcomes) / max(1, sum(learned.values()))


def unbroken(
    earlier: Sequence[MonitorResult], model: Model, window: Window, version: int | None, most_rows: int
) -> list[MonitorResult]:
    """Return the unbroken run of windows just before this one that a version scored soundly, the newest first.

    Args:
        earlier: Conclusions about earlier windows, the newest first.
        model: The spec.
        window: The window.
        version: The version.
        most_rows: The run ends before it has more rows with outcomes than this.
    """
    found: list[MonitorResult] = []
    expected, left = model.cadence.previous(window), most_rows
    for item in earlier:
        usable = in_order(item, model) and item.version == version and item.snapshot and item.scores
        left -= item.outcomes
        if item.window != expected.key or not usable or not item.outcomes or left < 0:
            break
        found.append(item)
        expected = model.cadence.previous(expected)
    return found


def reopenable(results: Sequence[MonitorResult], model: Model, window: Window) -> list[MonitorResult]:
    """Return the conclusions about earlier windows that may be drawn again, once, the oldest first.

    These are windows that lacked outcomes, and the one just before, whose outcomes may have been corrected.

    Args:
        results: The latest conclusion about each window, the newest first.
        model: The spec.
        window: The window that is monitored now.
    """
    within, found = parse_duration(model.monitor.reopen_within), []
    for said in reversed(results):
        earlier = model.cadence.window(said.window)
        closed = earlier.start >= window.start or said.reopened or said.scores is None
        if closed or earlier.end + within < window.end:
            continue
        lacking = said.decision == "insufficient_data" or said.outcomes == 0
        if lacking or earlier.end == window.start:
            found.append(said)
    return found


def overtaken(version: Version, champion: Champion | None) -> Literal["eligible", "rejected"]:
    """Return what becomes of a version that passed its gate and is of an older window than what stands before it.

    Beside a champion of a newer window it is what a run in order would have made of it: eligible, late. Beside a
    newer version that is still being promoted in stages there is no place for it.
    """
    return "eligible" if champion is not None and champion.window_end > version.window_end else "rejected"


def serving(
    rollouts: Sequence[Rollout], ends: Mapping[int, datetime], window: Window, champion: Champion
) -> Rollout | None:
    """Return the promotion in stages that a window takes part in: its version has seen none of the window's rows.

    A window that was scored in stages stays so when it is scored again, even after the version was withdrawn.

    Args:
        rollouts: The promotions in stages, the newest first.
        ends: Version to the end of the window that it was trained on, of those in promotions under way.
        window: The window.
        champion: The champion for the window; a promotion beside another one does not concern it.
    """
    for found in rollouts:
        if found.champion != champion.version:
            continue
        if any(item.window == window.key for item in found.windows):
            return found
        if found.state == "open" and ends[found.version] <= window.start:
            return found
    return None


def waiting(versions: Sequence[Version], window: Window, most: int, besides: Sequence[int]) -> list[Version]:
    """Return the newest versions that may score a window in shadow: trained on earlier windows, never champion.

    Args:
        versions: All versions.
        window: The window.
        most: How many at the most.
        besides: Versions that score it anyhow.
    """
    found = [
        item
        for item in versions
        if item.window_end <= window.start and item.state in ("evaluated", "rejected") and item.version not in besides
    ]
    return sorted(found, key=lambda item: (item.window_end, item.version), reverse=True)[:most]
