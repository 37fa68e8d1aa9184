"""Reasons on the command line: a headline, what there is to add, and the numbers in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from windvane.cli.output import STYLES, clean, line, table
from windvane.results import Number, Reason, Verdict
from windvane.results.reason import cells

_INDENT = 2
_INSTEAD = {"reject": "", "needs_approval": " (asks a person)", "warn": " (warns only)"}


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


def verdict_blocks(verdicts: Iterable[Verdict]) -> list[RenderableType]:
    """Return what each rule said and its numbers, those of the parts of a rule below it."""
    return [block for verdict in verdicts for block in _verdict(verdict, 0)]


def _verdict(verdict: Verdict, depth: int) -> Iterator[RenderableType]:
    stops = "" if verdict.outcome == "pass" else _INSTEAD[verdict.unless_passed]
    rule = (verdict.rule.partition("(")[0] if verdict.parts else verdict.rule) + stops
    said = [rule] if verdict.parts else [verdict.headline, rule, verdict.detail]
    title, *below = (text for text in said if text)
    outcome = Text(verdict.outcome, style=STYLES[verdict.outcome])
    blocks: list[RenderableType] = [Text.assemble(outcome, f"  {clean(title)}")]
    inner: list[RenderableType] = [line(text, style="dim") for text in below]
    inner += [number_table(("", number) for number in verdict.numbers)] if verdict.numbers else []
    blocks += [Padding(block, (0, 0, 0, _INDENT)) for block in inner]
    for part in verdict.parts:
        blocks += _verdict(part, depth + 1)
    yield from (Padding(block, (0, 0, 0, _INDENT)) if depth else block for block in blocks)
