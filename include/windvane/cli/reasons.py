"""How reasons are shown on a terminal: a headline each, what more there is to say, and its numbers in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from windvane.cli.output import STYLES, clean
from windvane.results import Number, Reason, Verdict
from windvane.results.wording import COLUMNS, cells

_INDENT = 2
_INSTEAD = {"reject": "", "needs_approval": " (asks a person)", "warn": " (warns only)"}


def reason_blocks(reasons: Iterable[Reason], *, details: bool = True) -> list[RenderableType]:
    """Return headlines with their numbers, whose columns are aligned over all of them; 80 columns are enough.

    Args:
        reasons: The reasons, of any kind.
        details: False leaves out what stands behind the headlines.
    """
    found = list(reasons)
    widths = _widths([number for reason in found for number in reason.numbers])
    return [
        block for reason in found for block in _block(Text(clean(reason.headline)), reason, widths, 0, details=details)
    ]


def verdict_blocks(verdicts: Iterable[Verdict]) -> list[RenderableType]:
    """Return verdicts, each with its rule, and those of the parts of a rule below it."""
    rows = [row for verdict in verdicts for row in _with_parts(verdict, 0)]
    widths = _widths([number for verdict, _ in rows for number in verdict.numbers])
    blocks: list[RenderableType] = []
    for verdict, depth in rows:
        stops = "" if verdict.outcome == "pass" else _INSTEAD[verdict.unless_passed]
        name = verdict.rule.partition("(")[0] if verdict.parts else verdict.rule
        title = Text.assemble((f"{verdict.outcome} ", STYLES.get(verdict.outcome, "")), clean(name + stops))
        blocks += _block(title, verdict, widths, depth, headline=not verdict.parts)
    return blocks


def headlines(reasons: Sequence[Reason]) -> list[str]:
    """Return the headlines alone, for one row of a table."""
    return [reason.headline for reason in reasons]


def _with_parts(verdict: Verdict, depth: int) -> Iterable[tuple[Verdict, int]]:
    yield verdict, depth
    for part in verdict.parts:
        yield from _with_parts(part, depth + 1)


def _block(
    title: Text, reason: Reason, widths: Sequence[int], depth: int, *, headline: bool = False, details: bool = True
) -> list[RenderableType]:
    lines: list[RenderableType] = [title]
    if headline:
        lines.append(Padding(Text(clean(reason.headline)), (0, 0, 0, _INDENT)))
    if details and reason.detail and not (isinstance(reason, Verdict) and reason.parts):
        lines.append(Padding(Text(clean(reason.detail), style="dim"), (0, 0, 0, _INDENT)))
    if reason.numbers:
        lines.append(Padding(_numbers(reason.numbers, widths), (0, 0, 0, _INDENT)))
    return [Padding(one, (0, 0, 0, _INDENT * depth)) for one in lines] if depth else lines


def _numbers(numbers: Iterable[Number], widths: Sequence[int]) -> Table:
    drawn = Table(box=None, pad_edge=False, show_header=False, show_edge=False)
    kept = [place for place, width in enumerate(widths) if width]
    for place in kept:
        drawn.add_column(min_width=widths[place], overflow="fold", justify="right" if place == 1 else "left")
    for number in numbers:
        texts = cells(number)
        drawn.add_row(*(Text(clean(texts[place])) for place in kept))
    return drawn


def _widths(numbers: Iterable[Number]) -> list[int]:
    """Return how wide each column must be at least; 0 for one that is empty in every row."""
    rows = [cells(number) for number in numbers]
    widest = (30, 12, 22, 8, 16, 10)
    return [
        min(most, max((len(row[place]) for row in rows), default=0))
        for place, most in zip(range(len(COLUMNS)), widest, strict=True)
    ]
