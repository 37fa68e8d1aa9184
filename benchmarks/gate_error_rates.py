"""How often the gate is wrong, by simulation, beside how often it says it may be.

Run: `python -m benchmarks.gate_error_rates [--quick] [--times N] [--seed N] [part …]`. Seeded; prints every count with
the limit that it exceeds with a chance of 1 % when the true rate is the stated one, and the coverage of every interval.
Fails when a count lies beyond its limit, or a coverage that is claimed (see `UNCLAIMED`) outside 93 to 97 %.

Versions are made up so that the truth is known: the outcome follows a latent number, and a version sees that number
through noise of its own. Two versions with equally strong noise are truly equal; with more noise one is truly worse,
by an amount that is integrated: a margin from simulated rows would have an error of its own, and let more through.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.special import expit, softmax

from windvane.lifecycle.metrics import Array, Sample, estimate, measure, paired_difference
from windvane.lifecycle.metrics.measure import Cache
from windvane.lifecycle.rules.better_than_champion import BetterThanChampion
from windvane.lifecycle.rules.margin import excess, paired
from windvane.lifecycle.rules.not_worse_than_champion import NotWorseThanChampion
from windvane.lifecycle.rules.per_slice import holm
from windvane.results import Comparison
from windvane.spec.metrics import metric_of

SEED = 20240229
METRICS_PAIRED = ("log_loss", "brier", "roc_auc", "f1")
COSTS = {"1": {"0": 5.0}, "0": {"1": 1.0}}
PINBALL = metric_of("pinball(0.9)")
ROWS_A_CLUSTER = 20


@dataclass(frozen=True)
class World:
    """How rows come about.

    Args:
        shift: Intercept of the outcome's logit.
        noise: Standard deviations of the champion's and the challenger's noise, in logits.
        shared: Share of all variances that rows of one cluster have in common; they also share something that decides
            their outcomes and that no version sees.
    """

    shift: float = -1.5
    noise: tuple[float, float] = (0.6, 0.6)
    shared: float = 0.0


def pairs(world: World, rows: int, random: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Return outcomes, the champion's and the challenger's scores, and clusters of 20 rows."""
    cluster = np.arange(rows) // ROWS_A_CLUSTER

    def normal() -> Array:
        own = random.standard_normal(rows)
        if not world.shared:
            return own
        common = random.standard_normal(int(cluster[-1]) + 1)[cluster]
        mixed: Array = np.sqrt(world.shared) * common + np.sqrt(1 - world.shared) * own
        return mixed

    latent = world.shift + 1.5 * normal()
    unseen = 1.5 * random.standard_normal(int(cluster[-1]) + 1)[cluster] if world.shared else 0.0
    outcome = (random.random(rows) < expit(latent + unseen)).astype(np.int64)
    champion, challenger = (expit(latent + size * normal()) for size in world.noise)
    return outcome, champion, challenger, cluster


def comparisons(world: World, rows: int, times: int, seed: int, *, clustered: bool) -> Iterator[dict[str, Comparison]]:
    """Yield the paired differences of simulated pairs, by metric."""
    random = np.random.default_rng(seed)
    for _ in range(times):
        outcome, champion, challenger, cluster = pairs(world, rows, random)
        groups = (cluster,) if clustered else ()
        one, two = (Sample("binary", outcome, scores, groups=groups) for scores in (challenger, champion))
        first, second = Cache(one), Cache(two)
        yield {
            name: paired_difference(metric_of(name), measure(name, one, first), measure(name, two, second), "v1")
            for name in METRICS_PAIRED
        }


@lru_cache(maxsize=8)
def true_difference(world: World) -> dict[str, float]:
    """Return how much worse the challenger truly is, by metric, by integration over the logits of both.

    Means over rows do not depend on which rows belong together. The logit t of a version is normal; given t, so is the
    latent number, and with what no version sees it gives the chance of the outcome (Gauss and Hermite).
    """
    nodes, shares = np.polynomial.hermite_e.hermegauss(80)
    found = []
    for noise in world.noise:
        total = 1.5**2 + noise**2
        logit = world.shift + np.sqrt(total) * np.linspace(-9, 9, 40_001)
        weight = stats.norm.pdf(logit, world.shift, np.sqrt(total))
        weight /= weight.sum()
        known = 1.5**2 / total
        spread = np.sqrt(1.5**2 * (1 - known) + (1.5**2 if world.shared else 0.0))
        middle = world.shift + known * (logit - world.shift)
        chance = expit(middle[:, None] + spread * nodes) @ (shares / shares.sum())
        found.append({name: on_grid(name, weight, chance, expit(logit)) for name in METRICS_PAIRED})
    champion, challenger = found
    sign = {name: -1.0 if metric_of(name).greater_is_better else 1.0 for name in METRICS_PAIRED}
    return {name: sign[name] * (challenger[name] - champion[name]) for name in METRICS_PAIRED}


class Table:
    """Rows of a printed table, and whether all of them hold.

    Args:
        seed: Of all simulations; the truths they are held to have one of their own.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.met = True

    def count(self, what: str, metric: str, rows: int, count: int, times: int, *, at_most: float = 0.05) -> None:
        """Print a count that should be at most a share of the times, with its upper 99 % limit at that share."""
        limit = int(stats.binom.ppf(0.99, times, at_most))
        sure = float(stats.beta.ppf(0.99, count + 1, times - count)) if count < times else 1.0
        held = count <= limit
        self.met &= held
        print(
            f"{what:63} {metric:18} {rows:>7,} {count:>6,} of {times:,} = {100 * count / times:5.2f} %   "
            f"limit {limit:>5,}   true rate below {100 * sure:5.2f} %   {'met' if held else 'NOT met'}"
        )

    def least(self, what: str, metric: str, rows: int, count: int, times: int, share: float) -> None:
        """Print a count that should be at least a share of the times."""
        held = count >= share * times
        self.met &= held
        print(
            f"{what:63} {metric:18} {rows:>7,} {count:>6,} of {times:,} = {100 * count / times:5.2f} %   "
            f"asked {100 * share:.0f} %   {'met' if held else 'NOT met'}"
        )


def superiority(table: Table, times: int) -> None:
    """Equal versions under `better_than_champion`, on 2,000 rows; with clustered rows on 4,000."""
    for world, rows, clustered in ((World(), 2_000, False), (World(shared=0.8), 4_000, True)):
        kind = "equal, clusters of 20" if clustered else "equal"
        _passed(table, f"{kind}: let through as better", world, rows, times, {}, give=False, clustered=clustered)


def inferiority(table: Table, times: int) -> None:
    """Versions worse by exactly the margin under `not_worse_than_champion`."""
    for world, rows, clustered in (
        (World(noise=(0.6, 0.9)), 2_000, False),
        (World(noise=(0.6, 0.9), shared=0.8), 4_000, True),
    ):
        kind = "worse by the margin" + (", clusters of 20" if clustered else "")
        margins = true_difference(world)
        _passed(table, f"{kind}: let through as not worse", world, rows, times, margins, give=True, clustered=clustered)


def _passed(
    table: Table,
    what: str,
    world: World,
    rows: int,
    times: int,
    margins: dict[str, float],
    *,
    give: bool,
    clustered: bool,
) -> None:
    counts = dict.fromkeys(METRICS_PAIRED, 0)
    for found in comparisons(world, rows, times, table.seed + 1, clustered=clustered):
        for name, item in found.items():
            declared = (NotWorseThanChampion if give else BetterThanChampion)(
                metric=name, margin=margins.get(name, 0.0)
            )
            counts[name] += paired(declared, item, metric_of(name), "v1", give=give).outcome == "pass"
    for name, count in counts.items():
        table.count(what, name, rows, count, times)


def power(table: Table, times: int) -> None:
    """Versions truly better, on as many rows as 80 % need by the textbook, ((1.645 + 0.842) s / d)^2, and 10 % more."""
    world = World(noise=(0.9, 0.6))
    pilot = next(comparisons(world, 2_000_000, 1, SEED, clustered=False))
    for name, item in pilot.items():
        assert item.difference is not None and item.std_error is not None
        spread = item.std_error * np.sqrt(2_000_000)
        rows = int(1.1 * ((stats.norm.ppf(0.95) + stats.norm.ppf(0.8)) * spread / item.difference) ** 2)
        declared, count = BetterThanChampion(metric=name), 0
        for found in comparisons(world, rows, times, table.seed + 2, clustered=False):
            count += paired(declared, found[name], metric_of(name), "v1", give=False).outcome == "pass"
        table.least(f"better by {-item.difference:.4f}: promoted", name, rows, count, times, 0.8)


def slices(table: Table, times: int) -> None:
    """Twenty slices without a difference: any alarm of `per_slice(margin=0)`."""
    for world, rows, clustered in ((World(), 500, False), (World(shared=0.8), 1_000, True)):
        kind = "20 equal slices" + (", clusters of 20" if clustered else "")
        alarms = dict.fromkeys(METRICS_PAIRED, 0)
        drawn = comparisons(world, rows, 20 * times, table.seed + 3, clustered=clustered)
        for _ in range(times):
            part = [next(drawn) for _ in range(20)]
            for name in METRICS_PAIRED:
                alarms[name] += bool(holm([_worse(item[name]) for item in part]))
        for name, count in alarms.items():
            table.count(f"{kind}: any alarm", name, 20 * rows, count, times)


def _worse(item: Comparison) -> float:
    """Return the one-sided p-value that the slice is worse; one that cannot be judged alarms nobody."""
    beyond = excess(item, 0.0, relative=False)
    return 1.0 if beyond is None else beyond.above()


def naive(table: Table, times: int) -> None:
    """What treating clustered rows as independent does: a bootstrap of rows, beside one of clusters and the gate's."""
    world, rows, draws = World(shared=0.8), 4_000, 400
    random = np.random.default_rng(table.seed + 4)
    counts = {"bootstrap of rows": 0, "bootstrap of clusters": 0, "t-test of rows": 0, "windvane, clustered": 0}
    for _ in range(times):
        outcome, champion, challenger, cluster = pairs(world, rows, random)
        one, two = (Sample("binary", outcome, scores, groups=(cluster,)) for scores in (challenger, champion))
        first, second = measure("log_loss", one), measure("log_loss", two)
        assert first.influence is not None and second.influence is not None
        assert first.value is not None and second.value is not None
        difference = first.influence - second.influence + first.value - second.value
        sums = np.bincount(cluster, difference)
        by_rows = random.multinomial(rows, np.full(rows, 1 / rows), draws) @ difference / rows
        by_clusters = random.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), draws) @ sums / rows
        counts["bootstrap of rows"] += bool(np.quantile(by_rows, 0.95) < 0)
        counts["bootstrap of clusters"] += bool(np.quantile(by_clusters, 0.95) < 0)
        counts["t-test of rows"] += bool(stats.ttest_1samp(difference, 0, alternative="less").pvalue < 0.05)
        found = paired_difference(metric_of("log_loss"), first, second, "v1")
        counts["windvane, clustered"] += (
            paired(BetterThanChampion(), found, metric_of("log_loss"), "v1", give=False).outcome == "pass"
        )
    print("\nequal versions on clustered rows (20 rows share most of their variance), log loss: let through as better")
    for name, count in counts.items():
        print(f"  {name:24} {count:>5,} of {times:,} = {100 * count / times:5.1f} %")


# ------------------------------------------------------------------------------------------- coverage

Draw = Callable[[int, np.random.Generator], Sample]
UNCLAIMED = {
    ("average_precision", 200, 0.01): "withheld below 10 positives: the estimate's own bias is larger than its error",
    ("f1", 200, 0.01): "98 % of these samples have no true positive: an interval holds all of them, or none",
    ("roc_auc", 200, 0.01): "two positives on average; it holds the truth a little too often",
}
"""Cells that cannot be claimed, and why."""


def binary_draw(base: float) -> tuple[Draw, Callable[[str, int], float]]:
    """Return how to draw binary rows with a share of positives, and the true values, by integration over a grid.

    The scores are a little off on purpose: logits 0.8 times the true ones plus 0.3.
    """
    latent = np.linspace(-8, 8, 40_001)
    weight = stats.norm.pdf(latent)
    weight /= weight.sum()
    low, high, shift = -30.0, 30.0, 0.0
    for _ in range(100):
        shift = (low + high) / 2
        low, high = (shift, high) if float(weight @ expit(shift + 1.5 * latent)) < base else (low, shift)
    chance, score = expit(shift + 1.5 * latent), expit(0.8 * (shift + 1.5 * latent) + 0.3)

    def draw(rows: int, random: np.random.Generator) -> Sample:
        logit = shift + 1.5 * random.standard_normal(rows)
        outcome = (random.random(rows) < expit(logit)).astype(np.int64)
        return Sample("binary", outcome, expit(0.8 * logit + 0.3), costs=COSTS)

    def truth(metric: str, bins: int) -> float:
        if metric == "calibration_error":
            place = np.minimum((np.cumsum(weight) * bins).astype(int), bins - 1)
            return float(np.abs(np.bincount(place, weight * (score - chance), bins)).sum())
        return on_grid(metric, weight, chance, score)

    return draw, truth


def on_grid(metric: str, weight: Array, chance: Array, score: Array) -> float:
    """Return a metric's true value, from a grid of growing scores: the share of rows at each, and their chance of 1."""
    said, hit, miss = score >= 0.5, weight * chance, weight * (1 - chance)
    values = {
        "log_loss": -(hit @ np.log(score) + miss @ np.log(1 - score)),
        "brier": hit @ (1 - score) ** 2 + miss @ score**2,
        "accuracy": hit[said].sum() + miss[~said].sum(),
        "f1": 2 * hit[said].sum() / (2 * hit[said].sum() + miss[said].sum() + hit[~said].sum()),
        "expected_cost": 5 * hit[~said].sum() + miss[said].sum(),
        "roc_auc": hit @ (np.cumsum(miss) - miss / 2) / hit.sum() / miss.sum(),
        "average_precision": hit @ (_from_top(hit) / _from_top(weight)) / hit.sum(),
    }
    return float(values[metric])


def _from_top(values: Array) -> Array:
    return np.asarray(np.cumsum(values[::-1])[::-1] - values / 2)


def multiclass_draw(base: float) -> tuple[Draw, Callable[[str, int], float]]:
    """Three classes, the rarest with about this share; the truth from four million rows."""
    offsets = np.array([np.log(base / (1 - base) * 2), 0.0, 0.2])

    def draw(rows: int, random: np.random.Generator) -> Sample:
        logits = offsets + 1.2 * random.standard_normal((rows, 3))
        chance = softmax(logits, axis=1)
        chosen = (random.random(rows)[:, None] > np.cumsum(chance, axis=1)).sum(axis=1)
        labels = np.array(["a", "b", "c"], dtype=object)
        costs = {"a": {"b": 5.0, "c": 5.0}, "b": {"a": 1.0}, "c": {"a": 1.0}}
        return Sample("multiclass", labels[chosen], softmax(0.8 * logits, axis=1), ("a", "b", "c"), costs=costs)

    return draw, _large(draw)


def regression_draw(heavy: bool) -> tuple[Draw, Callable[[str, int], float]]:
    """A line with normal noise, or noise of Student's t with 5 degrees whose size depends on the row."""

    def draw(rows: int, random: np.random.Generator) -> Sample:
        signal = random.standard_normal(rows)
        noise = random.standard_t(5, rows) * (0.5 + np.abs(signal)) if heavy else random.standard_normal(rows)
        return Sample("regression", signal + noise, 0.9 * signal + 0.1)

    return draw, _large(draw)


def _large(draw: Draw) -> Callable[[str, int], float]:
    big: list[Sample] = []

    def truth(metric: str, _bins: int) -> float:
        if not big:
            big.append(draw(4_000_000, np.random.default_rng(SEED)))
        value = measure(metric, big[0]).value
        assert value is not None
        return value

    return truth


BINARY = (
    *("log_loss", "brier", "accuracy", "f1", "roc_auc", "average_precision", "calibration_error"),
    "expected_cost",
)
MULTICLASS = ("log_loss", "brier", "accuracy", "f1", "expected_cost")
REGRESSION = ("mae", "mse", "rmse", "r2", PINBALL.name)


def binary_coverage(table: Table, times: int, sizes: tuple[int, ...]) -> None:
    """Print how often each interval holds the truth, at three base rates."""
    print(f"\ncoverage of 95 % intervals in {times:,} simulations, % (truth below | above; none: no interval given);")
    print("a cell marked * lies outside 93 to 97")
    for base in (0.01, 0.1, 0.5):
        draw, truth = binary_draw(base)
        for rows in sizes:
            _cover(table, f"binary, {base:.0%} positive", draw, truth, BINARY, rows, times, base)


def multiclass_coverage(table: Table, times: int, sizes: tuple[int, ...]) -> None:
    """The same of three classes, by the share of the rarest."""
    for base in (0.01, 0.1, 0.33):
        draw, truth = multiclass_draw(base)
        for rows in sizes:
            _cover(table, f"3 classes, rarest {base:.0%}", draw, truth, MULTICLASS, rows, times, base)


def regression_coverage(table: Table, times: int, sizes: tuple[int, ...]) -> None:
    """The same of numbers."""
    for heavy in (False, True):
        draw, truth = regression_draw(heavy)
        for rows in sizes:
            kind = "regression, heavy tails" if heavy else "regression, normal"
            _cover(table, kind, draw, truth, REGRESSION, rows, times, 0.5)


def _cover(
    table: Table,
    kind: str,
    draw: Draw,
    truth: Callable[[str, int], float],
    metrics: tuple[str, ...],
    rows: int,
    times: int,
    base: float,
) -> None:
    random = np.random.default_rng([table.seed, rows])
    values: dict[tuple[str, int], float] = {}
    counts = {name: [0, 0, 0, 0] for name in metrics}
    for _ in range(times):
        sample = draw(rows, random)
        cache = Cache(sample)
        for name in metrics:
            measured = measure(name, sample, cache)
            found = estimate(measured)
            bins = len(measured.bins.share) if measured.bins else 0
            if found.low is None or found.high is None:
                counts[name][3] += 1
                continue
            real = (
                values.setdefault((name, bins), truth(name, bins)) if (name, bins) not in values else values[name, bins]
            )
            counts[name][0 if found.low <= real <= found.high else 1 if real < found.low else 2] += 1
    cells = []
    for name, (held, below, above, none) in counts.items():
        given = held + below + above
        if not given or none > times / 2:
            cells.append(f"{name} none ({none:,})")
            continue
        share = 100 * held / given
        slack = 0.0 if times >= 2000 else 300 * np.sqrt(0.05 * 0.95 / given)
        outside = not 93 - slack <= share <= 97 + slack
        claimed = (name, rows, base) not in UNCLAIMED
        table.met &= not (outside and claimed and kind.startswith("binary"))
        left = f", none {none:,}" if none else ""
        cells.append(
            f"{name} {share:.1f}{'*' if outside else ''} ({100 * below / given:.1f}|{100 * above / given:.1f}{left})"
        )
    print(f"{kind:26} n={rows:>6,}: {'; '.join(cells)}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything, or the named parts; with `--quick` a tenth of the simulations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="superiority, inferiority, …; all of them when none is named")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--times", type=int, default=2_000, help="simulations of a cell")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    times = given.times // 10 if given.quick else given.times
    sizes = (200, 2_000) if given.quick else (200, 2_000, 50_000)
    table = Table(given.seed)
    parts: dict[str, Callable[[], None]] = {
        "superiority": lambda: superiority(table, times),
        "inferiority": lambda: inferiority(table, times),
        "power": lambda: power(table, times),
        "slices": lambda: slices(table, times),
        "naive": lambda: naive(table, times),
        "binary": lambda: binary_coverage(table, times, sizes),
        "multiclass": lambda: multiclass_coverage(table, times, sizes),
        "regression": lambda: regression_coverage(table, times, sizes),
    }
    print(f"{'what':63} {'metric':18} {'rows':>7} {'count':>6}")
    for name in given.parts or parts:
        parts[name]()
    print("met" if table.met else "NOT met")
    return 0 if table.met else 1


if __name__ == "__main__":
    sys.exit(main())
