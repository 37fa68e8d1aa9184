"""Metrics against scikit-learn, and intervals against simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as reference

from windvane.lifecycle.metrics import Sample, estimate, faults, measure, paired_difference, row_losses
from windvane.lifecycle.metrics.errors import spread
from windvane.results import Estimate
from windvane.spec import Task
from windvane.spec.metrics import METRICS, metric_of

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
    for name in (name for name, kind in METRICS.items().items() if kind.usual and "binary" in kind.tasks):
        found = estimated(name, *many)
        assert found.value is not None and found.low is not None and found.high is not None
        assert found.low <= found.value <= found.high
        assert found.rows == 125_000


@pytest.mark.parametrize("levels", [5, 1_000_000])
def test_delong_matches_its_formulae_written_out_over_all_pairs(levels: int) -> None:
    """DeLong et al. 1988, eqs. 2 to 6, pair by pair, on ratings with many ties and on scores with none."""
    random = np.random.default_rng(6)
    target = (random.random(120) < 0.4).astype(np.int64)
    scores = np.floor(levels / (1 + np.exp(-target - random.standard_normal(120)))) / levels
    positive, negative = scores[target == 1], scores[target == 0]
    wins = [[1.0 if x > y else 0.5 if x == y else 0.0 for y in negative] for x in positive]
    m, n = len(positive), len(negative)
    theta = sum(map(sum, wins)) / (m * n)
    ten = [sum(row) / n for row in wins]
    one = [sum(row[j] for row in wins) / m for j in range(n)]
    s_ten = sum((value - theta) ** 2 for value in ten) / (m - 1)
    s_one = sum((value - theta) ** 2 for value in one) / (n - 1)
    assert delong(target, scores) == pytest.approx((theta, np.sqrt(s_ten / m + s_one / n)))


def test_two_aucs_are_compared_with_delongs_covariance() -> None:
    """DeLong et al. 1988, eqs. 4 to 6, written out over all pairs for both sets of scores."""
    other = np.clip(SCORES + 0.2 * np.random.default_rng(4).standard_normal(500), 0.0, 1.0)
    placements = []
    for scores in (SCORES, other):
        positive, negative = scores[TARGET == 1], scores[TARGET == 0]
        pairs = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
        placements.append((pairs.mean(axis=1), pairs.mean(axis=0)))
    (ten_a, one_a), (ten_b, one_b) = placements
    variance = np.cov(ten_a, ten_b) / len(ten_a) + np.cov(one_a, one_b) / len(one_a)
    expected = np.sqrt(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1])
    found = paired_difference(
        metric_of("roc_auc"),
        measure("roc_auc", sample_of(TARGET, SCORES)),
        measure("roc_auc", sample_of(TARGET, other)),
        "v1",
    )
    assert found.difference == pytest.approx(ten_b.mean() - ten_a.mean())
    assert found.std_error == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["log_loss", "roc_auc", "average_precision", "f1", "calibration_error"])
def test_an_influence_is_the_derivative_in_a_rows_weight(metric: str) -> None:
    """Against a numerical derivative: the influence is what one more unit of a row's weight does to the metric."""
    weights = np.random.default_rng(8).uniform(0.5, 2.0, 500)
    base = measure(metric, sample_of(TARGET, SCORES, weights=weights))
    assert base.value is not None and base.influence is not None
    scale = np.ones(500)
    if metric == "roc_auc":  # scaled to each class's own degrees of freedom
        hits = int(TARGET.sum())
        scale = np.sqrt(499 / 500 * np.where(TARGET == 1, hits / (hits - 1), (500 - hits) / (499 - hits)))
    for row in (0, 3, 77, 250, 499):
        moved = weights.copy()
        moved[row] += 1e-5
        changed = measure(metric, sample_of(TARGET, SCORES, weights=moved)).value
        assert changed is not None
        expected = (changed - base.value) / 1e-5 * weights.sum()
        found = base.influence[row] / scale[row]
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("metric", ["log_loss", "brier", "accuracy", "f1", "roc_auc", "average_precision"])
def test_weighted_metrics_agree_with_scikit_learn(metric: str) -> None:
    weights = np.random.default_rng(9).uniform(0.2, 3.0, 500)
    decided = SCORES >= 0.3
    expected = {
        "log_loss": lambda: reference.log_loss(TARGET, SCORES, sample_weight=weights),
        "brier": lambda: reference.brier_score_loss(TARGET, SCORES, sample_weight=weights),
        "accuracy": lambda: reference.accuracy_score(TARGET, decided, sample_weight=weights),
        "f1": lambda: reference.f1_score(TARGET, decided, sample_weight=weights),
        "roc_auc": lambda: reference.roc_auc_score(TARGET, SCORES, sample_weight=weights),
        "average_precision": lambda: reference.average_precision_score(TARGET, SCORES, sample_weight=weights),
    }[metric]()
    found = estimated(metric, TARGET, SCORES, weights=weights, threshold=0.3)
    assert found.value == pytest.approx(expected)
    assert found.low is not None and found.high is not None
    assert found.low < expected < found.high


def test_decisions_agree_with_scikit_learn() -> None:
    decided = np.array(["a", "b", "c"])[SHARES.argmax(axis=1)]
    macro = estimated("f1", LABELS, SHARES, ["a", "b", "c"])
    assert macro.value == pytest.approx(reference.f1_score(LABELS, decided, average="macro"))
    quantile = estimated("pinball(0.9)", NUMBERS, GUESSES)
    assert quantile.value == pytest.approx(reference.mean_pinball_loss(NUMBERS, GUESSES, alpha=0.9))
    table = reference.confusion_matrix(TARGET, SCORES >= 0.5)
    cost = estimated("expected_cost", TARGET, SCORES, costs={"1": {"0": 5.0}, "0": {"1": 1.0}})
    assert cost.value == pytest.approx((5 * table[1, 0] + table[0, 1]) / 500)
    costs = {"a": {"b": 2.0}, "unheard": {"c": 9.0}}
    both = estimated("expected_cost", LABELS, SHARES, ["a", "b", "c"], costs=costs)
    assert both.value == pytest.approx(2 * ((LABELS == "a") & (decided == "b")).mean())


def test_rows_that_are_repeated_do_not_count_as_more_evidence() -> None:
    """Each row twice, as one cluster: the same interval as each row once, but for the degrees of freedom."""
    twice = np.repeat(np.arange(500), 2)
    once = estimated("roc_auc", TARGET, SCORES)
    clustered = estimated("roc_auc", TARGET[twice], SCORES[twice], groups=(twice,))
    naive = estimated("roc_auc", TARGET[twice], SCORES[twice])
    for found in (once, clustered, naive):
        assert found.low is not None and found.high is not None
    width = [found.high - found.low for found in (once, clustered, naive)]  # type: ignore[operator]  # seen above
    assert width[1] == pytest.approx(width[0], rel=0.02)
    assert width[2] < 0.75 * width[0]
    assert "clustered" in clustered.method


@pytest.mark.parametrize("metric", ["log_loss", "f1", "average_precision", "calibration_error", "accuracy"])
def test_every_interval_is_wider_on_clusters_of_equal_rows(metric: str) -> None:
    four = np.repeat(np.arange(500), 4)
    alone = estimated(metric, TARGET[four], SCORES[four])
    clustered = estimated(metric, TARGET[four], SCORES[four], groups=(four,))
    assert alone.low is not None and alone.high is not None and clustered.low is not None and clustered.high is not None
    assert clustered.high - clustered.low > 1.5 * (alone.high - alone.low)


def test_two_ways_of_depending_take_the_wider_error() -> None:
    four, eight = np.arange(500) // 4, np.arange(500) // 50
    signal = np.random.default_rng(2).standard_normal(10)[eight]
    one = measure("mse", sample_of(signal, np.zeros(500), groups=(four,)))
    both = measure("mse", sample_of(signal, np.zeros(500), groups=(four, eight)))
    assert one.influence is not None and both.influence is not None
    assert spread(both.influence, both.sample).variance > 3 * spread(one.influence, one.sample).variance


def by_matrices(values: Any, weights: Any, group: Any) -> tuple[float, float]:
    """Return CR2 and Satterthwaite's degrees of a weighted mean, by the matrices of Pustejovsky and Tipton 2018.

    X is a column of ones, W the weights, and the working model has independent rows whose variances F are 1 / W. The
    adjustments A make each group's residuals as large as the working model says: `A (I - H) F (I - H)' A' = F`.
    """
    ones, total = np.ones((len(values), 1)), weights.sum()
    left = np.eye(len(values)) - ones @ (weights[None, :] / total)  # I - H
    working = np.diag(1 / weights)
    residual, variance, pulls = left @ values, 0.0, []
    for label in np.unique(group):
        mine = group == label
        root = np.sqrt(working[np.ix_(mine, mine)])
        seen = left[mine] @ working @ left[mine].T
        size, turn = np.linalg.eigh(np.linalg.inv(root) @ seen @ np.linalg.inv(root))
        adjustment = root @ (turn / np.sqrt(size)) @ turn.T @ np.linalg.inv(root)
        np.testing.assert_allclose(adjustment @ seen @ adjustment.T, working[np.ix_(mine, mine)], atol=1e-9)
        adjusted = weights[mine] @ adjustment / total
        variance += float(adjusted @ residual[mine]) ** 2
        pulls.append(adjusted @ left[mine])
    shared = np.array(pulls) @ working @ np.array(pulls).T
    return variance, float(np.trace(shared) ** 2 / (shared**2).sum())


@pytest.mark.parametrize("sizes", [(5,) * 12, (1, 2, 3, 4, 5, 6, 7, 8, 9, 30), (2,) * 11 + (60,)])
@pytest.mark.parametrize("weighted", [False, True])
def test_an_error_by_groups_is_cr2_with_the_degrees_of_satterthwaite(sizes: tuple[int, ...], weighted: bool) -> None:
    random = np.random.default_rng(3)
    group = np.repeat(np.arange(len(sizes)), sizes)
    values = random.uniform(-1, 1, len(group)) + random.choice([-1.0, 1.0], len(sizes))[group]  # a small fourth moment
    weights = random.uniform(0.5, 2.0, len(group)) if weighted else np.ones(len(group))
    mean = np.average(values, weights=weights)
    variance, degrees = by_matrices(values, weights, group)
    found = spread(values - mean, sample_of(values, values, weights=weights if weighted else None, groups=(group,)))
    assert found.variance == pytest.approx(variance)
    assert found.degrees <= degrees + 1e-9
    if len(set(sizes)) == 1:
        assert found.degrees == pytest.approx(degrees)
        assert weighted or degrees == pytest.approx(len(sizes) - 1)


def test_an_error_by_groups_of_three_sizes_is_that_by_hand() -> None:
    """Groups of 1, 2 and 3 ones, h = 1/6, 1/3 and 1/2, with sums 3, 0 and -3 about their mean.

    CR2: (9 / (5/6) + 0 + 9 / (1/2)) / 36 = 28.8 / 36 = 0.8. With r = h^2 / (1 - h) = 1/30, 1/6, 1/2 the degrees are
    1 / (14/36 + (0.7^2 - 251/900)) = 1 / 0.6. By the fourth moment, with adjusted squares 10.8, 0 and 18:
    kurtosis 3 (10.8^2 + 18^2) / 28.8^2 = 1.59375, so 6 / 1.59375, which is more.
    """
    values = np.array([3.0, 0.0, 0.0, -1.0, -1.0, -1.0])
    found = spread(values, sample_of(values, values, groups=(np.array([0, 1, 1, 2, 2, 2]),)))
    assert found.variance == pytest.approx(0.8)
    assert found.degrees == pytest.approx(1 / 0.6)


def test_an_error_that_one_group_carries_has_few_degrees() -> None:
    group = np.repeat(np.arange(50), 4)
    even = np.where(group % 2, 1.0, -1.0)
    carried = np.where(group == 7, 49.0, -1.0)
    found = [spread(values, sample_of(values, values, groups=(group,))).degrees for values in (even, carried)]
    assert found[0] == pytest.approx(49)
    assert 2 < found[1] < 2.2


def test_groups_without_weight_are_no_groups() -> None:
    group, weights = np.arange(500) // 10, np.where(np.arange(500) < 90, 1.0, 0.0)
    found = estimated("log_loss", TARGET, SCORES, weights=weights, groups=(group,))
    assert found.low is None
    assert "9 dependent groups" in found.problem


def test_few_clusters_give_no_interval() -> None:
    found = estimated("log_loss", TARGET, SCORES, groups=(np.arange(500) // 100,))
    assert found.value is not None and found.low is None
    assert "5 dependent groups, fewer than the 10" in found.problem


@pytest.mark.parametrize(("metric", "least"), [("log_loss", 0.92), ("brier", 0.92), ("accuracy", 0.91)])
def test_rare_outcomes_are_covered(metric: str, least: float) -> None:
    """1 % positive, 200 rows, 500 samples (a t-interval of the log loss covers 80 %); 4 standard errors are 3.9 %."""
    random = np.random.default_rng(12)

    def sample(rows: int) -> tuple[Any, Any]:
        chance = 1 / (1 + np.exp(5.5 - 1.5 * random.standard_normal(rows)))
        return (random.random(rows) < chance).astype(np.int64), np.clip(1.3 * chance, 0.0, 0.9)

    truth = estimated(metric, *sample(2_000_000)).value
    assert truth is not None
    found = [estimated(metric, *sample(200)) for _ in range(500)]
    held = np.mean([item.low <= truth <= item.high for item in found if item.low is not None and item.high is not None])
    assert held >= least


def test_too_few_positives_give_average_precision_no_interval() -> None:
    target = np.zeros(300, dtype=np.int64)
    target[:9] = 1
    found = estimated("average_precision", target, np.linspace(0.9, 0.1, 300))
    assert found.value == 1.0 and found.low is None
    assert "9 positives" in found.problem


def test_a_bootstrap_of_ones_own_metric_agrees_with_the_formula() -> None:
    def mean_loss(outcomes: Any, scores: Any) -> float:
        return float(row_losses("log_loss", outcomes, scores).mean())

    own = estimated("mine", TARGET, SCORES, own={"mine": mean_loss})
    known = estimated("log_loss", TARGET, SCORES)
    assert own.method == "bootstrap"
    assert own.value == pytest.approx(known.value)
    for found, expected in ((own.low, known.low), (own.high, known.high)):
        assert found == pytest.approx(expected, abs=0.01)
    four = np.repeat(np.arange(500), 4)
    clustered = estimated("mine", TARGET[four], SCORES[four], own={"mine": mean_loss}, groups=(four,))
    sixteen = np.repeat(np.arange(500), 16)
    part = estimated("mine", TARGET[sixteen], SCORES[sixteen], own={"mine": mean_loss}, own_rows={"mine": 3000})
    assert clustered.high == pytest.approx(known.high, abs=0.012)
    assert part.high is not None and part.low is not None and known.high is not None and known.low is not None
    assert part.high - part.low == pytest.approx((known.high - known.low) / 4, rel=0.2)


def test_a_metric_of_ones_own_that_raises_says_so() -> None:
    def broken(outcomes: Any, scores: Any) -> float:
        raise KeyError("price")

    found = estimated("mine", TARGET, SCORES, own={"mine": broken})
    assert found.value is None and found.problem == "raised KeyError: 'price'"
    nothing = estimated("mine", TARGET, SCORES, own={"mine": lambda outcomes, scores: float("nan")})
    assert nothing.value is None and "no finite number" in nothing.problem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": np.where(np.arange(500) < 3, np.nan, SCORES)}, "3 of 500 scores are not finite"),
        ({"scores": SCORES * 2 - 0.5}, "no probabilities"),
        ({"scores": np.full(500, 0.3)}, "the scores are constant"),
        ({"target": np.ones(500, dtype=np.int64)}, "of one class"),
        ({"weights": np.zeros(500)}, "the weights sum to zero"),
        ({"weights": np.where(np.arange(500) < 1, -1.0, 1.0)}, "1 of 500 weights are negative"),
        ({"weights": np.full(500, np.nan)}, "weights are missing"),
    ],
)
def test_what_is_no_evidence_is_named(change: dict[str, Any], message: str) -> None:
    fields: dict[str, Any] = {"target": TARGET, "scores": SCORES} | change
    assert any(message in fault for fault in faults(sample_of(**fields)))
    assert faults(sample_of(TARGET, SCORES)) == []
