"""Records: one JSON text each, and no number in it that JSON does not know."""

from __future__ import annotations

import math

import pytest

from tests.unit.lifecycle.examples import evaluation_of
from windvane import results
from windvane.results import CheckResult, Comparison, Estimate


def test_a_record_comes_back_unchanged_and_has_one_digest() -> None:
    record = Estimate(metric="log_loss", value=0.5, low=0.4, high=0.6, rows=10)
    assert Estimate.from_json(record.to_json()) == record
    assert Estimate.from_json(record.to_json()).sha256 == record.sha256


def test_a_number_that_is_not_finite_is_kept_as_none_wherever_it_stands() -> None:
    assert Estimate(metric="r2", value=math.nan, low=-math.inf, rows=1).value is None
    check = CheckResult(check="quality", outcome="ok", headline="s", details={"a": [1.0, {"b": math.inf}]})
    assert check.details == {"a": [1.0, {"b": None}]}
    assert "NaN" not in check.to_json()


def test_a_record_of_a_newer_kind_is_still_read() -> None:
    assert Estimate.from_json('{"metric": "mae", "value": 1, "rows": 2, "invented_later": true}').rows == 2


@pytest.mark.parametrize(
    ("metric", "own", "other", "loss", "better"),
    [("log_loss", 0.4, 0.5, -0.1, "lower"), ("f1", 0.8, 0.7, -0.1, "higher"), ("f1", 0.6, 0.7, 0.1, "higher")],
)
def test_a_change_is_new_minus_old_and_says_which_way_is_better(
    metric: str, own: float, other: float, loss: float, better: str
) -> None:
    compared = Comparison(metric=metric, other="v1", difference=loss, std_error=0.01, rows=100, value=other)
    found = evaluation_of(metrics=(Estimate(metric=metric, value=own, rows=100),)).change(compared)
    assert found.value == pytest.approx(own - other)
    assert (found.better, found.difference) == (better, True)
    unknown = compared.model_copy(update={"value": None})
    assert evaluation_of().change(unknown).value is None


def test_every_record_is_imported_when_it_is_asked_for() -> None:
    assert {name for names in results._MODULES.values() for name in names.split()} == set(results.__all__)
    for name in results.__all__:
        assert getattr(results, name).__module__ in {f"windvane.results.{results._HOME[name]}", "typing"}
    with pytest.raises(AttributeError, match="no attribute 'Verdicts'"):
        getattr(results, "Verdicts")  # noqa: B009 (mypy knows that there is none)
