"""`python -m benchmarks`: run every benchmark in turn; fail when one misses its bar."""

from __future__ import annotations

import sys

from benchmarks import (
    flights_policy,
    gate_cost,
    gate_error_rates,
    gate_wrong_promotions,
    parse_cost,
    snapshot_memory,
)

if __name__ == "__main__":
    results = []
    for benchmark in (parse_cost, snapshot_memory, gate_cost, flights_policy, gate_wrong_promotions, gate_error_rates):
        print(f"== {benchmark.__name__}")
        results.append(benchmark.main())
    sys.exit(max(results))
