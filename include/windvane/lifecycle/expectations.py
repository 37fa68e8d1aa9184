"""Expectations: hold a window's rows to what was declared. Great Expectations is imported for what needs it only."""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from windvane.lifecycle.compiled import Columns, FrameColumns, answered
from windvane.lifecycle.passed_on import asked, plain
from windvane.lifecycle.suites import Expected, expected
from windvane.results import ExpectationResult, Validation
from windvane.spec import Model, canonical_json
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

_SUMMARIES = frozenset(
    {
        "expect_column_kl_divergence_to_be_less_than",
        "expect_column_mean_to_be_between",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_stdev_to_be_between",
        "expect_column_sum_to_be_between",
        "expect_column_to_exist",
        "expect_column_unique_value_count_to_be_between",
        "expect_table_column_count_to_be_between",
        "expect_table_column_count_to_equal",
        "expect_table_columns_to_match_ordered_list",
        "expect_table_columns_to_match_set",
        "expect_table_row_count_to_be_between",
        "expect_table_row_count_to_equal",
    }
)
"""Expectations whose observed value sums up a column, or names columns; that of any other may be a value of a row."""

_COLUMNS = ("column", "column_A", "column_B")
"""Arguments that name a column."""


def run_expectations(
    rows: pd.DataFrame | Columns, expectations: Any, model: Model, window: Window, snapshot: str
) -> tuple[Validation, bytes]:
    """Hold a window's rows to expectations.

    An expectation that raises inside Great Expectations has failed, with the exception's message. Nothing is sent
    anywhere, nothing is written, no progress bar is drawn.

    Args:
        rows: Checked rows, in their normal form (categories are text), in memory or column by column.
        expectations: A list of expectations, an `ExpectationSuite`, a kept `Suite`, or None for those that every model
            has: the declared columns, a key that is unique and never missing, an event time that is never missing.
        model: The spec.
        window: The window.
        snapshot: Digest of the snapshot the rows come from.

    Returns:
        The outcome a person reads (its `document` is not filled in), and Great Expectations' own result document as
        JSON without times and run ids: the same rows give the same bytes, whoever answered.

    Raises:
        SpecError: `expectations` is something else.
    """
    columns = rows if isinstance(rows, Columns) else FrameColumns(rows)
    documents = _documents(columns, expected(expectations, model), model)
    results = tuple(_rendered(item, model) for item in documents)
    success = all(item.success for item in results)
    document = {
        "suite_name": model.name,
        "success": success,
        "results": documents,
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": sum(r.success for r in results),
        },
        "meta": {"window": window.key, "snapshot": snapshot, "great_expectations_version": _version()},
    }
    return Validation(snapshot=snapshot, success=success, results=results), canonical_json(document).encode()


def _documents(columns: Columns, wanted: list[Expected], model: Model) -> list[dict[str, Any]]:
    """Return a plain result of each: answered here, column by column, or by Great Expectations, which is told."""
    columns.prepare({name for item in wanted for name in _named(item)})
    found: dict[int, dict[str, Any]] = {}
    for place in sorted(range(len(wanted)), key=lambda index: (_column_of(wanted[index]), index)):
        configuration = wanted[place].configuration
        answer = answered(configuration, columns) if configuration is not None else None
        if answer is not None:
            found[place] = plain({"expectation_config": configuration} | answer)
    others = [place for place in range(len(wanted)) if place not in found]
    if others:
        passed = [wanted[place].made for place in others]
        kinds = ", ".join(sorted({type(item).__name__ for item in passed}))
        logger.info("%s: Great Expectations answers %d of %d: %s", model.name, len(others), len(wanted), kinds)
        found |= dict(zip(others, asked(columns.frame(), passed, model), strict=True))
    return [found[place] for place in range(len(wanted))]


def _named(item: Expected) -> list[str]:
    """Return the columns that an expectation names."""
    arguments = (item.configuration or {}).get("kwargs", {})
    several = arguments.get("column_list")
    return [*(arguments[name] for name in _COLUMNS if name in arguments), *(several or ())]


def _column_of(item: Expected) -> str:
    """Return the column that an expectation is about: those of one column are answered together."""
    return str((item.configuration or {}).get("kwargs", {}).get("column", ""))


def _rendered(item: dict[str, Any], model: Model) -> ExpectationResult:
    kwargs, result = item["expectation_config"]["kwargs"], item["result"]
    column = kwargs.get("column")
    severity = str(item["expectation_config"].get("severity") or "critical")
    return ExpectationResult(
        expectation=item["expectation_config"]["type"],
        column=column if isinstance(column, str) else None,
        success=item["success"],
        observed=_observed(item, result),
        examples=_examples(item, result),
        unexpected_percent=result.get("unexpected_percent"),
        severity=severity,
        stops=_stops(kwargs, model) if severity == "critical" else "nothing",
    )


def _stops(kwargs: dict[str, Any], model: Model) -> Literal["scoring", "training", "nothing"]:
    """Return what a critical expectation stops that does not hold: what needs the columns that it names."""
    listed = kwargs.get("column_list") or ()
    named = {*(kwargs.get(name) for name in _COLUMNS), *(listed if isinstance(listed, list) else ())} - {None}
    weights = {model.row_weight, model.training_weights.column if model.training_weights else None}
    if named <= {model.key, model.event_time, *model.features.from_source}:  # also those about the whole table
        return "scoring"
    return "training" if named & ({model.target} | weights) else "nothing"


def _observed(item: dict[str, Any], result: dict[str, Any]) -> str:
    """Return what was seen, in a few words, without a value of any row: it is kept longer than the rows are."""
    if item["exception_info"]["raised_exception"]:
        return "it raised; see the validation document"
    if "unexpected_count" in result:
        of = f" of {result['element_count']:,} rows" if "element_count" in result else ""
        return f"{result['unexpected_count']:,}{of} unexpected"
    observed = result.get("observed_value")
    if observed is None:
        return "no value"
    if item["expectation_config"]["type"] in _SUMMARIES:
        return _short(observed, 120)
    return f"{len(observed):,} values" if isinstance(observed, list) else "a value; see the validation document"


def _examples(item: dict[str, Any], result: dict[str, Any]) -> tuple[str, ...]:
    """Return some of what was not expected: for who runs it, and for no record."""
    raised = item["exception_info"]
    if raised["raised_exception"]:
        return (_short(raised["exception_message"] or "no message", 300),)
    if "unexpected_count" in result:
        return tuple(_short(value, 40) for value in _distinct(result.get("partial_unexpected_list", [])))
    observed = result.get("observed_value")
    known = observed is None or item["expectation_config"]["type"] in _SUMMARIES
    return () if known else (_short(observed, 120),)


def _distinct(values: list[Any]) -> list[Any]:
    found = []
    for value in values:
        if value not in found:
            found.append(value)
    return found[:3]


def _short(value: Any, length: int) -> str:
    text = f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def _version() -> str:
    return version("great_expectations")  # without importing it
