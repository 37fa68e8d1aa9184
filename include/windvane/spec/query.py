"""Named slices by a condition on columns: `age < 30 and region in ['north', 'west']`, and nothing that could run."""

from __future__ import annotations

import ast
from collections.abc import Collection

from windvane.spec.base import unknown

_ORDERS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def parsed(query: str) -> ast.expr:
    """Return the condition's syntax tree.

    Raises:
        ValueError: It holds more than comparisons of columns and constants, `in`, `and`, `or` and `not`.
    """
    try:
        tree = ast.parse(query.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        message = f"{query!r:.80} is not a condition"
        raise ValueError(f"{message}; write it like \"age < 30 and region == 'north'\"") from None
    wrong = _wrong(tree)
    if wrong is not None:
        message = f"{query!r:.80} uses {ast.unparse(wrong)!r:.40} where it cannot stand"
        raise ValueError(f"{message}; a condition compares columns with constants, joined by and, or, not")
    return tree


def query_problems(query: str, columns: Collection[str]) -> list[str]:
    """Return what is wrong with a condition over these columns."""
    try:
        tree = parsed(query)
    except ValueError as error:
        return [str(error)]
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return [unknown(f"column {name!r}", name, columns) for name in names if name not in columns]


def _wrong(node: ast.expr) -> ast.expr | None:
    """Return the first part of a condition that is none."""
    if isinstance(node, ast.BoolOp):
        return next((found for found in map(_wrong, node.values) if found is not None), None)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _wrong(node.operand)
    if not isinstance(node, ast.Compare):
        return node
    if not _is_constant(node.left) and not isinstance(node.left, ast.Name):
        return node.left
    for comparison, side in zip(node.ops, node.comparators, strict=True):
        listed = isinstance(comparison, ast.In | ast.NotIn)
        if listed and not (isinstance(side, ast.List | ast.Tuple) and all(map(_is_constant, side.elts))):
            return side
        if not listed and not (isinstance(comparison, _ORDERS) and (isinstance(side, ast.Name) or _is_constant(side))):
            return side
    return None


def _is_constant(node: ast.expr) -> bool:
    """True for a text, a number, or a negative number."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, int | float)
    return isinstance(node, ast.Constant) and isinstance(node.value, str | int | float)
