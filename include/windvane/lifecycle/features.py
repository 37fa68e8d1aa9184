"""The one way from a snapshot's rows to the frame an estimator sees, the same for training and for scoring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from windvane.errors import MissingColumn, SourceFailed, WrongType
from windvane.spec import Model

Make = Callable[[pd.DataFrame], pd.DataFrame]


def design(frame: pd.DataFrame, model: Model, make: Make | None) -> pd.DataFrame:
    """Return the feature columns in declared order: numbers float64, categories text with None where missing.

    Args:
        frame: Checked rows of one or more windows.
        model: The spec that declares the features.
        make: The resolved `features.make`, when the spec has one; it must keep the rows and their order.

    Raises:
        SourceFailed: When `make` raises, returns no frame, or changes the rows.
        MissingColumn: When `make` does not add a column it declares.
        WrongType: When a made number is not a number.
    """
    if make is not None:
        frame = _made(frame, model, make)
    columns: dict[str, Any] = {}
    for name in model.features.names:
        if name in model.features.categories:
            values = frame[name].astype(object)
            columns[name] = values.where(values.notna(), None)
        else:
            columns[name] = _number(frame[name], name, model)
    return pd.DataFrame(columns, index=frame.index)


def outcomes(frame: pd.DataFrame, model: Model) -> Any:
    """Return the known targets as an array: integers for binary, labels for multiclass, floats for regression."""
    target = frame[model.target]
    if model.task == "binary":
        return target.to_numpy(dtype=float).astype(np.int64)
    if model.task == "regression":
        return target.to_numpy(dtype=float)
    return target.astype(str).to_numpy(dtype=object)


def _made(frame: pd.DataFrame, model: Model, make: Make) -> pd.DataFrame:
    path = model.features.make
    try:
        made: Any = make(frame.drop(columns=[model.target]))
    except Exception as error:
        cause = f"{model.name}: features.make {path} raised {type(error).__name__}: {error}"
        raise SourceFailed(cause, "mend the function; it gets the snapshot's rows without the target") from error
    if not isinstance(made, pd.DataFrame) or not made.index.equals(frame.index):
        cause = f"{model.name}: features.make {path} did not return the same rows in the same order"
        raise SourceFailed(cause, "return the frame it was given with columns added")
    absent = [name for name in model.features.names if name not in made.columns]
    if absent:
        cause = f"{model.name}: features.make {path} did not add {', '.join(absent)}"
        raise MissingColumn(cause, "add the columns listed under features.made")
    return made


def _number(values: pd.Series[Any], name: str, model: Model) -> Any:
    try:
        return values.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        cause = f"{model.name}: feature {name!r} holds {values.dtype}, declared a number"
        raise WrongType(cause, "return numbers, or list the column under categories") from None
