"""The wall against bad rows: a window's frame is either normalised, or refused with a named error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from windvane.errors import (
    EmptyColumn,
    EmptyWindow,
    MissingColumn,
    MissingOutcomes,
    OneClass,
    SourceFailed,
    TooFewRows,
    UnexpectedColumn,
    nearest,
)
from windvane.lifecycle.columns import Place, normal
from windvane.lifecycle.keys import keyed
from windvane.lifecycle.wording import counted, percent, rows, shown
from windvane.spec import Model
from windvane.windows import Window

_FEWEST = 10
"""Fewer outcomes in a window than this cannot be cut into training and holdout rows worth the name."""


def check_chunks(frames: Iterable[Any], model: Model, window: Window) -> Iterator[pd.DataFrame]:
    """Yield the rows of a window, piece by piece, in their one normal form, or refuse them (see `check_frame`).

    What only all rows together can tell is for whoever brings them together: whether a key comes in two pieces, and
    whether a carried column holds one kind of value in all of them.

    Raises:
        EmptyWindow: There is no row in any piece.
        SourceFailed, DataError: As `check_frame`; a message counts the rows of its piece.
    """
    found = False
    for frame in frames:
        if not isinstance(frame, pd.DataFrame) or len(frame):
            found = True
            yield check_frame(frame, model, window)
    if not found:
        check_frame(pd.DataFrame(), model, window)


def check_frame(frame: Any, model: Model, window: Window) -> pd.DataFrame:
    """Return a window's rows in their one normal form, or refuse them.

    Args:
        frame: What the source returned: a DataFrame, if all is well.
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
        cause = f"{model.name} {window}: the source returned {shown(frame)}, a {type(frame).__name__}"
        raise SourceFailed(cause, "return a pandas DataFrame, one row an entity")
    if not len(frame):
        cause = f"{model.name} {window}: no row from {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
        raise EmptyWindow(cause, "choose a window with data, or check the source")
    frame = keyed(frame, model, window)
    _check_columns(frame, model, window)
    columns: dict[str, Any] = {}
    for name in model.columns:
        place = Place(model.name, window.key, name)
        columns[name] = normal(frame[name].reset_index(drop=True), place, model, window)
    checked = pd.DataFrame(columns)
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
        if name not in model.source.reading.may_lack and not frame[name].notna().any():
            cause = f"{where}: feature {name!r} has no value in any of {len(frame):,} rows"
            raise EmptyColumn(cause, "mend the source, or take the column out of the features")
    target = frame[model.target]
    known = target.dropna()
    share = 1 - len(known) / len(frame)
    if share > model.max_missing_outcomes:
        cause = (
            f"{where}: {model.target!r} is missing in {counted(len(frame) - len(known), len(frame))} "
            f"({percent(share, 1)}, allowed {percent(model.max_missing_outcomes, 1)})"
        )
        raise MissingOutcomes(cause, "run again when the outcomes are there, or raise max_missing_outcomes")
    if len(known) < _FEWEST:
        cause = f"{where}: {rows(len(known))} with outcomes, fewer than {_FEWEST}"
        raise TooFewRows(cause, "use a longer window: its last part is the holdout")
    alone = len(model.history_of(window)) == 1
    if alone and model.task != "regression" and known.nunique() == 1:
        cause = f"{where}: all {len(known):,} known outcomes are {model.target}={shown(known.iloc[0])}"
        raise OneClass(cause, "a classifier needs two classes: check the target, use a longer window, or widen history")


def _check_columns(frame: pd.DataFrame, model: Model, window: Window) -> None:
    where = f"{model.name} {window}"
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        cause = f"{where}: column {shown(twice[0])} comes {int((frame.columns == twice[0]).sum())} times"
        raise UnexpectedColumn(cause, "deliver each column once")
    absent = [name for name in model.columns if name not in frame.columns]
    if absent:
        known = [str(name) for name in frame.columns]
        more = f" (and {len(absent) - 1} more: {', '.join(map(repr, absent[1:6]))})" if len(absent) > 1 else ""
        if absent[0] in frame.index.names:
            cause = f"{where}: column {absent[0]!r} is the frame's index{more}"
            raise MissingColumn(cause, "return frame.reset_index()")
        cause = f"{where}: column {absent[0]!r} is missing{more}{nearest(absent[0], known)}"
        remedy = "deliver the column, correct its name in the spec, or let the source do without it: optional=[…]"
        raise MissingColumn(cause, remedy)
    extra = [name for name in frame.columns if name not in model.columns]
    if extra:
        more = f" (and {len(extra) - 1} more)" if len(extra) > 1 else ""
        cause = f"{where}: column {shown(extra[0])} is not declared{more}{nearest(str(extra[0]), model.columns)}"
        remedy = "leave it in the source, ignore=[…], or declare it under features or carry"
        raise UnexpectedColumn(cause, remedy)
