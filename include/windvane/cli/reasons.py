"""Reasons on the command line: a headline, what there is to add, and the numbers in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.padding import Padding

from windvane.cli.output import line, table
from windvane.results import Number, Reason
from windvane.results.reason import cells


def reason_blocks(reasons: Sequence[Reason]) -> list[RenderableType]:
    """Return reasons for a terminal, the deciding one first."""
    drawn: list[RenderableType] = []
    for reason in reasons:
        drawn += [line(""), line(reason.headline, style="" if drawn else "bold")]
        drawn += [line(reason.detail, style="dim")] if reason.detail else []
        drawn += [Padding(number_table([("", number) for number in reason.numbers]), (0, 0, 0, 2))] * bool(
            reason.numbers
        )
    return drawn


def number_table(numbers: Iterable[tuple[str, Number]]) -> RenderableType:
    """Return numbers in columns, each after what it belongs to; columns that nothing stands in are left out."""
    rows = [(about, *cells(number)) for about, number in numbers]
    heads = ("about", "number", "value", "interval", "allowed")
    kept = [place for place in range(len(heads)) if any(row[place] for row in rows)]
    return table([heads[place] for place in kept], [[row[place] for place in kept] for row in rows])
