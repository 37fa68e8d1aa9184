"""Beyond the reference: what the champion could win from its first day on is no sign; what changed since is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.lifecycle.test_recalibration import sample
from windvane.lifecycle.beyond import beyond, fitted, together
from windvane.lifecycle.recalibration import Recoverable, recoverable
from windvane.results import Recalibration
from windvane.spec import Task

Array = np.ndarray[Any, Any]
CLASSES = ["a", "b", "c"]
OFF = (0.8, 0.6)
"""A bias and a slope that a champion underfits by."""


def rows(random: np.random.Generator, task: Task, count: int, bias: float, slope: float) -> tuple[Array, Array]:
    return sample(random, task, count, bias, slope)


def reference(random: np.random.Generator, task: Task, count: int = 2000) -> Recalibration:
    found = fitted(*rows(random, task, count, *OFF), task, np.zeros(count), CLASSES)
    assert found is not None
    return found


def measured(random: np.random.Generator, task: Task, bias: float, slope: float, count: int = 2000) -> Recoverable:
    then = reference(random, task)
    target, scores = rows(random, task, count, bias, slope)
    found = beyond(target, scores, task, np.zeros(count), then, CLASSES)
    assert found is not None
    return found


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
class TestTasks:
    def test_what_could_be_won_from_the_first_day_on_is_no_sign(self, task: Task) -> None:
        random = np.random.default_rng(1)
        target, scores = rows(random, task, 2000, *OFF)
        plain = recoverable(target, scores, task, np.zeros(2000), CLASSES)
        assert plain is not None
        assert plain.p_value < 1e-6
        assert plain.share > 0.02
        found = beyond(target, scores, task, np.zeros(2000), reference(random, task), CLASSES)
        assert found is not None
        assert found.p_value > 0.01
        assert abs(found.share) < 0.01
        assert found.loss == pytest.approx(plain.loss)

    def test_what_changed_since_is_one(self, task: Task) -> None:
        found = measured(np.random.default_rng(2), task, OFF[0] - 1.2, OFF[1])
        assert found.p_value < 1e-6
        assert found.low > 0
        assert found.share > 0.02

    def test_equal_worlds_are_rarely_called_different(self, task: Task) -> None:
        """At 5 %: 10 in 200 are expected, and more than 20 would be one in a thousand."""
        random = np.random.default_rng(3)
        p_values = [measured(random, task, *OFF, count=300).p_value for _ in range(200)]
        assert sum(value < 0.05 for value in p_values) <= 20

    def test_the_gain_of_equal_worlds_is_none_on_average(self, task: Task) -> None:
        """What is left after the optimism: adopting another noisy fit costs a little."""
        random = np.random.default_rng(4)
        gains = [measured(random, task, *OFF, count=500).share for _ in range(100)]
        assert -0.02 < float(np.mean(gains)) <= 0.002


def test_a_reference_of_more_time_is_surer_and_lies_between() -> None:
    random = np.random.default_rng(5)
    parts = [reference(random, "binary", 400) for _ in range(4)]
    found = together(parts)
    assert np.trace(found.covariance) < 0.5 * min(np.trace(item.covariance) for item in parts)
    assert (found.rows, found.blocks) == (1600, sum(item.blocks - 1 for item in parts) + 1)
    for place in range(2):
        values = [item.parameters[place] for item in parts]
        assert min(values) < found.parameters[place] < max(values)
    assert together(parts[:1]) is parts[0]


def test_a_reference_of_few_days_is_not_trusted() -> None:
    """Two blocks leave no degree of freedom for two parameters, however large the change is."""
    random = np.random.default_rng(6)
    target, scores = rows(random, "binary", 400, *OFF)
    then = fitted(target, scores, "binary", np.arange(400) % 2, CLASSES)
    assert then is not None
    changed = rows(random, "binary", 400, -3.0, 1.0)
    found = beyond(*changed, "binary", np.arange(400) % 2, then, CLASSES)
    assert found is not None
    assert found.gain > 0.5
    assert found.p_value > 0.05


def test_one_class_fits_nothing() -> None:
    assert fitted(np.zeros(50), np.full(50, 0.2), "binary", np.zeros(50)) is None
    then = reference(np.random.default_rng(7), "binary")
    assert beyond(np.zeros(50), np.full(50, 0.2), "binary", np.zeros(50), then) is None


def test_other_classes_than_the_references_are_not_compared() -> None:
    random = np.random.default_rng(8)
    target, scores = rows(random, "multiclass", 200, *OFF)
    assert beyond(target, scores, "multiclass", np.zeros(200), reference(random, "binary"), CLASSES) is None


def test_prices_are_fitted_however_large_they_are() -> None:
    random = np.random.default_rng(9)
    target, scores = rows(random, "regression", 1000, 0.0, 1.0)
    plain = fitted(target, scores, "regression", np.zeros(1000))
    large = fitted(1e7 + 1e3 * target, 1e7 + 1e3 * scores, "regression", np.zeros(1000))
    assert plain is not None
    assert large is not None
    assert large.parameters[0] == pytest.approx(1e3 * plain.parameters[0], rel=1e-6)
