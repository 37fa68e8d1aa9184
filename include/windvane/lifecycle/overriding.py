"""Whether a person let a version through that the gate had refused: every page and card of it then says so."""

from __future__ import annotations

from collections.abc import Sequence

from windvane.results import Promotion, Verdict, Version
from windvane.results.actors import actor_kind


def refused_by(version: Version) -> tuple[Verdict, ...]:
    """Return the verdicts for which the gate refused a version; none where it did not."""
    if version.gate is None or version.gate.decision != "reject":
        return ()
    leaves = [leaf for verdict in version.gate.verdicts for leaf in verdict.leaves()]
    return tuple(item for item in leaves if item.outcome != "pass" and item.unless_passed == "reject")


def overridden_by(version: Version, promotions: Sequence[Promotion]) -> Promotion | None:
    """Return the promotion by which a person overrode the gate's refusal of a version; None where nobody did.

    Args:
        version: The version, as the gate judged it last.
        promotions: Moves of the champion, of this version among others, the newest first.
    """
    if version.gate is None or version.gate.decision != "reject":
        return None
    moved = (item for item in promotions if item.version == version.version and item.kind == "promote")
    return next((item for item in moved if actor_kind(item.actor) == "person"), None)
