"""Steps on scores: score a window with its champion, and publish the file; once published, what served it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windvane.errors import AlreadyPublished, IllegalMove, MissingArtifact, NoChampion, VersionMismatch
from windvane.results import Champion, Profile, Publication, Rollout, Run, Scores, Version
from windvane.spec import Model
from windvane.steps.carrying import carried, contender
from windvane.steps.data import refuse_unusable
from windvane.steps.pointing import point
from windvane.steps.training import may_score
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def score(model: Model, window: Window, digest: str, stores: Stores, run: Run, replace: bool = False) -> Scores:
    """Score a snapshot with the champion for its window, into Parquet: key, event time, score, version.

    The champion for a window is the last one that was trained on earlier windows only. While another version is being
    promoted in stages, its share of the keys gets that one's scores; each row names the version that made it.

    A window whose scores are published is scored by the version that served it, whoever is champion by now: what a
    consumer acted on is not rewritten by a backfill.

    Args:
        model: The spec.
        window: The window.
        digest: Its snapshot.
        stores: Registry and artifacts.
        run: Who asks.
        replace: Score with the champion for the window all the same; it takes the place of what is published, and
            `run.reason` says why.

    Raises:
        NoChampion: No version may score this window.
        ScoringFailed: The estimator raised, or gave scores that are not finite.
        IllegalMove: `replace` without a reason.
    """
    refuse_unusable(model, window, run)
    if replace and not run.reason.strip():
        cause = f"{model.name} {window}: published scores are to be replaced, and no reason says why"
        raise IllegalMove(cause, "say why (`--reason TEXT`; in Airflow the field `reason`)")
    published = stores.registry.scores.current(model.name, window.key)
    if published is not None and not replace:
        return _scored(model, window, digest, published.version, (published.staged, published.share), stores)
    promotion = may_score(model, window, stores)
    if promotion is None:
        cause = f"{model.name}: no version trained before window {window} was ever champion"
        raise NoChampion(cause, f"train an earlier window first: windvane run train {model.name} --window …")
    rollout = serving(model, window, promotion, stores)
    at = (
        stores.registry.staging.stage_window(model.name, rollout.rollout, window.key, window.start, run)
        if rollout
        else None
    )
    share = (rollout.version, at.share) if rollout and at and at.share > 0 else (None, None)
    found = _scored(model, window, digest, promotion.version, share, stores)
    return found.model_copy(update={"replaces": published.publication if published else None})


def scorer(model: Model, window: Window, stores: Stores) -> Champion | None:
    """Return the version that scores a window: the one that served it already, else the champion for it."""
    allowed = may_score(model, window, stores)
    published = stores.registry.scores.current(model.name, window.key)
    if published is None or (allowed is not None and allowed.version == published.version):
        return allowed
    version = stores.registry.versions.get(model.name, published.version)
    return Champion(
        model=model.name,
        version=version.version,
        epoch=0,
        at=version.created_at,
        window=version.window,
        window_end=version.window_end,
        trained_until=version.trained_until,
    )


def _scored(
    model: Model, window: Window, digest: str, number: int, staged: tuple[int | None, float | None], stores: Stores
) -> Scores:
    """Keep the scores of a version, with those of the one in stages in place for its share of the keys."""
    from windvane.stores.datasets import read_snapshot, write_scores

    digest = stores.registry.erasures.present(model.name, digest)  # rows of it may have been erased meanwhile
    frame = read_snapshot(stores.registry.snapshots.get(model.name, digest), stores.artifacts)
    version = stores.registry.versions.get(model.name, number)
    scored, mean = score_frame(model, version, frame, stores)
    other, share = staged
    if other is not None and share is not None:
        scored, mean = _mixed(model, stores.registry.versions.get(model.name, other), frame, scored, share, stores)
    return Scores(
        model=model.name,
        window=window.key,
        version=number,
        staged=other,
        share=share,
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
    model: Model, version: Version, frame: pd.DataFrame, scored: pd.DataFrame, share: float, stores: Stores
) -> tuple[pd.DataFrame, float | None]:
    """Return the champion's scores with the new version's in place for its share of the keys."""
    import pandas as pd

    from windvane.lifecycle.live import staged
    from windvane.lifecycle.scored_rows import score_names

    own, _ = score_frame(model, version, frame, stores)
    chosen = staged(model.name, frame[model.key], share)
    mixed = pd.concat([scored[~chosen], own[chosen]]).sort_index()
    shares = score_names(mixed.columns, model)
    mixed[shares] = mixed[shares].fillna(0.0)  # a class that a version does not know
    mixed["version"] = mixed.pop("version")  # the last column
    mean = None if model.task == "multiclass" or not len(mixed) else float(mixed["score"].mean())
    return mixed, mean


def publish(model: Model, scores: Scores, stores: Stores, run: Run) -> Publication:
    """Make a file of scores the window's current publication, and let the stable path lead to it.

    Where another run published the window meanwhile, by another version, that one served it: the same rows are scored
    with it instead, so that runs at the same time end as they would one after the other.

    Raises:
        MissingArtifact: The file is gone: it was scored so long ago that a sweep took what nothing referred to.
        AlreadyPublished: It was to replace a publication that was replaced meanwhile.
    """
    if not stores.artifacts.has(scores.artifact):
        cause = f"{model.name} {scores.window}: the scores {scores.artifact} are not there any more"
        raise MissingArtifact(cause, "score the window again")
    try:
        found = stores.registry.scores.add(scores, run)
    except AlreadyPublished:
        if scores.replaces is not None:
            raise
        again = score(model, model.cadence.window(scores.window), scores.snapshot, stores, run)
        found = stores.registry.scores.add(again, run)
    point(model.name, scores.window, stores)
    return found


def impossible(model: Model, scores: Scores, stores: Stores) -> str:
    """Return what is to be said of scores that the outcome cannot be, such as negative prices; empty where none is.

    Args:
        model: The spec.
        scores: The file's record.
        stores: Registry and artifacts.
    """
    from windvane.lifecycle.possible import named
    from windvane.stores.datasets import read_scores

    if model.task != "regression":
        return ""
    version = stores.registry.versions.get(model.name, scores.version)
    if not stores.artifacts.has(version.profile):
        return ""
    span = Profile.from_json(stores.artifacts.get(version.profile)).target_range
    found = named(read_scores(scores.artifact, stores.artifacts)["score"].to_numpy(dtype=float), span, model)
    return f"{found.headline}: {found.detail}" if found else ""


def unknown_categories(model: Model, scores: Scores, stores: Stores) -> str:
    """Return what is to be said of categories that the version takes as missing, for it has not learnt them.

    Args:
        model: The spec.
        scores: The file's record.
        stores: Registry and artifacts.
    """
    from windvane.lifecycle.features import design
    from windvane.lifecycle.native_categories import unknown_categories as named
    from windvane.stores.datasets import read_snapshot

    version = stores.registry.versions.get(model.name, scores.version)
    if not version.categories:
        return ""
    own = carried(model, version, stores)
    digest = stores.registry.erasures.present(model.name, scores.snapshot)
    frame = read_snapshot(stores.registry.snapshots.get(model.name, digest), stores.artifacts)
    return named(design(frame, own.model, own.make), version.categories)


def score_frame(
    model: Model, version: Version, frame: pd.DataFrame, stores: Stores
) -> tuple[pd.DataFrame, float | None]:
    """Return the frame of scores of a version on rows, and the mean score (binary and regression)."""
    import numpy as np

    from windvane.lifecycle.train import score_rows

    own = contender(model, version, stores)
    lacking = own.lacks(frame)
    if lacking:
        named, needed = f"{model.name} v{version.version}", ", ".join(lacking)
        cause = f"{named} was trained on {needed}, which the spec does not declare any more"
        remedy = (
            f"declare it again, or train a new version, `windvane run train {model.name} --window {version.window}`,"
        )
        remedy += " and approve it"
        raise VersionMismatch(cause, remedy)
    estimator = own.estimator
    scores = score_rows(estimator, own.features(frame, model, None), model)
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
