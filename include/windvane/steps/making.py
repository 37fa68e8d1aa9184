"""What a spec's version is made with: its libraries, and its own function for features."""

from __future__ import annotations

from typing import Any

from windvane.spec import Model


def environment_of(model: Model) -> dict[str, str]:
    """Return the versions of all that takes part in fitting: the usual libraries, and those of the estimator's parts.

    Raises:
        TrainingFailed: The estimator cannot be built.
    """
    from windvane.lifecycle.train import build_estimator
    from windvane.stores.code import builder, environment, libraries_of

    return environment(model) | libraries_of(build_estimator(model, builder(model)))


def make_of(model: Model) -> Any:
    """Return the resolved `features.make`, or None."""
    from windvane.stores.code import resolve

    return resolve(model.features.make) if model.features.make else None
