"""Recalibration: what it wins back is found where it is there, and rarely where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn.linear_model import LogisticRegression

from windvane.lifecycle.recalibration import Recoverable, recoverable
from windvane.spec import Task

Array = np.ndarray[Any, Any]


def sigmoid(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-values)))


def softmax(values: Array) -> Array:
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def sample(random: np.random.Generator, task: Task, rows: int, bias: float, slope: float) -> tuple[Array, Array]:
    """Outcomes and scores; the outcomes follow the recalibrated scores, so bias 0 and slope 1 are calibrated."""
    if task == "binary":
        logits = random.normal(-1, 1, rows)
        return (random.random(rows) < sigmoid(bias + slope * logits)).astype(float), sigmoid(logits)
    if task == "regression":
        scores = random.normal(3, 2, rows)
        return bias + slope * scores + random.standard_normal(rows), scores
    logits = random.normal(0, 1, (rows, 3))
    chances = softmax(slope * logits + np.array([bias, 0.0, 0.0]))
    drawn = (random.random(rows)[:, None] > chances.cumsum(axis=1)).sum(axis=1)
    return np.array(["a", "b", "c"], dtype=object)[drawn], softmax(logits)


def measured(task: Task, target: Array, scores: Array, blocks: Array | None = None) -> Recoverable:
    found = recoverable(target, scores, task, np.zeros(len(target)) if blocks is None else blocks, ["a", "b", "c"])
    assert found is not None
    return found


def true_gain(random: np.random.Generator, task: Task, bias: float, slope: float) -> float:
    """Expected loss won back by the right recalibration, on half a million rows."""
    target, scores = sample(random, task, 500_000, bias, slope)
    if task == "regression":
        return float(np.mean((target - scores) ** 2) - 1.0)
    if task == "binary":
        before, after = scores, sigmoid(bias + slope * np.log(scores / (1 - scores)))
        hit = target == 1
        return float(np.mean(np.log(np.where(hit, after / before, (1 - after) / (1 - before)))))
    better = softmax(slope * np.log(scores) + np.array([bias, 0.0, 0.0]))
    position = np.searchsorted(["a", "b", "c"], target.astype(str))
    rows = np.arange(len(target))
    return float(np.mean(np.log(better[rows, position] / scores[rows, position])))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize(("rows", "runs"), [(200, 300), (5000, 60)])
def test_calibrated_scores_rarely_have_a_sure_gain(task: Task, rows: int, runs: int) -> None:
    """False finds are Binomial(runs, at most 5 %): more than its 99.9 % quantile refutes that at the 0.1 % level."""
    random = np.random.default_rng(rows)
    found = [measured(task, *sample(random, task, rows, 0.0, 1.0)) for _ in range(runs)]
    assert sum(item.low > 0 for item in found) <= stats.binom.ppf(0.999, runs, 0.05)


def test_shocks_of_whole_days_are_rarely_taken_for_a_gain() -> None:
    """A month's days move together: the error is counted by day, so 28 days are 28 observations."""
    random, runs = np.random.default_rng(7), 100
    finds = 0
    for _ in range(runs):
        days = random.integers(0, 28, 5000)
        logits = random.normal(-1, 1, 5000)
        shocks = random.normal(0, 0.6, 28)
        target = (random.random(5000) < sigmoid(logits + shocks[days])).astype(float)
        finds += measured("binary", target, sigmoid(logits), days).low > 0
    assert finds <= stats.binom.ppf(0.999, runs, 0.05)


@pytest.mark.parametrize(
    ("task", "bias", "slope"),
    [
        ("binary", 0.7, 1.0),
        ("binary", -0.3, 0.5),
        ("multiclass", 1.0, 0.7),
        ("regression", 0.8, 1.0),
        ("regression", 0.0, 1.3),
    ],
)
def test_the_gain_of_miscalibrated_scores_is_found_and_its_lower_end_holds(
    task: Task, bias: float, slope: float
) -> None:
    random, runs = np.random.default_rng(11), 60
    truth = true_gain(random, task, bias, slope)
    found = [measured(task, *sample(random, task, 3000, bias, slope)) for _ in range(runs)]
    gains = np.array([item.gain for item in found])
    assert gains.mean() == pytest.approx(truth, abs=4 * gains.std() / np.sqrt(runs))
    assert sum(item.low > truth for item in found) <= stats.binom.ppf(0.999, runs, 0.05)
    assert all(item.low > 0 for item in found)
    assert all(item.std_error == pytest.approx(gains.std(), rel=0.5) for item in found)


def test_the_optimism_of_fitting_and_judging_on_the_same_rows_is_taken_off() -> None:
    """On calibrated scores the gain in hindsight is above 0 by half the correction, what is left below it by half."""
    random = np.random.default_rng(2)
    tasks: tuple[tuple[Task, int], ...] = (("binary", 2), ("multiclass", 3), ("regression", 2))
    for task, parameters in tasks:
        gains = []
        for _ in range(300):
            found = measured(task, *sample(random, task, 200, 0.0, 1.0))
            gains.append(found.gain)
        unit = 2.0 if task == "regression" else 1.0  # twice the noise variance of 1
        assert np.mean(gains) == pytest.approx(-unit * parameters / 200 / 2, abs=0.003 * unit)


def test_a_fit_by_hand() -> None:
    random = np.random.default_rng(0)
    target, scores = sample(random, "binary", 2000, 0.5, 0.8)
    logits = np.log(scores / (1 - scores))
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logits[:, None], target)
    after = fitted.predict_proba(logits[:, None])[:, 1]

    def loss(probabilities: Array) -> Array:
        return np.asarray(-np.log(np.where(target == 1, probabilities, 1 - probabilities)))

    difference = loss(scores) - loss(after)
    found = measured("binary", target, scores)
    assert found.loss == pytest.approx(loss(scores).mean())
    assert found.gain == pytest.approx(difference.mean() - 2 / 2000, abs=1e-8)
    assert found.std_error == pytest.approx(difference.std(ddof=1) / np.sqrt(2000), rel=1e-5)
    assert found.low == pytest.approx(found.gain - stats.t.ppf(0.95, 1999) * found.std_error)
    assert (found.share, found.low_share) == (found.gain / found.loss, found.low / found.loss)
    assert (found.rows, found.blocks) == (2000, 2000)


def test_a_fit_of_several_classes_is_the_best_one() -> None:
    random = np.random.default_rng(3)
    target, scores = sample(random, "multiclass", 1500, 0.8, 0.6)
    position = np.searchsorted(["a", "b", "c"], target.astype(str))

    def loss(parameters: Array) -> float:
        chances = softmax(parameters[0] * np.log(scores) + np.array([0.0, *parameters[1:]]))
        return float(-np.log(chances[np.arange(len(target)), position]).mean())

    best = optimize.minimize(loss, np.array([1.0, 0.0, 0.0]), tol=1e-10).fun
    assert measured("multiclass", target, scores).gain == pytest.approx(
        loss(np.array([1.0, 0, 0])) - best - 3 / 1500, abs=1e-7
    )


def test_two_classes_as_binary_and_as_multiclass_agree() -> None:
    random = np.random.default_rng(4)
    target, scores = sample(random, "binary", 1000, 0.5, 1.2)
    binary = measured("binary", target, scores)
    labels = np.where(target == 1, "b", "a").astype(object)
    several = recoverable(labels, np.column_stack([1 - scores, scores]), "multiclass", np.zeros(1000), ["a", "b"])
    assert several is not None
    assert several.gain == pytest.approx(binary.gain, abs=1e-9)


def test_blocks_of_dependent_rows_widen_the_interval() -> None:
    random = np.random.default_rng(5)
    target, scores = sample(random, "binary", 400, 0.5, 1.0)
    alone = measured("binary", target, scores)
    copied = measured("binary", np.repeat(target, 25), np.repeat(scores, 25), np.repeat(np.arange(400), 25))
    assert copied.blocks == 400
    assert copied.std_error == pytest.approx(alone.std_error, rel=0.01)
    assert measured("binary", np.repeat(target, 25), np.repeat(scores, 25)).std_error < 0.3 * alone.std_error


class TestOddScores:
    def test_zeros_and_ones_are_clipped(self) -> None:
        scores = np.array([0.0, 1.0] * 200)
        target = scores.copy()
        target[:40] = 1 - target[:40]
        found = measured("binary", target, scores)
        assert np.isfinite([found.loss, found.gain, found.std_error, found.low]).all()
        assert found.share > 0.5
        assert found.low > 0

    def test_separable_outcomes_are_bounded(self) -> None:
        scores = np.linspace(0.3, 0.7, 400)
        found = measured("binary", (scores > 0.5).astype(float), scores)
        assert 0.5 < found.share <= 1.0
        assert np.isfinite(found.std_error)

    def test_inverted_scores_are_found(self) -> None:
        random = np.random.default_rng(0)
        target, scores = sample(random, "binary", 2000, 0.0, -1.0)
        assert measured("binary", target, scores).low > 0

    @pytest.mark.parametrize("value", [0.0, 0.2, 1.0])
    def test_constant_scores_win_back_the_level_only(self, value: float) -> None:
        target = np.array([0.0, 0.0, 0.0, 0.0, 1.0] * 100)
        found = measured("binary", target, np.full(500, value))
        level = -(0.2 * np.log(0.2) + 0.8 * np.log(0.8))
        assert found.gain == pytest.approx(found.loss - level - 2 / 500, abs=1e-6)
        assert (found.low > 0) is (value != 0.2)

    def test_constant_predictions_win_back_the_mean(self) -> None:
        target = np.random.default_rng(0).normal(5, 1, 300)
        found = measured("regression", target, np.zeros(300))
        assert found.gain == pytest.approx((target.mean()) ** 2 - 4 * target.var() * 300 / 298 / 300)

    def test_perfect_predictions_leave_nothing(self) -> None:
        target = np.arange(100.0)
        found = measured("regression", target, target)
        assert found.gain == pytest.approx(0.0)
        assert (found.loss, found.share, found.low_share) == (0.0, 0.0, 0.0)

    def test_a_class_nobody_scored_costs_the_same_before_and_after(self) -> None:
        random = np.random.default_rng(0)
        target, scores = sample(random, "multiclass", 1000, 1.0, 1.0)
        known = measured("multiclass", target, scores)
        more = measured("multiclass", np.concatenate([target, ["new"] * 10]), np.vstack([scores, scores[:10]]))
        assert more.gain * 1010 == pytest.approx(known.gain * 1000, rel=0.01)
        assert more.loss > known.loss

    def test_a_class_that_never_came_is_bounded(self) -> None:
        random = np.random.default_rng(0)
        target, scores = sample(random, "multiclass", 1000, 0.0, 1.0)
        kept = target != "b"
        found = measured("multiclass", target[kept], scores[kept])
        assert found.low > 0
        assert np.isfinite(found.share)

    @pytest.mark.parametrize(
        ("target", "scores"),
        [
            (np.ones(500), np.full(500, 0.3)),
            (np.zeros(500), np.full(500, 0.3)),
            (np.array([0.0, 1.0, 0.0]), np.full(3, 0.5)),
        ],
        ids=["only ones", "only zeros", "three rows"],
    )
    def test_there_is_nothing_to_fit(self, target: Array, scores: Array) -> None:
        assert recoverable(target, scores, "binary", np.zeros(len(target))) is None

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=6, max_size=40))
    def test_any_scores_give_finite_numbers(self, rows: list[tuple[bool, float]]) -> None:
        target, scores = np.array([float(hit) for hit, _ in rows]), np.array([score for _, score in rows])
        found = recoverable(target, scores, "binary", np.zeros(len(rows)))
        if found is not None:
            assert np.isfinite([found.loss, found.gain, found.std_error, found.low]).all()
            assert -2 / len(rows) - 1e-9 <= found.gain <= found.loss


def test_the_p_value_is_that_of_the_likelihood_ratio_with_the_blocks_degrees_of_freedom() -> None:
    """The gain over its error is sqrt(X) / 2 - 2 / sqrt(X) of a chi-square X of two parameters (Wilks 1938)."""
    random = np.random.default_rng(1)
    target, scores = sample(random, "binary", 600, 0.1, 1.0)
    found = measured("binary", target, scores, np.arange(600) % 20)
    ratio = found.gain / found.std_error
    chi_square = optimize.brentq(lambda x: x**0.5 / 2 - 2 / x**0.5 - ratio, 1e-6, 1e6)
    assert found.p_value == pytest.approx(stats.f.sf(chi_square / 2, 2, 19))
    assert 0.01 < found.p_value < 0.99


@pytest.mark.parametrize("runs", [100])
def test_a_loss_as_good_as_new_has_p_values_that_keep_their_level_in_blocks(runs: int) -> None:
    """Windows of 20 days: findings at 1 % are Binomial(runs, 0.01) at most."""
    random, rows, days = np.random.default_rng(0), 600, 20
    found = 0
    for _ in range(runs):
        blocks = np.sort(random.integers(0, days, rows))
        scores = 1 / (1 + np.exp(1 - random.standard_normal(rows)))
        target = (random.random(rows) < scores).astype(float)
        judged = recoverable(target, scores, "binary", blocks)
        assert judged is not None
        found += judged.p_value < 0.01
    assert found <= stats.binom.ppf(0.999, runs, 0.01)
