"""The rule `ask`: what does not pass asks a person."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.combining import judged, whole
from windvane.spec.rules import Combined


class Ask(Combined):
    """Ask a person (`needs_approval`) when a part does not pass, instead of rejecting."""

    kind: Literal["ask"] = "ask"

    def judge(self, case: Case) -> results.Verdict:
        """What does not pass leads to that, and to nothing more."""
        parts = [judged(part, case) for part in self.rules]
        stops = [part for part in parts if part.outcome != "pass"]
        found = whole(self, parts, stops, stops[0] if stops else None)
        return found.model_copy(update={"unless_passed": "needs_approval"})
