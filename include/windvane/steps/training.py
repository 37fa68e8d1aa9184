"""Steps on versions: train one, and evaluate it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windvane.results import Champion, Evaluation, Profile, Refit, Run, Snapshot, Study, Version, VersionDraft
from windvane.spec import Model, sha256_of
from windvane.steps.backtesting import backtested
from windvane.steps.carrying import contender, declaration_of
from windvane.steps.data import history, refuse_immature, refuse_unlearnable
from windvane.steps.making import environment_of, make_of
from windvane.steps.tuning import as_searched
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

    from windvane.lifecycle.train import Trained
    from windvane.stores.model_formats import Dumped


def train(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> Version:
    """Train a version on the window's snapshot and its history. The same inputs give the version that is there.

    Raises:
        ImmatureOutcomes: The window's outcomes are not due at `run.as_of`.
        ExpectationsFailed: The target is not what was expected of it.
        DataError, ModelError: The rows or the estimator cannot be used.
        NotSearched: The spec asks for a search, and it has not chosen parameters yet.
    """
    refuse_immature(model, window, run)
    refuse_unlearnable(model, window, digest, stores, run)
    digest = stores.registry.erasures.present(model.name, digest)  # rows of it may have been erased meanwhile
    model, study = as_searched(model, window, digest, stores, run)
    snapshots = history(model, window, digest, stores, run)
    made_of = _inputs(model, window, snapshots)
    existing = stores.registry.versions.by_fingerprint(model.name, made_of["fingerprint"])
    if existing is None:  # it may have been finished meanwhile
        existing = stores.registry.versions.begin(model.name, window.key, made_of["fingerprint"], run)
    if existing is not None:
        return existing
    trained = fitted(model, window, snapshots, stores)
    return stores.registry.versions.add(_draft(model, window, snapshots, trained, made_of, stores, study), run)


def fitted(model: Model, window: Window, snapshots: list[Snapshot], stores: Stores) -> Trained:
    """Fit the model's estimator on snapshots, the oldest first; the last one is the window's.

    Where the spec says `refit`, the one that scores is fitted on all of their rows besides.
    """
    from windvane.lifecycle.frames import check_outcomes
    from windvane.lifecycle.train import refit
    from windvane.lifecycle.train import train as fit
    from windvane.stores.code import builder, resolve
    from windvane.stores.datasets import read_snapshot

    frames = [read_snapshot(item, stores.artifacts) for item in snapshots]
    check_outcomes(frames[-1], model, window)
    weigh = resolve(model.training_weights.path) if model.training_weights and model.training_weights.path else None
    trained = fit(frames, model, builder(model), make_of(model), weigh)
    return refit(frames, trained, model, builder(model), make_of(model), weigh) if model.refit else trained


def evaluate(model: Model, number: int, stores: Stores, run: Run, beside: int | None = None) -> Evaluation:
    """Evaluate a version on its holdout, beside the baseline and the champion of that time.

    Args:
        model: The spec.
        number: The version.
        stores: Registry and artifacts.
        run: Who asks.
        beside: The version to compare it with, 0 for none; None finds it in the line-up.

    The champion compared with is the last one whose training ended before the holdout began: anything later has
    seen the rows it would be judged on.

    Raises:
        ImmatureOutcomes: The holdout's outcomes are not due at `run.as_of`.
    """
    from windvane.lifecycle.evaluate import evaluate as judge_rows
    from windvane.stores.code import resolve

    version = stores.registry.versions.get(model.name, number)
    refuse_immature(model, model.cadence.window(version.window), run)
    own = declaration_of(model, version, stores)
    holdout, training = _parts(own, version, stores)
    comparison_version = _version(model, beside, stores) if beside is not None else comparable(model, version, stores)
    found = judge_rows(
        holdout,
        training,
        own,
        None,
        contender(model, version, stores, version.trained_until),
        contender(model, comparison_version, stores, version.trained_until) if comparison_version else None,
        {metric.label: resolve(metric.path) for metric in model.metrics},
    )
    found = found.model_copy(update={"backtest": backtested(own, version, stores)})
    digest = stores.artifacts.put(found.to_json().encode())
    stores.registry.versions.add_evaluation(model.name, number, digest, found, run)
    return found


def comparable(model: Model, version: Version, stores: Stores) -> Version | None:
    """Return the version that a holdout may be compared with: eligible before it, and trained on none of its rows."""
    from windvane.lifecycle.lineup import before

    lineup = stores.registry.champions.lineup(model.name, version.version)
    return _version(model, before(lineup, version.version).comparison, stores)


def _version(model: Model, number: int, stores: Stores) -> Version | None:
    return stores.registry.versions.get(model.name, number) if number else None


def may_score(model: Model, window: Window, stores: Stores) -> Champion | None:
    """Return the version of the newest window before this one that is eligible: it has seen none of these rows."""
    return stores.registry.champions.at(model.name, window.start)


def _inputs(model: Model, window: Window, snapshots: list[Snapshot]) -> dict[str, Any]:
    """Return everything a version is made from, and the fingerprint of it all."""
    from windvane.stores.code import code_digest

    inputs: dict[str, Any] = {
        "model": model.name,
        "window": window.key,
        "snapshots": [item.digest for item in snapshots],
        "training_digest": model.training_digest,
        "code_digest": code_digest(model),
        "environment": environment_of(model),
        "seed": model.seed,
    }
    if model.gate.min_each_class is not None or model.gate.holdout_rows > max(
        model.gate.min_rows, int(model.holdout * snapshots[-1].outcomes)
    ):
        inputs["holdout"] = [model.gate.holdout_rows, model.gate.min_each_class]
    return {**inputs, "fingerprint": sha256_of(inputs)}


def _draft(
    model: Model,
    window: Window,
    snapshots: list[Snapshot],
    trained: Trained,
    made_of: dict[str, Any],
    stores: Stores,
    study: Study | None = None,
) -> VersionDraft:
    from windvane.lifecycle.fit_warnings import together
    from windvane.stores.code import installed
    from windvane.stores.kept_code import pack

    before = may_score(model, window, stores)
    data, form = _stored(trained.scoring, model)
    again, refit = trained.refitted, None
    if again is not None:
        judged, judged_form = _stored(trained.estimator, model)
        refit = Refit(
            rows=again.rows,
            until=window.end,
            judged=stores.artifacts.put(judged),
            judged_bytes=len(judged),
            judged_format=judged_form,
        )
    profile = profile_of(model, window, trained)
    kinds = {name: "category" if name in model.features.categories else "number" for name in model.features.names}
    return VersionDraft(
        model=model.name,
        window=window.key,
        window_start=window.start,
        window_end=window.end,
        trained_until=trained.trained_until,
        fingerprint=made_of["fingerprint"],
        artifact=stores.artifacts.put(data),
        artifact_bytes=len(data),
        format=form,
        snapshots=tuple(item.digest for item in snapshots),
        rows=trained.rows,
        profile=stores.artifacts.put(profile.to_json().encode()),
        spec_digest=model.digest,
        training_digest=model.training_digest,
        code_digest=made_of["code_digest"],
        environment=made_of["environment"],
        seed=model.seed,
        columns=kinds,
        code=stores.artifacts.put(pack(model)),
        environment_lock=stores.artifacts.put(installed().encode()),
        parents=(before.version,) if before else (),
        warnings=together(trained.warnings, again.warnings) if again else trained.warnings,
        study=study.study if study else "",
        trial=study.chosen if study else None,
        refit=refit,
        stopped=trained.stopped,
        categories=trained.categories,
    )


def _stored(estimator: Any, model: Model) -> Dumped:
    """Return an estimator's bytes and their format; what could not be loaded later must not become a version."""
    from windvane.stores.model_formats import dump, load

    stored = dump(estimator)
    load(stored.data, stored.format, model.estimator.trusted)
    return stored


def profile_of(model: Model, window: Window, trained: Trained) -> Profile:
    """Return the profile of the rows that a version was trained on, and of what it scored and lost on its holdout."""
    from windvane.lifecycle.reference import reference_profile

    return reference_profile(trained, model, make_of(model), window.key)


def holdout_rows(model: Model, version: Version, stores: Stores) -> pd.DataFrame:
    """Return the rows on which a version is judged, of as many of its latest windows as its cut leaves.

    Args:
        model: What it was declared as.
        version: The version.
        stores: Registry and artifacts.
    """
    return _parts(model, version, stores)[0]


def _parts(model: Model, version: Version, stores: Stores) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the holdout, and the outcomes of the training rows."""
    import pandas as pd

    from windvane.lifecycle.split import holdout_of
    from windvane.stores.datasets import read_snapshot

    held, learned = [], []
    for item in stores.registry.snapshots.get_all(model.name, version.snapshots):
        if model.cadence.window(item.window).end <= version.trained_until:
            learned.append(read_snapshot(item, stores.artifacts, columns=[model.target]))
            continue
        rows = read_snapshot(item, stores.artifacts)
        held.append(holdout_of(rows, model, version.trained_until))
        learned.append(rows.loc[rows[model.event_time] < version.trained_until, [model.target]])
    targets = pd.concat(learned, ignore_index=True)
    holdout = held[0] if len(held) == 1 else pd.concat(held, ignore_index=True)
    return holdout, targets[targets[model.target].notna()]
