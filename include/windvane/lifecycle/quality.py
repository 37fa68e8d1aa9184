"""Quality: is a window's data broken, rather than the world changed? Broken data alerts, and never retrains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from windvane.lifecycle.checks.saying import percent_number, unknown
from windvane.lifecycle.drift import holm
from windvane.lifecycle.faults import FEWEST, Finding, faults
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, Number, Profile
from windvane.results.reason import HEADLINE, fitting
from windvane.results.record import storable
from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_JUMP = 0.2
"""Smallest rise of the share of missing values, or of values never seen before, that counts."""
_SILENT = 0.4
"""Smallest last part of a window without a row that is stale."""
_RENAMED = 0.05
"""Smallest share of a value that vanishes while a new one takes its place."""
_ALIKE = 0.35
"""Largest difference of the shares of the two, relative to the first."""
_VOLUME = 0.2
"""Smallest share of the usual rows; below it, something is missing."""
_DETAILED, _NUMBERED = 3, 5
"""Findings that are described, and those whose numbers are shown; all of them are in the details."""
_STRICT = 50
"""An alert wakes a person and blocks retrains: it must be this many times as sure as a drift finding."""


def quality_check(
    frame: pd.DataFrame,
    reference: Profile,
    current: Profile,
    model: Model,
    *,
    window: Window | None = None,
    usual_rows: float | None = None,
    problems: Sequence[str] = (),
) -> CheckResult:
    """Answer: is this window's data broken?

    Looks at what the input checks refused (schema, types, duplicated keys, rows of other windows), missing
    values, values never seen before or renamed, changed units, stuck and swapped columns, silence at the window's end,
    and the number of rows; and at the expectations that were declared.

    Args:
        frame: The window's rows.
        reference: Profile of the rows the champion was trained on.
        current: Profile of the window, with the reference's bins.
        model: The spec.
        window: The window, to see when its rows end.
        usual_rows: Rows of a usual window, where that is known.
        problems: What was refused about the rows as they came, or not as expected, a sentence each.
    """
    found = refused(problems)
    found += [*_volume(current.rows, usual_rows), *_silence(frame, model, window)]
    if current.rows >= FEWEST and reference.rows >= FEWEST:
        alpha = model.monitor.alpha / _STRICT
        found += [*_missing(reference, current, alpha), *_unseen(reference, current, alpha)]
        found += [
            *_renamed(frame, reference, {item.column for item in found}),
            *faults(frame, reference, current, alpha),
        ]
    elif not found:
        few = f"{min(current.rows, reference.rows):,} rows are too few (needs {FEWEST})"
        return unknown("quality", f"Data not checked: {few}")
    if not found:
        words = f"No column looks broken beside {reference.window}"
        rows = Number(name="rows", value=current.rows)
        details = {"rows": current.rows}
        return CheckResult(check="quality", outcome="ok", headline=fitting(words), numbers=(rows,), details=details)
    return broken(found, current.rows)


def refused(problems: Sequence[str]) -> list[Finding]:
    """Return what the input checks refused as findings."""
    return [Finding("", 1.0, message) for message in problems]


def broken(found: Sequence[Finding], rows: int | None) -> CheckResult:
    """Return the answer for broken data, the worst first.

    Args:
        found: What looks broken, at least one thing.
        rows: The window's rows; None when they could not be read.
    """
    ranked = sorted(found, key=lambda item: (-item.weight, item.column))
    more = f" (and {len(ranked) - 1} more)" if len(ranked) > 1 else ""
    words = [_sentences(item) for item in ranked]
    worst = ranked[0].detail if len(ranked[0].headline) + len(more) <= HEADLINE else words[0]
    return CheckResult(
        check="quality",
        outcome="finding",
        headline=fitting(ranked[0].headline, more),
        detail=" ".join(filter(None, [worst, *words[1:_DETAILED]])),
        numbers=tuple(number for item in ranked[:_NUMBERED] for number in item.numbers),
        effect=ranked[0].weight,
        columns=tuple(dict.fromkeys(item.column for item in ranked if item.column)),
        details={} if rows is None else {"rows": rows, "findings": words},
    )


def _sentences(item: Finding) -> str:
    return f"{item.headline}. {item.detail}".strip()


def silence_check(window: Window, usual_rows: float | None, *, idle: bool) -> CheckResult:
    """Answer for a window without any row: is its feed missing?

    Args:
        window: The window.
        usual_rows: Rows of a usual window, where that is known.
        idle: Whether the window a week before had none, either.
    """
    found = _volume(0, usual_rows) if not idle else []
    if found:
        return broken(found, 0)
    usual = f", like the window a week before {window}" if idle else ""
    return unknown("quality", f"The window has no rows{usual}").model_copy(update={"details": {"rows": 0}})


def _volume(rows: int, usual: float | None) -> list[Finding]:
    if not usual or rows >= _VOLUME * usual or usual < FEWEST:
        return []
    words = f"{rows:,} rows, {percent(rows / usual)} of the usual {usual:,.0f}"
    least = f"at least {_VOLUME * usual:,.0f}"
    return [Finding("", 1 - rows / usual, words, "", (Number(name="rows", value=rows, allowed=least),))]


def _silence(frame: pd.DataFrame, model: Model, window: Window | None) -> list[Finding]:
    """Find rows that end long before the window does: a stale feed."""
    if window is None or len(frame) < FEWEST or model.event_time not in frame.columns:
        return []
    last, length = frame[model.event_time].max(), window.end - window.start
    share = (window.end - last.to_pydatetime()) / length
    if share < _SILENT:
        return []
    words = f"No row after {last:%Y-%m-%d %H:%M} UTC: the last {percent(share)} of the window is silent"
    allowed = f"below {percent(_SILENT)}"
    return [Finding("", share, words, "", (percent_number("window without rows", share, allowed=allowed),))]


def _renamed(frame: pd.DataFrame, reference: Profile, message: set[str]) -> list[Finding]:
    """Find a value that vanished while a new one took as large a share."""
    found = []
    for name, then in reference.columns.items():
        if then.kind != "category" or then.hashed or name in message or name not in frame.columns:
            continue
        now: dict[str, int] = {}
        for value, count in frame[name].value_counts().items():  # as the profile keeps a value
            now[storable(str(value))] = now.get(storable(str(value)), 0) + int(count)
        fresh = {value: count / len(frame) for value, count in now.items() if value not in then.categories}
        for value, count in then.categories.items():
            share = count / max(1, then.rows)
            if share < _RENAMED or share * len(frame) < FEWEST or value in now:
                continue
            close = [other for other, part in fresh.items() if abs(part - share) <= _ALIKE * share]
            if close:
                best = min(close, key=lambda other: abs(fresh[other] - share))
                words = f"{name}: {value!r} is gone and {best!r} took its place"
                detail = f"{value!r} was {percent(share)} of the rows in {reference.window}."
                number = percent_number(f"{name}={best}", fresh[best])
                found.append(Finding(name, share, words, detail, (number,)))
    return found


def _missing(reference: Profile, current: Profile, alpha: float) -> list[Finding]:
    shares = {
        name: (column.missing, column.rows, current.columns[name].missing, current.columns[name].rows)
        for name, column in reference.columns.items()
        if name in current.columns
    }
    return [
        Finding(
            name,
            now - then,
            f"{name} is missing in {percent(now)} of the rows",
            f"It was missing in {percent(then)} in {reference.window}.",
            (percent_number(f"{name} missing", now, allowed=f"a rise below {percent(_JUMP)}", better="lower"),),
        )
        for name, then, now in _risen(shares, alpha)
    ]


def _unseen(reference: Profile, current: Profile, alpha: float) -> list[Finding]:
    """Find columns whose values were mostly never seen.

    A fresh sample always has some: as large a share as the values seen once have in the reference (Good 1953, eq. 9;
    with N1 values seen once and N2 seen twice in n rows, its standard error is about the root of N1 + 2 N2, over n).
    """
    shares = {}
    for name, then in reference.columns.items():
        now = current.columns.get(name)
        if then.kind != "category" or now is None or now.kind != "category" or then.hashed:
            continue
        once, twice = (list(then.categories.values()).count(count) for count in (1, 2))
        known = then.rows - then.missing
        expected = min(known, round(once + 3 * (once + 2 * twice) ** 0.5))
        shares[name] = (expected, known, now.other, now.rows - now.missing)
    found = []
    for name, then_share, now_share in _risen(shares, alpha):
        examples = ", ".join(repr(value) for value in current.columns[name].new[:3])
        words = f"{name} has values never seen in {reference.window} in {percent(now_share)} of the rows"
        allowed = f"a rise below {percent(_JUMP)}"
        number = percent_number(f"{name} never seen", now_share, allowed=allowed, better="lower")
        found.append(Finding(name, now_share - then_share, words, f"Such as {examples}.", (number,)))
    return found


def _risen(shares: dict[str, tuple[int, int, int, int]], alpha: float) -> list[tuple[str, float, float]]:
    """Return the columns whose share rose by what counts, surely (Fisher 1935, exact, Holm over columns)."""
    risen = []
    for name, (then, then_rows, now, now_rows) in shares.items():
        if then_rows and now_rows and now / now_rows - then / then_rows >= _JUMP:
            table = np.array([[now, now_rows - now], [then, then_rows - then]])
            risen.append((name, then / then_rows, now / now_rows, float(stats.fisher_exact(table, "greater").pvalue)))
    adjusted = holm([item[3] for item in risen])
    return [(name, then, now) for (name, then, now, _), p in zip(risen, adjusted, strict=True) if p < alpha]
