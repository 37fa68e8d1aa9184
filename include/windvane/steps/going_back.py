"""Look for a champion before that was better, where a window's champion is surely worse than a constant."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from windvane.errors import WindvaneError
from windvane.results import CheckResult
from windvane.results.watching import answer_to
from windvane.spec import Model
from windvane.steps.carrying import contender
from windvane.steps.making import make_of
from windvane.stores import Stores

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Evidence

_MOST = 5
"""Most champions before that are tried on a window."""


def with_better_version(
    model: Model, known: Evidence, checks: tuple[CheckResult, ...], number: int | None, stores: Stores
) -> tuple[CheckResult, ...]:
    """Return the checks; that of the limits with the last champion before that was better than one worse than nothing.

    Only versions that saw none of the window's rows are tried, and none that a person rolled back. One that cannot be
    loaded any more is passed over.

    Args:
        model: The spec.
        known: What is known about the window.
        checks: The answers.
        number: The version that scored the window.
        stores: The stores.
    """
    from windvane.lifecycle.going_back import last_better, told, worse_than_baseline
    from windvane.lifecycle.scored_rows import ScoredRows

    found = answer_to("limits", checks)
    if found is None or not worse_than_baseline(found) or not model.monitor.policy.propose_rollback:
        return checks
    if known.scored is None or known.reference is None or number is None:
        return checks
    has = known.scored.rows[model.target].notna().to_numpy()
    judged = ScoredRows(*(part[has].reset_index(drop=True) for part in (known.scored.rows, known.scored.scores)))
    earlier = []
    for one in _before(model, known, number, stores):
        with suppress(WindvaneError):
            earlier.append(contender(model, stores.registry.versions.get(model.name, one), stores))
    better = last_better(judged, model, make_of(model), earlier, known.reference.constant)
    again = told(found, better, len(earlier), model)
    return tuple(again if item is found else item for item in checks)


def _before(model: Model, known: Evidence, number: int, stores: Stores) -> list[int]:
    """Return the champions before, of the newest window first."""
    moves = stores.registry.champions.promotions(model.name)
    refused = {move.from_version for move in moves if move.kind == "rollback"}
    past = [move for move in moves if move.window_end <= known.window.start and move.version not in {number, *refused}]
    ordered = sorted(past, key=lambda move: (move.window_end, move.version), reverse=True)
    return list(dict.fromkeys(move.version for move in ordered))[:_MOST]
