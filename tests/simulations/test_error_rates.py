"""Error rates on as many samples as it takes to see them: `make simulate`.

Each is a test of `tests/unit/lifecycle`, which runs it on the first few of the same samples.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.unit.lifecycle import (
    test_answers,
    test_drift,
    test_explain,
    test_fairness,
    test_gate,
    test_live,
    test_recalibration,
    test_tuning,
)


def _all_checks(runs: int) -> None:
    test_answers.test_equal_worlds_hardly_ever_alarm(test_answers.World(), runs)


def _of(what: Callable[..., None], **sizes: Any) -> Any:
    name = what.__name__.removeprefix("test").strip("_")
    return pytest.param(partial(what, **sizes), id="-".join([name, *map(str, sizes.values())]))


DRIFT = test_drift.test_without_drift_any_column_alarms_at_most_as_often_as_alpha
IMPORTANCE = (
    test_explain.test_the_importance_of_a_linear_feature_is_twice_its_squared_effect_and_the_intervals_cover_it,
    test_explain.test_an_error_over_rows_alone_would_be_too_narrow,
)
SIMULATIONS = (
    _of(DRIFT, then=100, now=100, runs=300),
    _of(DRIFT, then=1000, now=1000, runs=200),
    _of(DRIFT, then=4000, now=100, runs=100),
    _of(test_drift.test_a_column_of_very_many_values_alarms_no_more_often, rows=200, runs=120),
    _of(test_drift.test_a_column_of_very_many_values_alarms_no_more_often, rows=2000, runs=120),
    _of(_all_checks, runs=60),
    _of(IMPORTANCE[0], runs=300),
    _of(IMPORTANCE[1], runs=200),
    _of(test_explain.test_rows_of_one_cluster_share_their_surprise, runs=100),
    _of(test_fairness.test_the_interval_holds_the_truth_and_a_bound_at_the_truth_is_passed_by_chance_only, runs=200),
    _of(test_gate.test_slices_alarm_by_chance_no_more_often_than_stated, runs=1000),
    _of(test_live.test_rows_of_one_cluster_are_not_taken_as_independent, runs=300),
    _of(test_live.test_a_wrong_end_comes_at_most_one_time_in_twenty_however_long_it_takes, runs=1000),
    _of(test_tuning.test_equal_trials_are_hardly_ever_dropped, runs=4000),
    _of(test_tuning.test_a_search_among_noise_is_hardly_ever_promoted, runs=200, trials=100),
    _of(test_recalibration.test_a_loss_as_good_as_new_has_p_values_that_keep_their_level_in_blocks, runs=1200),
)


@pytest.mark.parametrize("simulation", SIMULATIONS)
def test_the_rate_holds_on_many_samples(simulation: Callable[[], None]) -> None:
    simulation()
