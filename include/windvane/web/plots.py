"""Charts that answer: a still drawing, and its numbers for the script that makes it hover, zoom and lead on.

The numbers stand in the page itself, escaped, as JSON in an attribute: no script is inline. Who has no script, and who
prints, sees the still drawing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from windvane.web.distributions import Distribution
from windvane.web.timeline import Frame, Mark, Series

UPLOT = {
    "version": "1.6.32",
    "licence": "MIT (static/uPlot.LICENSE.txt)",
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
}
"""The library that draws, as its npm package has it, and the SHA-256 of each file."""

_PLOT = Markup(
    '<div class="plot {css}" data-plot="{numbers}" data-title="{title}"><div class="plot-still">{still}</div></div>'
)


def windows(
    title: str,
    still: Markup,
    labels: Sequence[str],
    series: Sequence[Series],
    marks: Sequence[Mark],
    bands: Sequence[tuple[int, int, str]],
    hrefs: Sequence[str],
    unit: str,
    frame: Frame | None = None,
) -> Markup:
    """Return lines over windows.

    Args:
        title: What the chart shows.
        still: The same as a drawing.
        labels: The windows.
        series: The lines; values in the unit.
        marks: What happened at a window.
        bands: What lasted: places of the first and of the last window, and what it was.
        hrefs: Where each window leads.
        unit: Of the values.
        frame: Of a small chart beside others: what its axis holds besides.
    """
    small = {"small": True, "within": frame.within, "level": frame.level} if frame else {}
    return _plot(
        "windows",
        title,
        still,
        {
            "labels": labels,
            "unit": unit,
            "series": [_series(one) for one in series],
            "marks": [{"at": mark.index, "kind": mark.kind, "text": mark.text} for mark in marks],
            "bands": [{"from": first, "to": last, "text": text} for first, last, text in bands],
            "hrefs": hrefs,
            **small,
        },
    )


def _series(line: Series) -> dict[str, Any]:
    ends = {"low": line.low, "high": line.high} if any(end is not None for end in line.low) else {}
    return {"name": line.name, "kind": line.kind, "values": line.values, **ends}


def densities(title: str, still: Markup, item: Distribution) -> Markup:
    """Return two densities over a column's values, at training and in a window."""
    sides = (("then", item.then_density), ("now", item.now_density))
    numbers = {
        "edges": item.bounds,
        "unit": item.column,
        "series": [{"name": name, "kind": name, "values": values} for name, values in sides],
    }
    return _plot("density", title, still, numbers)


def _plot(kind: str, title: str, still: Markup, numbers: dict[str, Any]) -> Markup:
    text = json.dumps({"kind": kind, **numbers}, separators=(",", ":"), allow_nan=False)
    return _PLOT.format(css=kind, numbers=text, title=title, still=still)
