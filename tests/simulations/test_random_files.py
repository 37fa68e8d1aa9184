"""5,000 random small files: right or refused by name, none in silence."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.unit.stores.random_files import Sample, outcome_of, samples

FILES = 5_000


@pytest.mark.timeout(3_000)
def test_five_thousand_random_files_are_read_right_or_refused_by_name() -> None:
    counts: Counter[str] = Counter()
    wrong: list[str] = []

    @settings(
        deadline=None,
        max_examples=FILES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(samples())
    def read(sample: Sample) -> None:
        outcome, message = outcome_of(sample)
        counts[
            f"{sample.name.rpartition('.')[2]}, {'with a fault' if sample.fault else 'as it should be'}: {outcome}"
        ] += 1
        if outcome != ("refused" if sample.fault else "right"):
            wrong.append(f"{outcome}: {message:.300}")

    read()
    table = [f"{name}: {count:,}" for name, count in sorted(counts.items())]
    sys.stderr.write("\n".join(["", *table, ""]))
    assert wrong == []
    assert sum(counts.values()) >= FILES
