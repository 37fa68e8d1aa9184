"""Reasons on the command line: a headline, what there is to add, and the numbers in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding

from windvane.cli.output import line, table
from windvane.results import Number, Reason, Verdict
from windvane.results.reason import cells

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
    """Return what each rule said, those of the parts of a rule below it, then the numbers of all of them."""
    found = [row for verdict in verdicts for row in _with_parts(verdict, 0)]
    rows, numbers = [], list[tuple[str, Number]]()
    drawn: list[RenderableType] = []
    for verdict, depth in found:
        stops = "" if verdict.outcome == "pass" else _INSTEAD[verdict.unless_passed]
        name = verdict.rule.partition("(")[0] if verdict.parts else verdict.rule
        rows.append((verdict.outcome, "  " * depth + name + stops, "" if verdict.parts else verdict.headline))
        numbers += [(verdict.rule, number) for number in verdict.numbers]
        if verdict.detail and not verdict.parts:
            drawn.append(line(f"{name}: {verdict.detail}", style="dim"))
    blocks: list[RenderableType] = [table(("outcome", "rule", "why"), rows)]
    blocks += [line(""), number_table(_once(numbers))] if numbers else []
    return [*blocks, *([line(""), *drawn] if drawn else [])]


def _with_parts(verdict: Verdict, depth: int) -> Iterator[tuple[Verdict, int]]:
    yield verdict, depth
    for part in verdict.parts:
        yield from _with_parts(part, depth + 1)


def _once(numbers: Iterable[tuple[str, Number]]) -> Iterator[tuple[str, Number]]:
    """Name what several numbers in a row belong to once."""
    last = ""
    for about, number in numbers:
        yield "" if about == last else about, number
        last = about
