"""Played plans are compared on the same windows."""

from __future__ import annotations

from typing import Any

import pytest

from windvane.lifecycle.replay import summarise
from windvane.results import PlayedPlan, PlayedWindow


def played(plan: str, losses: list[float | None], fold: int = 0, **fields: Any) -> PlayedPlan:
    windows = (PlayedWindow(window=f"w{index}", loss=loss, **fields) for index, loss in enumerate(losses))
    return PlayedPlan(plan=plan, fold=fold, windows=tuple(windows))


def test_a_window_that_one_plan_could_not_score_counts_for_none() -> None:
    never, always = summarise([played("never", [0.1, 0.9]), played("always", [0.2, None])])
    assert (never.mean_loss, never.windows) == (0.1, 1)
    assert (always.mean_loss, always.windows) == (0.2, 1)


def test_trainings_and_alerts_count_in_every_window() -> None:
    (summary,) = summarise([played("always", [None, 0.2], trained=2, promoted=True, decision="alert")])
    assert (summary.trainings, summary.promotions, summary.alerts, summary.windows) == (2, 2, 2, 1)


def test_folds_are_put_together_and_their_spread_is_told() -> None:
    (summary,) = summarise([played("always", [0.1, 0.3]), played("always", [0.6], fold=1)])
    assert summary.mean_loss == pytest.approx(1 / 3)
    assert summary.least == pytest.approx(0.2)
    assert summary.most == 0.6


def test_a_plan_without_a_loss_has_no_mean() -> None:
    (summary,) = summarise([played("never", [None])])
    assert summary.mean_loss is None
