"""Which conclusions of the monitor are drawn again, since an earlier window's came or changed, or scores came late."""

from __future__ import annotations

from collections.abc import Sequence

from windvane.lifecycle.deciding import LOOKS_BACK
from windvane.results import MonitorResult, RetrainRequest
from windvane.spec import Model, sha256_of
from windvane.windows import Window

_OF_THE_MOMENT = {"at", "request", "reopened", "beside"}
"""What a conclusion says of when it was drawn, and not of the window."""


def without_scores(results: Sequence[MonitorResult]) -> list[MonitorResult]:
    """Return the conclusions that were drawn without scores, the oldest window first.

    A window that asked for a retrain stays as it is: what was asked for is not taken back.
    """
    return [said for said in reversed(results) if said.scores is None and said.request is None]


def followers(results: Sequence[MonitorResult], model: Model, window: Window) -> list[MonitorResult]:
    """Return the conclusions about later windows that may rest on a window's, the oldest first.

    A conclusion rests on the windows just before it: on as many as the checks look back.

    Args:
        results: The latest conclusion about each window, the newest first.
        model: The spec.
        window: The window whose conclusion came or changed.
    """
    near, later = {window.key}, window
    for _ in range(LOOKS_BACK):
        later = model.cadence.next(later)
        near.add(later.key)
    return [said for said in reversed(results) if said.window in near and said.window != window.key]


def differs(again: MonitorResult, said: MonitorResult) -> bool:
    """True when a conclusion that is drawn again comes to something else."""
    return again.model_dump(exclude=_OF_THE_MOMENT) != said.model_dump(exclude=_OF_THE_MOMENT)


def takes_back(said: MonitorResult, request: RetrainRequest | None) -> bool:
    """True when a conclusion that is drawn again would not ask for the retrain that was asked for: that one stays."""
    return said.request is not None and (request is None or request.request != said.request)


def digest_of(earlier: Sequence[MonitorResult]) -> str:
    """Return the digest of the conclusions that a window's rests on.

    Args:
        earlier: The conclusions about earlier windows, the newest first.
    """
    return sha256_of([item.sha256 for item in earlier[:LOOKS_BACK]])


def beside(said: MonitorResult, past: str) -> str:
    """Return the digest of what a conclusion is drawn again beside: the one it replaces, and those before it."""
    return sha256_of([said.sha256, past])
