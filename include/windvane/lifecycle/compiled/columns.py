"""Columns of a window's rows, one at a time, with what several expectations ask of each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

Array = np.ndarray[Any, Any]
Plain = Literal["number", "text", "moment", "other"]


class Columns(ABC):
    """The rows of a window.

    Args:
        names: The columns, in their order.
        rows: How many rows.
    """

    def __init__(self, names: list[str], rows: int) -> None:
        self.names = names
        self.rows = rows
        self._last: dict[str, Column] = {}

    @abstractmethod
    def prepare(self, names: Collection[str]) -> None:
        """Get ready for reading some columns.

        Args:
            names: The columns that expectations name, there or not.
        """

    @abstractmethod
    def read(self, name: str) -> pd.Series[Any]:
        """Return a whole column; index 0 to n-1."""

    @abstractmethod
    def frame(self) -> pd.DataFrame:
        """Return all rows: for what cannot be answered column by column."""

    def column(self, name: str) -> Column:
        """Return a column with what is known of it; the last one stays in memory, and no other one.

        Raises:
            KeyError: There is none of that name.
        """
        if name not in self._last:
            if name not in self.names:
                raise KeyError(name)
            self._last = {name: Column(self.read(name))}
        return self._last[name]


class FrameColumns(Columns):
    """The rows of a window that are in memory anyway.

    Args:
        frame: The rows; index 0 to n-1.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        super().__init__([str(name) for name in frame.columns], len(frame))
        self._frame = frame

    def prepare(self, names: Collection[str]) -> None:
        """Do nothing: the columns are there; see `Columns.prepare`."""

    def read(self, name: str) -> pd.Series[Any]:
        """Return a whole column; see `Columns.read`."""
        return self._frame[name]

    def frame(self) -> pd.DataFrame:
        """Return all rows; see `Columns.frame`."""
        return self._frame


class Column:
    """One column, and what was computed of it: each once, however many expectations ask.

    Args:
        values: The column.
    """

    def __init__(self, values: pd.Series[Any]) -> None:
        self.values = values
        self._found: dict[str, Any] = {}

    @cached_property
    def kind(self) -> Plain:
        """What kind of values it holds."""
        dtype = self.values.dtype
        if dtype in (np.dtype("float64"), np.dtype("int64")):
            return "number"
        if isinstance(dtype, pd.DatetimeTZDtype):
            return "moment"
        return "text" if str(dtype) == "str" else "other"

    @cached_property
    def missing(self) -> Array:
        """Which rows have no value."""
        return self.values.isna().to_numpy()

    @cached_property
    def known(self) -> int:
        """How many rows have a value."""
        return len(self.values) - int(np.count_nonzero(self.missing))

    @cached_property
    def present(self) -> pd.Series[Any]:
        """The rows that have a value, under their own numbers."""
        return self.values if self.known == len(self.values) else self.values[~self.missing]

    @cached_property
    def span(self) -> tuple[Any, Any]:
        """The smallest and the largest number; NaN without any."""
        return self.values.min(), self.values.max()

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """Return what was computed under a name, computing it now if it was not."""
        if name not in self._found:
            self._found[name] = compute()
        return self._found[name]
