"""Steps of a search for parameters: propose a study, try what it proposes, and choose."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from windvane.errors import NotSearched, WindvaneError
from windvane.results import (
    Chosen,
    Cost,
    Proposed,
    Run,
    Snapshot,
    Study,
    StudyDraft,
    Trial,
    TrialResult,
    Tried,
    Version,
)
from windvane.spec import Estimator, Model, Search, canonical_json
from windvane.spec.samplers import SAMPLERS
from windvane.steps.carrying import spec_of
from windvane.steps.data import history, refuse_immature, refuse_unlearnable
from windvane.steps.making import environment_of, make_of
from windvane.stores import Stores
from windvane.windows import Window, parse_duration

if TYPE_CHECKING:
    from windvane.lifecycle.tuning.folds import Folds
    from windvane.lifecycle.tuning.study import Next
    from windvane.stores.apart import Apart

_WARM = 3
"""Best trials of the last study that are tried first."""
_GRACE = timedelta(minutes=1)
"""How long after its limit a running trial counts as abandoned, where nobody can ask its machine."""
_PAUSE = 0.2
"""Seconds from one look at others' trials to the next."""


def propose(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> Proposed:
    """Begin the study of a window's search, or find the one that the same inputs began before.

    Another space, other rows or another code make another study; the one before stays as it is, and its best trials
    are tried first.

    Raises:
        ImmatureOutcomes, ExpectationsFailed, DataError: Nothing could be trained on the window.
        MissingExtra: The sampler needs a package that is not installed.
    """
    search = _search(model)
    refuse_immature(model, window, run)
    refuse_unlearnable(model, window, digest, stores, run)
    SAMPLERS.get(search.sampler).refuse_missing()
    draft = _draft(model, *_searched(model, window, digest, stores, run))
    study = stores.registry.tuning.study(model.name, draft.sha256)
    if study is None:
        made = Study(**dict(draft), study=draft.sha256, first=tuple(_first(model, search, window, stores)))
        study = stores.registry.tuning.begin(made, run)
    known = stores.registry.tuning.trials(model.name, study.study)
    workers = range(1 if study.chosen is not None else search.parallel)
    return Proposed(study=study.study, workers=tuple(workers), trials=len(known))


def attempt(model: Model, study: str, worker: int, stores: Stores, run: Run) -> Tried:
    """Try what a study proposes until it is complete or its budget is spent: one of several workers, or the only one.

    Each trial is trained in a process of its own, within the limits of `Search`. One that raises, hangs, gives a NaN
    or takes too much memory is recorded as failed, and the search goes on. A trial whose process was killed is taken
    over by whoever sees it.

    Args:
        model: The spec.
        study: The study's digest.
        worker: Its number, for the log.
        stores: Registry and artifacts.
        run: Who asks.
    """
    from windvane.lifecycle.tuning.study import upcoming

    work = _Work(model, study, stores, run)
    tried: list[int] = []
    while work.study.chosen is None:
        trials = work.trials()
        step = upcoming(work.study, work.search, trials, work.is_abandoned)
        if step.then == "end":
            break
        if step.then == "wait":
            time.sleep(_PAUSE)
        elif work.claimed(step) and work.finished(step, trials):
            tried.append(step.trial)
    return Tried(study=study, tried=tuple(tried))


def choose(model: Model, study: str, stores: Stores, run: Run) -> Chosen:
    """Choose a trial of a study, once; what workers left undone is tried first.

    Raises:
        SearchFailed: No trial was judged on all folds.
    """
    from windvane.lifecycle.tuning.choosing import choose as chosen_of
    from windvane.lifecycle.tuning.choosing import states_of

    search, found = _search(model), _study(model, study, stores)
    if found.chosen is None:
        attempt(model, study, 0, stores, run)
        while not all(trial.ended for trial in stores.registry.tuning.trials(model.name, study)):
            time.sleep(_PAUSE)  # another run's trial: it ends, or is abandoned
            attempt(model, study, 0, stores, run)
        choice = chosen_of(found, search, stores.registry.tuning.trials(model.name, study), model.metric)
        found = stores.registry.tuning.choose(model.name, study, choice.trial.trial, choice.headline, run)
    trials = stores.registry.tuning.trials(model.name, study)
    trial = trials[found.chosen or 0]
    estimator = search.estimator(model.estimator, trial.parameters)
    return Chosen(
        study=study,
        trial=trial.trial,
        parameters=trial.parameters,
        estimator=estimator.model_dump(mode="json"),
        loss=trial.result.loss if trial.result and trial.result.loss is not None else 0.0,
        headline=found.headline,
        trials=len(trials),
        states=states_of(trials),
    )


def as_searched(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> tuple[Model, Study | None]:
    """Return a spec with the parameters that its search chose for a window; as it is where it asks for no search.

    Raises:
        NotSearched: The search has not chosen yet.
    """
    if model.tune is None:
        return model, None
    draft = _draft(model, *_searched(model, window, digest, stores, run))
    study = stores.registry.tuning.study(model.name, draft.sha256)
    if study is None or study.chosen is None:
        cause = f"{model.name} {window}: the spec asks for a search, and it has not chosen parameters yet"
        raise NotSearched(cause, f"run `windvane run train {model.name} --window {window}`, which searches first")
    trial = stores.registry.tuning.trials(model.name, study.study)[study.chosen]
    concrete = with_estimator(model, model.tune.estimator(model.estimator, trial.parameters))
    stores.artifacts.put(canonical_json(concrete.model_dump(mode="json")).encode())  # its digest is the version's spec
    return concrete, study


def as_version(model: Model, version: Version, stores: Stores) -> Model:
    """Return a spec with the parameters of a version that its search chose; as it is where it asks for no search."""
    if model.tune is None or not version.study:
        return model
    return with_estimator(model, spec_of(version, stores).estimator)


def with_estimator(model: Model, estimator: Estimator) -> Model:
    """Return a spec with another estimator."""
    return model.model_copy(update={"estimator": estimator})


class _Work:
    """What one worker works with."""

    def __init__(self, model: Model, study: str, stores: Stores, run: Run) -> None:
        from windvane.stores.apart import this_process

        self.model, self.stores, self.run = model, stores, run
        self.search, self.study = _search(model), _study(model, study, stores)
        self.owner = f"{this_process()} {run.work}".strip()
        self.limit = parse_duration(self.search.trial_limit)
        self._ended: list[Trial] = []

    @cached_property
    def folds(self) -> Folds:
        """The folds, read when the first trial begins; what trials import is imported once, before they are forked."""
        from windvane.lifecycle.tuning import trial  # noqa: F401 (for the forks)
        from windvane.lifecycle.tuning.folds import folds_of
        from windvane.stores.datasets import read_snapshot

        for estimator, _ in self.search.estimators(self.model.estimator).values():
            environment_of(with_estimator(self.model, estimator))
        snapshots = self.stores.registry.snapshots.get_all(self.model.name, self.study.snapshots)
        frames = [read_snapshot(item, self.stores.artifacts) for item in snapshots]
        return folds_of(frames, [item.window for item in snapshots], self.search.windows, self.model)

    def trials(self) -> list[Trial]:
        """Return the study's trials; those that ended stay as they are, and are read once."""
        found = self.stores.registry.tuning.trials(self.model.name, self.study.study, len(self._ended))
        known = [*self._ended, *found]
        while len(self._ended) < len(known) and known[len(self._ended)].ended:
            self._ended.append(known[len(self._ended)])
        return known

    def is_abandoned(self, trial: Trial) -> bool:
        """Return whether a running trial's process is gone, as far as can be known from here."""
        from windvane.stores.apart import is_gone

        process, _, work = trial.owner.partition(" ")
        earlier = bool(work) and work == self.run.work and trial.owner != self.owner  # this task's own earlier try
        return earlier or is_gone(process) or datetime.now(UTC) > trial.until

    def claimed(self, step: Next) -> bool:
        """Begin a trial or take it over; False where another worker was first."""
        tuning, model, study = self.stores.registry.tuning, self.model.name, self.study.study
        until = datetime.now(UTC) + self.limit + _GRACE
        self.folds  # noqa: B018 (rows that cannot be used are told before a trial begins)
        if step.then == "take":
            return tuning.take_over(model, study, step.trial, step.claim, self.owner, until, self.run)
        parameters = dict(step.parameters)
        return tuning.begin_trial(model, study, step.trial, parameters, step.seed, self.owner, until, self.run)

    def finished(self, step: Next, trials: Sequence[Trial]) -> bool:
        """Try a trial that was claimed, and record what it came to."""
        from windvane.stores.apart import apart

        done = apart(lambda: self._tried(step, trials), self.limit.total_seconds(), self.search.memory)
        claim = step.claim + 1
        tuning = self.stores.registry.tuning
        result, cost = _result(done), _cost(done)
        return tuning.finish(self.model.name, self.study.study, step.trial, claim, result, cost, self.run)

    def _tried(self, step: Next, trials: Sequence[Trial]) -> dict[str, Any]:
        """Return what a trial came to, as plain values; this runs in the trial's own process."""
        from windvane.lifecycle.tuning.study import best_of
        from windvane.lifecycle.tuning.trial import tried
        from windvane.stores.code import builder, resolve

        estimator = self.search.estimator(self.model.estimator, step.parameters)
        model = with_estimator(self.model, estimator)
        weights = model.training_weights
        weigh = resolve(weights.path) if weights and weights.path else None
        best = best_of(trials, step.trial - self.search.parallel) if self.search.race else None
        return tried(self.folds, model, builder(model), make_of(model), weigh, best).model_dump(mode="json")


def _result(done: Apart) -> TrialResult:
    if done.problem:
        return TrialResult(state="failed", problem=done.problem)
    try:
        return TrialResult.model_validate(done.value)
    except ValueError as error:
        return TrialResult(state="failed", problem=f"what it came to is no result: {error}")


def _cost(done: Apart) -> Cost:
    return Cost(seconds=done.seconds, processor=done.processor, megabytes=done.megabytes)


def _search(model: Model) -> Search:
    if model.tune is None:
        raise NotSearched(f"{model.name}: the spec asks for no search", "declare one: Model(tune=Search(space={…}))")
    return model.tune


def _study(model: Model, study: str, stores: Stores) -> Study:
    found = stores.registry.tuning.study(model.name, study)
    if found is None:
        raise NotSearched(f"{model.name} has no study {study!r:.90}", "propose it first")
    return found


def _searched(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> tuple[Window, list[Snapshot]]:
    """Return the window that is searched for a version of `window`, and the snapshots of its history."""
    every = _search(model).every
    if every > 1:
        windows = model.cadence.back_from(window, 100_000, model.first_moment)
        place = len(windows) - 1
        before = windows[place - place % every]
        if before != window:
            return before, _history(model, before, stores, run)
    return window, history(model, window, digest, stores, run)


def _history(model: Model, window: Window, stores: Stores, run: Run) -> list[Snapshot]:
    from windvane.steps.data import snapshot

    taken = stores.registry.snapshots.latest(model.name, window.key, mature_only=True)
    taken = taken or snapshot(model, window, stores, run)
    return history(model, window, taken.digest, stores, run)


def _draft(model: Model, window: Window, snapshots: Sequence[Snapshot]) -> StudyDraft:
    from windvane.stores.code import code_digest

    search = _search(model)
    branches = [with_estimator(model, estimator) for estimator, _ in search.estimators(model.estimator).values()]
    environment: dict[str, str] = {}
    for branch in branches:
        environment |= environment_of(branch)
    return StudyDraft(
        model=model.name,
        window=window.key,
        snapshots=tuple(item.digest for item in snapshots),
        search=search.model_dump(mode="json"),
        estimator=model.estimator.model_dump(mode="json"),
        training_digest=model.training_digest,
        code_digest=canonical_json([code_digest(branch) for branch in branches]),
        environment=environment,
        seed=model.seed,
    )


def _first(model: Model, search: Search, window: Window, stores: Stores) -> list[dict[str, Any]]:
    """Return the parameters to try first: the declared ones, the champion's, and the best ones of the last study."""
    found = search.declared(model.estimator)
    for parameters in _warm(model, search, window, stores) if search.warm else ():
        if parameters not in found:
            found.append(parameters)
    return found[: search.trials]


def _warm(model: Model, search: Search, window: Window, stores: Stores) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    standing = stores.registry.champions.at(model.name, window.start)
    if standing is not None:
        champion = stores.registry.versions.get(model.name, standing.version)
        try:
            own = search.parameters(spec_of(champion, stores).estimator, model.estimator)
        except WindvaneError:  # its spec was not kept: there is nothing to begin from
            own = None
        found += [own] if own is not None else []
    for study in stores.registry.tuning.studies(model.name):
        if study.chosen is None or model.cadence.window(study.window).end > window.start:
            continue
        trials = [item for item in stores.registry.tuning.trials(model.name, study.study) if item.state == "done"]
        trials.sort(key=lambda trial: (trial.trial != study.chosen, _loss(trial), trial.trial))
        found += [trial.parameters for trial in trials[:_WARM] if _fits(search, trial.parameters)]
        break
    return found


def _loss(trial: Trial) -> float:
    return trial.result.loss if trial.result and trial.result.loss is not None else float("inf")


def _fits(search: Search, parameters: dict[str, Any]) -> bool:
    space = search.whole
    return all(name in space and space[name].holds(value) for name, value in parameters.items())
