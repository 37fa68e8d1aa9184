"""What is expected, as data: the configurations of expectations, which need no Great Expectations to be read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windvane.lifecycle.passed_on import built, listed
from windvane.spec import Model

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

Configuration = dict[str, Any]


@dataclass(frozen=True)
class Suite:
    """Expectations as Great Expectations configures them, in the order in which they were declared.

    Args:
        configurations: A `type`, its `kwargs`, `meta` and `severity` each.
    """

    configurations: tuple[Configuration, ...]


class Expected:
    """One expectation: its configuration, and the object of Great Expectations where that exists or is needed.

    Args:
        configuration: Its configuration; None for a kind of one's own, which only Great Expectations can ask.
        made: The object.
    """

    def __init__(self, configuration: Configuration | None, made: Expectation | None = None) -> None:
        self.configuration = configuration
        self._made = made

    @property
    def made(self) -> Expectation:
        """The object of Great Expectations, which is imported for it."""
        if self._made is None:
            self._made = built(self.configuration or {})
        return self._made


def usual(model: Model) -> Suite:
    """Return what every model expects: the declared columns, a key of its own for each row, and an event time."""
    columns = {"column_set": list(model.columns)}
    return Suite(
        tuple(
            {"type": kind, "kwargs": arguments, "meta": {}, "severity": "critical"}
            for kind, arguments in (
                ("expect_table_columns_to_match_set", columns),
                ("expect_column_values_to_not_be_null", {"column": model.key}),
                ("expect_column_values_to_be_unique", {"column": model.key}),
                ("expect_column_values_to_not_be_null", {"column": model.event_time}),
            )
        )
    )


def expected(expectations: Any, model: Model) -> list[Expected]:
    """Return a list of expectations, an `ExpectationSuite`, a kept suite, or None for the usual ones, one by one.

    Raises:
        SpecError: It is something else.
    """
    found = usual(model) if expectations is None else expectations
    if isinstance(found, Suite):
        return [Expected(configuration) for configuration in found.configurations]
    return [Expected(_configuration(item), item) for item in listed(found, model)]


def kept_form(expectations: Sequence[Expectation]) -> str | None:
    """Return a suite as JSON, or None where JSON would not give back the very same expectations.

    Kinds of one's own are none that JSON gives back: they are known once their module is imported.
    """
    found = []
    for item in expectations:
        configuration = _configuration(item)
        if configuration is None:
            return None
        found.append(configuration)
    try:
        text = json.dumps(found, allow_nan=False, sort_keys=True)
        if all(built(one) == item for one, item in zip(json.loads(text), expectations, strict=True)):
            return text
    except (TypeError, ValueError):  # a value that JSON does not know
        pass
    return None


def read_kept(text: str) -> Suite:
    """Return the suite that `kept_form` wrote."""
    return Suite(tuple(json.loads(text)))


def _configuration(item: Expectation) -> Configuration | None:
    if not type(item).__module__.startswith("great_expectations.expectations.core."):
        return None
    return {name: value for name, value in item.configuration.to_json_dict().items() if value is not None}
