"""A key of several columns, made into the one column that identifies a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pandas.api import types

from windvane.errors import MissingColumn, WrongType, nearest
from windvane.lifecycle.columns import Place, as_text
from windvane.lifecycle.wording import counted
from windvane.spec import Key, Model
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def keyed(frame: pd.DataFrame, model: Model, window: Window) -> pd.DataFrame:
    r"""Return rows with the key as the model declares it, and without the columns that are only parts of it.

    The parts' values are written one after the other, in the form that they have in a snapshot, parted by `|`. A `|`
    or `\` within a value has a `\` before it, so that no two keys are written alike.

    Raises:
        MissingColumn: A part is not there.
        WrongType: A part has no value in a row, or holds what is neither text, whole numbers nor moments.
    """
    parts = model.key_parts
    if not parts or parts == Key.ROW or model.key in frame.columns:
        return frame
    columns = []
    for name in parts:
        place = Place(model.name, window.key, name)
        if name not in frame.columns:
            cause = f"{model.name} {window}: column {name!r}, a part of the key, is missing"
            cause += nearest(name, [str(column) for column in frame.columns])
            raise MissingColumn(cause, "deliver the column, or correct its name in the spec")
        values = frame[name].reset_index(drop=True)
        missing = values.isna().to_numpy()
        if missing.any():
            count = counted(int(missing.sum()), len(values))
            message = f"is part of the key and has no value in {count}, first in row {missing.argmax()}"
            raise place.error(WrongType, message, "give every row its entity's identifier")
        columns.append(_written(values, place))
    made = columns[0]
    for column in columns[1:]:
        made = made + "|" + column
    only = [name for name in parts if name not in model.columns]
    return frame.drop(columns=only).reset_index(drop=True).assign(**{model.key: made})


def _written(values: Any, place: Place) -> Any:
    if types.is_datetime64_any_dtype(values.dtype) and values.dt.tz is not None:
        text = values.dt.tz_convert("UTC").map(lambda moment: moment.isoformat()).astype("str")
    else:
        text = as_text(values, place)
    return text.str.replace("\\", "\\\\", regex=False).str.replace("|", "\\|", regex=False)
