"""What played plans come to, compared on the same windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean

from windvane.results import PlanSummary, PlayedPlan


def summarise(played: Sequence[PlayedPlan]) -> tuple[PlanSummary, ...]:
    """Return a summary a plan, in the order in which the plans were given.

    A window counts where every plan of its fold has a loss: a plan that could not score a hard window must not look
    better for it. Trainings, promotions and alerts count in all windows.

    Args:
        played: Each plan in each fold.
    """
    common = _common(played)
    by_plan: dict[str, list[PlayedPlan]] = defaultdict(list)
    for item in played:
        by_plan[item.plan].append(item)
    return tuple(_summary(plan, items, common) for plan, items in by_plan.items())


def _common(played: Sequence[PlayedPlan]) -> dict[int, set[str]]:
    """Return, for each fold, the windows with a loss under every plan."""
    common: dict[int, set[str]] = {}
    for item in played:
        known = {window.window for window in item.windows if window.loss is not None}
        common[item.fold] = common[item.fold] & known if item.fold in common else known
    return common


def _summary(plan: str, items: Sequence[PlayedPlan], common: dict[int, set[str]]) -> PlanSummary:
    losses = [
        [window.loss for window in item.windows if window.window in common[item.fold] and window.loss is not None]
        for item in items
    ]
    folds = [fmean(fold) for fold in losses if fold]
    together = [loss for fold in losses for loss in fold]
    windows = [window for item in items for window in item.windows]
    several = len(folds) > 1
    return PlanSummary(
        plan=plan,
        windows=len(together),
        mean_loss=fmean(together) if together else None,
        least=min(folds) if several else None,
        most=max(folds) if several else None,
        trainings=sum(window.trained is not None for window in windows),
        promotions=sum(window.promoted for window in windows),
        alerts=sum(window.decision == "alert" for window in windows),
        probes=sum(window.probed for window in windows),
    )
