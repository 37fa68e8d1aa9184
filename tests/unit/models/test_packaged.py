"""Regression and multiclass through the whole lifecycle, on real data that come with packages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sklearn.linear_model import LinearRegression

from tests.unit.models.packaged import DIGITS, WAGES, WORKER, wages
from windvane import Model
from windvane.pipeline import runner
from windvane.results import Evaluation, Run
from windvane.stores import Stores, open_stores
from windvane.stores.datasets import read_scores

RUN = Run(actor="cli:tester", as_of=datetime(2000, 1, 1, tzinfo=UTC))


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    return open_stores(f"sqlite:///{tmp_path / 'r.db'}", str(tmp_path / "a"))


def lived(model: Model, first: str, second: str, third: str, stores: Stores) -> Evaluation:
    """Train twice, score and monitor a third window; return the first version's evaluation."""
    windows = [model.cadence.window(key) for key in (first, second, third)]
    made = [runner.run_train(model, window, stores, RUN) for window in windows[:2]]
    assert [item.decision for item in made] == ["promote", "promote"], made
    scores = runner.run_score(model, windows[2], stores, RUN)
    assert scores.version == 2
    watched = runner.run_monitor(model, windows[2], stores, RUN, report=False, retrain=False)
    assert watched.loss is not None
    stores.registry.audit.verify(model.name)
    kept = stores.registry.versions.get(model.name, 1).evaluation
    assert kept is not None
    return Evaluation.from_json(stores.artifacts.get(kept))


def test_wages_of_real_years_are_predicted_better_than_by_their_mean(stores: Stores) -> None:
    found = lived(WAGES, "1983-01", "1984-01", "1985-01", stores)
    known, baseline = found.metric("mse"), found.baseline[0].value
    assert known is not None
    assert known.value is not None
    assert baseline is not None
    assert known.value < baseline

    earlier = wages(datetime(1980, 1, 1, tzinfo=UTC), found.holdout_start)
    held = wages(found.holdout_start, found.holdout_end)
    fitted = LinearRegression().fit(earlier[WORKER].astype(float), earlier["lwage"])
    by_hand = ((fitted.predict(held[WORKER].astype(float)) - held["lwage"]) ** 2).mean()
    assert known.value == pytest.approx(by_hand, rel=1e-9), "the years before, and the early rows of the year itself"


def test_handwritten_digits_are_told_apart(stores: Stores) -> None:
    found = lived(DIGITS, "1998-01", "1998-02", "1998-03", stores)
    known = found.metric("accuracy")
    assert known is not None
    assert known.low is not None
    assert known.low > 0.7, "one in ten is chance"
    scores = stores.registry.scores.current("digits", "1998-03")
    assert scores is not None
    frame = read_scores(scores.artifact, stores.artifacts)
    shares = frame[[f"score_{digit}" for digit in range(10)]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert (shares.idxmax(axis=1) == "score_" + frame["predicted"]).all()
