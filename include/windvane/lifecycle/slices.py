"""Cut rows into the slices that a gate's rules name: values of a column, bins of a number, or conditions."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.errors import WrongType
from windvane.lifecycle.metrics import Array
from windvane.spec.query import parsed
from windvane.spec.rules import Slices

if TYPE_CHECKING:
    import pandas as pd

MOST = 200
"""Most slices of one rule that are kept, the largest first."""


def slices_of(frame: pd.DataFrame, wanted: Slices) -> dict[str, Array]:
    """Return the positions of each slice's rows, by the slice's name: `origin=JFK`, `age in [30, 45)`, `query:young`.

    Values that are missing are the slice `missing`; a condition that matches nothing is left out. Slices of fewer rows
    than any rule may judge (20) are left out too, and all but the 200 largest.
    """
    if wanted.column is None:
        named = {f"query:{name}": np.flatnonzero(holds(query, frame)) for name, query in wanted.queries.items()}
        return {name: rows for name, rows in named.items() if len(rows)}
    found = dict(_bins(frame, wanted.column, wanted.bins) if wanted.bins else _values(frame, wanted.column))
    large = sorted((name for name in found if len(found[name]) >= 20), key=lambda name: (-len(found[name]), name))
    return {name: found[name] for name in sorted(large[:MOST])}


def _values(frame: pd.DataFrame, column: str) -> Iterator[tuple[str, Array]]:
    import pandas as pd

    codes, values = pd.factorize(frame[column])
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes + 1, minlength=len(values) + 1))
    for index, rows in enumerate(np.split(order, ends[:-1])):
        if len(rows):
            yield f"{column}={'missing' if index == 0 else values[index - 1]}", rows


def _bins(frame: pd.DataFrame, column: str, edges: tuple[float, ...]) -> Iterator[tuple[str, Array]]:
    values = frame[column].to_numpy(dtype=float, na_value=np.nan)
    ends = [-np.inf, *edges, np.inf]
    place = np.searchsorted(np.asarray(edges), values, side="right")
    place[np.isnan(values)] = len(edges) + 1
    for index in range(len(edges) + 2):
        rows = np.flatnonzero(place == index)
        if index > len(edges):
            name = f"{column} in missing"
        elif index == 0:
            name = f"{column} in (-inf, {edges[0]:g})"
        else:
            name = f"{column} in [{ends[index]:g}, {ends[index + 1]:g})"
        yield name, rows


def holds(query: str, frame: pd.DataFrame) -> Array:
    """Return where a condition holds, shape n; a comparison with a missing value does not hold.

    The condition is walked as a tree of comparisons; nothing in it is ever run as code.

    Raises:
        WrongType: A number is compared with text.
    """
    return np.asarray(_truth(parsed(query), frame), dtype=bool) & np.ones(len(frame), dtype=bool)


def _truth(node: ast.expr, frame: pd.DataFrame) -> Any:
    if isinstance(node, ast.BoolOp):
        parts = [_truth(value, frame) for value in node.values]
        both = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return both.reduce([np.broadcast_to(part, len(frame)) for part in parts])
    if isinstance(node, ast.UnaryOp):
        return ~np.broadcast_to(_truth(node.operand, frame), len(frame))
    assert isinstance(node, ast.Compare)  # a condition holds nothing else: the spec checks it
    found, left = np.ones(len(frame), dtype=bool), node.left
    for comparison, right in zip(node.ops, node.comparators, strict=True):
        found = found & np.broadcast_to(_compared(comparison, left, right, frame), len(frame))
        left = right
    return found


def _compared(comparison: ast.cmpop, left: ast.expr, right: ast.expr, frame: pd.DataFrame) -> Any:
    import pandas as pd

    one, two = _value(left, frame), _value(right, frame)
    if isinstance(comparison, ast.In | ast.NotIn):
        inside = np.asarray(pd.Series(one).isin(list(two)))
        return inside if isinstance(comparison, ast.In) else ~inside
    known = np.ones(len(frame), dtype=bool)
    for side in (one, two):
        if isinstance(side, pd.Series):
            known &= side.notna().to_numpy()
    found = np.zeros(len(frame), dtype=bool)
    one, two = (side[known].to_numpy() if isinstance(side, pd.Series) else side for side in (one, two))
    try:
        found[known] = _OPERATORS[type(comparison)](one, two)
    except TypeError as error:
        cause = f"a slice compares {ast.unparse(left)} with {ast.unparse(right)}: {error}"
        raise WrongType(cause, "compare numbers with numbers, and text with text in quotes") from None
    return found


def _value(node: ast.expr, frame: pd.DataFrame) -> Any:
    if isinstance(node, ast.Name):
        return frame[node.id]
    return ast.literal_eval(node)


_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
