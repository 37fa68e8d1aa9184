"""The loss of a regression, as its holdout's losses foretell it where inputs have moved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.examples import model_with
from windvane import Features, Model
from windvane.lifecycle.estimated import estimated_performance_check, loss_model
from windvane.lifecycle.profile import profile_frame
from windvane.results import Profile, Segment

ROWS = 4000


def inputs(shift: float, seed: int) -> pd.DataFrame:
    """A column whose losses are 6 + x on average."""
    return pd.DataFrame({"age": np.random.default_rng(seed).standard_normal(ROWS) + shift})


@pytest.fixture(scope="module")
def model() -> Model:
    return model_with(task="regression", features=Features(numbers=["age"]))


@pytest.fixture(scope="module")
def reference(model: Model) -> Profile:
    frame = inputs(0, seed=0)
    profile = profile_frame(frame, model, "2020-01")
    losses = np.maximum(6 + frame["age"].to_numpy() + np.random.default_rng(1).standard_normal(ROWS), 0)
    whole = Segment(
        label="", rows=ROWS, loss=float(losses.sum()), loss_variance=2.0 * ROWS, residual=0.0, residual_variance=1.0
    )
    return profile.model_copy(
        update={"segments": {"": (whole,)}, "loss_model": loss_model(frame, losses, profile.columns)}
    )


def estimate(reference: Profile, model: Model, shift: float) -> float:
    frame = inputs(shift, seed=2)
    scores = pd.DataFrame({"score": np.zeros(ROWS)})
    found, mean = estimated_performance_check(frame, scores, reference, model)
    assert found.low is not None and mean is not None
    assert found.low < mean
    return mean


@pytest.mark.parametrize("shift", [-1.5, 0.0, 1.0, 2.5])
def test_the_loss_goes_on_beyond_where_the_holdout_was(reference: Profile, model: Model, shift: float) -> None:
    assert estimate(reference, model, shift) == pytest.approx(6 + shift, abs=0.25)


def test_the_loss_does_not_go_on_for_ever(reference: Profile, model: Model) -> None:
    assert estimate(reference, model, 1000.0) == pytest.approx(estimate(reference, model, 50.0))
    assert estimate(reference, model, 1000.0) < 6 + 0.85 + 4.5


def test_a_profile_without_slopes_is_read_too(reference: Profile, model: Model) -> None:
    parts = {name: weights if name == "" else weights[:-2] for name, weights in reference.loss_model.items()}
    older = reference.model_copy(update={"loss_model": parts})
    assert 6 < estimate(older, model, 2.5) < 8
