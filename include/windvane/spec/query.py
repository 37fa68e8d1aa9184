"""Named slices by a condition on columns: `age < 30 and region in ['north', 'west']`, and nothing that could run."""

from __future__ import annotations

import ast
from collections.abc import Collection

from windvane.spec.base import unknown

_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.Compare,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.List,
    ast.Tuple,
)


def parsed(query: str) -> ast.expr:
    """Return the condition's syntax tree.

    Raises:
        ValueError: It holds more than columns, constants, comparisons, `in`, `and`, `or` and `not`.
    """
    try:
        tree = ast.parse(query.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        told = f"{query!r:.80} is not a condition"
        raise ValueError(f"{told}; write it like \"age < 30 and region == 'north'\"") from None
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            told = f"{query!r:.80} uses {type(node).__name__}"
            raise ValueError(f"{told}; a condition holds columns, constants, comparisons, in, and, or, not")
    if not isinstance(tree.body, ast.Compare | ast.BoolOp) and not _negated(tree.body):
        raise ValueError(f"{query!r:.80} is neither true nor false of a row; compare a column with something")
    return tree.body


def query_problems(query: str, columns: Collection[str]) -> list[str]:
    """Return what is wrong with a condition over these columns."""
    try:
        tree = parsed(query)
    except ValueError as error:
        return [str(error)]
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return [unknown(f"column {name!r}", name, columns) for name in names if name not in columns]


def _negated(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
