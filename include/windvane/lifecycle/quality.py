"""Quality: is a window's data broken, rather than the world changed? Broken data alerts, and never retrains.

What cannot be told from a season or a changed world is odd: it is told, and blocks nothing. What is in line with the
windows before it, and what follows the calendar, is neither.
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from windvane.lifecycle.calendar_columns import silent_share
from windvane.lifecycle.checks.saying import percent_number, unknown
from windvane.lifecycle.drift import holm
from windvane.lifecycle.faults import FEWEST, Finding, faults
from windvane.lifecycle.features import outcomes
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.lifecycle.segments import WHOLE
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, ColumnProfile, Number, Profile
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
ODD = "odd_data"
"""The answer that tells what may be a fault, a season or a changed world."""
SILENT = "window without rows"
_MOSTLY = 0.8
"""Share of the new values' rows that are known ones written another way."""
_DEFAULT = 0.5
"""Share of the rows from which one new value is a default that was filled in."""
_MANY_MORE = 10
"""Times as many values as there were: no world has so many new ones at once."""
_CODED = 0.05
"""Largest distance of the shares of new codes, in order, to those of the values they stand for; beyond chance."""
_SURELY, _FIFTH = 3.0, 0.2
"""Standard errors, and share of what it was, by which outcomes must have moved to be others."""
_STUCK_BEFORE = 0.4
"""Share of one value in an earlier window that makes a stuck column no news."""
_STEP = 2.0
"""Largest step of a mean to the nearest one before, in largest steps from window to window."""
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
    before: Callable[[], Sequence[Profile]] = tuple,
    same_outcomes: bool = True,
) -> tuple[CheckResult, CheckResult | None]:
    """Answer: is this window's data broken? And what of it is odd?

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
        before: Gives the profiles of earlier windows that were in order, the newest first; asked where it matters.
        same_outcomes: False where the outcomes are surely not what they were: then new values may be a new world.

    Returns:
        The result, and what is odd; None where nothing is.
    """
    found = refused(problems)
    found += [*_volume(current.rows, usual_rows), *_silence(frame, model, window, reference)]
    if current.rows >= FEWEST and reference.rows >= FEWEST:
        alpha = model.monitor.alpha / _STRICT
        found += [*_missing(reference, current, alpha)]
        found += _unseen(frame, reference, current, alpha, same_outcomes=same_outcomes)
        found += [
            *_renamed(frame, reference, {item.column for item in found}, same_outcomes=same_outcomes),
            *faults(frame, reference, current, alpha),
        ]
    elif not found:
        few = f"{min(current.rows, reference.rows):,} rows are too few (needs {FEWEST})"
        return unknown("quality", f"Data not checked: {few}"), None
    if found:
        past = before()
        found = [item for item in found if not in_line(item, current, reference, past)]
    strange = odd([item for item in found if not item.sure])
    found = [item for item in found if item.sure]
    if not found:
        words = f"No column looks broken beside {reference.window}"
        rows = Number(name="rows", value=current.rows)
        details = {"rows": current.rows}
        answer = CheckResult(check="quality", outcome="ok", headline=fitting(words), numbers=(rows,), details=details)
        return answer, strange
    return broken(found, current.rows), strange


def same_outcomes(known: ScoredRows | None, reference: Profile, model: Model) -> bool:
    """Return False where the outcomes are surely, and by a fifth, another share or mean than in training."""
    if known is None or len(known.rows) < FEWEST or not reference.constant:
        return True
    target = outcomes(known.rows, model)
    if model.task == "regression":
        values, then = target.astype(float), reference.constant[WHOLE]
    elif model.task == "binary":
        values, then = target.astype(float), reference.constant["1"]
    else:
        shares = {label: float((target.astype(str) == label).mean()) for label in reference.constant}
        moved = max(shares, key=lambda label: abs(shares[label] - reference.constant[label]))
        values, then = (target.astype(str) == moved).astype(float), reference.constant[moved]
    gap, error = abs(float(values.mean()) - then), float(values.std(ddof=1)) / len(values) ** 0.5
    return gap <= _SURELY * error or gap <= _FIFTH * max(abs(then), 1e-12)


def odd(found: Sequence[Finding]) -> CheckResult | None:
    """Return what is told of odd data, which alerts nobody and blocks nothing; None where nothing is odd."""
    if not found:
        return None
    answer = broken(found, None)
    return answer.model_copy(update={"check": ODD, "unit": "% of the rows"})


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


def _silence(frame: pd.DataFrame, model: Model, window: Window | None, reference: Profile) -> list[Finding]:
    """Find rows that end long before the window does, where those of the reference did not: a stale feed."""
    if window is None or len(frame) < FEWEST or model.event_time not in frame.columns:
        return []
    share = silent_share(frame, model, window)
    if share is None or share < max(_SILENT, (reference.silent or 0.0) + _SILENT / 2):
        return []
    last = frame[model.event_time].max()
    words = f"No row after {last:%Y-%m-%d %H:%M} UTC: the last {percent(share)} of the window is silent"
    allowed = f"below {percent(_SILENT)}"
    number = percent_number(SILENT, share, allowed=allowed)
    return [Finding("", share, words, "", (number,))]


def _renamed(frame: pd.DataFrame, reference: Profile, message: set[str], *, same_outcomes: bool) -> list[Finding]:
    """Find a value that vanished while a new one took as large a share.

    It is sure where the new one is the old one written another way, or the only new one beside the only one gone.
    """
    found = []
    for name, then in reference.columns.items():
        if then.kind != "category" or then.hashed or name in message or name not in frame.columns:
            continue
        if name in reference.calendar:
            continue
        now: dict[str, int] = {}
        for value, count in frame[name].value_counts().items():  # as the profile keeps a value
            now[storable(str(value))] = now.get(storable(str(value)), 0) + int(count)
        fresh = {value: count / len(frame) for value, count in now.items() if value not in then.categories}
        gone = [value for value, count in then.categories.items() if value not in now and count >= _RENAMED * then.rows]
        for value in gone:
            share = then.categories[value] / max(1, then.rows)
            if share * len(frame) < FEWEST:
                continue
            close = [other for other, part in fresh.items() if abs(part - share) <= _ALIKE * share]
            if close:
                best = min(close, key=lambda other: abs(fresh[other] - share))
                words = f"{name}: {value!r} is gone and {best!r} took its place"
                detail = f"{value!r} was {percent(share)} of the rows in {reference.window}."
                number = percent_number(f"{name}={best}", fresh[best])
                alone = len(gone) == 1 and len(close) == 1 and len(then.categories) > 1 and same_outcomes
                sure = plainly(best) == plainly(value) or alone
                found.append(Finding(name, share, words, detail, (number,), sure))
    return found


def plainly(value: str) -> str:
    """Return a value without what is only its writing: case, spaces, punctuation, accents and a wrong encoding."""
    with contextlib.suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    plain = unicodedata.normalize("NFKD", value).casefold()
    return "".join(letter for letter in plain if letter.isalnum()) or value


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


def _unseen(
    frame: pd.DataFrame, reference: Profile, current: Profile, alpha: float, *, same_outcomes: bool
) -> list[Finding]:
    """Find columns whose values were mostly never seen.

    A fresh sample always has some: as large a share as the values seen once have in the reference (Good 1953, eq. 9;
    with N1 values seen once and N2 seen twice in n rows, its standard error is about the root of N1 + 2 N2, over n).
    """
    shares = {}
    for name, then in reference.columns.items():
        now = current.columns.get(name)
        if then.kind != "category" or now is None or now.kind != "category" or then.hashed:
            continue
        if name in reference.calendar and len(then.categories) > 1:
            continue
        once, twice = (list(then.categories.values()).count(count) for count in (1, 2))
        known = then.rows - then.missing
        expected = min(known, round(once + 3 * (once + 2 * twice) ** 0.5))
        shares[name] = (expected, known, now.other, now.rows - now.missing)
    found = []
    for name, then_share, now_share in _risen(shares, alpha):
        then = reference.columns[name]
        examples = ", ".join(repr(value) for value in current.columns[name].new[:3])
        words = f"{name} has values never seen in {reference.window} in {percent(now_share)} of the rows"
        allowed = f"a rise below {percent(_JUMP)}"
        number = percent_number(f"{name} never seen", now_share, allowed=allowed, better="lower")
        sure = _replaced(frame, name, then, current.columns[name], same_outcomes=same_outcomes)
        found.append(Finding(name, now_share - then_share, words, f"Such as {examples}.", (number,), sure))
    return found


def _replaced(frame: pd.DataFrame, name: str, then: ColumnProfile, now: ColumnProfile, *, same_outcomes: bool) -> bool:
    """True where new values surely stand for known ones: written another way, one code each, or all by one default."""
    if name in frame.columns:
        counts = {str(value): int(count) for value, count in frame[name].value_counts().items()}
    else:
        counts = {**now.categories, **dict.fromkeys(now.new, now.other // max(1, len(now.new)))}
    fresh = {value: count for value, count in counts.items() if value not in then.categories}
    total = sum(fresh.values())
    written = {plainly(value) for value in then.categories}
    if total and sum(count for value, count in fresh.items() if plainly(value) in written) >= _MOSTLY * total:
        return True
    if not same_outcomes or len(then.categories) < 2:
        return False
    kept = sum(count for value, count in counts.items() if value in then.categories)
    if len(fresh) == 1:
        rows = max(1, then.rows - then.missing)
        gone = [count / rows for value, count in then.categories.items() if value not in counts]
        gone = [share for share in gone if share >= _RENAMED]
        taken = total / (total + kept)
        return taken >= _DEFAULT or (len(gone) == 1 and abs(taken - gone[0]) <= _ALIKE * gone[0])
    before = np.sort(np.array(list(then.categories.values()), dtype=float))[::-1]
    after = np.sort(np.array(list(fresh.values()), dtype=float))[::-1]
    if not kept and len(fresh) >= _MANY_MORE * len(before):
        return True  # another column's values: identifiers where there were a few classes
    if kept or abs(len(before) - len(after)) > 0.2 * len(before):
        return False
    width = max(len(before), len(after))
    parts = [np.pad(side / side.sum(), (0, width - len(side))) for side in (before, after)]
    return bool(np.abs(parts[0] - parts[1]).sum() / 2 <= _CODED + 0.5 * (width / total) ** 0.5)


def in_line(item: Finding, current: Profile, reference: Profile, before: Sequence[Profile]) -> bool:
    """True where what was found is in line with the windows before: they were like it, or moved as far each time.

    Args:
        item: What was found.
        current: The window's profile.
        reference: The reference's.
        before: Those of earlier windows that were in order, the newest first.
    """
    if not before:
        return False
    if not item.column:
        if any(number.name == SILENT for number in item.numbers):
            return any((past.silent or 0.0) >= item.weight - _SILENT / 2 for past in before)
        named_rows = any(number.name == "rows" for number in item.numbers)
        return named_rows and any(past.rows <= 2 * current.rows for past in before)
    now, then = current.columns.get(item.column), reference.columns.get(item.column)
    pasts = [past.columns[item.column] for past in before if item.column in past.columns]
    if now is None or then is None or not pasts:
        return False
    if now.kind == "category" or (item.numbers and item.numbers[0].name.endswith("missing")):
        measure = _missing_share if item.numbers and item.numbers[0].name.endswith("missing") else _new_share
        return any(measure(past) >= 0.5 * measure(now) for past in pasts)
    if item.numbers and item.numbers[0].name.endswith("at one value"):
        return any(max(past.counts, default=0) >= _STUCK_BEFORE * max(1, past.rows) for past in pasts)
    middles = [past.mean for past in pasts if past.mean is not None]
    here = now.mean
    if here is None or not middles:
        return False
    away = min(abs(here - middle) for middle in middles)
    steps = [abs(one - other) for one, other in pairwise(middles)]
    return bool(steps) and away <= _STEP * max(steps) and max(steps) > 0


def _missing_share(column: ColumnProfile) -> float:
    return column.missing / max(1, column.rows)


def _new_share(column: ColumnProfile) -> float:
    return column.other / max(1, column.rows - column.missing)


def _risen(shares: dict[str, tuple[int, int, int, int]], alpha: float) -> list[tuple[str, float, float]]:
    """Return the columns whose share rose by what counts, surely (Fisher 1935, exact, Holm over columns)."""
    risen = []
    for name, (then, then_rows, now, now_rows) in shares.items():
        if then_rows and now_rows and now / now_rows - then / then_rows >= _JUMP:
            table = np.array([[now, now_rows - now], [then, then_rows - then]])
            risen.append((name, then / then_rows, now / now_rows, float(stats.fisher_exact(table, "greater").pvalue)))
    adjusted = holm([item[3] for item in risen])
    return [(name, then, now) for (name, then, now, _), p in zip(risen, adjusted, strict=True) if p < alpha]
