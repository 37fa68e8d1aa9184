"""Expectations about a table: its columns, its rows, and keys of several columns."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import pandas as pd

from windvane.lifecycle.compiled.columns import Columns
from windvane.lifecycle.compiled.results import between, is_number

Found = dict[str, Any] | None
Given = Mapping[str, Any]


def row_count(given: Given, columns: Columns) -> Found:
    """Answer `expect_table_row_count_to_be_between`."""
    return between(columns.rows, given)


def row_count_equals(given: Given, columns: Columns) -> Found:
    """Answer `expect_table_row_count_to_equal`."""
    return _equals(given, columns.rows)


def column_count(given: Given, columns: Columns) -> Found:
    """Answer `expect_table_column_count_to_be_between`."""
    return between(len(columns.names), given)


def column_count_equals(given: Given, columns: Columns) -> Found:
    """Answer `expect_table_column_count_to_equal`."""
    return _equals(given, len(columns.names))


def exists(given: Given, columns: Columns) -> Found:
    """Answer `expect_column_to_exist`, wherever the column stands."""
    return {"success": given["column"] in columns.names, "result": {}}


def ordered_list(given: Given, columns: Columns) -> Found:
    """Answer `expect_table_columns_to_match_ordered_list`."""
    expected, names = given["column_list"], columns.names
    if not _texts(expected):
        return None
    if expected == names:
        return {"success": True, "result": {"observed_value": names}}
    pairs = enumerate(zip_longest(expected, names))
    wrong = [
        {"Expected Column Position": place, "Expected": one, "Found": other}
        for place, (one, other) in pairs
        if one != other
    ]
    return {"success": False, "result": {"observed_value": names, "details": {"mismatched": wrong}}}


def column_set(given: Given, columns: Columns) -> Found:
    """Answer `expect_table_columns_to_match_set`."""
    expected = given["column_set"]
    exact = given.get("exact_match", True)
    if not _texts(expected) or not isinstance(exact, bool):
        return None
    more, less = sorted(set(columns.names) - set(expected)), sorted(set(expected) - set(columns.names))
    result: dict[str, Any] = {"observed_value": sorted(columns.names)}
    if more or less:
        named = {"unexpected": more, "missing": less}
        result["details"] = {"mismatched": {name: some for name, some in named.items() if some}}
    return {"success": not (more or less) if exact else not less, "result": result}


def compound_unique(given: Given, columns: Columns) -> Found:
    """Answer `expect_compound_columns_to_be_unique` where it holds; rows that fail are shown by Great Expectations."""
    names = given["column_list"]
    if not _texts(names) or len(set(names)) != len(names):
        return None
    frame = pd.DataFrame({name: columns.column(name).values for name in names})
    frame = frame[~frame.isna().all(axis=1)]
    if not len(frame) or frame.duplicated(keep=False).any():
        return None
    missing = columns.rows - len(frame)
    result = {
        "element_count": columns.rows,
        "unexpected_count": 0,
        "unexpected_percent": 0.0,
        "partial_unexpected_list": [],
        "partial_unexpected_index_list": [],
        "partial_unexpected_counts": [],
        "missing_count": missing,
        "missing_percent": missing / columns.rows * 100,
        "unexpected_percent_total": 0.0,
        "unexpected_percent_nonmissing": 0.0,
    }
    return {"success": True, "result": result}


def _equals(given: Given, count: int) -> Found:
    value = given["value"]
    return {"success": count == value, "result": {"observed_value": count}} if is_number(value) else None


def _texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
