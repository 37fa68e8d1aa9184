"""Great Expectations itself, on an in-memory context: what it says of each expectation, without times and run ids."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from windvane.errors import SpecError
from windvane.spec import Model, canonical_json

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

_VOLATILE = frozenset(
    {"batch_markers", "batch_id", "id", "run_id", "exception_traceback", "ge_cloud_id", "rendered_content"}
)


def asked(frame: pd.DataFrame, expectations: Sequence[Expectation], model: Model) -> list[dict[str, Any]]:
    """Return what Great Expectations says of each, in order; one that raises has failed."""
    with _quiet():
        return _validated(frame, list(expectations), model)


def listed(expectations: Any, model: Model) -> list[Expectation]:
    """Return what a function of the spec returned as a list of expectations.

    Raises:
        SpecError: It is something else.
    """
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

    given = expectations.expectations if isinstance(expectations, ExpectationSuite) else expectations
    if not isinstance(given, list | tuple):
        message = f"expect {model.expect} returned a {type(given).__name__}, not a list of expectations or a suite"
        raise SpecError(model.name, [message])
    wrong = [item for item in given if not isinstance(item, Expectation)]
    if wrong:
        raise SpecError(model.name, [f"expect {model.expect} returned {item!r:.80}, no expectation" for item in wrong])
    return list(given)


def built(configuration: dict[str, Any]) -> Expectation:
    """Return the expectation that a configuration describes."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(**configuration).to_domain_obj()


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
            "expectation_config": plain({name: config.get(name) for name in ("type", "kwargs", "severity")}),
            "result": {},
            "exception_info": {"raised_exception": True, "exception_message": f"{type(error).__name__}: {error}"},
        }


def _plain_result(result: Any) -> dict[str, Any]:
    """Return a result of Great Expectations as JSON data without what changes from run to run."""
    document = plain(result.to_json_dict())
    document["success"] = bool(result.success)  # a numpy.bool would have become the text "True"
    info = document.pop("exception_info", None) or {}
    nested = [item for item in info.values() if isinstance(item, dict)]
    messages = [item.get("exception_message") for item in [info, *nested] if item.get("raised_exception")]
    message = "; ".join(dict.fromkeys(str(item) for item in messages if item))
    document["exception_info"] = {"raised_exception": bool(messages), "exception_message": message or None}
    return dict(document)


_TOLD = ("type", "kwargs", "severity", "meta", "notes", "description")


def _identity(configuration: Any) -> str:
    """Return what tells two expectations apart: type and arguments, and what else a result shows of them."""
    document = plain(configuration.to_json_dict())
    return canonical_json([document.get(name) for name in _TOLD])


def plain(value: Any) -> Any:
    """Return JSON data: volatile keys dropped, numbers that are not finite None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if key not in _VOLATILE}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)


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
