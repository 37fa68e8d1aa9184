"""Which trial of a study is chosen: the best one, or a simpler one that loses as good as the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from windvane.errors import SearchFailed
from windvane.lifecycle.tuning.study import best_of, is_spent
from windvane.results import Study, Trial
from windvane.results.reason import fitting
from windvane.spec import Search
from windvane.spec.space import BRANCH

_TOLD = 3
"""Different failures that an error names."""


class Choice(NamedTuple):
    """The chosen trial, and why."""

    trial: Trial
    headline: str


def choose(study: Study, search: Search, trials: Sequence[Trial], metric: str) -> Choice:
    """Return the trial that a study chooses.

    Within `tie` of the best loss, the simplest one is chosen: of the first branch, then with the simplest values, then
    the one that was tried first. What a trial took plays no part, since it differs from run to run.

    Args:
        study: The study.
        search: What it was declared as.
        trials: Its trials, all of which have ended.
        metric: What a loss is called.

    Raises:
        SearchFailed: No trial was judged on all folds.
    """
    best = best_of(trials)
    if best is None:
        raise _failed(study, trials)
    limit = _loss(best) + search.tie * abs(_loss(best))
    same = [trial for trial in trials if trial.state == "done" and _loss(trial) <= limit]
    chosen = min(same, key=lambda trial: (*simplicity(search, trial.parameters), trial.trial))
    return Choice(chosen, _headline(search, trials, chosen, best, metric))


def simplicity(search: Search, parameters: Mapping[str, Any]) -> tuple[float, float]:
    """Return what sorts the simpler parameters first: the branch's place, and the sum of the values' places."""
    space = search.whole
    branch = space[BRANCH].place(parameters.get(BRANCH)) if BRANCH in space else 0.0
    others = sum(space[name].place(value) for name, value in parameters.items() if name in space and name != BRANCH)
    return branch, others


def states_of(trials: Sequence[Trial]) -> dict[str, int]:
    """Return how many trials are in which state."""
    return dict(sorted(Counter(trial.state for trial in trials).items()))


def _headline(search: Search, trials: Sequence[Trial], chosen: Trial, best: Trial, metric: str) -> str:
    ended = "the budget was spent" if len(trials) < search.trials and is_spent(search, trials) else ""
    first = next((trial for trial in trials if trial.trial == 0 and trial.state == "done"), None)
    parts = [f"Trial {chosen.trial} of {len(trials)}: {metric} {_loss(chosen):.4g}"]
    if first is not None and first is not chosen:
        parts.append(f"{_loss(chosen) - _loss(first):+.2g} beside the declared")
    if chosen is not best:
        parts.append(f"as good as trial {best.trial} and simpler")
    return fitting(", ".join([*parts, *([ended] if ended else [])]))


def _failed(study: Study, trials: Sequence[Trial]) -> SearchFailed:
    problems = Counter(trial.result.problem for trial in trials if trial.result)
    told = "; ".join(f"{count} x {problem}" for problem, count in problems.most_common(_TOLD))
    cause = f"{study.model} {study.window}: none of {len(trials)} trials was judged on all folds: {told or 'none ran'}"
    return SearchFailed(cause, "correct the space, the estimator, or trial_limit and memory of tune")


def _loss(trial: Trial) -> float:
    assert trial.result is not None and trial.result.loss is not None
    return trial.result.loss
