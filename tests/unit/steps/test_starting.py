"""A model whose first versions are refused gets its champion by itself, from the monitor alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from windvane import Model
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores

if TYPE_CHECKING:
    import pandas as pd

Make = Callable[..., Model]


def thin(frame: pd.DataFrame) -> pd.DataFrame:
    """A few rows a month, of which few default; from May on three times as many."""
    places = frame.groupby(frame["applied_at"].dt.month).cumcount()
    often = frame["applied_at"].dt.month >= 5
    kept: pd.DataFrame = frame[(places % 9 == 0) | (often & (places % 3 == 0))].reset_index(drop=True)
    random = np.random.default_rng(5)
    chance = 1 / (1 + np.exp(-(1.8 * kept["debt"] - 2.2)))
    kept["default"] = (random.random(len(kept)) < chance).astype(float)
    return kept


def test_a_first_champion_comes_from_the_monitor_alone(make: Make, stores: Stores, run: Run) -> None:
    model = make(thin)
    decisions = []
    for window in model.cadence.between(model.cadence.window("2020-01"), model.cadence.window("2020-12")):
        if stores.registry.models.all() and stores.registry.champions.current(model.name) is not None:
            break
        result = runner.run_monitor(model, window, stores, run, report=False)
        decisions.append((result.decision, result.reasons[0].headline))
    assert stores.registry.champions.current(model.name) is not None, decisions
    assert decisions[-1][0] == "retrain"
    assert all(text.startswith("No champion yet: ") for _, text in decisions)
    tried = sum(decision == "retrain" for decision, _ in decisions)
    assert tried == len(stores.registry.versions.all(model.name))
    assert 1 < tried < len(decisions), "it was refused at first, and is not trained in each window"


def test_a_model_that_trains_on_schedule_is_left_to_it(make: Make, stores: Stores, run: Run) -> None:
    from windvane import Schedule

    model = make(thin, schedule=Schedule(train="0 3 1 * *"))
    result = runner.run_monitor(model, model.cadence.window("2020-01"), stores, run, report=False)
    assert result.decision == "insufficient_data"
    assert result.request is None
