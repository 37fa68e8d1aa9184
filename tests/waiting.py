"""Waiting for what a test needs, and no longer."""

from __future__ import annotations

from collections.abc import Callable

from demo.waiting import came_about

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
    assert came_about(happened, seconds=seconds, pause=pause), f"{what}: not within {seconds:.0f} s"
