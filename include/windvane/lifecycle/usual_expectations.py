"""The expectations that every model has, answered without importing Great Expectations where all of them hold.

Rows come here checked, so they nearly always do; Great Expectations takes seconds to import. Where one does not hold,
Great Expectations itself is asked, and says what it found. The document is the one that it would write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windvane.spec import Model

if TYPE_CHECKING:
    import pandas as pd


def usual_results(frame: pd.DataFrame, model: Model) -> list[dict[str, Any]] | None:
    """Return a plain result for each of them; None where one does not hold, and where there are no rows.

    They are the declared columns, a key that is unique and never missing, and an event time that is never missing.

    Args:
        frame: Checked rows.
        model: The spec.
    """
    columns = list(model.columns)
    if not len(frame) or sorted(frame.columns) != sorted(columns):
        return None
    if frame[model.key].isna().any() or frame[model.event_time].isna().any() or not frame[model.key].is_unique:
        return None
    rows = len(frame)
    return [
        _held("expect_table_columns_to_match_set", {"column_set": columns}, {"observed_value": sorted(columns)}),
        _held("expect_column_values_to_not_be_null", {"column": model.key}, _none(rows)),
        _held("expect_column_values_to_be_unique", {"column": model.key}, _none(rows) | _MISSING),
        _held("expect_column_values_to_not_be_null", {"column": model.event_time}, _none(rows)),
    ]


_MISSING = {
    "missing_count": 0,
    "missing_percent": 0.0,
    "unexpected_percent_nonmissing": 0.0,
    "unexpected_percent_total": 0.0,
}


def _none(rows: int) -> dict[str, Any]:
    """Return the result of an expectation about each row that all of them meet."""
    return {
        "element_count": rows,
        "unexpected_count": 0,
        "unexpected_percent": 0.0,
        "partial_unexpected_list": [],
        "partial_unexpected_index_list": [],
        "partial_unexpected_counts": [],
    }


def _held(kind: str, arguments: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Return one plain result, as `expectations._plain_result` leaves that of Great Expectations."""
    return {
        "success": True,
        "expectation_config": {"type": kind, "kwargs": arguments, "meta": {}, "severity": "critical"},
        "result": result,
        "meta": {},
        "exception_info": {"raised_exception": False, "exception_message": None},
    }
