"""Reasons as records: one fact and its consequence, what stands behind it, and its numbers for columns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane.results.record import Record

HEADLINE = 90
"""Most characters of a headline."""

Better = Literal["higher", "lower", ""]


class Number(Record):
    """One number of a reason, with what it is held to.

    A difference is new minus old: `better` says which sign is the good one.
    """

    name: str
    value: float | None
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end of its interval."""
    unit: str = ""
    allowed: str = ""
    """What it may be, as people read it: `at most 0.02`, `below 0`."""
    better: Better = ""
    """Which way is better; empty where neither is."""
    difference: bool = False
    """True for new minus old, which is shown with its sign and an arrow."""


class Reason(Record):
    """Why something was decided."""

    headline: str = Field(max_length=HEADLINE)
    """One fact and its consequence."""
    detail: str = ""
    """What more there is to say, in plain sentences; empty when the numbers say it."""
    numbers: tuple[Number, ...] = ()
