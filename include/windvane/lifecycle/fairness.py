"""How differently decisions treat the groups of a protected column: fairlearn's numbers, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.lifecycle.metrics import Array, Sample
from windvane.results import Disparity, GroupRate
from windvane.spec.rules import Groups

if TYPE_CHECKING:
    import pandas as pd

_DRAWS = 2000
_POOLS = 2000
"""Most independent groups of rows that are weighted; more are put together at random, which keeps them independent."""
_RATES = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalised_odds": ("true_positive_rate", "false_positive_rate"),
}


def disparity(values: pd.Series[Any], sample: Sample, wanted: Groups) -> Disparity:
    """Return the largest difference and the smallest ratio of a rate between two groups, with 95 % intervals.

    The rates are fairlearn's `MetricFrame`. Their error comes from a Bayesian bootstrap (Rubin 1981): of rows, by a
    Dirichlet draw of each group's outcomes and decisions under Jeffreys' prior, so that a rate of 0 is uncertain too;
    of whole groups of dependent rows, by exponential weights. The largest difference lies below a bound when every
    pair's does, so its upper end is the largest of the pairs' upper ends at the same level (an intersection-union
    test, Berger 1982); its lower end is the largest of their lower ends at a level divided by the number of pairs
    (Bonferroni).

    Args:
        values: The protected column of the sample's rows.
        sample: The rows with their scores.
        wanted: The column, the measure, and the fewest rows of a group.
    """
    known = values.notna().to_numpy()
    found = Disparity(
        column=wanted.column,
        measure=wanted.measure,
        fewest=wanted.rows,
        difference=None,
        rows=int(known.sum()),
        missing=int((~known).sum()),
    )
    if not known.any():
        return found.model_copy(update={"problem": f"{wanted.column} is missing in every row"})
    try:
        from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    except ImportError:
        return found.model_copy(update={"problem": "fairlearn is not installed; install windvane[fairness]"})
    kept, names = sample.take(known), values[known].astype(str).to_numpy(dtype=object)
    groups, place = np.unique(names.astype(str), return_inverse=True)
    rates = {
        "selection_rate": selection_rate,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
    }
    cells = 4 * place + 2 * kept.target.astype(np.int64) + kept.decided
    table = np.bincount(cells, minlength=4 * len(groups)).reshape(len(groups), 4)
    present = np.flatnonzero(table.ravel())  # a row for each group, outcome and decision, weighted: the same rates
    weight = {"sample_weight": np.bincount(cells, kept.counts, 4 * len(groups))[present]}
    frame = MetricFrame(
        metrics=rates,
        y_true=present // 2 % 2,
        y_pred=present % 2,
        sensitive_features=present // 4,
        sample_params=dict.fromkeys(rates, weight),
    )
    message = _groups(groups, table, frame.by_group)
    found = found.model_copy(update={"groups": message})
    large = table.sum(axis=1) >= wanted.rows
    problem = _problem(groups, table, large, wanted)
    if problem:
        return found.model_copy(update={"problem": problem})
    drawn = _drawn(kept, cells, len(groups))[:, large]
    names_of = _RATES[wanted.measure]
    points = [np.array([getattr(group, name) for group in message], dtype=float)[large] for name in names_of]
    return found.model_copy(update=_ends(points, [_rate(drawn, name) for name in names_of]))


def _groups(groups: Array, table: Array, rates: pd.DataFrame) -> tuple[GroupRate, ...]:
    positives, negatives = table[:, 2] + table[:, 3], table[:, 0] + table[:, 1]
    return tuple(
        GroupRate(
            group=str(group),
            rows=int(table[index].sum()),
            selection_rate=float(rates["selection_rate"][index]),
            true_positive_rate=float(rates["true_positive_rate"][index]) if positives[index] else None,
            false_positive_rate=float(rates["false_positive_rate"][index]) if negatives[index] else None,
        )
        for index, group in enumerate(groups)
    )


def _problem(groups: Array, table: Array, large: Array, wanted: Groups) -> str:
    """Return why the groups cannot be compared, or nothing."""
    if large.sum() < 2:
        return f"{wanted.column} has {int(large.sum())} groups of {wanted.rows} rows; two are needed to compare"
    needed = {"true_positive_rate": (2, 3, "positive"), "false_positive_rate": (0, 1, "negative")}
    for rate in _RATES[wanted.measure]:
        if rate in needed:
            one, two, kind = needed[rate]
            empty = groups[large & (table[:, one] + table[:, two] == 0)]
            if len(empty):
                return f"{wanted.column}={empty[0]} has no {kind} outcome"
    return ""


def _drawn(sample: Sample, cells: Array, count: int) -> Array:
    """Return bootstrap shares of outcome and decision, shape draws x groups x 4 (not normalised)."""
    random = np.random.default_rng(sample.seed)
    weight = sample.counts
    if not sample.groups:
        sums = np.bincount(cells, weight, 4 * count).reshape(count, 4)
        squares = np.bincount(cells // 4, weight**2, count)
        scale = sums.sum(axis=1) / np.maximum(squares, 1e-300)  # to as many equally weighted rows
        return random.gamma(sums[None] * scale[None, :, None] + 0.25, size=(_DRAWS, count, 4))
    ways = [_weighted(group, cells, weight, 4 * count, random) for group in sample.groups]
    wider = max(ways, key=lambda draws: float(draws.std(axis=0).sum()))
    return np.asarray(wider.reshape(_DRAWS, count, 4) + 0.25 * sample.total / sample.rows)


def _weighted(group: Array, cells: Array, weight: Array, width: int, random: np.random.Generator) -> Array:
    """Draw exponential weights for whole groups of rows."""
    count = int(group.max()) + 1
    if count > _POOLS:
        group, count = random.integers(0, _POOLS, count)[group], _POOLS
    table = np.bincount(group * width + cells, weight, count * width).reshape(count, width)
    return np.asarray(random.exponential(size=(_DRAWS, count)) @ table)


def _rate(drawn: Array, name: str) -> Array:
    """Return draws of a rate, shape draws x groups; cells are (outcome, decision) 00, 01, 10, 11."""
    if name == "true_positive_rate":
        return np.asarray(drawn[..., 3] / (drawn[..., 2] + drawn[..., 3]))
    if name == "false_positive_rate":
        return np.asarray(drawn[..., 1] / (drawn[..., 0] + drawn[..., 1]))
    return np.asarray((drawn[..., 1] + drawn[..., 3]) / drawn.sum(axis=-1))


def _ends(points: list[Array], draws: list[Array]) -> dict[str, float]:
    """Return the measure, by difference and by ratio, with the ends of both intervals."""
    width = len(points[0])
    pairs = [(one, two) for one in range(width) for two in range(width) if one != two]
    level = 0.025 / (len(pairs) / 2 * len(points))
    upper, lower, ratio_lower, ratio_upper = 0.0, 0.0, 1.0, 1.0
    for rate in draws:
        for one, two in pairs:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a rate may be drawn as good as 0
                difference, share = rate[:, one] - rate[:, two], rate[:, one] / rate[:, two]
            upper = max(upper, float(np.quantile(difference, 0.975)))
            lower = max(lower, float(np.quantile(difference, level)))
            ratio_lower = min(ratio_lower, float(np.quantile(share, 0.025)))
            ratio_upper = min(ratio_upper, float(np.quantile(share, 1 - level)))
    value = max(float(point.max() - point.min()) for point in points)
    ratio = min(float(point.min() / point.max()) if point.max() > 0 else 1.0 for point in points)
    return {
        "difference": value,
        "low": min(lower, value),
        "high": max(upper, value),
        "ratio": ratio,
        "ratio_low": min(ratio_lower, ratio),
        "ratio_high": max(ratio_upper, ratio),
    }
