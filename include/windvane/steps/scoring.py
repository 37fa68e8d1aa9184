"""Steps on scores: score a window with its champion, and publish the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windvane.errors import MissingArtifact, NoChampion
from windvane.results import Run, Scores, Version
from windvane.spec import Model
from windvane.steps.data import refuse_unusable
from windvane.steps.training import load_estimator, make_of, may_score
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def score(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> Scores:
    """Score a snapshot with the champion for its window, into Parquet: key, event time, score, version.

    The champion for a window is the last one that was trained on earlier windows only.

    Raises:
        NoChampion: No version may score this window.
        ScoringFailed: The estimator raised, or gave scores that are not finite.
    """
    from windvane.stores.datasets import read_snapshot, write_scores

    refuse_unusable(model, window, run)
    move = may_score(model, window, stores)
    if move is None:
        cause = f"{model.name}: no version trained before window {window} was ever champion"
        raise NoChampion(cause, f"train an earlier window first: windvane run train {model.name} --window …")
    version = stores.registry.version(model.name, move.version)
    frame = read_snapshot(stores.registry.snapshot(model.name, digest), stores.artifacts)
    scored, mean = score_frame(model, version, frame, stores)
    return Scores(
        model=model.name,
        window=window.key,
        version=version.version,
        snapshot=digest,
        artifact=write_scores(scored, stores.artifacts),
        rows=len(scored),
        mean_score=mean,
    )


def publish(model: Model, scores: Scores, stores: Stores, run: Run) -> Scores:
    """Make a file of scores the window's published one.

    Raises:
        MissingArtifact: The file is gone: it was scored so long ago that a sweep took what nothing referred to.
    """
    if not stores.artifacts.has(scores.artifact):
        cause = f"{model.name} {scores.window}: the scores {scores.artifact} are not there any more"
        raise MissingArtifact(cause, "score the window again")
    stores.registry.add_scores(scores, run)
    return scores


def score_frame(
    model: Model, version: Version, frame: pd.DataFrame, stores: Stores
) -> tuple[pd.DataFrame, float | None]:
    """Return the frame of scores of a version on rows, and the mean score (binary and regression)."""
    import numpy as np

    from windvane.lifecycle.features import design
    from windvane.lifecycle.train import score_rows

    estimator = load_estimator(model, version, stores)
    scores = score_rows(estimator, design(frame, model, make_of(model)), model)
    columns: dict[str, Any] = {model.key: frame[model.key], model.event_time: frame[model.event_time]}
    if model.task == "multiclass":
        labels = [str(label) for label in estimator.classes_]
        columns["predicted"] = np.asarray(labels, dtype=object)[scores.argmax(axis=1)]
        columns |= {f"score_{label}": scores[:, index] for index, label in enumerate(labels)}
    else:
        columns["score"] = scores
    columns["version"] = np.full(len(frame), version.version, dtype=np.int64)
    import pandas as pd

    mean = None if model.task == "multiclass" or not len(frame) else float(scores.mean())
    return pd.DataFrame(columns), mean
