"""Who asks for a run in this process, and the moment that it stands at."""

from __future__ import annotations

from datetime import UTC, datetime

from windvane.errors import FutureWindow, NaiveTimestamp
from windvane.results import Run


def moment(given: datetime | None, said: str) -> datetime:
    """Return the moment a run stands at: the one given, or now, looked at once.

    Args:
        given: The moment; None is now.
        said: How it was given, for errors.

    Raises:
        NaiveTimestamp: It has no time zone.
        FutureWindow: It has not come yet.
    """
    now = datetime.now(UTC)
    if given is None:
        return now
    if given.tzinfo is None:
        remedy = f"write it with one, such as {given.isoformat(timespec='minutes')}Z"
        raise NaiveTimestamp(f"{said} has no time zone", remedy)
    if given > now:
        raise FutureWindow(f"{said} has not come yet", "name a moment that has passed, or leave it out")
    return given.astimezone(UTC)


def requested(as_of: datetime, reason: str = "") -> Run:
    """Return who asks: the person at this terminal, as the operating system knows them."""
    from windvane.stores.person import at_terminal

    return Run(actor=at_terminal(), as_of=as_of, reason=reason)
