"""A step before any data: does the estimator that a spec names fit, score, and come back from where it is stored?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.errors import UntrustedModel, WindvaneError
from windvane.spec import Model

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
