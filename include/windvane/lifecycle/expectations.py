"""Expectations: hold a window's rows to what was declared, with Great Expectations on an in-memory context."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from windvane.errors import SpecError
from windvane.lifecycle.usual_expectations import usual_results
from windvane.results import ExpectationResult, Validation
from windvane.spec import Model, canonical_json
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

_VOLATILE = frozenset(
    {"batch_markers", "batch_id", "id", "run_id", "exception_traceback", "ge_cloud_id", "rendered_content"}
)


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
    frame: pd.DataFrame, expectations: Any, model: Model, window: Window, snapshot: str
) -> tuple[Validation, bytes]:
    """Hold a window's rows to expectations.

    An expectation that raises inside Great Expectations has failed, with the exception's message. Nothing is sent
    anywhere, nothing is written, no progress bar is drawn.

    Args:
        frame: Checked rows, in their normal form (categories are text).
        expectations: A list of expectations, an `ExpectationSuite`, or None for those that every model has: the
            declared columns, a key that is unique and never missing, an event time that is never missing.
        model: The spec.
        window: The window.
        snapshot: Digest of the snapshot the rows come from.

    Returns:
        The outcome a person reads (its `document` is not filled in), and Great Expectations' own result document as
        JSON without times and run ids: the same rows give the same bytes.

    Raises:
        SpecError: `expectations` is something else.
    """
    documents = usual_results(frame, model) if expectations is None else None
    if documents is None:
        documents = _asked(frame, _listed(expectations, model), model)
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


def _asked(frame: pd.DataFrame, listed: list[Expectation], model: Model) -> list[dict[str, Any]]:
    """Return what Great Expectations says of each."""
    with _quiet():
        return _validated(frame, listed, model)


def _listed(expectations: Any, model: Model) -> list[Expectation]:
    """Return the expectations as a list; those every model has when none are given."""
    import great_expectations.expectations as gxe
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

    if expectations is None:
        return [
            gxe.ExpectTableColumnsToMatchSet(column_set=list(model.columns), exact_match=True),
            gxe.ExpectColumnValuesToNotBeNull(column=model.key),
            gxe.ExpectColumnValuesToBeUnique(column=model.key),
            gxe.ExpectColumnValuesToNotBeNull(column=model.event_time),
        ]
    given = expectations.expectations if isinstance(expectations, ExpectationSuite) else expectations
    if not isinstance(given, list | tuple):
        message = f"expect {model.expect} returned a {type(given).__name__}, not a list of expectations or a suite"
        raise SpecError(model.name, [message])
    wrong = [item for item in given if not isinstance(item, Expectation)]
    if wrong:
        raise SpecError(model.name, [f"expect {model.expect} returned {item!r:.80}, no expectation" for item in wrong])
    return list(given)


def _validated(frame: pd.DataFrame, listed: list[Expectation], model: Model) -> list[dict[str, Any]]:
    """Return one plain result an expectation, in the order they were declared."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),  # the default one makes a folder for pages
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    asset = context.data_sources.add_pandas(model.name).add_dataframe_asset(model.name)
    batch = asset.add_batch_definition_whole_dataframe(model.name).get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(name=model.name)
    try:
        suite = gx.ExpectationSuite(name=model.name, expectations=listed)
        found = {_identity(item.expectation_config): _plain_result(item) for item in batch.validate(suite).results}
    except Exception:  # noqa: BLE001  # one that raises outside what is caught for it takes all others with it: ask each alone
        found = {}
    return [found.get(_identity(item.configuration)) or _alone(batch, item) for item in listed]


def _alone(batch: Any, expectation: Expectation) -> dict[str, Any]:
    """Return the result of one expectation, a failed one when it raises."""
    try:
        return _plain_result(batch.validate(expectation))
    except Exception as error:  # noqa: BLE001  # a custom expectation may raise anything: it has failed, and says why
        config = expectation.configuration.to_json_dict()
        return {
            "success": False,
            "expectation_config": _plain({name: config.get(name) for name in ("type", "kwargs", "severity")}),
            "result": {},
            "exception_info": {"raised_exception": True, "exception_message": f"{type(error).__name__}: {error}"},
        }


def _plain_result(result: Any) -> dict[str, Any]:
    """Return a result of Great Expectations as JSON data without what changes from run to run."""
    document = _plain(result.to_json_dict())
    document["success"] = bool(result.success)  # a numpy.bool would have become the text "True"
    info = document.pop("exception_info", None) or {}
    nested = [item for item in info.values() if isinstance(item, dict)]
    messages = [item.get("exception_message") for item in [info, *nested] if item.get("raised_exception")]
    message = "; ".join(dict.fromkeys(str(item) for item in messages if item))
    document["exception_info"] = {"raised_exception": bool(messages), "exception_message": message or None}
    return dict(document)


def _identity(configuration: Any) -> str:
    """Return what tells two expectations apart: type and arguments."""
    document = _plain(configuration.to_json_dict())
    return canonical_json([document["type"], document["kwargs"]])


def _plain(value: Any) -> Any:
    """Return JSON data: volatile keys dropped, numbers that are not finite None."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items() if key not in _VOLATILE}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)


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


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Great Expectations' log and warnings to itself: what matters is in the results."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
