"""What identifies a row: a column, several together, or its position in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from windvane.cli.propose.columns import names_something
from windvane.cli.propose.kinds import is_named_like_a_key, kind_of, snake
from windvane.cli.propose.look import Sample
from windvane.errors import DuplicateKey, WrongType

_PARTS = 12
"""Columns that are tried together."""
_MOST_PARTS = 4


@dataclass(frozen=True)
class RowKey:
    """A key, and why.

    Args:
        columns: Its columns; none: the position in the file.
        why: One reason.
    """

    columns: tuple[str, ...]
    why: str

    @property
    def shown(self) -> str:
        """How people read it."""
        return " + ".join(self.columns) or "position in the file"


def key_of(name: str, sample: Sample, given: Sequence[str], target: str) -> RowKey:
    """Return what identifies a row.

    Args:
        name: The model's name; `loan_id` is likely of a model `loans`.
        sample: The sample.
        given: The columns that the user named, if any.
        target: The column to predict.

    Raises:
        MissingColumn, WrongType, DuplicateKey: The columns that the user named identify no row; or none of a table's.
    """
    if given:
        return _given(sample, given, target)
    columns = [str(one) for one in sample.frame.columns if str(one) not in (target, sample.time, *sample.parts)]
    unique = [one for one in columns if one in sample.unique]
    named = sorted((one for one in unique if _rank(one, name) < 9), key=lambda one: (_rank(one, name), one))
    if named:
        return RowKey((named[0],), f"unique in all {sample.rows:,} rows, and named like a key")
    for one in unique:
        values = _values(sample, one)
        if kind_of(values) == "text" or values.is_monotonic_increasing:
            return RowKey((one,), f"unique in all {sample.rows:,} rows")
    if sample.unique_times:
        return RowKey((sample.time,), "no column is unique, and the event time is")
    together = _together(name, sample, columns)
    if together:
        return RowKey(together, "unique together")
    if sample.files.kind == "table":
        cause = f"{sample.files}: no column identifies a row, nor do a few together"
        raise DuplicateKey(cause, "say which do: --key shop --key day; rows of a table have no position")
    why = "no columns are unique; it holds only while rows are added at the end of files, and none is taken out"
    return RowKey((), why)


def _together(name: str, sample: Sample, columns: Sequence[str]) -> tuple[str, ...]:
    """Return a few columns that identify a row together, the event time last; none where there are none."""
    likely = sorted(columns, key=lambda one: (_rank(one, name), kind_of(_values(sample, one)) != "text"))
    parts = [one for one in likely if _may_be_a_part(sample, one)][:_PARTS]
    found = [*parts, sample.time]
    if not sample.are_unique(found):
        return ()
    for one in [*parts[::-1], sample.time]:  # the least likely go first
        fewer = [kept for kept in found if kept != one]
        if fewer and sample.are_unique(fewer):
            found = fewer
    return tuple(found) if len(found) <= _MOST_PARTS else ()


def _values(sample: Sample, name: str) -> Any:
    return sample.frame[name]


def _may_be_a_part(sample: Sample, name: str) -> bool:
    values = _values(sample, name)
    named = kind_of(values) == "text" or (values.dtype.kind in "iu" and names_something(name))
    return named and bool(values.notna().all())


def _given(sample: Sample, given: Sequence[str], target: str) -> RowKey:
    for name in given:
        values = sample.column(name, "key")
        if name == target or (name == sample.time and len(given) == 1 and not sample.unique_times):
            cause = f"{sample.files}: the key {name!r} is the target or the event time"
            raise DuplicateKey(cause, "name another column, or several: --key shop --key day")
        missing = int(values.isna().sum())
        if missing:
            cause = f"{sample.files}, key {name!r}: {missing} rows have none"
            raise WrongType(cause, "name a column without missing values, or number the rows")
    whole = given[0] in sample.unique if len(given) == 1 and given[0] != sample.time else False
    if whole or (list(given) == [sample.time]) or sample.are_unique(list(given)):
        return RowKey(tuple(given), "you said so; it is unique")
    repeated = sample.frame.duplicated(list(given))
    shown = " + ".join(given)
    first = sample.frame.loc[repeated, list(given)].head(1).to_numpy().tolist()
    which = f", the first {first[0][0] if len(given) == 1 else first[0]!r}" if first else ""
    cause = f"{sample.files}, key {shown!r}: {int(repeated.sum()):,} rows repeat one{which}"
    raise DuplicateKey(cause, "name a column that identifies a row, or several: --key shop --key day")


def _rank(column: str, model: str) -> int:
    """Return how much a name looks like the key's, 0 the most, 9 not at all."""
    word, one = snake(column), model.rstrip("s")
    exact = ["id", f"{model}_id", f"{one}_id", f"{one}id", "key", "uuid"]
    if word in exact:
        return exact.index(word)
    return 8 if is_named_like_a_key(column) else 9
