"""Metrics against scikit-learn, and intervals against simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as reference

from windvane.lifecycle.metrics import Sample, estimate, measure, row_losses
from windvane.lifecycle.metrics.errors import spread
from windvane.results import Estimate
from windvane.spec import METRICS, Task

RANDOM = np.random.default_rng(3)
TARGET = (RANDOM.random(500) < 0.3).astype(np.int64)
SCORES = np.clip(0.3 + 0.2 * (TARGET - 0.3) + 0.15 * RANDOM.standard_normal(500), 0.01, 0.99)
LABELS = np.array(["a", "b", "c"], dtype=object)[RANDOM.integers(0, 3, 500)]
SHARES = RANDOM.dirichlet([1, 1, 1], 500)
NUMBERS = RANDOM.standard_normal(500)
GUESSES = NUMBERS + 0.5 * RANDOM.standard_normal(500)


def sample_of(target: Any, scores: Any, classes: Any = None, **more: Any) -> Sample:
    task: Task = "multiclass" if classes else "binary" if target.dtype.kind == "i" else "regression"
    return Sample(task, target, scores, tuple(classes) if classes else None, **more)


def estimated(metric: str, target: Any, scores: Any, classes: Any = None, **more: Any) -> Estimate:
    return estimate(measure(metric, sample_of(target, scores, classes, **more)))


def delong(target: Any, scores: Any) -> tuple[float, float]:
    found = measure("roc_auc", sample_of(target, scores))
    assert found.value is not None and found.influence is not None
    return found.value, float(np.sqrt(spread(found.influence, found.sample).variance))


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("log_loss", reference.log_loss(TARGET, SCORES)),
        ("brier", reference.brier_score_loss(TARGET, SCORES)),
        ("accuracy", reference.accuracy_score(TARGET, SCORES >= 0.5)),
        ("roc_auc", reference.roc_auc_score(TARGET, SCORES)),
        ("average_precision", reference.average_precision_score(TARGET, SCORES)),
    ],
)
def test_binary_metrics_agree_with_scikit_learn(metric: str, expected: float) -> None:
    found = estimated(metric, TARGET, SCORES)
    assert found.value == pytest.approx(expected)
    assert found.low is not None and found.high is not None
    assert found.low < expected < found.high


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("log_loss", reference.log_loss(LABELS, SHARES)),
        ("accuracy", reference.accuracy_score(LABELS, np.array(["a", "b", "c"])[SHARES.argmax(axis=1)])),
        ("brier", float(((SHARES - (LABELS[:, None] == np.array(["a", "b", "c"]))) ** 2).sum(axis=1).mean())),
    ],
)
def test_multiclass_metrics_agree_with_scikit_learn(metric: str, expected: float) -> None:
    assert estimated(metric, LABELS, SHARES, ["a", "b", "c"]).value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("mae", reference.mean_absolute_error(NUMBERS, GUESSES)),
        ("mse", reference.mean_squared_error(NUMBERS, GUESSES)),
        ("rmse", reference.root_mean_squared_error(NUMBERS, GUESSES)),
        ("r2", reference.r2_score(NUMBERS, GUESSES)),
    ],
)
def test_regression_metrics_agree_with_scikit_learn(metric: str, expected: float) -> None:
    assert estimated(metric, NUMBERS, GUESSES).value == pytest.approx(expected)


def test_ties_count_half_in_the_auc() -> None:
    target, scores = np.array([0, 0, 1, 1]), np.array([0.5, 0.2, 0.5, 0.9])
    assert delong(target, scores)[0] == pytest.approx(reference.roc_auc_score(target, scores))


def test_delong_matches_the_published_formula() -> None:
    """DeLong et al. 1988, eqs. 3 to 5, written out over all pairs."""
    positive, negative = SCORES[TARGET == 1], SCORES[TARGET == 0]
    pairs = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    variance = pairs.mean(axis=1).var(ddof=1) / len(positive) + pairs.mean(axis=0).var(ddof=1) / len(negative)
    auc, std_error = delong(TARGET, SCORES)
    assert auc == pytest.approx(pairs.mean())
    assert std_error == pytest.approx(np.sqrt(variance))


@pytest.mark.parametrize("metric", ["log_loss", "roc_auc", "rmse"])
def test_intervals_cover_the_truth(metric: str) -> None:
    """400 samples of 300 rows: coverage 95 %, accepted within four standard errors of a proportion (4.4 %)."""
    random = np.random.default_rng(11)

    def sample(rows: int) -> tuple[Any, Any]:
        signal = random.standard_normal(rows)
        if metric == "rmse":
            return signal, signal + random.standard_normal(rows)
        score = 1 / (1 + np.exp(-signal))
        return (random.random(rows) < score).astype(np.int64), score

    truth = estimated(metric, *sample(2_000_000)).value if metric != "rmse" else 1.0
    assert truth is not None
    hits = 0
    for _ in range(400):
        found = estimated(metric, *sample(300))
        assert found.low is not None and found.high is not None
        hits += found.low <= truth <= found.high
    assert 0.95 - 0.044 <= hits / 400 <= 0.95 + 0.044


def test_what_is_not_defined_has_no_value() -> None:
    ones = np.ones(10, dtype=np.int64)
    assert estimated("roc_auc", ones, np.full(10, 0.5)).value is None
    assert estimated("average_precision", ones, np.full(10, 0.5)).value is None
    assert estimated("log_loss", ones[:1], np.full(1, 0.5)).value is None
    assert estimated("r2", np.ones(10), np.ones(10)).value is None


def test_a_sure_and_wrong_score_is_a_large_finite_loss() -> None:
    assert np.isfinite(row_losses("log_loss", np.array([1, 0]), np.array([0.0, 1.0]))).all()


def test_calibration_error_is_the_gap() -> None:
    target = np.tile([0, 1], 500)
    assert estimated("calibration_error", target, np.full(1000, 0.7)).value == pytest.approx(0.2)


def test_every_metric_can_be_estimated_on_many_rows() -> None:
    many = np.tile(TARGET, 250), np.tile(SCORES, 250)
    for name in (name for name, metric in METRICS.items() if "binary" in metric.tasks):
        found = estimated(name, *many)
        assert found.value is not None and found.low is not None and found.high is not None
        assert found.low <= found.value <= found.high
        assert found.rows == 125_000
