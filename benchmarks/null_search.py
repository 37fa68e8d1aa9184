"""How often a lucky winner is promoted: searches among noise, and the gate after them.

Run: `python -m benchmarks.null_search [--searches 200] [--trials 100] [--kept FILE]`; with FILE it goes on where it was
stopped. In each repetition the target is permuted, so it
follows nothing, and no configuration is better than another one. A search tries its configurations on its folds; the
gate then holds the winner against the champion, which has the declared parameters, on rows that the search never saw.

A promotion is wrong when the winner is in truth no better than the champion. The truth is known: what scores lose on
average where each outcome comes by the base rate. Beside it stands what the search alone would say, whose winner has a
better cross-validated loss than the champion.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from scipy import stats

from tests.unit.lifecycle.test_tuning import noise

RATE = 0.05
SURE = 0.99


def limits(count: int, of: int) -> tuple[float, float]:
    """Return the ends of the exact 99 % one-sided limits of a rate (Clopper and Pearson 1934)."""
    low = float(stats.beta.ppf(1 - SURE, count, of - count + 1)) if count else 0.0
    high = float(stats.beta.ppf(SURE, count + 1, of - count)) if count < of else 1.0
    return low, high


def _known(file: Path) -> dict[tuple[int, int], tuple[bool, bool, bool]]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {
        (seed, trials): (wrong, promoted, better) for seed, trials, wrong, promoted, better in map(json.loads, lines)
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Search among noise, and print how often each way is wrong; fail where the gate is surely above 5 %."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.null_search")
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kept", type=Path, help="lines of JSON: what was searched before is not searched again")
    given = parser.parse_args(arguments)
    known = _known(given.kept) if given.kept else {}
    for number in range(given.searches):
        key = (given.seed + number, given.trials)
        if key in known:
            continue
        known[key] = noise(*key)
        if given.kept:
            with given.kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps([*key, *known[key]]) + "\n")
    found = [known[given.seed + number, given.trials] for number in range(given.searches)]
    wrong, promoted, better = (sum(side) for side in zip(*found, strict=True))
    print(f"{given.searches} searches of {given.trials} configurations, seed {given.seed}")
    print(f"{'':36} {'count':>6} {'rate':>8} {'99 % limits':>18}")
    for name, count in (
        ("the search alone prefers its winner", better),
        ("the gate promotes it", promoted),
        ("the gate promotes it, wrongly", wrong),
    ):
        low, high = limits(count, given.searches)
        print(f"{name:36} {count:6} {count / given.searches:8.1%} {low:8.1%} to {high:.1%}")
    met = limits(wrong, given.searches)[0] <= RATE
    print("met" if met else "NOT met")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
