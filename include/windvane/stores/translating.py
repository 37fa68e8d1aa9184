"""Values that a file or a table has in its own words, such as `yes` and `no` for 1 and 0."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from windvane.errors import WrongType, nearest
from windvane.stores.delimited import USUAL

_WHOLE: Final = re.compile(r"^([+-]?[0-9]+)\.0+$")

if TYPE_CHECKING:
    import pandas as pd

    from windvane.spec.reading import Reading


def translated(frame: pd.DataFrame, reading: Reading, where: str, *, as_text: bool = False) -> pd.DataFrame:
    """Return a window's rows with the values that the source says words stand for; missing ones stay missing.

    Args:
        frame: The rows, with the spec's names. Its index counts the rows, for messages.
        reading: What the source says.
        where: Model, window and file, for messages.
        as_text: Whether all values are text still, and are to stay it.

    Raises:
        WrongType: A column holds a word that the source does not name.
    """
    for name, known in reading.values.items():
        if name not in frame.columns:
            continue
        column = frame[name]
        there = column.notna()
        words = column[there].astype(object).map(word)
        if as_text:
            words = words[~words.isin([one for one in USUAL if one not in known])]
        wrong = words[~words.isin(list(known))]
        if len(wrong):
            row = f"first {wrong.iloc[0]!r:.60} in row {int(wrong.index[0]) + 1:,}"
            cause = (
                f"{where}: column {name!r} holds a value that values={{…}} does not name in {len(wrong):,} rows, {row}"
            )
            raise WrongType(
                f"{cause}{nearest(str(wrong.iloc[0]), known)}", "name it in the source's values, or mend it"
            )
        found = words.map({one: str(value) if as_text else value for one, value in known.items()})
        frame = frame.assign(**{name: found.reindex(column.index)})
        if as_text:
            frame[name] = frame[name].astype("str")
        elif not words.empty:
            frame[name] = frame[name].infer_objects()
    return frame


def word(value: Any) -> str:
    """Return a value as the word that `values` names it by: a whole number without a fraction, `true` or `false`."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return _WHOLE.sub(r"\1", str(value).strip())
