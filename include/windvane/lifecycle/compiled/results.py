"""Results as Great Expectations writes them, in the form that this project keeps (format SUMMARY, without times)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from windvane.lifecycle.compiled.columns import Array, Column

SHOWN = 20
"""Values that are shown of those that were not expected."""


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def of_rows(column: Column, unexpected: Array, mostly: float, every: bool = False) -> dict[str, Any] | None:
    """Return the result of an expectation about each value of a column.

    Args:
        column: The column.
        unexpected: Which of the values that are there were not expected; of all rows where `every` is True.
        mostly: The share that must be expected.
        every: Rows without a value count too.
    """
    rows, count = len(column.values), int(np.count_nonzero(unexpected))
    considered = rows if every else column.known
    if count and column.kind == "moment":
        return None  # how moments are shown is Great Expectations' own
    shown = (column.values if every else column.present).iloc[np.flatnonzero(unexpected)[:SHOWN]]
    values = list(shown)
    percent = count / considered * 100 if considered else None
    result: dict[str, Any] = {
        "element_count": rows,
        "unexpected_count": count,
        "unexpected_percent": percent,
        "partial_unexpected_list": values,
        "partial_unexpected_index_list": [int(label) for label in shown.index],
        "partial_unexpected_counts": _counted(values),
    }
    if not every:
        result["missing_count"] = rows - considered
        result["missing_percent"] = (rows - considered) / rows * 100
        result["unexpected_percent_total"] = count / rows * 100
        result["unexpected_percent_nonmissing"] = percent
    success = not considered or (float(considered) - float(count)) / float(considered) >= mostly
    return {"success": bool(success), "result": result}


def _counted(values: list[Any]) -> list[dict[str, Any]]:
    ordered = sorted(Counter(values).most_common(SHOWN), key=lambda item: (-item[1], item[0]))
    return [{"value": value, "count": count} for value, count in ordered]


def between(observed: Any, arguments: Any) -> dict[str, Any]:
    """Return the result of an expectation about one number of a column or table."""
    value = observed.item() if isinstance(observed, np.generic) else observed
    if value != value:  # noqa: PLR0124 (NaN)
        return {"success": False, "result": {"observed_value": None}}
    low, high = arguments.get("min_value"), arguments.get("max_value")
    above = low is None or (value > low if arguments.get("strict_min") else value >= low)
    below = high is None or (value < high if arguments.get("strict_max") else value <= high)
    return {"success": bool(above and below), "result": {"observed_value": value}}
