"""Waiting until something is so, within a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_not_result, stop_after_delay, wait_fixed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["came_about"]


def came_about(happened: Callable[[], bool], *, seconds: float, pause: float) -> bool:
    """Ask until the answer is yes, once at least; return False when the time is over first.

    Args:
        happened: The question; what it raises ends the waiting.
        seconds: How long to ask.
        pause: Seconds between two questions.
    """
    asking = Retrying(
        retry=retry_if_not_result(bool),
        wait=wait_fixed(pause),
        stop=stop_after_delay(seconds),
        retry_error_callback=lambda _: False,
    )
    return bool(asking(happened))
