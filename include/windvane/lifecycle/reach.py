"""How far back a holdout reaches, from the numbers of rows alone: told before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from windvane.spec import Model


@dataclass(frozen=True)
class Reach:
    """How far back a holdout reaches, told before anything is trained.

    Args:
        needed: Rows that the gate's rules need.
        held: Rows that it will have.
        windows: The latest windows that they are of.
        rows: Rows with outcomes of the whole history.
    """

    needed: int
    held: int
    windows: int
    rows: int

    @property
    def enough(self) -> bool:
        """Whether the gate can judge on so many."""
        return self.held >= self.needed


def reach(counts: Sequence[int], needed: int, model: Model) -> Reach:
    """Return how far back the holdout of a version reaches.

    Args:
        counts: Rows with outcomes of each window that it is made from, the newest last.
        needed: Rows that the gate's rules need (see `windvane.lifecycle.split.needed_rows`).
        model: The spec.
    """
    newest, total = counts[-1], sum(counts)
    own = math.ceil(max(newest * model.holdout, min(model.gate.min_rows, 0.9 * newest)))
    held, windows, within = max(own, min(needed, int(model.holdout * total))), 1, newest
    while within < held:
        windows += 1
        within += counts[-windows]
    return Reach(needed, held, windows, total)
