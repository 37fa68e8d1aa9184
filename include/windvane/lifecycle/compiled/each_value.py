"""Expectations about each value of a column: which ones are unexpected, as Great Expectations tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from windvane.lifecycle.compiled.columns import Array, Column, Columns
from windvane.lifecycle.compiled.results import is_number, of_rows

Found = dict[str, Any] | None
Given = Mapping[str, Any]


def not_null(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_not_be_null`."""
    column = columns.column(given["column"])
    return None if column.kind == "other" else of_rows(column, column.missing, _mostly(given), every=True)


def null(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_be_null`."""
    column = columns.column(given["column"])
    return None if column.kind == "other" else of_rows(column, ~column.missing, _mostly(given), every=True)


def unique(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_be_unique`."""
    column = columns.column(given["column"])
    if column.kind == "other":
        return None
    return of_rows(column, column.present.duplicated(keep=False).to_numpy(), _mostly(given))


def between(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_be_between` of numbers."""
    column = columns.column(given["column"])
    low, high = given.get("min_value"), given.get("max_value")
    if column.kind != "number" or (low is None and high is None):
        return None
    if low is not None and high is not None and low > high:
        return None
    if _inside(column.span, given):
        return of_rows(column, np.zeros(0, dtype=bool), _mostly(given))
    return of_rows(column, ~_within(column.present.to_numpy(), given), _mostly(given))


def in_set(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_be_in_set` of numbers and text."""
    column = columns.column(given["column"])
    if not _same_kind(column, given["value_set"]):
        return None
    return of_rows(column, ~column.present.isin(given["value_set"]).to_numpy(), _mostly(given))


def not_in_set(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_not_be_in_set` of numbers and text."""
    column = columns.column(given["column"])
    if not _same_kind(column, given["value_set"]):
        return None
    return of_rows(column, column.present.isin(given["value_set"]).to_numpy(), _mostly(given))


def match(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_match_regex` of text."""
    column = columns.column(given["column"])
    return of_rows(column, ~_matches(column, given["regex"]), _mostly(given)) if column.kind == "text" else None


def no_match(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_not_match_regex` of text."""
    column = columns.column(given["column"])
    return of_rows(column, _matches(column, given["regex"]), _mostly(given)) if column.kind == "text" else None


def lengths_between(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_value_lengths_to_be_between` of text."""
    column = columns.column(given["column"])
    low, high = given.get("min_value"), given.get("max_value")
    if column.kind != "text" or (low is None and high is None):
        return None
    return of_rows(column, ~_within(_lengths(column), given), _mostly(given))


def lengths_equal(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_value_lengths_to_equal` of text."""
    column = columns.column(given["column"])
    if column.kind != "text" or not is_number(given["value"]):
        return None
    return of_rows(column, _lengths(column) != given["value"], _mostly(given))


def increasing(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_be_increasing` of numbers."""
    return _ordered(given, columns, 1)


def decreasing(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_values_to_be_decreasing` of numbers."""
    return _ordered(given, columns, -1)


def _ordered(given: Given, columns: Columns, sign: int) -> Found:
    column = columns.column(given["column"])
    if column.kind != "number":
        return None
    steps = sign * column.present.diff().to_numpy()
    in_order = steps > 0 if given.get("strictly") else steps >= 0
    return of_rows(column, ~(in_order | np.isnan(steps)), _mostly(given))


def _mostly(given: Given) -> float:
    mostly = given.get("mostly")
    return 1.0 if mostly is None else float(mostly)


def _inside(span: tuple[Any, Any], given: Given) -> bool:
    """Tell whether all numbers keep within bounds, by the smallest and the largest."""
    return bool(_within(np.array(span), given).all())


def _within(values: Array, given: Given) -> Array:
    low, high = given.get("min_value"), given.get("max_value")
    within = np.ones(len(values), dtype=bool)
    if low is not None:
        within &= values > low if given.get("strict_min") else values >= low
    if high is not None:
        within &= values < high if given.get("strict_max") else values <= high
    return within


def _same_kind(column: Column, values: Any) -> bool:
    """Tell whether a set holds what the column may: else other rules of comparison apply."""
    if not isinstance(values, list | tuple | set) or not values:
        return False
    if column.kind == "text":
        return all(isinstance(value, str) for value in values)
    return column.kind == "number" and all(is_number(value) for value in values)


def _matches(column: Column, regex: Any) -> Array:
    if not isinstance(regex, str):
        raise TypeError(regex)
    found: Array = column.present.astype(str).str.contains(regex).to_numpy(dtype=bool)
    return found


def _lengths(column: Column) -> Array:
    found: Array = column.once("lengths", lambda: column.present.astype(str).str.len().to_numpy(dtype=np.int64))
    return found
