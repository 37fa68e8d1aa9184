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


def fitting(text: str, ending: str = "") -> str:
    """Return a text, and an ending that is never cut, as they fit a headline: names and values may be long."""
    room = HEADLINE - len(ending)
    return (text if len(text) <= room else text[: room - 1].rstrip() + "…") + ending


def cells(number: Number) -> tuple[str, str, str, str]:
    """Return a number as people read it in columns: name, value with unit, interval, and what it may be."""
    name, value, arrow, interval, allowed = columns(number)
    return name, f"{value} {arrow}" if arrow else value, interval, allowed


def columns(number: Number) -> tuple[str, str, str, str, str]:
    """Return a number in columns: name, value with unit, arrow of a difference, interval, and what it may be."""
    unit = f" {number.unit}" if number.unit else ""
    value = "-" if number.value is None else f"{_figure(number.value, signed=number.difference)}{unit}"
    arrow = ""
    if number.difference and number.value:
        arrow = "▲" if number.value > 0 else "▼"
        if number.better:
            arrow += " better" if (number.value > 0) == (number.better == "higher") else " worse"
    return number.name, value, arrow, _interval(number, unit), number.allowed


def _interval(number: Number, unit: str) -> str:
    low, high = (None if end is None else _figure(end, signed=number.difference) for end in (number.low, number.high))
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    if low is not None:
        return f"{low}{unit} or more"
    return f"{high}{unit} or less" if high is not None else ""


def _figure(value: float, *, signed: bool) -> str:
    """Return a figure with four digits, or a whole number with all of them; a sign that is no hyphen."""
    text = f"{value:+,.0f}" if value == int(value) else f"{value:+.4g}"
    text = text.replace("-", "\N{MINUS SIGN}") if abs(value) >= 1e-4 or not value else text
    return text if signed else text.removeprefix("+")
