"""The rule `any_of`: one part passes."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.combining import judged, severity, stopping, whole
from windvane.spec.rules import Combined


class AnyOf(Combined):
    """Pass when one part passes. Each is tested at its own level, so chance passes one of many more often."""

    kind: Literal["any_of"] = "any_of"

    def judge(self, case: Case) -> results.Verdict:
        """Take the consequence of the least severe part, where none passes."""
        parts = [judged(part, case) for part in self.rules]
        stops = stopping(parts)
        if len(stops) < len(parts):
            return whole(self, parts, [], None, any_of=True)
        return whole(self, parts, stops, min(stops, key=severity), any_of=True)
