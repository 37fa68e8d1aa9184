"""Multivariate drift: do all columns together look different, even where each alone does not?"""

from __future__ import annotations

from windvane.lifecycle.checks.case import Work, unknown
from windvane.results import CheckResult
from windvane.spec import Check


class MultivariateDrift(Check):
    """Do all columns together look different? It trains a classifier a window, so it must be named."""

    name = "multivariate_drift"
    label = "Multivariate drift"
    needs = ("rows", "reference", "reference_rows")
    unit = "% of pairs"
    better = "lower"

    def answer(self, work: Work) -> CheckResult:
        """Train a classifier to tell the window's rows from those the version was trained on."""
        from windvane.lifecycle.multivariate import multivariate_drift_check

        then, now = work.evidence.reference_rows, work.evidence.features
        if then is None or now is None:
            return unknown(self.name, "The rows that the version was trained on cannot be read")
        return multivariate_drift_check(then, now, work.model)
