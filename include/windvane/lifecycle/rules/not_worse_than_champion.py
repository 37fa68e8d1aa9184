"""The rule `not_worse_than_champion`: surely not worse, by more than a margin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from windvane import results
from windvane.lifecycle.rules.case import LEVEL, Case, Foreseen
from windvane.lifecycle.rules.margin import beside_champion, comparison_of, paired
from windvane.lifecycle.wording import percent
from windvane.spec.rules import MarginRule


class NotWorseThanChampion(MarginRule):
    """Pass when the version is surely not worse than the champion by more than the margin (paired, one-sided 95 %)."""

    positional = ("metric", "margin")
    usual: ClassVar[Mapping[str, Any]] = {"margin": 0.01}

    kind: Literal["not_worse_than_champion"] = "not_worse_than_champion"

    def judge(self, case: Case) -> results.Verdict:
        """Give away no more than the margin; where the holdout cannot tell, count what more rows were to win, too."""
        found = beside_champion(self, case, give=True)
        name = self.metric_for(case.model.task)
        if found.outcome != "inconclusive" or case.foreseen is None or name != case.model.metric:
            return found
        own = comparison_of(case, name, case.comparison_version)
        together = _together(own, case.foreseen) if own is not None else None
        if own is None or together is None:
            return found
        beside = paired(self, together, case.metric(name), case.comparison_version, give=True)
        if beside.outcome != "pass":
            return found
        share = percent(case.foreseen.share, 1)
        told = (
            f"The {own.rows:,} holdout rows alone cannot tell. More rows were measured to win {share} before, and the"
        )
        detail = f"{told} holdout does not contradict. The second difference is of both. {beside.detail}"
        return beside.model_copy(update={"numbers": (*found.numbers, *beside.numbers), "detail": detail})


def _together(own: results.Comparison, foreseen: Foreseen) -> results.Comparison | None:
    """Return both measurements as one, weighted by their precision; None where the holdout contradicts.

    It does where the version does surely worse on it than was foreseen (one-sided, 5 %).
    """
    from scipy import stats

    if own.difference is None or own.std_error is None or not own.value or foreseen.error <= 0 or own.std_error <= 0:
        return None
    degrees = own.degrees if own.degrees is not None else own.rows - 1.0
    expected, error = -foreseen.share * abs(own.value), foreseen.error * abs(own.value)
    fewest = max(1.0, min(degrees, foreseen.degrees))
    apart = (own.difference - expected) / math.hypot(own.std_error, error)
    if stats.t.sf(apart, fewest) < LEVEL:
        return None
    weights = [own.std_error**-2, error**-2]
    return own.model_copy(
        update={
            "difference": (own.difference * weights[0] + expected * weights[1]) / sum(weights),
            "std_error": sum(weights) ** -0.5,
            "degrees": fewest,
            "skew": 0.0,
            "covariance": 0.0,
        }
    )
