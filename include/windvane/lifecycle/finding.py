"""What looks broken, or odd, about a window's data: one finding of any of the checks of data."""

from __future__ import annotations

from typing import Literal, NamedTuple

from windvane.results import Number

FEWEST = 30
"""Fewer rows than this say nothing about a column."""

Sign = Literal[
    "refused",
    "volume",
    "silence",
    "missing",
    "new values",
    "garbled",
    "stuck",
    "moved",
    "jump",
    "turned",
    "regrained",
    "order",
    "among",
    "lost",
    "shifted",
    "repeated",
    "stale",
    "time zone",
]
"""What a finding is about."""


class Finding(NamedTuple):
    """Something that looks broken."""

    column: str
    weight: float
    """How bad it is: the most first."""
    headline: str
    detail: str = ""
    numbers: tuple[Number, ...] = ()
    sure: bool = True
    """False where it may be a season or a changed world: it is told, and blocks nothing."""
    sign: Sign = "moved"
