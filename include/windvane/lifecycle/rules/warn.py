"""The rule `warn`: what does not pass is shown, and blocks nothing."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.combining import judged, whole
from windvane.spec.rules import Combined


class Warn(Combined):
    """Show a part that does not pass, and block nothing."""

    kind: Literal["warn"] = "warn"

    def judge(self, case: Case) -> results.Verdict:
        """What does not pass leads to that, and to nothing more."""
        parts = [judged(part, case) for part in self.rules]
        stops = [part for part in parts if part.outcome != "pass"]
        found = whole(self, parts, stops, stops[0] if stops else None)
        return found.model_copy(update={"unless_passed": "warn"})
