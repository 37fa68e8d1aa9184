"""What comes next in a study, as a function of its rows alone: so a killed search goes on where it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from windvane.results import Study, Trial
from windvane.spec import Search
from windvane.spec.samplers import SAMPLERS, Told
from windvane.windows import parse_duration

_DRAWS = 20
"""How often a proposal is drawn that was tried before, until the space counts as exhausted."""


class Next(NamedTuple):
    """What a worker does next.

    Args:
        then: `begin` a new trial, `take` over an abandoned one, `wait` for others, or `end`.
        trial: Its number.
        parameters: Of a new trial.
        seed: Of a new trial.
        claim: Of one that is taken over.
    """

    then: Literal["begin", "take", "wait", "end"]
    trial: int = -1
    parameters: Mapping[str, Any] = {}
    seed: int = 0
    claim: int = 0


def upcoming(study: Study, search: Search, trials: Sequence[Trial], abandoned: Callable[[Trial], bool]) -> Next:
    """Return what a worker does next.

    Trial n is proposed from what the trials up to `n - parallel` told, whoever has finished meanwhile. So a study has
    the same trials with one worker and with several, killed or not.

    Args:
        study: The study.
        search: What it was declared as.
        trials: Its trials, in the order of their numbers.
        abandoned: Tells whether the process of a running trial is gone.
    """
    for trial in trials:
        if not trial.ended and abandoned(trial):
            return Next("take", trial.trial, trial.parameters, trial.seed, trial.claim)
    number = len(trials)
    if number >= search.trials or is_spent(search, trials):
        return Next("end")
    told_up_to = number - search.parallel
    if any(not trial.ended and trial.trial <= told_up_to for trial in trials):
        return Next("wait", number)
    parameters, seed = _proposal(study, search, trials, number, told_up_to)
    return Next("end") if parameters is None else Next("begin", number, parameters, seed)


def is_spent(search: Search, trials: Sequence[Trial]) -> bool:
    """Return whether the trials took as much time as they may."""
    if search.budget is None:
        return False
    return spent_seconds(trials) >= parse_duration(search.budget).total_seconds()


def spent_seconds(trials: Sequence[Trial]) -> float:
    """Return how long all trials took together, in seconds."""
    return sum(trial.cost.seconds for trial in trials if trial.cost)


def best_of(trials: Sequence[Trial], up_to: int | None = None) -> Trial | None:
    """Return the trial that lost the least of those that were judged on all folds; the first one of equal ones.

    Args:
        trials: The trials.
        up_to: The last number that counts; None: all do.
    """
    done = [trial for trial in trials if trial.state == "done" and (up_to is None or trial.trial <= up_to)]
    return min(done, key=lambda trial: (_loss(trial), trial.trial), default=None)


def seed_of(study: str, number: int, draw: int = 0) -> int:
    """Return the seed of a trial's proposal: 32 bits of a hash of study, number and draw."""
    return int(hashlib.sha256(f"{study}:{number}:{draw}".encode()).hexdigest()[:8], 16)


def _proposal(
    study: Study, search: Search, trials: Sequence[Trial], number: int, told_up_to: int
) -> tuple[dict[str, Any] | None, int]:
    if number < len(study.first):
        return dict(study.first[number]), 0
    before = [trial.parameters for trial in trials]
    told = _told(trials, told_up_to)
    kind = SAMPLERS.get(search.sampler)
    for draw in range(_DRAWS):
        seed = seed_of(study.study, number, draw)
        found = kind.propose(search.whole, told, seed)
        if found not in before:
            return found, seed
    return None, 0


def _told(trials: Sequence[Trial], up_to: int) -> list[Told]:
    """Return what trials told; one that failed lost as much as the worst of them."""
    known = [trial for trial in trials if trial.trial <= up_to and trial.ended]
    losses = [_loss(trial) for trial in known if trial.result and trial.result.loss is not None]
    worst = max(losses, default=None)
    return [Told(trial.trial, trial.parameters, worst if trial.state == "failed" else _loss(trial)) for trial in known]


def _loss(trial: Trial) -> float:
    assert trial.result is not None and trial.result.loss is not None
    return trial.result.loss
