"""The rule `all_of`: every part passes."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.combining import judged, severity, stopping, whole
from windvane.spec.rules import Combined


class AllOf(Combined):
    """Pass when every part passes."""

    kind: Literal["all_of"] = "all_of"

    def judge(self, case: Case) -> results.Verdict:
        """Take the consequence of the most severe part."""
        parts = [judged(part, case) for part in self.rules]
        stops = stopping(parts)
        return whole(self, parts, stops, max(stops, key=severity, default=None))
