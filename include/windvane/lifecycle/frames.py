"""The wall against bad rows: a window's frame is either normalised, or refused with a named error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from pandas.api import types

from windvane.errors import (
    DataError,
    DuplicateKey,
    EmptyColumn,
    EmptyWindow,
    InfiniteValue,
    InvalidTarget,
    MissingColumn,
    MissingOutcomes,
    NaiveTimestamp,
    OneClass,
    OutsideWindow,
    SourceFailed,
    TooFewRows,
    UnexpectedColumn,
    WrongType,
    nearest,
)
from windvane.spec import Model
from windvane.windows import Window

Column = pd.Series  # of any type: what a source hands in is not known before it is checked

_STAMP = "datetime64[us, UTC]"
_EXACT = 2**53
"""Whole numbers up to here survive a float column (IEEE 754 binary64)."""
_FEWEST = 10
"""Fewer outcomes in a window than this cannot be cut into training and holdout rows worth the name."""


class _Place(NamedTuple):
    """Where a value stands, for messages."""

    model: str
    window: str
    column: str

    def error(self, kind: type[DataError], told: str, remedy: str) -> DataError:
        return kind(f"{self.model} {self.window}: column {self.column!r} {told}", remedy)

    def rows(self, kind: type[DataError], wrong: Any, values: Column, told: str, remedy: str) -> DataError:
        """Return an error that counts the offending rows and shows the first value."""
        count = int(np.count_nonzero(wrong))
        first = values.iloc[int(np.flatnonzero(wrong)[0])]
        return self.error(kind, f"{told} in {_counted(count, len(values))}, first {_shown(first)}", remedy)


def check_frame(frame: pd.DataFrame, model: Model, window: Window) -> pd.DataFrame:
    """Return a window's rows in their one normal form, or refuse them.

    Args:
        frame: What the source returned.
        model: The spec that declares the columns.
        window: The window the rows belong to.

    Returns:
        The columns of `model.columns` in that order; event time `datetime64[us, UTC]`, numbers float64 (booleans
        become 0 and 1), categories text (whole numbers and booleans become text), missing values missing; sorted by
        event time, then key; index 0 to n-1.

    Raises:
        SourceFailed: It is not a frame.
        EmptyWindow: It has no rows.
        MissingColumn, UnexpectedColumn: Its columns are not the declared ones, each once.
        WrongType, NaiveTimestamp, OutsideWindow, DuplicateKey, InfiniteValue, InvalidTarget: Values are wrong; the
            message counts the rows and shows the first value.
    """
    if not isinstance(frame, pd.DataFrame):
        cause = f"{model.name} {window}: the source returned {_shown(frame)}, a {type(frame).__name__}"
        raise SourceFailed(cause, "return a pandas DataFrame, one row an entity")
    if not len(frame):
        cause = f"{model.name} {window}: no row from {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
        raise EmptyWindow(cause, "choose a window with data, or check the source")
    _check_columns(frame, model, window)
    normal: dict[str, Any] = {}
    for name in model.columns:
        place = _Place(model.name, window.key, name)
        normal[name] = _normaliser(name, model, window)(frame[name].reset_index(drop=True), place)
    checked = pd.DataFrame(normal)
    return checked.sort_values([model.event_time, model.key], ignore_index=True)


def check_outcomes(frame: pd.DataFrame, model: Model, window: Window) -> None:
    """Refuse a checked window whose rows nothing can be learnt from.

    Whether all training rows together are enough, and of more than one class, is judged when they are together; here
    a single class is refused when the window stands alone.

    Raises:
        EmptyColumn: A feature without a single value.
        MissingOutcomes: A larger share of outcomes is unknown than `max_missing_outcomes`.
        TooFewRows: Fewer than ten outcomes.
        OneClass: The window is all there is to train on, and its outcomes have one class.
    """
    where = f"{model.name} {window}"
    for name in model.features.from_source:
        if not frame[name].notna().any():
            cause = f"{where}: feature {name!r} has no value in any of {len(frame):,} rows"
            raise EmptyColumn(cause, "mend the source, or take the column out of the features")
    target = frame[model.target]
    known = target.dropna()
    share = 1 - len(known) / len(frame)
    if share > model.max_missing_outcomes:
        cause = (
            f"{where}: {model.target!r} is missing in {_counted(len(frame) - len(known), len(frame))} "
            f"({share:.1%}, allowed {model.max_missing_outcomes:.1%})"
        )
        raise MissingOutcomes(cause, "run again when the outcomes are there, or raise max_missing_outcomes")
    if len(known) < _FEWEST:
        cause = f"{where}: {_rows(len(known))} with outcomes, fewer than {_FEWEST}"
        raise TooFewRows(cause, "use a longer window: its last part is the holdout")
    alone = len(model.history_of(window)) == 1
    if alone and model.task != "regression" and known.nunique() == 1:
        cause = f"{where}: all {len(known):,} known outcomes are {model.target}={_shown(known.iloc[0])}"
        raise OneClass(cause, "a classifier needs two classes: check the target, use a longer window, or widen history")


def _check_columns(frame: pd.DataFrame, model: Model, window: Window) -> None:
    where = f"{model.name} {window}"
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        cause = f"{where}: column {_shown(twice[0])} comes {int((frame.columns == twice[0]).sum())} times"
        raise UnexpectedColumn(cause, "deliver each column once")
    absent = [name for name in model.columns if name not in frame.columns]
    if absent:
        known = [str(name) for name in frame.columns]
        more = f" (and {len(absent) - 1} more: {', '.join(map(repr, absent[1:6]))})" if len(absent) > 1 else ""
        if absent[0] in frame.index.names:
            cause = f"{where}: column {absent[0]!r} is the frame's index{more}"
            raise MissingColumn(cause, "return frame.reset_index()")
        cause = f"{where}: column {absent[0]!r} is missing{more}{nearest(absent[0], known)}"
        raise MissingColumn(cause, "deliver the column, or correct its name in the spec")
    extra = [name for name in frame.columns if name not in model.columns]
    if extra:
        more = f" (and {len(extra) - 1} more)" if len(extra) > 1 else ""
        cause = f"{where}: column {_shown(extra[0])} is not declared{more}{nearest(str(extra[0]), model.columns)}"
        raise UnexpectedColumn(cause, "drop it in the source, or declare it under features or carry")


def _normaliser(name: str, model: Model, window: Window) -> Callable[[Column, _Place], Column]:
    """Return what turns a column of this role into its normal form."""
    if name == model.event_time:
        return lambda values, place: _moments(values, place, window)
    if name == model.key:
        return _keys
    if name == model.target:
        return {"binary": _flags, "multiclass": _text, "regression": _numbers}[model.task]
    if name in model.features.from_source:
        return _text if name in model.features.categories else _numbers
    return _carried


def _moments(values: Column, place: _Place, window: Window) -> Column:
    """Return event times in UTC; every row must have one, with a time zone, inside the window."""
    stamps = _stamps(values, place)
    missing = stamps.isna()
    if missing.any():
        raise place.rows(WrongType, missing, values, "has no event time", "every row needs the moment it happened at")
    outside = ((stamps < window.start) | (stamps >= window.end)).to_numpy()
    if outside.any():
        told = f"is not in [{window.start:%Y-%m-%d %H:%M}, {window.end:%Y-%m-%d %H:%M}) UTC"
        raise place.rows(OutsideWindow, outside, stamps, told, "return the rows of the window that was asked for")
    return stamps


def _stamps(values: Column, place: _Place) -> Column:
    """Return moments in UTC, missing ones as NaT."""
    if types.is_object_dtype(values.dtype):
        kind = types.infer_dtype(values, skipna=True)
        if kind not in ("datetime", "empty"):
            raise _wrong(values, place, lambda value: hasattr(value, "tzinfo"), "a moment", _AWARE)
        naive = np.fromiter((getattr(value, "tzinfo", 0) is None for value in values), bool, len(values))
        naive &= values.notna().to_numpy()
        if naive.any():
            raise place.rows(NaiveTimestamp, naive, values, "has no time zone", _AWARE)
        return pd.to_datetime(values, utc=True).astype(_STAMP)
    if not types.is_datetime64_any_dtype(values.dtype):
        raise place.error(WrongType, f"holds {values.dtype}, first {_shown(_first(values))}; a moment is needed", _AWARE)
    if values.dt.tz is None:
        raise place.rows(NaiveTimestamp, np.ones(len(values), dtype=bool), values, "has no time zone", _AWARE)
    return values.dt.tz_convert("UTC").astype(_STAMP)


def _keys(values: Column, place: _Place) -> Column:
    """Return keys as text or 64-bit integers, none missing, none twice."""
    missing = values.isna().to_numpy()
    if missing.any():
        raise place.error(
            WrongType,
            f"is the key and has no value in {_counted(int(missing.sum()), len(values))}, first row {int(missing.argmax())}",
            "give every row its entity's identifier",
        )
    if types.is_object_dtype(values.dtype) and all(isinstance(value, UUID) for value in values):
        values = values.map(str)
    plain = _plain(values)
    if types.is_integer_dtype(plain.dtype):
        large = (plain > np.iinfo(np.int64).max).to_numpy(dtype=bool)
        if large.any():
            raise place.rows(WrongType, large, values, "does not fit 64 bits", "deliver such keys as text")
        keys = plain.astype("int64")
    elif types.is_float_dtype(plain.dtype) or types.is_bool_dtype(plain.dtype):
        told = f"is the key and holds {values.dtype}, first {_shown(_first(values))}; text or integers are needed"
        raise place.error(WrongType, told, "deliver the identifier as text or as an integer column")
    else:
        keys = _text(plain, place)
    again = keys.duplicated().to_numpy()
    if again.any():
        raise place.rows(DuplicateKey, again, keys, "repeats a key", "deliver one row a key, or declare another key")
    return keys


def _numbers(values: Column, place: _Place) -> Column:
    """Return float64; booleans count, text does not, infinities are refused."""
    plain = _plain(values)
    if types.is_object_dtype(plain.dtype):
        kind = types.infer_dtype(plain, skipna=True)
        if kind not in ("boolean", "integer", "floating", "mixed-integer-float", "decimal", "empty"):
            problem = _wrong(plain, place, _is_number, "a number", _NUMBER)
            if problem:
                raise problem
    elif not _numeric(plain.dtype):
        told = f"holds {values.dtype}, first {_shown(_first(values))}; a number is needed"
        raise place.error(WrongType, told, _NUMBER)
    numbers = pd.Series(_floats(plain, place))
    infinite = np.isinf(numbers.to_numpy())
    if infinite.any():
        raise place.rows(InfiniteValue, infinite, values, "is infinite", "mend the source, or deliver a missing value")
    return numbers


def _flags(values: Column, place: _Place) -> Column:
    """Return a binary target as 0.0, 1.0 or missing."""
    plain = _plain(values)
    known = plain.notna().to_numpy()
    if types.is_object_dtype(plain.dtype) or not _numeric(plain.dtype):
        allowed = np.fromiter((_is_number(value) and value in (0, 1) for value in plain.astype(object)), bool, len(plain))
    else:
        allowed = plain.isin([0, 1]).to_numpy(dtype=bool)
    wrong = known & ~allowed
    if wrong.any():
        raise place.rows(InvalidTarget, wrong, values, "is neither 0 nor 1", _BINARY)
    return pd.Series(_floats(plain, place))


def _text(values: Column, place: _Place) -> Column:
    """Return text; whole numbers and booleans are written out, so that `3`, `3.0` and `"3"` are one value."""
    plain = _plain(values)
    kind = types.infer_dtype(plain, skipna=True)
    if kind in ("floating", "mixed-integer-float", "integer", "integer-na", "decimal"):
        plain = _whole(plain, values, place)
    elif kind not in ("string", "boolean", "empty") and not _empty(plain):
        problem = _wrong(plain, place, lambda value: isinstance(value, str), "text", _CATEGORY)
        told = f"holds {values.dtype}, first {_shown(_first(values))}; text is needed"
        raise problem or place.error(WrongType, told, _CATEGORY)
    try:
        if kind == "string":
            return plain.astype("str")
        return plain.astype(object).where(plain.notna(), None).map(str, na_action="ignore").astype("str")
    except UnicodeEncodeError:
        broken = np.fromiter((not _encodable(value) for value in plain), bool, len(plain))
        told, remedy = "is not valid Unicode text", "decode the text correctly in the source"
        raise place.rows(WrongType, broken, plain, told, remedy) from None


def _whole(plain: Column, values: Column, place: _Place) -> Column:
    """Return whole numbers as nullable integers; fractions are no categories."""
    if types.is_integer_dtype(plain.dtype):
        return plain
    numbers = _floats(plain, place)
    with np.errstate(invalid="ignore"):
        broken = ~np.isnan(numbers) & ((numbers != np.floor(numbers)) | (np.abs(numbers) > _EXACT))
    if broken.any():
        raise place.rows(WrongType, broken, values, "is no text and no whole number", _CATEGORY)
    return pd.Series(numbers).astype("Int64")


def _carried(values: Column, place: _Place) -> Column:
    """Return a carried column in the normal form of what it holds: moments, numbers or text."""
    plain = _plain(values)
    kind = types.infer_dtype(plain, skipna=True)
    if kind in ("datetime", "datetime64"):
        return _stamps(plain, place)
    numeric = kind in ("boolean", "integer", "integer-na", "floating", "mixed-integer-float", "decimal")
    return _numbers(plain, place) if numeric else _text(plain, place)


def _plain(values: Column) -> Column:
    """Return a categorical column as a column of its values."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype(object).infer_objects()
    return values


def _numeric(dtype: Any) -> bool:
    return bool((types.is_numeric_dtype(dtype) or types.is_bool_dtype(dtype)) and not types.is_complex_dtype(dtype))


def _floats(values: Column, place: _Place) -> Any:
    """Return float64, missing values NaN; a number beyond the range of float64 becomes infinite."""
    if not types.is_object_dtype(values.dtype):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.fromiter((_float(value, place) for value in values), float, len(values))


def _float(value: Any, place: _Place) -> float:
    if value is None or value is pd.NA or value is pd.NaT:
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    except ValueError:  # Decimal('sNaN') refuses to become anything
        raise place.error(WrongType, f"holds {_shown(value)}; a number is needed", _NUMBER) from None


def _wrong(
    values: Column, place: _Place, fits: Callable[[Any], bool], needed: str, remedy: str
) -> DataError | None:
    """Return the error about the values that do not fit, None when all do."""
    known = values.notna().to_numpy()
    wrong = known & ~np.fromiter((fits(value) for value in values), bool, len(values))
    return place.rows(WrongType, wrong, values, f"is not {needed}", remedy) if wrong.any() else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal | np.number | np.bool_) and not isinstance(value, complex)


def _encodable(value: Any) -> bool:
    try:
        return not isinstance(value, str) or value.encode() is not None
    except UnicodeEncodeError:
        return False


def _empty(values: Column) -> bool:
    return not values.notna().any()


def _first(values: Column) -> Any:
    known: Sequence[Any] = values.dropna().head(1).tolist()
    return known[0] if known else None


def _shown(value: object) -> str:
    text = repr(value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value)
    return text if len(text) <= 80 else text[:77] + "..."


def _counted(count: int, total: int) -> str:
    return f"{count:,} of {_rows(total)}"


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


_AWARE = "deliver timezone-aware moments, for example with pd.to_datetime(…, utc=True)"
_NUMBER = "convert it in the source, or declare it under categories"
_CATEGORY = "deliver text, or declare it under numbers"
_BINARY = "a binary target is 0, 1 or missing; use task='multiclass' for other labels"
