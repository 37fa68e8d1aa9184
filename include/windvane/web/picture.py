"""A chart as a file of its own: the drawing of a page, with its colours, a heading and a legend inside."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from markupsafe import Markup

from windvane.results import Replay
from windvane.web import charts, timeline
from windvane.web.timeline import Mark, Series

KINDS = ("main", "previous", "frozen", "other")
"""Lines that can be told apart without colour, too."""

_HEAD = 64
_STYLE = Markup("""
svg { font-family: system-ui, sans-serif; --bg: #fff; --fg: #1b1f24; --quiet: #57606a; --border: #d8dee4;
  --main: #0b62a4; --frozen: #c2410c; --previous: #047857; --other: #7e22ce; --bad: #991b1b; --warn: #854d0e;
  --good: #166534; }
@media (prefers-color-scheme: dark) { svg { --bg: #0d1117; --fg: #e6edf3; --quiet: #9da7b3; --border: #30363d;
  --main: #7cc4ff; --frozen: #ffb066; --previous: #5fe0b0; --other: #d8b4fe; --bad: #fecaca; --warn: #fde68a;
  --good: #bbf7d0; } }
.paper { fill: var(--bg); } .heading { fill: var(--fg); font-size: 18px; }
.tick { fill: var(--quiet); font-size: 12px; }
.grid { stroke: var(--border); } .line { fill: none; stroke-width: 2; } .hit { fill: transparent; }
.line.main, .dot.main { stroke: var(--main); } .dot.main { fill: var(--main); }
.line.frozen, .dot.frozen { stroke: var(--frozen); } .line.frozen { stroke-dasharray: 7 4; }
.dot.frozen { fill: var(--bg); } .line.previous, .dot.previous { stroke: var(--previous); }
.line.previous { stroke-dasharray: 2 4; } .dot.previous { fill: var(--previous); }
.line.other, .dot.other { stroke: var(--other); } .line.other { stroke-dasharray: 10 3 2 3; }
.mark.bad { fill: var(--bad); } .mark.warn { fill: var(--warn); } .mark.good { fill: var(--good); }
.mark.quiet { fill: var(--quiet); }
""")
_FILE = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
    '<style>{style}</style><rect class="paper" width="100%" height="100%"/>'
    '<text class="heading" x="16" y="26">{title}</text>{legend}{chart}</svg>\n'
)
_ENTRY = Markup(
    '<line class="line {kind}" x1="{left:g}" y1="46" x2="{right:g}" y2="46"/>'
    '<text class="tick" x="{text:g}" y="50">{name}</text>'
)


def lines(title: str, labels: Sequence[str], series: Sequence[Series], marks: Sequence[Mark], unit: str) -> str:
    """Return an SVG file of lines over labels; see `timeline.lines`.

    Args:
        title: What it shows.
        labels: Along the x axis.
        series: The lines, each of one of `KINDS`.
        marks: What happened.
        unit: Of the y axis.
    """
    return _framed(title, timeline.lines("chart", title, labels, series, marks, unit=unit), series)


def intervals(title: str, rows: Sequence[tuple[str, float, float | None, float | None, str]]) -> str:
    """Return an SVG file of values with their intervals, one below the other; see `charts.intervals`."""
    return _framed(title, charts.intervals("chart", title, rows), ())


def replayed(found: Replay) -> str:
    """Return an SVG file of each plan's losses over the windows of the first fold, with what the first plan did."""
    plans = [item for item in found.played if item.fold == 0]
    kinds = itertools.cycle(KINDS)
    series = [Series(item.plan, [window.loss for window in item.windows], next(kinds)) for item in plans]
    marks = []
    for index, window in enumerate(plans[0].windows):
        if window.trained is not None:
            marks.append(Mark(index, "retrain", f"v{window.trained} trained"))
        if window.promoted:
            marks.append(Mark(index, "promote", f"v{window.trained} promoted"))
        if window.decision == "alert":
            marks.append(Mark(index, "alert", "alert"))
    labels = [window.window for window in plans[0].windows]
    return lines(f"{found.model}: {found.metric} of each plan", labels, series, marks, found.metric)


def _framed(title: str, chart: Markup, series: Sequence[Series]) -> str:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', chart)
    assert found is not None  # every chart has one
    width, height = float(found[1]), float(found[2])
    head = _HEAD if series else _HEAD - 24
    place = Markup('<svg y="{}" width="{:g}" height="{:g}" ').format(head, width, height)
    return str(
        _FILE.format(
            width=width,
            height=height + head,
            style=_STYLE,
            title=title,
            legend=_legend(series),
            chart=Markup(str(chart).replace("<svg ", str(place), 1)),  # noqa: S704 (a chart, whose values are escaped)
        )
    )


def _legend(series: Sequence[Series]) -> Markup:
    drawn, left = Markup(""), 16.0
    for line in series:
        drawn += _ENTRY.format(kind=line.kind, left=left, right=left + 28, text=left + 34, name=line.name)
        left += 34 + 7.2 * len(line.name) + 24
    return drawn
