"""Whether a backtest finds what the holdout lets pass: on real data, with specs that `init` writes, window by window.

In each window a version is trained as a DAG would, and judged by `better_than_baseline()` on its holdout. The truth is
the window that follows: is the version surely worse there than class shares, or the mean? `rule.backtest()` knows the
same of the version of the window before. Both tests are one-sided at 95 %. `refit` is the loss in the window that
follows of what `Model(refit=True)` scores with, over the loss of the version that was judged, as a mean over windows.

    python -m benchmarks.real_backtest *.whl *.tar.gz
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TC002 (as the other benchmarks)

from benchmarks.real_sets import Real, real_sets
from benchmarks.real_table import ESTIMATORS, MOST_WINDOWS, declared, proposed
from windvane import Model
from windvane.errors import WindvaneError
from windvane.lifecycle.backtest import backtest
from windvane.lifecycle.evaluate import baseline_of
from windvane.lifecycle.frames import check_frame
from windvane.lifecycle.metrics import paired_difference
from windvane.lifecycle.metrics.measure import measure
from windvane.lifecycle.rows import sample_of
from windvane.lifecycle.rules.margin import excess
from windvane.lifecycle.train import train
from windvane.stores.code import resolve
from windvane.stores.datasets import read_source


@dataclass
class Counts:
    """What came of the versions of one data set that their holdout let pass, and whose next window is known.

    Args:
        passed: Versions.
        bad: Those surely worse than no features in the window that followed.
        caught: Those of them that the backtest had refused.
        refused: Good ones that the backtest had refused.
        fits: Backtests that were fitted.
        refit: Sum of the losses of versions that were fitted on all rows.
        plain: Sum of the losses of those that were judged, in the same windows.
    """

    passed: int = 0
    bad: int = 0
    caught: int = 0
    refused: int = 0
    fits: int = 0
    refit: float = 0.0
    plain: float = 0.0


def played(item: Real, rows: pd.DataFrame, estimator: str) -> Counts:
    """Return what came of one data set and estimator.

    Raises:
        WindvaneError: `init` proposes nothing for it.
    """
    with tempfile.TemporaryDirectory() as home:
        proposal = proposed(item, rows, Path(home))
        with declared(proposal, estimator, Path(home)) as model:
            assert model.first_moment is not None
            assert model.last_window is not None
            cadence = model.cadence
            windows = cadence.between(cadence.window_at(model.first_moment), model.last_window)[:MOST_WINDOWS]
            frames = [check_frame(read_source(model, window), model, window) for window in windows]
            return _counted(model, [window.key for window in windows], frames)


def _counted(model: Model, keys: Sequence[str], frames: Sequence[pd.DataFrame]) -> Counts:
    found, count = Counts(), model.history if isinstance(model.history, int) else len(frames)
    refused, build = False, resolve(model.estimator.path)
    again = model.model_copy(update={"refit": True})
    for place in range(len(frames) - 1):
        history = frames[max(0, place + 1 - count) : place + 1]
        held = _on_holdout(model, history)
        known, key = [*history, frames[place + 1]], keys[place + 1]
        after = backtest(known, model, build, None, None, {}, window=key)
        other = backtest(known, again, build, None, None, {}, window=key)
        if after.metrics and other.metrics:
            found.refit += other.metrics[0].value or 0.0
            found.plain += after.metrics[0].value or 0.0
        found.fits += 1
        if after.raised or not after.comparisons:
            refused = after.raised
            continue
        beyond = excess(after.comparisons[0], 0.0, relative=False)
        bad = beyond is not None and beyond.ends()[0] > 0
        if held:
            found.passed += 1
            found.bad += bad
            found.caught += bad and refused
            found.refused += refused and not bad
        refused = bad  # the backtest of the next window's version is this one
    return found


def _on_holdout(model: Model, history: Sequence[pd.DataFrame]) -> bool:
    """Return whether `better_than_baseline` passes the version of some windows on its holdout."""
    try:
        made = train(history, model, resolve(model.estimator.path), None)
    except WindvaneError:
        return False
    if len(made.holdout) < model.gate.min_rows or made.target is None:
        return False
    plain = sample_of(made.holdout, model, {})
    classes = tuple(str(label) for label in made.estimator.classes_) if model.task == "multiclass" else None
    mine = measure(model.metric, replace(plain, scores=made.scores, classes=classes))
    base = measure(model.metric, replace(plain, **baseline_of(made.target, plain, model)))
    compared = paired_difference(model.known_metrics[model.metric], mine, base, "baseline")
    beyond = excess(compared, 0.0, relative=False)
    return beyond is not None and beyond.ends()[1] < 0


def main() -> None:
    """Play one estimator a data set, the next one with the next, and print a line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheels", nargs="*", type=Path, help="packages whose data sets are played")
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no other one after so long")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    end, total, ratios = time.monotonic() + 60 * asked.minutes, Counts(), list[float]()
    print(f"{'data set':<40}{'':<9}{'passed':>8}{'bad':>6}{'caught':>8}{'good refused':>14}{'fits':>6}{'refit':>8}")
    for number, (item, rows) in enumerate(real_sets(asked.wheels)):
        estimator = ESTIMATORS[number % len(ESTIMATORS)]
        if time.monotonic() > end:
            break
        try:
            found = played(item, rows, estimator)
        except WindvaneError as error:
            print(f"{item.label[:39]:<40}{estimator:<9} not played: {error.name}", flush=True)
            continue
        for name in ("passed", "bad", "caught", "refused", "fits"):
            setattr(total, name, getattr(total, name) + getattr(found, name))
        if found.plain:
            ratios.append(found.refit / found.plain)
        print(_line(item.label, estimator, found), flush=True)
    print(_line("all", "", total))
    if ratios:
        low, middle, high = np.percentile(ratios, [10, 50, 90])
        better = sum(one < 1 for one in ratios)
        print(f"refit: mean {np.mean(ratios):.3f}, median {middle:.3f}, 10 to 90 % {low:.3f} to {high:.3f}", end="; ")
        print(f"better in {better} of {len(ratios)}; {min(ratios):.3f} to {max(ratios):.3f}")


def _ratio(found: Counts) -> str:
    return f"{found.refit / found.plain:.3f}" if found.plain else "-"


def _line(name: str, estimator: str, found: Counts) -> str:
    counts = f"{found.passed:>8}{found.bad:>6}{found.caught:>8}{found.refused:>14}{found.fits:>6}{_ratio(found):>8}"
    return f"{name[:39]:<40}{estimator:<9}{counts}"


if __name__ == "__main__":
    main()
