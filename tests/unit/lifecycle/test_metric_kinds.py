"""Kinds of metrics: each is known by its module alone, light to import, and shown in its own unit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from windvane.errors import SpecError, UnknownKind
from windvane.lifecycle.metrics import Sample, measure
from windvane.spec import OwnMetric
from windvane.spec.metrics import METRICS, PRIMARY, known_metrics, metric_of, metrics_for, shown_unit, units_of

USUAL = {
    "binary": ["log_loss", "brier", "accuracy", "f1", "roc_auc", "average_precision", "calibration_error"],
    "multiclass": ["log_loss", "brier", "accuracy", "f1"],
    "regression": ["mse", "mae", "rmse", "r2"],
}


@pytest.mark.parametrize("task", list(USUAL))
def test_the_usual_metrics_of_a_task_keep_their_order(task: str) -> None:
    """Evaluations, and so their digests, have them in this order."""
    assert metrics_for(task) == USUAL[task]  # type: ignore[arg-type]  # a parameter is any text
    assert metrics_for(task)[0] == PRIMARY[task]  # type: ignore[arg-type]  # a parameter is any text


def test_a_metric_that_no_package_brings_is_named_with_its_nearest() -> None:
    with pytest.raises(UnknownKind, match="metric 'logloss' is not known; did you mean 'log_loss'"):
        metric_of("logloss")


def test_costs_and_quantiles_are_known_where_they_are_declared() -> None:
    assert "expected_cost" not in known_metrics("binary", named=("expected_cost",))
    assert known_metrics("binary", costs=True)["expected_cost"].unit == "cost"
    assert known_metrics("regression", named=("pinball(0.9)",), target="delay")["pinball(0.9)"].unit == "unit of delay"
    for name in ("pinball(1.5)", "pinball(0)", "pinball"):
        assert name not in known_metrics("regression", named=(name,)) or name == "pinball"


def test_units_are_the_metrics_own_and_a_targets_is_named() -> None:
    unit = units_of({"target": "delay", "metrics": [{"path": "m:profit", "unit": "EUR"}]})
    shown = {name: unit(name) for name in ("log_loss", "r2", "mse", "mae", "expected_cost", "profit", "gone")}
    assert shown == {
        "log_loss": "nat",
        "r2": "share",
        "mse": "squared unit of delay",
        "mae": "unit of delay",
        "expected_cost": "cost",
        "profit": "EUR",
        "gone": "",
    }
    assert shown_unit("share", "delay") == "share"


def test_a_metric_of_ones_own_may_not_take_a_known_name() -> None:
    for name in ("roc_auc", "pinball(0.5)", "expected_cost"):
        assert OwnMetric(path="m:f", name=name).problems()
    with pytest.raises(SpecError):
        OwnMetric(path="profit")


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_kind_measures_a_sample_of_its_task(name: str) -> None:
    random = np.random.default_rng(3)
    kind = METRICS.get(name)
    named = "pinball(0.9)" if name == "pinball" else name
    target = random.integers(0, 2, 200) if "binary" in kind.tasks else random.normal(size=200)
    scores = np.clip(target * 0.5 + random.uniform(0, 0.5, 200), 0.01, 0.99)
    sample = Sample("binary" if "binary" in kind.tasks else "regression", target, scores, costs={"1": {"0": 1.0}})
    found = measure(named, sample)
    assert found.value is not None
    assert np.isfinite(found.value)


def test_reading_the_list_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom windvane.spec.metrics import METRICS\nlist(METRICS)\n"
        "print(sorted({'numpy', 'scipy', 'pandas', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
