"""Which window the key of an asset's partition names, and which partitions make up a window."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from windvane.errors import InvalidWindow
from windvane.windows import Cadence, Window


def finer(each: str, cadence: Cadence) -> Cadence:
    """Return the cadence of partitions that make up a cadence's windows; durations are counted in UTC.

    Raises:
        ValueError: It is none.
    """
    try:
        return Cadence.parse(each, cadence.timezone)
    except ValueError:
        return Cadence.parse(each)


def within(fine: Cadence, window: Window) -> list[Window]:
    """Return the windows of a finer cadence that make up a window, oldest first."""
    return fine.between(fine.window_at(window.start), fine.window_at(window.end - timedelta(seconds=1)))


def key_of(window: Window, cadence: Cadence, key_format: str | None) -> str:
    """Return the key of the partition that holds what a window does."""
    if key_format is None:
        return window.key
    return window.start.astimezone(ZoneInfo(cadence.timezone)).strftime(key_format)


def window_of_key(key: str, cadence: Cadence, key_format: str | None) -> Window:
    """Return the window that a partition's key names.

    Raises:
        InvalidWindow: It names none.
    """
    if key_format is None:
        return cadence.window(key)
    try:
        moment = datetime.strptime(key, key_format)  # noqa: DTZ007 (the zone is the model's where the key has none)
    except ValueError:
        remedy = "give the asset's own form of keys as `key_format` of `After`"
        raise InvalidWindow(f"the partition key {key!r} does not have the form {key_format!r}", remedy) from None
    return cadence.window_at(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(cadence.timezone)))
