"""Of the champions before, the newest that surely loses less than the present one and less than a constant is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.examples import model_with, version_of
from tests.unit.lifecycle.test_recurrence import NEW, OLD, fitted, world
from windvane import Features
from windvane.lifecycle.evaluate import Contender
from windvane.lifecycle.going_back import last_better, told, worse_than_baseline
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.results import CheckResult

MODEL = model_with(features=Features(numbers=("income", "debt")), min_rows=20)
CONSTANT = {"0": 0.5, "1": 0.5}
WORSE = CheckResult(
    check="limits",
    outcome="finding",
    headline="Worse than a constant: log_loss 1.204, and 0.6931 without any feature",
    details={"alert": ["worse than the baseline"], "retrain": []},
)


def known(rows: int = 600) -> ScoredRows:
    """Rows of the old world, scored by a champion that believes the opposite."""
    frame = world(OLD, rows, 5)
    right = fitted(world(OLD, 4000, 1)).predict_proba(frame[["income", "debt"]])[:, 1]
    return ScoredRows(frame, pd.DataFrame({"score": 1 - right}))


def numbered(version: int, estimator: Any) -> Contender:
    return Contender(version_of(version=version), estimator)


def test_the_newest_that_is_better_is_named_with_its_losses_on_the_same_rows() -> None:
    good, other = fitted(world(OLD, 4000, 1)), fitted(world(NEW, 4000, 2))
    earlier = [numbered(4, other), numbered(3, good), numbered(2, good)]
    found = last_better(known(), MODEL, None, earlier, CONSTANT)
    assert found is not None
    assert found.version == 3, "v4 is no better than a constant"
    assert found.loss < found.baseline < found.champion
    assert found.baseline == pytest.approx(np.log(2))
    assert found.rows == 600


def test_what_may_be_chance_or_cannot_score_the_rows_is_not_named() -> None:
    class Raises:
        def predict_proba(self, _features: Any) -> Any:
            raise ValueError("no")

    class Guesses:
        classes_ = (0, 1)

        def predict_proba(self, features: Any) -> Any:
            chance = np.random.default_rng(3).uniform(0.45, 0.55, len(features))
            return np.column_stack([1 - chance, chance])

    champion = known()
    same = ScoredRows(champion.rows, pd.DataFrame({"score": np.full(600, 0.5)}))
    assert last_better(same, MODEL, None, [numbered(1, Guesses())], CONSTANT) is None
    assert last_better(champion, MODEL, None, [numbered(1, Raises())], CONSTANT) is None
    assert last_better(champion, MODEL, None, [], CONSTANT) is None


def test_the_alert_has_the_number_the_losses_and_the_command() -> None:
    better = last_better(known(), MODEL, None, [numbered(3, fitted(world(OLD, 4000, 1)))], CONSTANT)
    found = told(WORSE, better, 1, MODEL)
    assert found.headline.endswith("; v3 was better")
    assert "`windvane rollback loans 3 --reason" in found.detail
    assert "On the same 600 rows it loses 0." in found.detail
    assert found.details["better_version"]["version"] == 3
    assert found.numbers[-1].name == "log_loss of v3"
    assert CheckResult.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("tried", "says"), [(0, "left to go back to"), (1, "is not surely better"), (3, "None of the 3 champions before")]
)
def test_where_none_is_better_that_is_told(tried: int, says: str) -> None:
    found = told(WORSE, None, tried, MODEL)
    assert says in found.detail
    assert found.headline == WORSE.headline


def test_only_a_broken_baseline_asks() -> None:
    assert worse_than_baseline(WORSE)
    assert worse_than_baseline(WORSE.model_copy(update={"details": {"retrain": ["worse than the baseline"]}}))
    assert not worse_than_baseline(WORSE.model_copy(update={"details": {"alert": ["accuracy at least 0.7"]}}))
    assert not worse_than_baseline(WORSE.model_copy(update={"outcome": "ok"}))
    assert not worse_than_baseline(None)
