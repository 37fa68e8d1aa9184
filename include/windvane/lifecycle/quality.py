"""Quality: is a window's data broken, rather than the world changed? Broken data alerts, and never retrains.

What cannot be told from a season or a changed world is odd: it is told, and blocks nothing. What is in line with the
windows before it, and what follows the calendar, is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.lifecycle.checks.saying import unknown
from windvane.lifecycle.daytime import other_zone
from windvane.lifecycle.faults import UNITS, faults, turned_back
from windvane.lifecycle.features import outcomes
from windvane.lifecycle.filled import filled
from windvane.lifecycle.finding import FEWEST, Finding
from windvane.lifecycle.fits import unfitting
from windvane.lifecycle.garbled import garbled
from windvane.lifecycle.grain import regrained
from windvane.lifecycle.in_line import in_line
from windvane.lifecycle.links import shifted
from windvane.lifecycle.new_values import new_values
from windvane.lifecycle.order import disordered
from windvane.lifecycle.own_past import Pasts, out_of_line
from windvane.lifecycle.profile import measured_by
from windvane.lifecycle.scored_rows import ScoredRows, mean_loss
from windvane.lifecycle.segments import WHOLE
from windvane.lifecycle.sketch import repeated
from windvane.lifecycle.swaps import swapped
from windvane.lifecycle.volume import silence, volume
from windvane.results import CheckResult, Number, Profile
from windvane.results.reason import HEADLINE, fitting
from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_DETAILED, _NUMBERED = 3, 5
"""Findings that are described, and those whose numbers are shown; all of them are in the details."""
_OF_VALUES = ("new values", "stuck", "moved", "jump", "lost")
_NEIGHBOURS = 0.2
"""Share of the other columns that moved as never before, from which no column is broken by itself; one always may."""
_ROWS = 50_000
"""Most rows whose values are looked at; what is counted of columns is counted of all."""
_ENOUGH = 200
"""Outcomes, of the window and of the holdout, from which the loss is evidence."""
ODD = "odd_data"
"""The answer that tells what may be a fault, a season or a changed world."""
_SURELY, _FIFTH = 3.0, 0.2
"""Standard errors, and share of what it was, by which outcomes must have moved to be others."""
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
    alike: Sequence[int] = (),
    problems: Sequence[str] = (),
    before: Callable[[], Sequence[Profile]] = tuple,
    same_outcomes: bool = True,
    as_good: bool = False,
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
        alike: Rows of like windows before it, the newest first.
        problems: What was refused about the rows as they came, or not as expected, a sentence each.
        before: Gives the profiles of earlier windows that were in order, the newest first.
        same_outcomes: False where the outcomes are surely not what they were: then new values may be a new world.
        as_good: Whether the scores lost no more than on the version's holdout: then its columns may well be right.

    Returns:
        The result, and what is odd; None where nothing is.
    """
    past: list[Profile] = []
    found = refused(problems)
    found += [*volume(current.rows, usual_rows, alike, window), *silence(frame, model, window, reference)]
    frame = _some(frame, model)
    if current.rows >= FEWEST and reference.rows >= FEWEST:
        alpha = model.monitor.alpha / _STRICT
        past = [measured_by(item, reference) for item in before()]
        found += of_values(frame, reference, current, alpha, past, same_outcomes=same_outcomes)
        found += of_rows(reference, current, past, window)
    elif not found:
        few = f"{min(current.rows, reference.rows):,} rows are too few (needs {FEWEST})"
        return unknown("quality", f"Data not checked: {few}"), None
    if found:
        past = past or [measured_by(item, reference) for item in before()]
        found = [item for item in found if not in_line(item, current, reference, past)]
        found = beside_others(found, reference, current, past)
        found = [item._replace(sure=False) if as_good and _may_be_right(item) else item for item in found]
    strange = odd([item for item in found if not item.sure])
    found = [item for item in found if item.sure]
    if not found:
        words = f"No column looks broken beside {reference.window}"
        rows = Number(name="rows", value=current.rows)
        details = {"rows": current.rows}
        answer = CheckResult(check="quality", outcome="ok", headline=fitting(words), numbers=(rows,), details=details)
        return answer, strange
    return broken(found, current.rows), strange


def _some(frame: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Return the rows, or enough of them, drawn under the seed: values are looked at one by one."""
    if len(frame) <= _ROWS:
        return frame
    chosen = np.random.default_rng(model.seed).choice(len(frame), _ROWS, replace=False)
    return frame.iloc[np.sort(chosen)]


def of_values(
    frame: pd.DataFrame,
    reference: Profile,
    current: Profile,
    alpha: float,
    past: Sequence[Profile],
    *,
    same_outcomes: bool,
) -> list[Finding]:
    """Return what is wrong with the values of columns, each column's once: the plainest explanation first."""
    known = Pasts(frame, reference, past)
    found = [*garbled(known), *regrained(known, UNITS)]
    found += [item for item in swapped(known) if not {*_named([item])} & {*_named(found)}]
    fresh = new_values(known, current, alpha, same_outcomes=same_outcomes)
    stopped = [item for item in filled(known) if item.column not in _named(found)]
    found += [item for item in stopped if item.sign == "among"]
    found += [item for item in fresh if item.column not in _named(found)]
    found += [item for item in stopped if item.column not in _named(found)]
    found += faults(known, current, alpha, _named(found))
    found += unfitting(known, current, _named([item for item in found if item.sure]))
    late = shifted(reference, current, past)
    found += [item for item in turned_back(known) if item.column not in _named(found)]
    found += disordered(reference, current, past, _named([item for item in found if item.sure]))
    return [*late, *(item for item in found if not late or item.sign != "lost")]


def beside_others(
    found: Sequence[Finding], reference: Profile, current: Profile, past: Sequence[Profile]
) -> list[Finding]:
    """Return the findings; one about a column's values is odd where many other columns moved as never before, too.

    Columns whose own fault is found do not count: a feed may break in several.
    """
    moved = out_of_line(reference, current, past) - set(_named([item for item in found if item.sure]))
    most = max(1.0, _NEIGHBOURS * len(reference.columns))
    return [
        item._replace(sure=False) if item.sure and item.sign in _OF_VALUES and len(moved) > most else item
        for item in found
    ]


def _named(found: Sequence[Finding]) -> list[str]:
    return [name for item in found for name in item.column.split(" and ")]


def of_rows(reference: Profile, current: Profile, past: Sequence[Profile], window: Window | None) -> list[Finding]:
    """Return what is wrong with how rows and columns belong together: a row late, read twice, stale, another zone."""
    return [
        *repeated(reference, current, past),
        *other_zone(reference, current, past, window),
    ]


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


def as_good(known: ScoredRows | None, reference: Profile, model: Model) -> bool:
    """Return True where the scores lose no more than on the version's holdout, within its standard error."""
    whole = next(iter(reference.segments.get(WHOLE, ())), None)
    if known is None or whole is None or min(len(known.rows), whole.rows) < _ENOUGH:
        return False
    then, error = whole.loss / whole.rows, max(0.0, whole.loss_variance) ** 0.5 / whole.rows
    now = mean_loss(known.rows, known.scores, model)
    return now is not None and bool(now <= then + error)


def _may_be_right(item: Finding) -> bool:
    """True where a finding rests on how a column moved, not on values that no world has."""
    return item.sign in ("jump", "lost") or (item.sign == "stuck" and item.weight < 1)


def odd(found: Sequence[Finding]) -> CheckResult | None:
    """Return what is told of odd data, which alerts nobody and blocks nothing; None where nothing is odd."""
    if not found:
        return None
    answer = broken(found, None)
    return answer.model_copy(update={"check": ODD, "unit": "% of the rows"})


def refused(problems: Sequence[str]) -> list[Finding]:
    """Return what the input checks refused as findings."""
    return [Finding("", 1.0, message, sign="refused") for message in problems]


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
    found = volume(0, usual_rows) if not idle else []
    if found:
        return broken(found, 0)
    usual = f", like the window a week before {window}" if idle else ""
    return unknown("quality", f"The window has no rows{usual}").model_copy(update={"details": {"rows": 0}})
