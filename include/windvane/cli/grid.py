"""A table that fits its terminal: columns that do not fit beside the others get lines of their own, below each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_GAP = 2
"""Blanks between two columns, as rich draws a table without a box."""

_INDENT = 4


@dataclass(frozen=True)
class Grid:
    """A plain table. No word is broken unless it is longer than the terminal is wide.

    Args:
        columns: The heads.
        rows: A text for each column of each row.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Text]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it within the width that there is."""
        beside, below = self.divided(options.max_width)
        if not below:
            yield self._table(beside, self.rows)
            return
        widths = {place: self._width(place) for place in beside}
        yield self._table(beside, (), widths)
        for row in self.rows:
            yield self._table(beside, [row], widths, heads=False)
            for place in below:
                if row[place].plain.strip() not in ("", "-"):
                    told = Text.assemble((f"{self.columns[place]}: ", "bold"), row[place])
                    yield Padding(told, (0, 0, 0, _INDENT))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return that any width will do."""
        return Measurement(1, options.max_width)

    def divided(self, width: int) -> tuple[list[int], list[int]]:
        """Return which columns stand beside each other within a width, and which stand below.

        The widest column goes below first; the first column never does.
        """
        beside, below = list(range(len(self.columns))), list[int]()
        while len(beside) > 1 and self._total(beside) > width:
            widest = max(beside[1:], key=self._width)
            beside.remove(widest)
            below.append(widest)
        return beside, sorted(below)

    def _total(self, places: Sequence[int]) -> int:
        return sum(map(self._width, places)) + _GAP * (len(places) - 1)

    def _width(self, place: int) -> int:
        return max([Text(self.columns[place]).cell_len, *(row[place].cell_len for row in self.rows)])

    def _table(
        self,
        places: Sequence[int],
        rows: Sequence[Sequence[Text]],
        widths: dict[int, int] | None = None,
        *,
        heads: bool = True,
    ) -> Table:
        drawn = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, show_header=heads)
        for place in places:
            drawn.add_column(Text(self.columns[place]), overflow="fold", min_width=widths[place] if widths else None)
        for row in rows:
            drawn.add_row(*(row[place] for place in places))
        return drawn
