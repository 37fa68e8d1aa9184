"""A first champion comes by itself: while a model has none, trainings are asked for as its evidence grows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from windvane.lifecycle.decide import Conclusion
from windvane.results import Comparison, Number, Reason
from windvane.results.reason import fitting
from windvane.spec import Model
from windvane.windows import Window

_GROWN, _MOST = 1.25, 2.0
"""A try comes when there are so many times the rows of the last one; no try waits for more."""
_LONGEST = 6
"""Windows after which it is tried again, however many rows there are: those within the history are others then."""
_LEVEL = 0.05


@dataclass(frozen=True)
class Tried:
    """The last training of a model without a champion.

    Args:
        window: Its window.
        rows: Rows with outcomes that it had.
        version: The version; None when none came of it.
        waits: Whether that version waits for a person.
        compared: How it did beside the baseline on its holdout.
    """

    window: Window
    rows: int
    version: int | None = None
    waits: bool = False
    compared: Comparison | None = None


def first_champion(
    rows: Sequence[int], model: Model, *, window: Window, last: Tried | None, mature: bool
) -> Conclusion:
    """Conclude on a window of a model that has no champion.

    Args:
        rows: Rows with outcomes of each window that a training would get, the newest last.
        model: The spec.
        window: The window.
        last: What was tried before; None when nothing was.
        mature: Whether the window's outcomes are due.
    """
    if not mature:
        due = window.end + model.maturity
        words = f"No champion yet; outcomes of window {window} are due {due:%Y-%m-%d %H:%M} UTC"
        return Conclusion("insufficient_data", (Reason(headline=fitting(words)),))
    if last is not None and last.waits:
        words = f"No champion yet: v{last.version} waits for a person"
        return Conclusion("insufficient_data", (Reason(headline=fitting(words)),))
    total, needed = sum(rows), needed_rows(model, last)
    number = Number(name="rows with outcomes", value=total, allowed=f"about {needed:,} needed")
    detail = _why(last)
    if model.gate.holdout_rows > model.gate.min_rows:
        share = f"{100 * model.holdout:.3g} %"
        detail += f" The gate needs {model.gate.holdout_rows:,} holdout rows, and {share} of all rows are held out."
    if total >= needed or (last is not None and _since(model, last.window, window) >= _LONGEST):
        words = f"No champion yet: a training on {total:,} rows with outcomes is asked for"
        return Conclusion("retrain", (Reason(headline=fitting(words), detail=detail, numbers=(number,)),))
    expected = _expected(rows, needed, model, window)
    when = f"; expected with window {expected}" if expected else ""
    words = f"No champion yet: {total:,} of about {needed:,} rows needed{when}"
    return Conclusion("insufficient_data", (Reason(headline=fitting(words), detail=detail, numbers=(number,)),))


def needed_rows(model: Model, last: Tried | None) -> int:
    """Return about how many rows with outcomes the next training needs.

    The first one needs what a training and a holdout have at least. Where the gate's rules count more rows than
    `gate.min_rows`, the holdout must have as many, which is a share of them all. After one that was refused, as many
    times more as its difference to the baseline would have needed to be sure: the error falls with the root of the
    rows. It is 1.25 times at least, and twice at most: a version of more rows is another one.
    """
    held = model.gate.holdout_rows
    least = model.min_rows + held
    if held > model.gate.min_rows:
        least = max(least, math.ceil(held / model.holdout))
    if last is None:
        return least
    return max(least, int(_more(last.compared) * last.rows + 0.5))


def _more(found: Comparison | None) -> float:
    """Return how many times the rows a difference would have needed."""
    if found is None or found.difference is None or found.std_error is None or found.difference >= 0:
        return 1.5
    quantile = float(stats.t.isf(_LEVEL, found.degrees or max(found.rows - 1, 1)))
    return min(_MOST, max(_GROWN, (quantile * found.std_error / found.difference) ** 2))


def _why(last: Tried | None) -> str:
    if last is None:
        return "Nothing was trained yet."
    came = f"v{last.version} was refused" if last.version else "no version came of it"
    return f"The last training, on {last.rows:,} rows to window {last.window}: {came}."


def _since(model: Model, then: Window, now: Window) -> int:
    """Return how many windows lie between two, up to those that matter."""
    passed = 0
    while then.start < now.start and passed < _LONGEST:
        then, passed = model.cadence.next(then), passed + 1
    return passed


def _expected(rows: Sequence[int], needed: int, model: Model, window: Window) -> str:
    """Return the window with which there are enough rows, if they come as they did; empty where that is far off."""
    known = [count for count in rows if count]
    usual = sum(known) / len(known) if known else 0.0
    total = float(sum(rows))
    for _ in range(model.history if isinstance(model.history, int) else 120):
        if not usual:
            return ""
        window, total = model.cadence.next(window), total + usual
        if total >= needed:
            return window.key
    return ""
