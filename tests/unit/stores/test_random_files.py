"""Random small files are read right, or refused by name; a few here, and 5,000 in `tests/simulations`."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.unit.stores.random_files import Sample, outcome_of, samples


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(samples())
def test_a_random_file_is_read_right_or_refused_by_name(sample: Sample) -> None:
    outcome, message = outcome_of(sample)
    assert outcome == ("refused" if sample.fault else "right"), (outcome, message, sample.told)
