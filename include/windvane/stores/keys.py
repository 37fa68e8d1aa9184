"""One prediction found in a file of scores by its key, without reading the file's other row groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_NUMBER = re.compile(r"-?[0-9]+")


class WrongKey(ValueError):
    """A text that cannot be a key of this kind."""


def row_of(scores: IO[bytes], key: str) -> dict[str, Any] | None:
    """Return the row that has a key, its values as JSON holds them; None when there is none.

    Args:
        scores: A file that `write_scores` made: its first column is the key.
        key: The key as text; it is read as what the column holds.

    Raises:
        WrongKey: The column holds another kind of value.
    """
    with pq.ParquetFile(scores, pre_buffer=False) as file:
        column = file.schema_arrow.field(0)
    wanted = _value(key, column)
    scores.seek(0)
    found = pq.read_table(scores, filters=pc.field(column.name) == wanted, pre_buffer=False)
    return {name: _plain(value) for name, value in found.slice(0, 1).to_pylist()[0].items()} if len(found) else None


def rows_with(column: pa.ChunkedArray, keys: Sequence[str]) -> list[bool]:
    """Return which rows of a column of keys have one of these; a text that cannot be its key is in no row."""
    wanted = []
    for key in keys:
        with suppress(WrongKey):
            wanted.append(_value(key, pa.field("key", column.type)).as_py())
    known = pa.array(wanted, type=column.type)
    marked: list[bool] = pc.is_in(column, value_set=known).to_pylist()
    return marked


def span_of(scores: IO[bytes]) -> tuple[Any, Any, int]:
    """Return the least and the greatest key of a file, as its statistics tell them, and its rows."""
    scores.seek(0)
    with pq.ParquetFile(scores, pre_buffer=False) as file:
        groups = [file.metadata.row_group(index).column(0).statistics for index in range(file.num_row_groups)]
        known = [group for group in groups if group is not None and group.has_min_max]
        low = min((group.min for group in known), default=None)
        high = max((group.max for group in known), default=None)
        return low, high, file.metadata.num_rows


def _value(key: str, column: pa.Field) -> pa.Scalar:
    kind = column.type
    wrong = WrongKey(f"keys in column {column.name!r} are {kind}, {key!r:.90} is none")
    if pa.types.is_integer(kind) and not _NUMBER.fullmatch(key):
        raise wrong
    try:
        return pa.scalar(key, kind) if pa.types.is_string(kind) else pa.scalar(key).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeEncodeError) as error:
        raise wrong from error


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
