"""Plans are read from text, and what is no plan is refused with the nearest one."""

from __future__ import annotations

import pytest

from windvane import Policy
from windvane.errors import SpecError
from windvane.spec import parse_plan

DECLARED = Policy(retrain_at=0.07, cooldown=3)


def test_the_declared_policy_is_a_plan() -> None:
    assert parse_plan("declared", DECLARED).policy == DECLARED


@pytest.mark.parametrize(("text", "trains"), [("always", [1, 2, 3, 4]), ("every:2", [2, 4]), ("never", [])])
def test_a_plan_by_number_trains_on_its_windows(text: str, trains: list[int]) -> None:
    plan = parse_plan(text, DECLARED)
    assert [position for position in range(1, 5) if plan.scheduled(position)] == trains


def test_fields_replace_declared_ones_and_leave_the_others() -> None:
    policy = parse_plan("retrain_at=0.5, alert_on=quality+data_drift", DECLARED).policy
    assert (policy.retrain_at, policy.cooldown, policy.alert_on) == (0.5, 3, ("quality", "data_drift"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("allways", "unknown plan 'allways'; did you mean 'always'?"),
        ("every:0", "unknown plan 'every:0'; did you mean 'every:3'?"),
        ("", "unknown plan ''"),
        ("retrainat=0.5", "unknown field 'retrainat'; did you mean 'retrain_at'?"),
        ("retrain_at=much", "retrain_at: Input should be a valid number"),
        ("retrain_at=7", "retrain_at: Input should be less than 1"),
        ("cooldown=1,cooldown=2", "'cooldown=2' is not a field with its value, given once"),
        ("cooldown=1,,", "'' is not a field with its value"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_plan(text, DECLARED)
    assert message in str(refused.value)
