"""The normal form of a column, by its role; what does not fit is refused with place, count and first value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from pandas.api import types

from windvane.errors import (
    DataError,
    DuplicateKey,
    InfiniteValue,
    InvalidTarget,
    NaiveTimestamp,
    OutsideWindow,
    WrongType,
)
from windvane.lifecycle.wording import counted, shown
from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    Column = pd.Series[Any]

_STAMP: Final = "datetime64[us, UTC]"
_EXACT = 2**53
"""Whole numbers up to here survive a float column (IEEE 754 binary64)."""
_AWARE = "deliver timezone-aware moments, for example with pd.to_datetime(…, utc=True)"
_KEY = "deliver all keys as text, or all as integers"
_NUMBER, _CATEGORY = "numbers", "categories"
"""What a column is declared as; what to do with another one follows from what it holds, see `_remedy`."""
_MADE = "make a number of it by features.make, such as days since, or keep it under carry without learning from it"
_LARGEST = 1e150
"""The largest number whose square is a number too (IEEE 754 binary64): losses and spreads are squares."""
_BINARY = "a binary target is 0, 1 or missing; use task='multiclass' for more labels than two"


class Place(NamedTuple):
    """Where a value stands, for messages."""

    model: str
    window: str
    column: str

    def error(self, kind: type[DataError], message: str, remedy: str) -> DataError:
        """Return an error about the column."""
        return kind(f"{self.model} {self.window}: column {self.column!r} {message}", remedy)

    def rows(self, kind: type[DataError], wrong: Any, values: Column, message: str, remedy: str) -> DataError:
        """Return an error that counts the offending rows and shows the first value."""
        count = int(np.count_nonzero(wrong))
        first = values.iloc[int(np.flatnonzero(wrong)[0])]
        return self.error(kind, f"{message} in {counted(count, len(values))}, first {shown(first)}", remedy)

    def dtype(self, values: Column, needed: str, remedy: str) -> DataError:
        """Return an error about a column whose dtype holds no such values."""
        remedy = _remedy(values, remedy)
        return self.rows(WrongType, values.notna(), values, f"holds {values.dtype}, not {needed},", remedy)


def _remedy(values: Any, declared: str) -> str:
    """Return what helps with a column that is declared as numbers or categories, and holds something else."""
    if declared not in (_NUMBER, _CATEGORY):
        return declared
    kind = types.infer_dtype(_plain(values), skipna=True)
    if kind in ("datetime", "datetime64", "date", "time", "timedelta", "timedelta64", "period"):
        return _MADE
    if declared == _CATEGORY and kind in ("floating", "decimal", "mixed-integer-float"):
        return "round or name the values in the source, or declare it under numbers"
    if declared == _NUMBER and kind == "string":
        said = "convert it in the source (a CSV source takes decimal, thousands and missing)"
        return f"{said}, or declare it under categories"
    return f"make numbers or text of it in the source, or take it out of the {declared}"


def as_text(values: Column, place: Place) -> Column:
    """Return values as the text that a category of them would be."""
    return _text(values, place)


def normal(values: Column, place: Place, model: Model, window: Window) -> Column:
    """Return a column in the normal form of its role, or refuse it (see `check_frame`)."""
    try:
        values.isna()
    except InvalidOperation:  # Decimal('sNaN') cannot even be looked at
        raise place.error(WrongType, "holds a signalling NaN (sNaN)", "deliver a missing value") from None
    name = place.column
    if name == model.event_time:
        return _moments(values, place, window)
    if name == model.key:
        return _keys(values, place)
    if name == model.target:
        return {"binary": _flags, "multiclass": _text, "regression": _measured}[model.task](values, place)
    if name in model.features.from_source:
        return (_text if name in model.features.categories else _numbers)(values, place)
    return _carried(values, place)


def _moments(values: Column, place: Place, window: Window) -> Column:
    """Return event times in UTC; every row must have one, with a time zone, inside the window."""
    stamps = _stamps(values, place)
    missing = stamps.isna()
    if missing.any():
        raise place.rows(WrongType, missing, values, "has no event time", "every row needs the moment it happened at")
    outside = ((stamps < window.start) | (stamps >= window.end)).to_numpy()
    if outside.any():
        message = f"is not in [{window.start:%Y-%m-%d %H:%M}, {window.end:%Y-%m-%d %H:%M}) UTC"
        raise place.rows(OutsideWindow, outside, stamps, message, "return the rows of the window that was asked for")
    return stamps


def _stamps(values: Column, place: Place) -> Column:
    """Return moments in UTC, missing ones as NaT."""
    if _empty(values):
        return pd.Series(pd.NaT, index=values.index, dtype=_STAMP)
    if types.is_object_dtype(values.dtype):
        problem = _wrong(values, place, lambda value: isinstance(value, datetime), "a moment", _AWARE)
        if problem:
            raise problem
        naive = np.fromiter((getattr(value, "tzinfo", "") is None for value in values), bool, len(values))
        naive &= values.notna().to_numpy()
        if naive.any():
            raise place.rows(NaiveTimestamp, naive, values, "has no time zone", _AWARE)
        moments: Column = pd.to_datetime(values.where(values.notna(), pd.NaT), utc=True)
        return moments.astype(_STAMP)
    if not types.is_datetime64_any_dtype(values.dtype):
        raise place.dtype(values, "moments", _AWARE)
    if values.dt.tz is None:
        raise place.rows(NaiveTimestamp, np.ones(len(values), dtype=bool), values, "has no time zone", _AWARE)
    aware: Column = values.dt.tz_convert("UTC")
    return aware.astype(_STAMP)


def _keys(values: Column, place: Place) -> Column:
    """Return keys as text or 64-bit integers, none missing, none twice."""
    missing = values.isna().to_numpy()
    if missing.any():
        count = counted(int(missing.sum()), len(values))
        message = f"is the key and has no value in {count}, first in row {missing.argmax()}"
        raise place.error(WrongType, message, "give every row its entity's identifier")
    if types.is_object_dtype(values.dtype) and all(isinstance(value, UUID) for value in values):
        values = values.map(str)
    plain = _plain(values)
    kind = types.infer_dtype(plain, skipna=False)
    if kind == "integer":
        plain = plain.infer_objects()
        if types.is_unsigned_integer_dtype(plain.dtype):
            large = (plain > np.iinfo(np.int64).max).to_numpy(dtype=bool)
            if large.any():
                raise place.rows(WrongType, large, values, "does not fit 64 bits", "deliver such keys as text")
        keys = _text(plain, place) if types.is_object_dtype(plain.dtype) else plain.astype("int64")
    elif kind == "string":
        keys = _text(plain, place)
    else:
        problem = _wrong(plain, place, lambda value: isinstance(value, str), "text, nor an integer", _KEY)
        raise problem or place.dtype(values, "text or integers", _KEY)
    again = keys.duplicated().to_numpy()
    if again.any():
        raise place.rows(DuplicateKey, again, keys, "repeats a key", "deliver one row a key, or declare another key")
    return keys


def _numbers(values: Column, place: Place) -> Column:
    """Return float64; booleans count, text does not, infinities are refused."""
    plain = _plain(values)
    if _empty(plain):
        return pd.Series(np.full(len(plain), np.nan))
    if types.is_object_dtype(plain.dtype):
        problem = _wrong(plain, place, _is_number, "a number", _NUMBER)
        if problem:
            raise problem
    elif not _numeric(plain.dtype):
        raise place.dtype(values, "numbers", _NUMBER)
    numbers = pd.Series(_floats(plain))
    infinite = np.isinf(numbers.to_numpy())
    if infinite.any():
        raise place.rows(InfiniteValue, infinite, values, "is infinite", "mend the source, or deliver a missing value")
    return numbers


def _measured(values: Column, place: Place) -> Column:
    """Return a regression's target; its squared error must be a number."""
    numbers = _numbers(values, place)
    large = (numbers.abs() > _LARGEST).to_numpy()
    if large.any():
        remedy = "deliver it in another unit, or its logarithm"
        raise place.rows(InvalidTarget, large, values, f"is beyond {_LARGEST:g}, whose square is no number,", remedy)
    return numbers


def _flags(values: Column, place: Place) -> Column:
    """Return a binary target as 0.0, 1.0 or missing."""
    plain = _plain(values)
    known = plain.notna().to_numpy()
    if types.is_object_dtype(plain.dtype) or not _numeric(plain.dtype):
        allowed = np.fromiter(
            (_is_number(value) and value in (0, 1) for value in plain.astype(object)), bool, len(plain)
        )
    else:
        allowed = plain.isin([0, 1]).to_numpy(dtype=bool)
    wrong = known & ~allowed
    if wrong.any():
        raise place.rows(InvalidTarget, wrong, values, "is neither 0 nor 1", _labels(plain, place) or _BINARY)
    return pd.Series(_floats(plain))


def _labels(known: Column, place: Place) -> str | None:
    """Return how a source says what two labels mean; None where there are not two."""
    try:
        some = known.dropna().unique()[:3]
    except TypeError:  # lists and the like are no labels
        return None
    labels = sorted({str(_item(value)) for value in some})
    if len(labels) != 2:
        return None
    no, yes = labels
    example = f"values={{{place.column!r}: {{{no!r:.30}: 0, {yes!r:.30}: 1}}}}"
    return f"make its labels 0 and 1 in the source; one of files or of a database does by such as {example}"


def _item(value: object) -> object:
    """Return a number as Python's, and a whole one without its point."""
    plain = value.item() if isinstance(value, np.generic) else value
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def _text(values: Column, place: Place) -> Column:
    """Return text; whole numbers and booleans are written out, so that `3`, `3.0` and `"3"` are one value."""
    plain = _plain(values)
    kind = "empty" if _empty(plain) else types.infer_dtype(plain, skipna=True)
    if kind in ("floating", "mixed-integer-float", "decimal"):
        plain = _whole(plain, values, place)
    elif kind not in ("string", "boolean", "integer", "integer-na", "empty"):
        problem = _wrong(plain, place, lambda value: isinstance(value, str), "text", _CATEGORY)
        raise problem or place.dtype(values, "text", _CATEGORY)
    try:
        if kind == "string":
            return plain.astype("str")
        return plain.astype(object).where(plain.notna(), None).map(str, na_action="ignore").astype("str")
    except UnicodeEncodeError:
        broken = np.fromiter((not _encodable(value) for value in plain), bool, len(plain))
        message, remedy = "is not valid Unicode text", "decode the text correctly in the source"
        raise place.rows(WrongType, broken, plain, message, remedy) from None


def _whole(plain: Column, values: Column, place: Place) -> Column:
    """Return whole numbers as nullable integers; fractions are no categories."""
    numbers = _floats(plain)
    with np.errstate(invalid="ignore"):
        broken = ~np.isnan(numbers) & ((numbers != np.floor(numbers)) | (np.abs(numbers) > _EXACT))
    if broken.any():
        raise place.rows(WrongType, broken, values, "is no text and no whole number", _remedy(values, _CATEGORY))
    return pd.Series(numbers).astype("Int64")


def _carried(values: Column, place: Place) -> Column:
    """Return a carried column in the normal form of what it holds: moments, numbers or text (of nothing: text).

    A date, a time and a length of time are kept as text, as they are written.
    """
    plain = _plain(values)
    kind = "empty" if _empty(plain) else types.infer_dtype(plain, skipna=True)
    if kind in ("date", "time", "timedelta", "timedelta64", "period"):
        return plain.astype(object).where(plain.notna(), None).map(str, na_action="ignore").astype("str")
    if kind in ("datetime", "datetime64"):
        return _stamps(plain, place)
    numeric = kind in ("boolean", "integer", "integer-na", "floating", "mixed-integer-float", "decimal")
    return _numbers(plain, place) if numeric else _text(plain, place)


def _plain(values: Column) -> Column:
    """Return a column of categories, of Arrow's own types or of a sparse array as a column of its values."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype(object)
    if isinstance(values.dtype, pd.SparseDtype):
        return values.astype(values.dtype.subtype)
    if isinstance(values.dtype, pd.ArrowDtype):
        plain = values.astype(object).where(values.notna(), None)
        return plain.infer_objects() if values.notna().all() else plain
    return values


def _numeric(dtype: Any) -> bool:
    return bool((types.is_numeric_dtype(dtype) or types.is_bool_dtype(dtype)) and not types.is_complex_dtype(dtype))


def _floats(values: Column) -> Any:
    """Return float64, missing values NaN; a number beyond the range of float64 becomes infinite."""
    if not types.is_object_dtype(values.dtype):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.fromiter((_float(value) for value in values.where(values.notna(), None)), float, len(values))


def _float(value: Any) -> float:
    if value is None:
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _wrong(values: Column, place: Place, fits: Callable[[Any], bool], needed: str, remedy: str) -> DataError | None:
    """Return the error about the values that do not fit, None when all do."""
    known = values.notna().to_numpy()
    wrong = known & ~np.fromiter((fits(value) for value in values), bool, len(values))
    if not wrong.any():
        return None
    return place.rows(WrongType, wrong, values, f"is not {needed}", _remedy(values[wrong], remedy))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal | np.number | np.bool_) and not isinstance(value, complex)


def _encodable(value: Any) -> bool:
    try:
        return not isinstance(value, str) or value.encode() is not None
    except UnicodeEncodeError:
        return False


def _empty(values: Column) -> bool:
    return not values.notna().any()
