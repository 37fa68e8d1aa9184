"""The sampler `tpe`: Optuna's tree-structured Parzen estimator, as a pure function of what was told.

Source: Bergstra, Bardenet, Bengio and Kegl (2011), "Algorithms for Hyper-Parameter Optimization". No study of Optuna's
is kept: it is built anew from the rows for each proposal, so there is nothing that a killed process leaves behind.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from windvane.errors import MissingExtra
from windvane.spec.samplers import SamplerKind, Told
from windvane.spec.space import Dimension, Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

_STARTUP = 10
"""Trials drawn by chance before the estimator is asked, as in Optuna."""


class Tpe(SamplerKind):
    """Proposes where good trials were dense and bad ones were not."""

    name: ClassVar[str] = "tpe"
    extra: ClassVar[str] = "tune"

    @classmethod
    def propose(cls, space: Space, told: Sequence[Told], seed: int) -> dict[str, Any]:
        """Return the next parameters; see `SamplerKind.propose`."""
        cls.refuse_missing()
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # `group`, there since 2020
            sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP, multivariate=True, group=True)
        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            study = optuna.create_study(sampler=sampler)
            known = [item for item in told if item.loss is not None]
            study.add_trials([_trial(space, item) for item in known])
            return _asked(space, study.ask())
        finally:
            optuna.logging.set_verbosity(before)

    @classmethod
    def refuse_missing(cls) -> None:
        """Refuse where Optuna is not installed; see `SamplerKind.refuse_missing`."""
        try:
            import optuna  # noqa: F401 (whether it is there)
        except ModuleNotFoundError as error:
            cause = "the sampler 'tpe' needs Optuna, which is not installed"
            raise MissingExtra(cause, "pip install 'windvane[tune]', or write Search(sampler='random')") from error


def _trial(space: Space, told: Told) -> Any:
    """Return a finished trial as Optuna keeps it; a parameter that was left as declared is none of its."""
    import optuna

    own = {name: value for name, value in told.parameters.items() if name in space and space[name].holds(value)}
    kinds = {name: _distribution(space[name]) for name in own}
    return optuna.trial.create_trial(params=own, distributions=kinds, value=told.loss)


def _distribution(dimension: Dimension) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if dimension.kind == "choice":
        return CategoricalDistribution(dimension.options)
    low, high = dimension.low or 0.0, dimension.high or 0.0
    if dimension.kind == "integer":
        return IntDistribution(int(low), int(high))
    return FloatDistribution(low, high, log=dimension.kind == "log")


def _asked(space: Space, trial: Trial) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, dimension in space.items():
        if not dimension.counts(found):
            continue
        low, high = dimension.low or 0.0, dimension.high or 0.0
        if dimension.kind == "choice":
            found[name] = trial.suggest_categorical(name, dimension.options)
        elif dimension.kind == "integer":
            found[name] = trial.suggest_int(name, int(low), int(high))
        else:
            found[name] = trial.suggest_float(name, low, high, log=dimension.kind == "log")
    return found
