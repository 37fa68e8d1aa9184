"""Retrains, probes and alerts where nothing ever changes, with estimators that under- and overfit.

Run: `python -m benchmarks.unchanged_worlds [--rows N ...] [--years N] [--seed N]`. Windows are months; each estimator
plays `--years` years of each size with the default policy, from a version of the first four windows on. The history has
twelve, so more rows may make a better version although nothing changes. A retrain is false when what came of it wins
less than 1 % in the windows after it, where it was asked for because it would win 2 %: at most one in 40 years.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from benchmarks.streams import WARM, Played, play, stream, with_columns
from windvane import Estimator

_WON = 0.99
"""Largest share of the loss without a retrain that a retrain which won something leaves."""
ESTIMATORS = {
    "stump": "binary",
    "balanced": "binary",
    "deep": "binary",
    "coarse_tree": "regression",
    "stiff_ridge": "regression",
    "fine_tree": "regression",
}
"""Estimator to its task: two that underfit and one that overfits, of each."""


def stump() -> Any:
    """Return one split: it underfits."""
    from sklearn.tree import DecisionTreeClassifier

    return with_columns(DecisionTreeClassifier(max_depth=1))


def balanced() -> Any:
    """Return a regression that takes a rare class for a frequent one: its scores are off from the first day on."""
    from sklearn.linear_model import LogisticRegression

    return with_columns(LogisticRegression(class_weight="balanced", max_iter=200))


def deep() -> Any:
    """Return a tree that learns its rows by heart."""
    from sklearn.tree import DecisionTreeClassifier

    return with_columns(DecisionTreeClassifier(max_depth=8, min_samples_leaf=10))


def coarse_tree() -> Any:
    """Return four leaves: they underfit."""
    from sklearn.tree import DecisionTreeRegressor

    return with_columns(DecisionTreeRegressor(max_depth=2))


def stiff_ridge() -> Any:
    """Return a line that is far too flat."""
    from sklearn.linear_model import Ridge

    return with_columns(Ridge(alpha=3000))


def fine_tree() -> Any:
    """Return a tree with leaves of five rows."""
    from sklearn.tree import DecisionTreeRegressor

    return with_columns(DecisionTreeRegressor(min_samples_leaf=5))


@dataclass(frozen=True)
class Unchanged:
    """What came of years in which nothing changed.

    Args:
        played: The default policy.
        false: Positions of the retrains that won less than 1 %.
    """

    played: Played
    false: tuple[int, ...]


def unchanged(name: str, rows: int, years: int, seed: int) -> Unchanged:
    """Play years of months of one estimator in a world that stays as it is."""
    made = stream(
        name,
        seed=seed,
        windows=12 * years + 4,
        rows=rows,
        task=ESTIMATORS[name],
        weights=lambda _: (1.2, -0.8, 0.5, 0.2, 0.6),
        intercept=lambda _: -2.0 if name == "balanced" else -0.5,
        estimator=Estimator(f"benchmarks.unchanged_worlds:{name}"),
        window="month",
    )
    played, never = play(made, "default"), play(made, "never")
    false, before = [], never.losses
    for place, position in enumerate(played.trained):
        ends = [*played.trained[place + 1 :], len(made.windows) - 1]
        after = slice(position + 1 - WARM, ends[0] + 1 - WARM)
        if not played.losses[after] or fmean(played.losses[after]) > _WON * fmean(before[after]):
            false.append(position)
    return Unchanged(played, tuple(false))


def main(arguments: list[str] | None = None) -> int:
    """Play every estimator at every size, print one table, and judge it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[80, 500])
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    print(f"{'rows':>6} {'estimator':12} {'years':>6} {'retrains':>9} {'false':>6} {'probes':>7}")
    false = 0
    for rows in given.rows:
        for place, name in enumerate(ESTIMATORS):
            found = unchanged(name, rows, given.years, given.seed + 100 * place + rows)
            false += len(found.false)
            counts = f"{len(found.played.trained):9} {len(found.false):6} {found.played.probes:7}"
            print(f"{rows:6} {name:12} {given.years:6} {counts}", flush=True)
    years = given.years * len(ESTIMATORS) * len(given.rows)
    met = false <= max(1.0, years / 40)
    print(f"{false} false retrains in {years} years (at most one in 40): {'met' if met else 'NOT met'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
