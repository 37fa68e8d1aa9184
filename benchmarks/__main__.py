"""`python -m benchmarks`: run every benchmark in turn; fail when one misses its bar."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import (
    decision_quality,
    estimated_performance,
    flights_policy,
    gate_cost,
    gate_error_rates,
    gate_wrong_promotions,
    monitor_false_alarms,
    monitor_power,
    pages_startup,
    parse_cost,
    profile_cost,
    snapshot_memory,
)

EVERY = (
    parse_cost,
    pages_startup,
    snapshot_memory,
    gate_cost,
    flights_policy,
    gate_wrong_promotions,
    gate_error_rates,
)

QUICK: list[Callable[[list[str] | None], int]] = [
    profile_cost.main,
    monitor_false_alarms.main,
    monitor_power.main,
    estimated_performance.main,
    decision_quality.main,
]
"""Benchmarks with a quick variant, which is what runs here."""

if __name__ == "__main__":
    results = []
    for benchmark in EVERY:
        print(f"== {benchmark.__name__}")
        results.append(benchmark.main())
    for quick in QUICK:
        print(f"== {quick.__module__}")
        results.append(quick(["--quick"]))
    sys.exit(max(results))
