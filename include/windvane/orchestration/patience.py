"""How often a task is tried again: by the kind of what failed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowException

if TYPE_CHECKING:
    from airflow.sdk import Context

RETRIES = 6
"""So often at most: with the pauses below, a store or a database may be away for a quarter of an hour."""
_OTHERS = 2
"""So often after what has no name: the cause may pass, and work should not be done many times in vain."""
_FIRST, _LONGEST = timedelta(seconds=15), timedelta(seconds=450)


class Passing(AirflowException):
    """A failure that another try may mend: a store, a database or a source that is away, or another writer."""


class Patience(RetryPolicy):
    """Try for a quarter of an hour what may pass, twice what has no name, and never what a person must mend.

    The last kind ends its task at once (`AirflowFailException`), and does not come here. Nor does a worker that is
    killed: its task is tried again as its `retries` say.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        """Decide about one failure; see `RetryPolicy.evaluate`."""
        pause = min(_FIRST * 2 ** (try_number - 1), _LONGEST)
        if isinstance(exception, Passing):
            return RetryDecision.retry(pause, f"it may pass; tried again in {pause.total_seconds():.0f} s")
        if try_number <= _OTHERS:
            return RetryDecision.retry(pause)
        return RetryDecision.fail(f"it failed {try_number} times, for no cause that is known to pass")

    def serialize(self) -> dict[str, Any]:
        """Return nothing: it has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:  # noqa: ARG003 (as Airflow calls it)
        """Return one."""
        return cls()
