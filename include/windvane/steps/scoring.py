"""Steps on scores: score a window with its champion, and publish the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windvane.errors import MissingArtifact, NoChampion
from windvane.results import Champion, Rollout, Run, Scores, StagedWindow, Version
from windvane.spec import Model
from windvane.steps.data import refuse_unusable
from windvane.steps.training import load_estimator, make_of, may_score
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def score(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> Scores:
    """Score a snapshot with the champion for its window, into Parquet: key, event time, score, version.

    The champion for a window is the last one that was trained on earlier windows only. While another version is being
    promoted in stages, its share of the keys gets that one's scores; each row names the version that made it.

    Raises:
        NoChampion: No version may score this window.
        ScoringFailed: The estimator raised, or gave scores that are not finite.
    """
    from windvane.stores.datasets import read_snapshot, write_scores

    refuse_unusable(model, window, run)
    promotion = may_score(model, window, stores)
    if promotion is None:
        cause = f"{model.name}: no version trained before window {window} was ever champion"
        raise NoChampion(cause, f"train an earlier window first: windvane run train {model.name} --window …")
    version = stores.registry.versions.get(model.name, promotion.version)
    frame = read_snapshot(stores.registry.snapshots.get(model.name, digest), stores.artifacts)
    scored, mean = score_frame(model, version, frame, stores)
    rollout = serving(model, window, promotion, stores)
    at = (
        stores.registry.staging.stage_window(model.name, rollout.rollout, window.key, window.start, run)
        if rollout
        else None
    )
    if rollout and at and at.share > 0:
        scored, mean = _mixed(
            model, stores.registry.versions.get(model.name, rollout.version), frame, scored, at, stores
        )
    return Scores(
        model=model.name,
        window=window.key,
        version=version.version,
        staged=rollout.version if rollout and at and at.share > 0 else None,
        share=at.share if at and at.share > 0 else None,
        snapshot=digest,
        artifact=write_scores(scored, stores.artifacts),
        rows=len(scored),
        mean_score=mean,
    )


def serving(model: Model, window: Window, promotion: Champion, stores: Stores) -> Rollout | None:
    """Return the promotion in stages that a window takes part in: its version has seen none of the window's rows.

    A window that was scored in stages stays so when it is scored again, even after the version was withdrawn: the same
    run twice publishes the same bytes. Once the version has arrived, it is the champion, for earlier windows too.

    Args:
        model: The spec.
        window: The window.
        promotion: The champion for the window; a promotion beside another one does not concern it.
        stores: Registry and artifacts.
    """
    from windvane.lifecycle.history import serving as chosen

    found = [item for item in stores.registry.staging.rollouts(model.name) if item.champion == promotion.version]
    numbers = {item.version for item in found if item.state == "open"}
    ends = {number: stores.registry.versions.get(model.name, number).window_end for number in numbers}
    return chosen(found, ends, window, promotion)


def _mixed(
    model: Model, version: Version, frame: pd.DataFrame, scored: pd.DataFrame, at: StagedWindow, stores: Stores
) -> tuple[pd.DataFrame, float | None]:
    """Return the champion's scores with the new version's in place for its share of the keys."""
    import pandas as pd

    from windvane.lifecycle.live import staged

    own, _ = score_frame(model, version, frame, stores)
    chosen = staged(model.name, frame[model.key], at.share)
    mixed = pd.concat([scored[~chosen], own[chosen]]).sort_index()
    shares = [name for name in mixed.columns if name.startswith("score_")]
    mixed[shares] = mixed[shares].fillna(0.0)  # a class that a version does not know
    mixed["version"] = mixed.pop("version")  # the last column
    mean = None if model.task == "multiclass" or not len(mixed) else float(mixed["score"].mean())
    return mixed, mean


def publish(model: Model, scores: Scores, stores: Stores, run: Run) -> Scores:
    """Make a file of scores the window's published one.

    Raises:
        MissingArtifact: The file is gone: it was scored so long ago that a sweep took what nothing referred to.
    """
    if not stores.artifacts.has(scores.artifact):
        cause = f"{model.name} {scores.window}: the scores {scores.artifact} are not there any more"
        raise MissingArtifact(cause, "score the window again")
    stores.registry.scores.add(scores, run)
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
