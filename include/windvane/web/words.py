"""Numbers, moments and names as people read them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from windvane.errors import UnknownVersion

SKEW_SECONDS = 300
"""A moment further ahead of this server's clock than this is shown as what it is: a clock that is wrong."""

TITLES = {
    "alert": "Alert",
    "bad": "Act now",
    "warn": "Look today",
    "busy": "Under way",
    "unknown": "Too little to say",
    "insufficient_data": "Too little to say",
    "needs_approval": "Needs approval",
    "good": "Good",
    "asks": "Ask a person",
    "warns": "Warning",
    "waits": "Waits for a person",
}
"""Words for states whose names are not words."""

_TONES = {
    "bad": (
        "bad",
        "alert",
        "reject",
        "rejected",
        "fail",
        "failed",
        "broken",
        "error",
        "void",
        "expired",
        "must_not_serve",
        "rolled_back",
    ),
    "warn": (
        "needs_approval",
        "finding",
        "retrain",
        "inconclusive",
        "rollback",
        "reorder",
        "warn",
        "warns",
        "asks",
        "waits",
    ),
    "good": ("good", "hold", "ok", "pass", "promote", "champion", "whole", "approved", "serves", "success"),
    "busy": ("busy", "evaluated", "built", "shadow", "staged", "may_serve", "running", "queued"),
}
_MARKS = {"bad": "▲", "warn": "◆", "good": "●", "busy": "◐", "quiet": "○"}  # shapes, for who cannot tell the colours


def tone(state: object) -> str:
    """Return how a state is coloured: `bad`, `warn`, `good`, `busy` or `quiet`."""
    return next((name for name, states in _TONES.items() if state in states), "quiet")


def mark(state: object) -> str:
    """Return the shape that stands beside a state's name."""
    return _MARKS[tone(state)]


def title(state: object) -> str:
    """Return a state as a person says it."""
    text = str(state)
    return TITLES.get(text) or text.replace("_", " ").capitalize()


def number(value: Any) -> str:
    """Return a number with four significant digits, counts with all of theirs; a dash for none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 1000):
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"


def change(value: Any) -> str:
    """Return a difference, new minus old, with its sign; a dash for none."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "-"
    return f"{value:+.4g}".replace("-", "\N{MINUS SIGN}") if abs(value) >= 1e-4 or not value else f"{value:+.4g}"


def percent(value: Any) -> str:
    """Return a share as a percentage with three significant digits; a dash for none."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "-"
    return f"{100 * value:.3g} %"


def chance(value: Any) -> str:
    """Return a p-value to three digits; one too small to be known exactly is shown as small."""
    return "below 0.001" if isinstance(value, int | float) and value < 0.001 else number(value)


def utc(value: datetime) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def ago(value: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in its largest unit."""
    seconds = (now - value).total_seconds()
    if seconds < -SKEW_SECONDS:
        return "in the future: check the clocks of the machines that write"
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // length)
        if count >= 1:
            return f"{count:,} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def short(digest: str) -> str:
    """Return the beginning of a digest."""
    return digest.removeprefix("sha256:")[:12]


def number_of(text: str, model: str) -> int:
    """Read `3` or `v3`.

    Raises:
        UnknownVersion: When it is neither.
    """
    digits = text.removeprefix("v")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        raise UnknownVersion(f"{model}: {text!r:.40} is no version number", f"choose one on the page of {model}")
    return int(digits)
