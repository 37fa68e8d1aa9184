"""A moment whose parts are columns of their own, such as a date and a clock time, or year, month and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pandas as pd
from pandas.api import types

from windvane.errors import MissingColumn, UnexpectedColumn, WrongType, nearest
from windvane.spec.reading import Reading


def with_moments(frame: pd.DataFrame, reading: Reading, where: str, declared: Sequence[str]) -> pd.DataFrame:
    """Return rows with the columns that are made of others; parts that are not declared are taken out.

    Args:
        frame: The rows, with the spec's names. Its index counts the rows, for messages.
        reading: What the source says.
        where: Model, window and file, for messages.
        declared: The columns that the spec asks for.

    Raises:
        MissingColumn: A part is not there.
        UnexpectedColumn: A column is called like what is to be made.
        WrongType: A part is neither a whole number, nor text, nor a date or time.
    """
    for name, parts in reading.parts.items():
        if name in frame.columns:
            cause = f"{where} has a column {name!r}, which is to be made of {', '.join(parts)}"
            raise UnexpectedColumn(cause, "choose another name for the event time, or take parts out")
        refuse_missing(parts, list(frame.columns), name, where)
        frame = frame.assign(**{name: joined(frame[list(parts)], where)})
    used = {part for parts in reading.parts.values() for part in parts} - set(declared)
    return frame.drop(columns=sorted(used)) if used else frame


def refuse_missing(parts: Sequence[str], there: Sequence[Any], name: str, where: str) -> None:
    """Refuse a file or table without a part.

    Raises:
        MissingColumn: With the nearest match.
    """
    lacking = next((part for part in parts if part not in there), None)
    if lacking is not None:
        cause = f"{where} has no column {lacking!r}, a part of {name!r}{nearest(lacking, map(str, there))}"
        raise MissingColumn(cause, "correct parts={…} of the source, or mend the file")


def joined(parts: pd.DataFrame, where: str) -> pd.Series[Any]:
    """Return the texts of columns with a space between; missing where one of them is.

    Raises:
        WrongType: A value is neither a whole number, nor text, nor a date or time.
    """
    found: pd.Series[Any] | None = None
    for name in parts.columns:
        texts = _texts(parts[name], f"{where}: column {name!r}, a part of a moment,")
        found = texts if found is None else found + " " + texts
    assert found is not None
    return found


def _texts(values: pd.Series[Any], where: str) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.StringDtype):
        found = values.str.strip()
        return found.str.replace(r"^(\d+)\.0+$", r"\1", regex=True)  # a whole number that some program wrote as 2013.0
    if types.is_datetime64_any_dtype(values.dtype):
        midnight = bool((values.dropna() == values.dropna().dt.normalize()).all())
        form = "%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S.%f"
        return pd.Series(values.dt.strftime(form), index=values.index, dtype="str")
    return pd.Series([_text(one, where, row) for row, one in values.items()], index=values.index, dtype="str")


def _text(value: Any, where: str, row: Any) -> str | None:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 (NaN and NaT are not equal to themselves)
        return None
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, datetime) and value.time() == time() and value.tzinfo is None:
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    whole = isinstance(value, int | float | Decimal) or hasattr(value, "dtype")
    if not whole or types.is_bool(value) or value % 1 != 0:
        shown = str(value)
        cause = f"{where} holds {shown:.60} in row {int(row) + 1:,}, no whole number"
        raise WrongType(cause, "name columns of whole numbers, texts, dates and clock times")
    return str(int(value))
