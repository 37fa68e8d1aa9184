"""Records: one JSON text each, and no number in it that JSON does not know."""

from __future__ import annotations

import math

from windvane.results import CheckResult, Estimate


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
