"""How often the monitor alarms where nothing moved, beside Evidently's default and scipy without correction.

Run: `python -m benchmarks.monitor_false_alarms [--quick] [--seed N]`. 2,000 null windows over all sizes and widths,
then years of 52 windows that share one reference. Columns are correlated, skewed, discrete, heavy-tailed, mostly zero
and flags of a 1 % base rate. `tests` is any column below 5 % by its p-values alone; `default` is what the checks of
data drift and quality say as they are declared. The peers are slow: they see the first windows of a cell only, and none
beyond 5,000 rows or 30 columns.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.peers import evidently_flags, scipy_p
from benchmarks.streams import REGIONS, model_of
from windvane import Features, Model
from windvane.lifecycle.drift import data_drift_check, drift
from windvane.lifecycle.profile import profile_frame
from windvane.lifecycle.quality import quality_check
from windvane.results import Profile

SIZES, WIDTHS = (50, 100, 500, 5_000, 100_000), (5, 30, 200)
WINDOWS, PEER_WINDOWS, PEER_ROWS, PEER_WIDTH = 2000, 12, 5_000, 30
YEARS, LOOKS = 40, 52
PER_WINDOW, PER_YEAR = 0.05, 0.10


def nulls(random: np.random.Generator, rows: int, width: int) -> pd.DataFrame:
    """Return one window: a fifth of the columns are categories, the others the awkward kinds of numbers by turns."""
    common = random.standard_normal(rows)
    columns: dict[str, Any] = {}
    for index in range(width):
        own = 0.6 * common + 0.8 * random.standard_normal(rows)
        kind = index % 8
        if kind < 2:
            columns[f"n{index}"] = own
        elif kind == 2:
            columns[f"n{index}"] = np.exp(1.5 * own)
        elif kind == 3:
            columns[f"n{index}"] = own / np.maximum(np.abs(random.standard_normal(rows)), 1e-9)
        elif kind == 4:
            columns[f"n{index}"] = np.floor(np.exp(0.7 * own))
        elif kind == 5:
            columns[f"n{index}"] = (random.random(rows) < 0.01).astype(float)
        elif kind == 6:
            columns[f"n{index}"] = np.where(random.random(rows) < 0.95, 0.0, np.abs(own))
        else:
            columns[f"c{index}"] = REGIONS[np.digitize(own, [-1.0, 0.0, 1.5])]
    return pd.DataFrame(columns)


def main(arguments: list[str] | None = None) -> int:
    """Simulate, print the table, and judge: no cell refutes the stated rates at the 1 % level."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    sizes, widths = (SIZES[:3], WIDTHS[:2]) if given.quick else (SIZES, WIDTHS)
    each = 30 if given.quick else -(-WINDOWS // (len(sizes) * len(widths)))
    print(f"{'rows':>8} {'columns':>8} {'windows':>8} {'tests':>7} {'default':>8} {'scipy':>7} {'Evidently':>10}")
    met, total = True, np.zeros(3)
    for rows in sizes:
        for width in widths:
            found = _cell(rows, width, each, given.seed)
            total += [found["windows"], found["tests"], found["default"]]
            met &= all(_keeps(found[name], found["windows"], PER_WINDOW) for name in ("tests", "default"))
            shown = [f"{found[name] / found['windows']:.1%}" for name in ("tests", "default")]
            peers = [
                f"{found[name] / found['peers']:.0%}" if found["peers"] else "-" for name in ("scipy", "Evidently")
            ]
            print(f"{rows:8,} {width:8} {found['windows']:8} {shown[0]:>7} {shown[1]:>8} {peers[0]:>7} {peers[1]:>10}")
    print(f"{'all':>8} {'':8} {int(total[0]):8} {total[1] / total[0]:7.1%} {total[2] / total[0]:8.1%}")
    years = 8 if given.quick else YEARS
    alarmed = sum(_year(given.seed + year) for year in range(years))
    met &= _keeps(alarmed, years, PER_YEAR) and _keeps(int(total[1]), int(total[0]), PER_WINDOW)
    print(
        f"years of {LOOKS} looks with any alarm (500 rows, 30 columns): {alarmed} of {years} (at most {PER_YEAR:.0%})"
    )
    print("met" if met else "NOT met")
    return 0 if met else 1


def _keeps(found: int, of: int, rate: float) -> bool:
    """True when so many are no more than the rate's 99 % binomial quantile."""
    return found <= stats.binom.ppf(0.99, of, rate)


def _model(frame: pd.DataFrame) -> Model:
    numbers = tuple(name for name in frame.columns if name.startswith("n"))
    categories = tuple(name for name in frame.columns if name.startswith("c"))
    return model_of("nulls", features=Features(numbers=numbers, categories=categories))


def _cell(rows: int, width: int, windows: int, seed: int) -> dict[str, int]:
    random = np.random.default_rng([seed, rows, width])
    found = dict.fromkeys(("tests", "default", "scipy", "Evidently"), 0)
    peers = PEER_WINDOWS if rows <= PEER_ROWS and width <= PEER_WIDTH else 0
    for index in range(windows):
        then, now = nulls(random, rows, width), nulls(random, rows, width)
        model = _model(then)
        reference = profile_frame(then, model, "2020-01-06")
        current = profile_frame(now, model, "2020-01-13", reference)
        found["tests"] += any(item.found for item in drift(reference, current, PER_WINDOW, 1e-12))
        found["default"] += _alarms(now, reference, current, model)
        if index < peers:
            categories = model.features.categories
            found["scipy"] += any(scipy_p(then[name], now[name], name in categories) < 0.05 for name in then)
            found["Evidently"] += any(evidently_flags(then, now, categories).values())
    return found | {"windows": windows, "peers": min(peers, windows)}


def _alarms(now: pd.DataFrame, reference: Profile, current: Profile, model: Model) -> bool:
    checks = (data_drift_check(reference, current, model), quality_check(now, reference, current, model)[0])
    return any(item.outcome == "finding" for item in checks)


def _year(seed: int, rows: int = 500, width: int = 30) -> bool:
    random = np.random.default_rng([seed, 52])
    then = nulls(random, rows, width)
    model = _model(then)
    reference = profile_frame(then, model, "2020-01-06")
    for _ in range(LOOKS):
        now = nulls(random, rows, width)
        if _alarms(now, reference, profile_frame(now, model, "2020-01-13", reference), model):
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
