"""How an answer is shown: one line as text, and tables in Jupyter, with every value escaped."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from windvane.lifecycle.escaping import one_line


@dataclass(frozen=True)
class Table:
    """Rows below their heads.

    Args:
        heads: Names of the columns.
        rows: Cells; None is shown as nothing, a float with four digits.
        title: What the rows are.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    title: str = ""

    def html(self) -> Markup:
        """Return the table as HTML; without rows it is nothing."""
        if not self.rows:
            return Markup("")
        heads = _cells("th", self.heads)
        body = Markup("").join(Markup("<tr>{}</tr>").format(_cells("td", row)) for row in self.rows)
        caption = Markup("<caption>{}</caption>").format(one_line(self.title)) if self.title else Markup("")
        return Markup("<table>{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(caption, heads, body)


class Shown(ABC):
    """What is shown as one line, and in Jupyter with what stands behind it."""

    @property
    @abstractmethod
    def headline(self) -> str:
        """What came out, in one line."""

    def tables(self) -> Iterable[Table]:
        """Return what stands behind it."""
        return ()

    def __repr__(self) -> str:
        return f"<{one_line(self.headline)}>"

    def _repr_html_(self) -> str:
        head = Markup("<p><strong>{}</strong></p>").format(one_line(self.headline))
        return str(head + Markup("").join(table.html() for table in self.tables()))


class Picture:
    """A chart: shown in Jupyter, or saved as an SVG file. It needs no plotting library, and no network."""

    def __init__(self, title: str, svg: str) -> None:
        self.title = title
        self.svg = svg

    def __repr__(self) -> str:
        return f"<picture: {one_line(self.title)}>"

    def _repr_html_(self) -> str:
        """Return the chart as an image of its own: its style cannot leak into the notebook, and nothing in it runs."""
        data = base64.b64encode(self.svg.encode()).decode()
        return str(Markup('<img alt="{}" src="data:image/svg+xml;base64,{}"/>').format(one_line(self.title), data))

    def save(self, file: str | Path) -> Path:
        """Write the SVG file, whole or not at all, and return its path.

        Raises:
            StorageFailed: It cannot be written.
        """
        from windvane.stores.scratch import keep_file

        keep_file(Path(file), self.svg.encode())
        return Path(file)


def _cells(tag: str, values: Sequence[object]) -> Markup:
    cell = Markup(f"<{tag}>{{}}</{tag}>")  # noqa: S704 (th or td)
    return Markup("").join(cell.format(said(value)) for value in values)


def said(value: object) -> str:
    """Return a value as a cell says it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else one_line(str(value))


def between(low: float | None, high: float | None) -> str:
    """Return an interval as a cell says it."""
    return f"{low:.4g} to {high:.4g}" if low is not None and high is not None else ""
