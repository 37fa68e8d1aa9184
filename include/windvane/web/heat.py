"""The heat map: how far each column moved in each window, with the effect's unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from windvane.results import Record
from windvane.web.words import chance, percent

COLUMNS = 40
"""Columns of a heat map at most, those that moved most."""


class ColumnMove(Record):
    """How far one column moved, in one window."""

    column: str
    effect: float
    """A distance between 0 and 1: a share of the rows."""
    low: float | None = None
    high: float | None = None
    adjusted: float | None = None
    """p-value, corrected for all columns tested together."""
    found: bool


class Heat(Record):
    """Columns by windows: the effect of each column in each window."""

    windows: tuple[str, ...]
    columns: dict[str, tuple[float | None, ...]]
    notes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """What each cell says when it is pointed at: the effect with its unit, and how sure it is."""


def column_moves(conclusion: Mapping[str, Any]) -> list[ColumnMove]:
    """Return how far each column moved, from whichever checks compare columns; what is no number is left out."""
    found: dict[str, ColumnMove] = {}
    for check in conclusion.get("checks", []):
        details = check.get("details") or {}
        message = details.get("columns")
        for column, item in message.items() if isinstance(message, dict) else ():
            if isinstance(item, dict) and isinstance(item.get("effect"), int | float):
                numbers = {key: item.get(key) for key in ("low", "high", "adjusted")}
                known = {key: value for key, value in numbers.items() if isinstance(value, int | float)}
                moved = column in check.get("columns", ())
                found[column] = ColumnMove(column=column, effect=item["effect"], found=moved, **known)
    return list(found.values())


def heat_of(kept: Sequence[Mapping[str, Any]]) -> Heat:
    """Return the heat map of windows' conclusions, the oldest first; the columns that moved most come first."""
    each = [{move.column: move for move in column_moves(item)} for item in kept]
    names = list(dict.fromkeys(name for moves in reversed(each) for name in moves))
    worst = {name: max((moves[name].effect for moves in each if name in moves), default=0.0) for name in names}
    ranked = sorted(names, key=lambda name: (-worst[name], name))[:COLUMNS]
    windows = tuple(str(item.get("window")) for item in kept)
    return Heat(
        windows=windows,
        columns={name: tuple(moves[name].effect if name in moves else None for moves in each) for name in ranked},
        notes={
            name: tuple(_note(key, name, moves.get(name)) for key, moves in zip(windows, each, strict=True))
            for name in ranked
        },
    )


def _note(window: str, column: str, move: ColumnMove | None) -> str:
    if move is None:
        return f"{column} in {window}: not compared"
    interval = ""
    if move.low is not None and move.high is not None:
        interval = f" ({percent(move.low)} to {percent(move.high)})"
    sure = f", corrected p {chance(move.adjusted)}" if move.adjusted is not None else ""
    counts = "a finding" if move.found else "no finding"
    return f"{column} in {window}: moved by {percent(move.effect)} of the rows{interval}{sure}: {counts}"


def cell(effect: float | None) -> str:
    """Return how strong a cell of the heat map is, `0` to `5`, as its class; nothing for no value."""
    if effect is None:
        return ""
    return str(sum(effect >= limit for limit in (0.02, 0.05, 0.1, 0.2, 0.4)))
