"""The Evidently report kept beside a decision: for a person to look at, on a sample; no decision rests on it."""

from __future__ import annotations

import html
import re
import uuid
import warnings
from typing import TYPE_CHECKING

import numpy as np

from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

_MANY = 30
"""Columns shown at most: each takes about a third of a second to draw, and a report of hundreds is read by nobody."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def evidently_report(reference: pd.DataFrame, current: pd.DataFrame, model: Model, window: Window, seed: int) -> bytes:
    """Return Evidently's data drift report as a page of HTML.

    Columns without a value on either side, and infinities, make Evidently raise or mislead: such columns are left
    out, and said to be. Whatever it cannot do becomes a small page that says why; this never raises for odd data.

    Args:
        reference: Features of the rows a version was trained on.
        current: Features of the window.
        model: The spec; at most `monitor.report_rows` rows of each side are shown.
        window: The window.
        seed: Of the sample.

    Returns:
        UTF-8 bytes; the same for the same frames and seed. Evidently writes names and values unescaped: serve it in
        a sandbox only.
    """
    sides = [_sampled(frame, model.monitor.report_rows, seed) for frame in (reference, current)]
    shown, notes = _usable(sides[0], sides[1], model)
    if not shown:
        return _page(model, window, ["no column has values on both sides", *notes])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = _evidently(sides[0][shown], sides[1][shown], model)
    except Exception as error:  # noqa: BLE001  # it explains a decision made already, and must not stop it
        return _page(model, window, [f"Evidently could not draw it: {type(error).__name__}: {error}", *notes])
    return _stable(_noted(text, model, window, notes)).encode()


def _evidently(reference: pd.DataFrame, current: pd.DataFrame, model: Model) -> str:
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    categories = [name for name in reference.columns if name in model.features.categories]
    numbers = [name for name in reference.columns if name not in categories]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
    sides = [Dataset.from_pandas(frame, data_definition=definition) for frame in (current, reference)]
    state = np.random.get_state()  # Evidently draws from the global generator
    try:
        np.random.seed(model.seed)
        return str(Report([DataDriftPreset()]).run(*sides).get_html_str(as_iframe=False))
    finally:
        np.random.set_state(state)


def _sampled(frame: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    if len(frame) <= rows:
        return frame.reset_index(drop=True)
    chosen = np.sort(np.random.default_rng(seed).choice(len(frame), rows, replace=False))
    return frame.iloc[chosen].reset_index(drop=True)


def _usable(reference: pd.DataFrame, current: pd.DataFrame, model: Model) -> tuple[list[str], list[str]]:
    """Return the columns that can be shown, and notes about those that cannot."""
    shown, notes = [], []
    for name in model.features.names:
        sides = [frame[name] for frame in (reference, current)]
        if any(not side.notna().any() for side in sides):
            notes.append(f"{name} is left out: it has no value on one side")
        elif name not in model.features.categories and any(
            np.isinf(side.to_numpy(dtype=float)).any() for side in sides
        ):
            notes.append(f"{name} is left out: it holds infinite values")
        else:
            shown.append(name)
    if len(shown) > _MANY:
        verb = "is" if len(shown) - _MANY == 1 else "are"
        notes.append(f"{len(shown) - _MANY} of {len(shown)} columns {verb} left out: the first {_MANY} are shown")
    return shown[:_MANY], notes


def _stable(text: str) -> str:
    """Replace random identifiers by ones counted in order of appearance."""
    known: dict[str, str] = {}

    def counted(match: re.Match[str]) -> str:
        plain = match.group().replace("-", "")
        found = known.setdefault(plain, uuid.UUID(int=len(known) + 1).hex)
        return str(uuid.UUID(found)) if "-" in match.group() else found

    return _ID.sub(counted, text)


def _noted(text: str, model: Model, window: Window, notes: list[str]) -> str:
    """Put a heading and the notes before the report."""
    what = f"{model.name}, window {window}: a sample of at most {model.monitor.report_rows:,} rows a side"
    lines = [what, "The tests shown are Evidently's own; the decision rests on the monitor's checks.", *notes]
    banner = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return re.sub(r"<body[^>]*>", lambda match: f"{match.group()}<header>{banner}</header>", text, count=1)


def _page(model: Model, window: Window, notes: list[str]) -> bytes:
    """Return a small page that says why there is no report."""
    title = html.escape(f"{model.name}, window {window}: no drift report")
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><ul>{items}</ul></body></html>"
    ).encode()
