"""Columns that are too good to be true are named with numbers; honest ones, however strong, are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from windvane.lifecycle.suspects import suspects
from windvane.results import Estimate, Suspect

ROWS = 600
Frame = pd.DataFrame


class Fake:
    """What of a spec and an evaluation is looked at."""

    def __init__(self, task: str) -> None:
        self.task, self.target, self.metric = task, "y", "loss"


def found(features: Frame, truth: Any, task: str, own: float, base: float) -> tuple[Suspect, ...]:
    rows = features.assign(y=truth)
    estimates = {"metrics": (_estimate(own),), "baseline": (_estimate(base),)}
    evaluation: Any = type("E", (), estimates)()
    model: Any = Fake(task)
    return suspects(features, rows, model, evaluation)


def _estimate(value: float) -> Estimate:
    return Estimate(metric="loss", value=value, rows=ROWS)


def binary(draw: np.random.Generator) -> tuple[Frame, Any]:
    signal = draw.normal(size=ROWS)
    truth = (signal + draw.normal(size=ROWS) > 0).astype(float)
    return pd.DataFrame({"honest": signal, "noise": draw.normal(size=ROWS)}), truth


LEAKS: dict[str, Callable[[Any, np.random.Generator], Any]] = {
    "the outcome itself": lambda y, draw: y,
    "the outcome in words": lambda y, draw: np.where(y > 0, "default", "paid"),
    "filled in after the outcome": lambda y, draw: np.where(y > 0, draw.normal(size=len(y)), np.nan),
    "emptied after the outcome": lambda y, draw: pd.Series(draw.choice(["a", "b"], len(y))).where(y <= 0, None),
    "another model's scores": lambda y, draw: np.clip(y + draw.normal(0, 0.15, len(y)), -0.5, 1.5),
    "a code of many values": lambda y, draw: np.where(y > 0, 10, 0) + draw.integers(0, 5, len(y)),
    "with one row in fifty wrong": lambda y, draw: np.where(draw.random(len(y)) < 0.02, 1 - y, y),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_named_and_the_honest_columns_beside_it_are_not(leak: str, seed: int) -> None:
    draw = np.random.default_rng(seed)
    features, truth = binary(draw)
    leaked = features.assign(leak=LEAKS[leak](truth, draw))
    (one,) = found(leaked, truth, "binary", own=0.1, base=0.69)
    assert one.column == "leak"
    assert one.removed > 0.6
    assert one.missing == ("after the outcome" in leak)


@pytest.mark.parametrize("tail", [np.exp, lambda y: y, lambda y: np.exp(3 * y)])
def test_a_number_that_is_known_with_the_outcome_is_named_however_long_its_tail(tail: Any) -> None:
    draw = np.random.default_rng(1)
    signal = draw.normal(size=ROWS)
    truth = tail(signal + draw.normal(size=ROWS))
    features = pd.DataFrame({"honest": signal, "invoiced": truth * 1.19})
    names = [item.column for item in found(features, truth, "regression", own=1.0, base=100.0)]
    assert names == ["invoiced"]


def test_three_classes_and_one_column_that_is_their_name() -> None:
    draw = np.random.default_rng(1)
    truth = draw.choice(["a", "b", "c"], ROWS)
    features = pd.DataFrame({"code": truth, "noise": draw.normal(size=ROWS)})
    assert [item.column for item in found(features, truth, "multiclass", 0.05, 1.09)] == ["code"]


@pytest.mark.parametrize("own", [0.69, 0.4, 0.35])
def test_nothing_is_suspected_of_a_version_that_is_not_that_good(own: float) -> None:
    features, truth = binary(np.random.default_rng(0))
    assert found(features.assign(leak=truth), truth, "binary", own, base=0.69) == ()


@pytest.mark.parametrize(
    ("load", "task", "own", "base"),
    [
        (load_breast_cancer, "binary", 0.07, 0.66),
        (load_wine, "multiclass", 0.03, 1.09),
        (load_diabetes, "regression", 2900.0, 5900.0),
    ],
)
def test_strong_honest_columns_of_published_data_are_not_suspected(
    load: Any, task: str, own: float, base: float
) -> None:
    data = load(as_frame=True)
    assert found(data.data, data.target.astype(float if task == "binary" else data.target.dtype), task, own, base) == ()


def test_few_rows_constant_columns_and_empty_ones_say_nothing() -> None:
    features, truth = binary(np.random.default_rng(0))
    odd = features.assign(constant=1.0, empty=np.nan, nothing=None)
    assert found(odd, truth, "binary", 0.1, 0.69) == ()
    assert found(odd.assign(leak=truth).head(20), truth[:20], "binary", 0.1, 0.69) == ()
