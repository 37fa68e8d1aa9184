"""Which versions are eligible, and which one is champion: a pure function of the line-up, in the order of windows.

In the order of windows each version was judged beside the newest eligible version before it. A version that arrives
for an older window may change whom later ones are to be compared with; those are judged again, one after the other,
until nothing changes. So the end does not depend on the order in which windows were trained. What a person decided is
a barrier: nothing that was decided before it changes, and what arrives behind it later is no comparison version for
windows beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from windvane.results import Champion, Version
from windvane.results.lineup import Barrier, Entry, Lineup, Outcome, Reconsidered
from windvane.results.states import VersionState

_PLACED = ("model", "version", "window", "window_end", "trained_until")


class Before(NamedTuple):
    """What stands before a version in the line-up.

    Args:
        comparison: The newest eligible version that was trained on none of its holdout; 0 for none.
        champion: The newest eligible version; 0 for none.
    """

    comparison: int
    champion: int


class Unjudged(NamedTuple):
    """A version that must be judged beside another one before the line-up is decided.

    Args:
        version: The version.
        before: What it is to be judged beside.
        cause: Why, for the audit log.
    """

    version: int
    before: Before
    cause: str


def before(lineup: Lineup, number: int) -> Before:
    """Return what stands before a version, as the line-up was decided.

    Args:
        lineup: The line-up, with this version in it.
        number: The version.
    """
    entry = next(item for item in lineup.entries if item.version == number)
    eligible = [item for item in lineup.entries if item.eligible and item.place < entry.place]
    return _before(entry, eligible, lineup.barriers)


def decide(lineup: Lineup, arriving: int, staged: bool = False) -> Unjudged | Outcome:
    """Return what the line-up comes to once a version has arrived, or what must be judged first.

    Args:
        lineup: What was decided, and the version that arrives.
        arriving: The version. One that was decided on before is decided on again, unless a barrier stands.
        staged: Whether promotions go in stages: live windows decide then, so nothing but the arrival is decided on.
    """
    eligible: list[Entry] = []
    changes: list[Reconsidered] = []
    states: dict[int, VersionState] = {}
    by_number = {item.version: item for item in lineup.entries}
    for entry in sorted(lineup.entries, key=lambda item: item.place):
        arrives = entry.version == arriving
        if entry.settled and (frozen(entry, lineup.barriers) or entry.beside is None or (staged and not arrives)):
            if entry.eligible:
                eligible.append(entry)
            continue
        found = _before(entry, eligible, lineup.barriers)
        if entry.beside != found.comparison or entry.decision is None:
            return Unjudged(entry.version, found, _cause(entry, found.comparison, by_number, arriving))
        if entry.decision == "promote":
            eligible.append(entry)
            states[entry.version] = "archived"
        else:
            states[entry.version] = _refused(entry)
    champion = eligible[-1].version if eligible else lineup.champion
    if champion in states:
        states[champion] = "champion"
    for number, state in states.items():
        entry = by_number[number]
        if number == arriving or state != entry.state:
            changes.append(Reconsidered(version=number, window=entry.window, state=state, reason=_why(entry, arriving)))
    return Outcome(champion=champion, changes=tuple(changes), stopped=_stop(by_number[arriving], lineup.barriers))


def champion_of_its_time(version: Version) -> Champion:
    """Return a version as the champion that a run in order would have seen, whether or not the pointer was there."""
    return Champion(**{name: getattr(version, name) for name in _PLACED}, epoch=0, at=version.created_at)


def stopped(found: Outcome) -> str:
    """Return, for people, where the arrival's consequences ended; empty where nothing stopped them."""
    barrier = found.stopped
    return f"the {barrier.kind} by {barrier.actor} stands: no later window is judged again" if barrier else ""


def waits_for_a_person(lineup: Lineup, number: int) -> bool:
    """Tell whether a version arrives about which the gate asks a person."""
    entry = next(item for item in lineup.entries if item.version == number)
    return not entry.settled and entry.decision == "needs_approval"


def frozen(entry: Entry, barriers: Sequence[Barrier]) -> bool:
    """Tell whether a person's decision keeps a version as it is."""
    return any(entry.settled <= item.barrier for item in barriers)


def _before(entry: Entry, eligible: Sequence[Entry], barriers: Sequence[Barrier]) -> Before:
    known = [item for item in eligible if not _hidden(item, entry, barriers)]
    earlier = [item for item in known if item.trained_until <= entry.trained_until]
    return Before(earlier[-1].version if earlier else 0, known[-1].version if known else 0)


def _hidden(earlier: Entry, entry: Entry, barriers: Sequence[Barrier]) -> bool:
    """Tell whether a version arrived behind a barrier that another one stands beyond."""
    return any(
        (not earlier.settled or earlier.settled > item.barrier)
        and earlier.window_end <= item.window_end < entry.window_end
        for item in barriers
    )


def _stop(entry: Entry, barriers: Sequence[Barrier]) -> Barrier | None:
    """Return the newest barrier that a version arrived behind."""
    ahead = [item for item in barriers if entry.window_end <= item.window_end and not 0 < entry.settled <= item.barrier]
    return max(ahead, key=lambda item: item.barrier, default=None)


def _refused(entry: Entry) -> VersionState:
    """Return the state of a version that is not eligible: one that waits for a person's word goes on waiting."""
    if entry.decision == "reject":
        return "rejected"
    return "rejected" if entry.settled and entry.state == "rejected" else "evaluated"


def _cause(entry: Entry, found: int, known: dict[int, Entry], arriving: int) -> str:
    now = f"v{found} of {known[found].window}" if found else "no version"
    if entry.version == arriving or entry.beside is None:
        return f"to be compared with {now}"
    then = f"v{entry.beside}" if entry.beside else "none"
    came = known[arriving]
    return f"v{came.version} of {came.window} arrived: to be compared with {now}, no longer with {then}"


def _why(entry: Entry, arriving: int) -> str:
    if entry.version == arriving:
        return ""
    return f"judged again after v{arriving} arrived" + (f", beside v{entry.beside}" if entry.beside else "")
