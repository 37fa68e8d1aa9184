"""Fairness over time: does the share of positive decisions move for one protected group and not for the others?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.lifecycle.checks.saying import p_number, unknown
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work

_FEWEST = 50
"""Rows a group needs on both sides."""
_LEAST = 0.05
"""Smallest change of a group's gap to the others that counts: 5 percentage points."""


class Fairness(Check):
    """Did the gap between a protected group and all others move since the champion's holdout?"""

    name = "fairness"
    label = "Fairness"
    finding = "fairness drift"
    needs = ("rows", "reference", "scores", "protected")
    default = 80
    unit = "% of the rows"
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Compare the share of positive decisions of each group with the holdout."""
        from windvane.lifecycle.drift import holm
        from windvane.results.reason import fitting

        reference, current, model = work.reference, work.current, work.model
        if not model.protected or model.task != "binary":
            why = "no protected columns are declared" if not model.protected else f"a {model.task} task decides nothing"
            return results.CheckResult(check=self.name, outcome="ok", headline=f"No gap to compare: {why}")
        gaps = [
            (column, group, *_gap(reference.decisions[column], current.decisions[column], group))
            for column in model.protected
            if column in reference.decisions and column in current.decisions
            for group in current.decisions[column]
            if _enough(reference.decisions[column], current.decisions[column], group)
        ]
        if not gaps:
            few = f"no protected group has {_FEWEST} rows in the window and on the holdout"
            return unknown(self.name, f"{self.label} not checked: {few}")
        allowed, adjusted = work.level(self.name), holm([item[4] for item in gaps])
        moved = [
            item for item, p in zip(gaps, adjusted, strict=True) if p < allowed and abs(item[3] - item[2]) >= _LEAST
        ]
        column, group, then, now, _ = max(moved or gaps, key=lambda item: abs(item[3] - item[2]))
        size = f"{100 * abs(now - then):.1f} points"
        if moved:
            said = f"The gap of {column}={group} to the others moved by {size} since the holdout"
        else:
            said = f"No protected group's gap surely moved by {100 * _LEAST:.0f} points since the holdout"
        detail = (
            f"{column}={group} is decided positive {_points(now)} the others. "
            f"On the champion's holdout it was {_points(then)} them."
        )
        return results.CheckResult(
            check=self.name,
            outcome="finding" if moved else "ok",
            headline=fitting(said),
            detail=detail,
            numbers=(
                results.Number(
                    name=f"gap of {column}={group}, change",
                    value=100 * (now - then),
                    unit="percentage points",
                    allowed=f"less than {100 * _LEAST:.0f} either way",
                    difference=True,
                ),
                results.Number(name="gap in the window", value=100 * now, unit="percentage points"),
                results.Number(name="gap on the holdout", value=100 * then, unit="percentage points"),
                p_number(min(adjusted), allowed),
            ),
            effect=abs(now - then),
            p_value=min(adjusted),
            level=allowed,
            columns=tuple(dict.fromkeys(item[0] for item in moved)),
            details={"gaps": {f"{item[0]}={item[1]}": {"then": item[2], "now": item[3]} for item in gaps}},
        )


def _points(gap: float) -> str:
    return f"{abs(100 * gap):.1f} percentage points {'more' if gap > 0 else 'less'} often than"


def _enough(then: dict[str, tuple[int, int]], now: dict[str, tuple[int, int]], group: str) -> bool:
    return all(
        side.get(group, (0, 0))[0] >= _FEWEST and sum(rows for rows, _ in side.values()) - side[group][0] >= _FEWEST
        for side in (then, now)
    )


def _gap(then: dict[str, tuple[int, int]], now: dict[str, tuple[int, int]], group: str) -> tuple[float, float, float]:
    """Return the gap to all others then and now, and the p-value of its change (shares as Agresti and Caffo 2000)."""
    from scipy import stats

    gaps, variance = [], 0.0
    for side in (then, now):
        rows, positive = side[group]
        rest_rows, rest = (sum(item[index] for name, item in side.items() if name != group) for index in (0, 1))
        gaps.append(positive / rows - rest / rest_rows)
        for hits, count in ((positive, rows), (rest, rest_rows)):
            share = (hits + 1) / (count + 2)
            variance += share * (1 - share) / (count + 2)
    return gaps[0], gaps[1], 2 * float(stats.norm.sf(abs(gaps[1] - gaps[0]) / variance**0.5))
