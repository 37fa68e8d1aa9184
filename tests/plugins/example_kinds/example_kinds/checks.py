"""The monitor check `full_hours`."""

from __future__ import annotations

from windvane.lifecycle.checks.case import Work
from windvane.results import CheckResult, Number
from windvane.spec import Check


class FullHours(Check):
    """Does any row come on the full hour? Such rows are made by machines."""

    name = "full_hours"
    label = "Rows on the full hour"
    finding = "rows made by machines"
    needs = ("rows",)
    budget = "none"
    unit = "rows"
    better = "lower"

    def answer(self, work: Work) -> CheckResult:
        """Count them."""
        assert work.evidence.rows is not None
        times = work.evidence.rows[work.model.event_time]
        count = int((times == times.dt.floor("h")).sum())
        return CheckResult(
            check=self.name,
            outcome="finding" if count else "ok",
            headline=f"{count} rows came on the full hour",
            numbers=(Number(name="rows on the full hour", value=count, unit="rows", better="lower"),),
        )
