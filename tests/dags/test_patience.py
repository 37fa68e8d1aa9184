"""How often a task is tried again: long for what passes, twice for what has no name, never for what a person mends."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import BaseOperator, RetryDecision
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tests.dags.test_context import context_of
from tests.unit.stores.examples import spec_of
from windvane import errors
from windvane.errors import WindvaneError
from windvane.orchestration.base import PASSING, WindvaneOperator, Work
from windvane.orchestration.links import FAILED
from windvane.orchestration.patience import RETRIES, Passing, Patience


def decided(error: BaseException) -> list[RetryDecision]:
    """Return what is decided about each try, until it is over."""
    found = []
    for number in range(1, RETRIES + 1):
        found.append(Patience().evaluate(error, number, RETRIES))
        if found[-1].action is RetryAction.FAIL:
            break
    return found


def test_what_passes_is_waited_for_a_quarter_of_an_hour() -> None:
    found = decided(Passing("the database is away"))
    assert [item.action for item in found] == [RetryAction.RETRY] * RETRIES
    pauses = [item.retry_delay.total_seconds() for item in found if item.retry_delay]
    assert pauses == sorted(pauses)
    assert sum(pauses) >= 15 * 60


@pytest.mark.parametrize("error", [ValueError("?"), AirflowException("?"), MemoryError()])
def test_what_has_no_name_is_tried_three_times(error: BaseException) -> None:
    found = decided(error)
    assert [item.action for item in found] == [RetryAction.RETRY, RetryAction.RETRY, RetryAction.FAIL]


def named() -> list[type[WindvaneError]]:
    found = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, WindvaneError)]
    return [item for item in found if item.__init__ is WindvaneError.__init__]


class Failing(WindvaneOperator):
    """Fails as it is told to."""

    error: Any = None

    def step(self, work: Work) -> None:
        raise self.error


@pytest.mark.parametrize("kind", named(), ids=lambda kind: kind.__name__)
def test_only_what_may_pass_is_tried_again(kind: type[WindvaneError]) -> None:
    operator = Failing(task_id="failing", model=spec_of())
    operator.error = kind("a cause", "a remedy")
    context = context_of("manual", key="2013-02")
    with pytest.raises(Exception, match="a cause") as caught:
        operator.execute(context)
    assert context["ti"].left[FAILED] == {"error": kind.__name__, "cause": "a cause", "remedy": "a remedy"}
    passes = issubclass(kind, PASSING) and kind is not errors.ContractBroken  # a table does not alter itself
    killed = kind is errors.ProcessDied  # as if the worker had been: it may be tried, and not for long
    assert isinstance(caught.value, Passing) == passes
    assert isinstance(caught.value, AirflowFailException) == (not passes and not killed)
    assert isinstance(operator, BaseOperator)


def test_no_secret_is_left_for_the_page_of_the_run() -> None:
    operator = Failing(task_id="failing", model=spec_of())
    operator.error = errors.SourceFailed("postgresql://ada:sesame-open@db is away", "look at password=hunter2-again")
    context = context_of("manual", key="2013-02")
    with pytest.raises(Passing):
        operator.execute(context)
    left = context["ti"].left[FAILED]
    assert (left["cause"], left["remedy"]) == ("postgresql://ada:***@db is away", "look at password=***")
