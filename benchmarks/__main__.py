"""`python -m benchmarks`: run every benchmark in turn; fail when one misses its bar."""

from __future__ import annotations

import sys

from benchmarks import flights_policy, parse_cost, snapshot_memory

if __name__ == "__main__":
    results = []
    for benchmark in (parse_cost, snapshot_memory, flights_policy):
        print(f"== {benchmark.__name__}")
        results.append(benchmark.main())
    sys.exit(max(results))
