"""When something happened: what an event's clock may say, and how much of an audit log had happened by a moment.

The order of an audit log is that of its sequence, never that of its stamps. A stamp is what a clock said, and a clock
may be wrong: by decades, for one event. So a stamp that contradicts the others is told with its event, and no later
event follows it there; what had happened by a moment is always a beginning of the sequence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import sqlalchemy as sa

from windvane.stores.sql.tables import events

BOUND = timedelta(minutes=10)
"""How far clocks may lie apart without that being told: more than machines that are kept in time ever do."""


class Stamp(NamedTuple):
    """When an event happened.

    Args:
        at: Its moment.
        remark: What is wrong with the clock that told it, for the event's payload; empty when nothing is.
    """

    at: datetime
    remark: dict[str, str]


def stamp(said: datetime, newest: datetime, first: datetime, witness: datetime | None) -> Stamp:
    """Return when an event happened, of which a clock says a moment.

    Args:
        said: What the clock of this machine says.
        newest: When the event before it happened.
        first: When its model was registered.
        witness: What the database's own clock says; None where that is the very clock of this machine.

    Returns:
        What the clock says, or the witness where the two lie more than `BOUND` apart. A moment that is a little earlier
        than the newest event's is raised to that. One that is much earlier stays: the newest event's clock was ahead,
        and the stamps are right again from here on. But without a witness, one that is earlier than the model itself
        is of a wrong clock, and is raised to the newest event's.
    """
    wrong = witness is not None and abs(said - witness) > BOUND
    at = witness if witness is not None and wrong else said
    remark = {"said": said.isoformat(), "database": at.isoformat()} if wrong else {}
    if at >= newest - BOUND:
        return Stamp(max(at, newest), remark)
    remark |= {"said": said.isoformat(), "before": newest.isoformat()}
    return Stamp(newest if witness is None and at < first - BOUND else at, remark)


def happened(stamps: Sequence[datetime], moment: datetime, now: datetime) -> int:
    """Return how many events, from the first one on, had happened by a moment.

    An event of which no stamp can be believed counts as of the next one whose stamp can: it happened before that.

    Args:
        stamps: When each event happened, as its clock said, in the order of the sequence.
        moment: The moment asked for.
        now: The present one.
    """
    known = [place for place in believed(stamps, max(now, moment) + BOUND) if stamps[place] <= moment]
    return known[-1] + 1 if known else 0


def believed(stamps: Sequence[datetime], until: datetime) -> list[int]:
    """Return the places of the stamps that do not contradict each other: the most that never fall.

    Stamps after `until` are of clocks that were ahead. Of the others the longest sequence that never falls is taken
    (Schensted 1961), of several the one that ends earliest; a run of the same stamp counts once, for it is one
    clock's word and copies of it.
    """
    ends: list[datetime] = []
    """The earliest stamp that a sequence of each length ends with."""
    places: list[int] = []
    before: dict[int, int | None] = {}
    runs = [place for place, at in enumerate(stamps) if not place or stamps[place - 1] != at]
    for place in runs:
        at = stamps[place]
        if at > until:
            continue
        length = bisect_right(ends, at)
        before[place] = places[length - 1] if length else None
        ends[length : length + 1], places[length : length + 1] = [at], [place]
    chosen: list[int] = []
    here = places[-1] if places else None
    while here is not None:
        chosen.append(here)
        here = before[here]
    last = {start: end - 1 for start, end in pairwise([*runs, len(stamps)])}
    return [place for start in reversed(chosen) for place in range(start, last[start] + 1)]


def seq_at(connection: sa.Connection, model: str, moment: datetime, now: datetime) -> int:
    """Return the `seq` of the last event of a model that had happened by a moment; 0 when none had.

    What a model was at a past moment is what the events up to this one made of it.
    """
    mine = events.c.model == model
    earlier = sa.func.lag(events.c.at).over(order_by=events.c.seq)
    falls = sa.select((events.c.at < earlier).label("falls")).where(mine).subquery()
    if connection.execute(sa.select(sa.literal(1)).where(falls.c.falls).limit(1)).first() is None:
        last = sa.select(sa.func.max(events.c.seq)).where(mine, events.c.at <= moment)
        return int(connection.execute(last).scalar() or 0)
    stamps = connection.execute(sa.select(events.c.at).where(mine).order_by(events.c.seq)).scalars().all()
    return happened(stamps, moment, now)
