"""Expectations about one number, or the set of values, of a whole column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from windvane.lifecycle.compiled.columns import Column, Columns
from windvane.lifecycle.compiled.results import SHOWN, between

Found = dict[str, Any] | None
Given = Mapping[str, Any]


def mean(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_mean_to_be_between`."""
    return _number(given, columns, "mean", lambda column: column.values.mean())


def median(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_median_to_be_between`."""
    return _number(given, columns, "median", lambda column: column.present.median())


def deviation(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_stdev_to_be_between`."""
    return _number(given, columns, "std", lambda column: column.values.std())


def total(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_sum_to_be_between`."""
    return _number(given, columns, "sum", lambda column: column.values.sum())


def smallest(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_min_to_be_between` of numbers."""
    return _number(given, columns, "min", lambda column: column.span[0])


def largest(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_max_to_be_between` of numbers."""
    return _number(given, columns, "max", lambda column: column.span[1])


def distinct(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_unique_value_count_to_be_between`."""
    column = columns.column(given["column"])
    return None if column.kind == "other" else between(_distinct(column), given)


def share_of_unique(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_proportion_of_unique_values_to_be_between`."""
    column = columns.column(given["column"])
    if column.kind == "other":
        return None
    return between(_distinct(column) / column.known if column.known else 0, given)


def distinct_in_set(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_distinct_values_to_be_in_set` of text."""
    column, values = columns.column(given["column"]), given["value_set"]
    if column.kind != "text" or not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    others = sorted(set(column.present.unique()) - set(values))
    result = {"observed_value": None, "unexpected_count": len(others), "partial_unexpected_list": others[:SHOWN]}
    return {"success": not others, "result": result}


def _number(given: Given, columns: Columns, name: str, compute: Callable[[Column], Any]) -> Found:
    column = columns.column(given["column"])
    return between(column.once(name, lambda: compute(column)), given) if column.kind == "number" else None


def _distinct(column: Column) -> int:
    return int(column.once("distinct", column.values.nunique))
