"""A step before any data: does the estimator that a spec names fit, score, and come back from where it is stored?"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from windvane.errors import UntrustedModel, WindvaneError
from windvane.spec import Model
from windvane.spec.base import unknown

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 120


def unstorable(model: Model) -> WindvaneError | None:
    """Return why no version of a model could be stored; None where one could, or where made-up rows do not fit.

    The estimator is fitted on made-up rows: numbers, and categories of three words. What only real rows can tell is
    left to them.
    """
    from windvane.lifecycle.train import build_estimator
    from windvane.stores.code import builder
    from windvane.stores.model_formats import dump, load

    try:
        estimator = build_estimator(model, builder(model))
    except WindvaneError as error:
        return error
    features, target = _rows(model)
    try:
        estimator.fit(features, target)
    except Exception:  # noqa: BLE001 (made-up rows may be none that it can learn from)
        return None
    try:
        data, form = dump(estimator)
        load(data, form, model.estimator.trusted)
    except UntrustedModel as error:
        remedy = "list them under Estimator(trusted=[…]) if they are your own; a library's need a format of their own"
        return UntrustedModel(error.cause, remedy)
    except WindvaneError as error:
        return error
    return None


def missing_parameters(model: Model, names: Collection[str]) -> list[str]:
    """Return what is wrong with names of parameters that a spec's estimator does not have."""
    known = _parameters(model)
    if known is None:
        return []
    return [f"{model.estimator.path} has {_unknown(name, known)}" for name in names if name not in known]


def unsearchable(model: Model) -> list[str]:
    """Return what of a declared search its estimators do not have: parameters by names that none of them knows.

    An estimator that cannot be built is left to `unstorable`.
    """
    from windvane.spec import SAMPLERS

    if model.tune is None:
        return []
    found = []
    for name, (estimator, space) in model.tune.estimators(model.estimator).items():
        where = f"tune.branches[{name!r}]" if name else "tune"
        own = model.model_copy(update={"estimator": estimator})
        found += [f"{where}: {problem}" for problem in missing_parameters(own, space)]
    try:
        SAMPLERS.get(model.tune.sampler).refuse_missing()
    except WindvaneError as error:
        found.append(f"{error.cause}; {error.remedy}")
    return found


def _unknown(parameter: str, known: Collection[str]) -> str:
    return f"no such parameter: {unknown(f'parameter {parameter!r}', parameter, known)}"


def _parameters(model: Model) -> set[str] | None:
    """Return the parameters that a spec's estimator takes; None where that cannot be known."""
    import inspect

    from windvane.lifecycle.train import build_estimator
    from windvane.stores.code import builder

    try:
        build = builder(model)
        declared = inspect.signature(build).parameters
        if all(item.kind is not inspect.Parameter.VAR_KEYWORD for item in declared.values()):
            return set(declared)
        estimator = build_estimator(model, build)
    except (WindvaneError, TypeError, ValueError):
        return None
    own = set(estimator.get_params(deep=False)) if hasattr(estimator, "get_params") else set()
    return own | {name for name, item in declared.items() if item.kind is not inspect.Parameter.VAR_KEYWORD}


def _rows(model: Model) -> tuple[pd.DataFrame, object]:
    """Return features as an estimator sees them, and outcomes, from the model's seed."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(model.seed)
    columns: dict[str, object] = {}
    for name in model.features.names:
        words = draw.choice(np.array(["a", "b", "c"], dtype=object), _ROWS)
        columns[name] = words if name in model.features.categories else draw.normal(size=_ROWS)
    if model.task == "regression":
        return pd.DataFrame(columns), draw.normal(size=_ROWS)
    if model.task == "binary":
        return pd.DataFrame(columns), np.resize([0, 1, 1], _ROWS)
    return pd.DataFrame(columns), np.resize(np.array(["a", "b", "c"], dtype=object), _ROWS)
