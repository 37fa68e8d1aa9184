"""A backtest of extrapolation: the recipe as of the window before the newest one, judged on the newest one whole.

A holdout that lies in the window that a version learns from is a few days away. What scores is a whole window away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from windvane.errors import OneClass, ScoringFailed, TooFewRows, TrainingFailed
from windvane.lifecycle.evaluate import Own, baseline_of
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.metrics import estimate, paired_difference
from windvane.lifecycle.metrics.measure import measure
from windvane.lifecycle.rows import sample_of
from windvane.lifecycle.split import split_history
from windvane.lifecycle.train import fit, score_rows
from windvane.lifecycle.weights import Weigh
from windvane.results import Backtest
from windvane.spec import Model


def backtest(
    frames: Sequence[pd.DataFrame],
    model: Model,
    build: Callable[..., Any],
    make: Make | None,
    weigh: Weigh | None,
    own: Own,
    *,
    window: str,
) -> Backtest:
    """Return what the version of the window before would have lost on the newest window.

    It learns from what that version would learn from: with `refit` from all rows before the newest window, else from
    those before its own holdout.

    Args:
        frames: Checked rows, a frame a window, oldest first.
        model: The spec.
        build: The resolved `estimator.path`.
        make: The resolved `features.make`.
        weigh: The resolved `training_weights.path`, when the spec names a function.
        own: The user's own metrics, by name.
        window: Key of the newest window.
    """
    newest = frames[-1][frames[-1][model.target].notna()].reset_index(drop=True)
    blank = Backtest(window=window, rows=len(newest))
    if len(frames) < 2:
        return blank.model_copy(update={"problem": f"There is no window before {window}.", "impossible": True})
    if len(newest) < model.gate.min_rows:
        few = f"{window} has {len(newest):,} rows with outcomes, fewer than {model.gate.min_rows:,} (gate.min_rows)."
        return blank.model_copy(update={"problem": few, "impossible": True})
    try:
        known = _learned(frames[:-1], model)
        estimator, _, _ = fit(known, model, build, make, weigh)
    except (TooFewRows, OneClass) as error:
        return blank.model_copy(update={"problem": f"As of the window before: {error.cause}.", "impossible": True})
    except TrainingFailed as error:
        return blank.model_copy(update={"problem": f"As of the window before: {error.cause}."})
    made = blank.model_copy(update={"trained_rows": len(known)})
    try:
        scores = score_rows(estimator, design(newest, model, make), model)
    except ScoringFailed as error:
        return made.model_copy(update={"problem": error.cause, "raised": True})
    plain = sample_of(newest, model, own)
    classes = tuple(str(label) for label in estimator.classes_) if model.task == "multiclass" else None
    mine = replace(plain, scores=scores, classes=classes)
    base = replace(plain, **baseline_of(outcomes(known, model), plain, model))
    metrics = model.known_metrics
    named = dict.fromkeys((model.metric, *model.gate.needs(model.task).backtests))
    sides = {name: (measure(name, mine), measure(name, base)) for name in named}
    return made.model_copy(
        update={
            "metrics": tuple(estimate(one) for one, _ in sides.values()),
            "baseline": tuple(estimate(other) for _, other in sides.values()),
            "comparisons": tuple(paired_difference(metrics[name], *side, "baseline") for name, side in sides.items()),
        }
    )


def _learned(frames: Sequence[pd.DataFrame], model: Model) -> pd.DataFrame:
    """Return the rows that taught the version of the last of some windows.

    Raises:
        TooFewRows: It could not be cut.
    """
    if not model.refit:
        return split_history(frames, model).train
    return pd.concat([frame[frame[model.target].notna()] for frame in frames], ignore_index=True)
