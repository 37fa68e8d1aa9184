"""Waiting for what a test needs, and no longer."""

from __future__ import annotations

from collections.abc import Callable

from tenacity import RetryError, Retrying, retry_if_not_result, stop_after_delay, wait_fixed

__all__ = ["until"]


def until(happened: Callable[[], bool], what: str, *, seconds: float = 60.0, pause: float = 0.05) -> None:
    """Wait until something is so.

    Args:
        happened: Asked until it is true.
        what: What is waited for, as a sentence without its end.
        seconds: How long to wait at most.
        pause: Seconds between two questions.

    Raises:
        AssertionError: It did not come about in time.
    """
    asking = Retrying(retry=retry_if_not_result(bool), wait=wait_fixed(pause), stop=stop_after_delay(seconds))
    try:
        asking(happened)
    except RetryError:
        raise AssertionError(f"{what}: not within {seconds:.0f} s") from None
