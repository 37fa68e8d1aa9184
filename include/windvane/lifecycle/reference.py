"""The profile a version is kept with: its training rows, and what it scored and lost on its own holdout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from windvane.lifecycle.beyond import fitted
from windvane.lifecycle.calendar_columns import silent_share
from windvane.lifecycle.constant import constant_of
from windvane.lifecycle.decisions import decisions
from windvane.lifecycle.estimated import loss_model
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.profile import profile_scores
from windvane.lifecycle.scored_rows import time_blocks
from windvane.lifecycle.segments import SCORE, row_values, segments
from windvane.lifecycle.traits import learned
from windvane.results import Profile
from windvane.spec import Model

if TYPE_CHECKING:
    from windvane.lifecycle.train import Trained


def reference_profile(trained: Trained, model: Model, make: Make | None, window_key: str) -> Profile:
    """Return what later windows are compared with.

    Args:
        trained: The fitted estimator with its training rows, its holdout and its scores there.
        model: The spec.
        make: The resolved `features.make`.
        window_key: The version's window.
    """
    holdout = trained.holdout.reset_index(drop=True)
    classes = [str(label) for label in trained.estimator.classes_] if model.task == "multiclass" else None
    names = [f"score_{label}" for label in classes] if classes else ["score"]
    scores = pd.DataFrame(trained.scores.reshape(len(holdout), len(names)), columns=names)
    profile = learned(trained.features, trained.times, model, window_key)
    score_profiles = profile_scores(scores)
    features = design(holdout, model, make)
    update: dict[str, Any] = {
        "scores": score_profiles,
        "segments": segments(features, holdout, scores, model, profile.columns, score_profiles),
        "decisions": decisions(holdout, scores, model),
    }
    if len(holdout):
        update["silent"] = silent_share(holdout, model, model.cadence.window(window_key))
    if trained.target is not None and len(trained.target):
        update["constant"] = constant_of(trained.target, model)
        if model.task == "regression":
            update["target_range"] = (float(trained.target.min()), float(trained.target.max()))
    if len(holdout):
        target, blocks = outcomes(holdout, model), time_blocks(holdout, model)
        update["recalibration"] = fitted(target, trained.scores, model.task, blocks, classes)
    if model.task == "regression" and len(holdout):
        losses, _, _ = row_values(holdout, scores, model)
        known = features.assign(**{SCORE: scores["score"].to_numpy()})
        update["loss_model"] = loss_model(known, losses, {**profile.columns, SCORE: score_profiles["score"]})
    return profile.model_copy(update=update)
