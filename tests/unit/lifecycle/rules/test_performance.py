"""Margins that are shares, degrees of freedom, and slices: the numbers a rule rests on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.unit.lifecycle.examples import evaluation_of, model_with, version_of
from windvane import rule
from windvane.lifecycle.rules import Case, judged
from windvane.lifecycle.rules.margin import excess
from windvane.lifecycle.rules.per_slice import holm
from windvane.results import Champion, Comparison, Verdict

CHAMPION = Champion(
    model="loans",
    version=1,
    epoch=3,
    at=datetime(2020, 2, 1, tzinfo=UTC),
    window="2020-01",
    window_end=datetime(2020, 2, 1, tzinfo=UTC),
    trained_until=datetime(2020, 1, 20, tzinfo=UTC),
)


def compared(difference: float | None, std_error: float | None = 0.001, **more: Any) -> Comparison:
    fields: dict[str, Any] = {"metric": "log_loss", "other": "v1", "rows": 1000}
    return Comparison(difference=difference, std_error=std_error, **(fields | more))


def verdict(declared: Any, *comparisons: Comparison) -> Verdict:
    evaluation = evaluation_of(comparisons=comparisons, champion=1)
    return judged(declared, Case(model=model_with(), version=version_of(), evaluation=evaluation, champion=CHAMPION))


def test_the_error_of_a_relative_margin_is_that_of_the_paired_rows() -> None:
    """The difference less the margin's share, on rows and from the sums that are kept."""
    random = np.random.default_rng(1)
    value = random.gamma(2, 1, 400)
    difference = 0.05 * random.standard_normal(400) + 0.02 * value
    found = compared(
        difference.mean(),
        difference.std(ddof=1) / 20,
        value=value.mean(),
        value_error=value.std(ddof=1) / 20,
        covariance=np.cov(difference, value)[0, 1] / 400,
        rows=400,
    )
    shifted = excess(found, 0.03, relative=True)
    assert shifted is not None
    rows = difference - 0.03 * value
    assert shifted.limit == pytest.approx(0.03 * value.mean())
    assert shifted.value == pytest.approx(rows.mean())
    assert np.sqrt(shifted.variance) == pytest.approx(rows.std(ddof=1) / 20)
    assert shifted.degrees == 399


def test_a_relative_margin_without_the_other_value_is_inconclusive() -> None:
    declared = rule.not_worse_than_champion(margin=0.02, relative=True)
    assert verdict(declared, compared(-0.5)).outcome == "inconclusive"


def test_few_clusters_need_a_larger_distance() -> None:
    declared = rule.better_than_champion()
    close = compared(-1.7, 1.0)
    assert verdict(declared, close).outcome == "pass"
    assert verdict(declared, close.model_copy(update={"degrees": 9.0})).outcome == "inconclusive"
    assert stats.t.ppf(0.95, 9) > 1.7 > stats.t.ppf(0.95, 999)


def test_a_comparison_with_a_problem_says_it() -> None:
    found = verdict(rule.not_worse_than_champion(), compared(None, None, problem="champion v1 cannot score these rows"))
    assert found.outcome == "inconclusive"
    assert "cannot score these rows" in found.detail


def test_holm_steps_down() -> None:
    """Holm 1979: of sorted p-values the i-th is held to level / (m - i)."""
    assert holm([0.04, 0.01, 0.02, 0.9]) == [1]
    assert holm([0.024, 0.01, 0.016, 0.9]) == [1, 2, 0]
    assert holm([0.06, 0.5]) == []


def part(
    difference: float | None, name: str, rows: int = 500, std_error: float | None = 0.01, **more: Any
) -> Comparison:
    return compared(difference, std_error, slice=name, rows=rows, **more)


def test_a_slice_against_the_baseline_and_by_condition() -> None:
    declared = rule.per_slice(queries={"young": "income < 0"}, against="baseline", margin=0.0)
    worse = part(0.2, "query:young", other="baseline")
    assert verdict(declared, worse).outcome == "fail"
    assert verdict(declared, part(-0.2, "query:young", other="baseline")).outcome == "pass"
    empty = verdict(declared, part(-0.2, "region=north", other="baseline"))
    assert empty.outcome == "inconclusive"
    assert "query:young matches no row" in empty.headline


def test_every_slice_may_have_to_be_surely_within_the_margin() -> None:
    north, south = part(0.0, "region=north"), part(0.04, "region=south")
    lenient, strict = (rule.per_slice("region", margin=0.05, every=every) for every in (False, True))
    assert verdict(lenient, north, south).outcome == "pass"
    found = verdict(strict, north, south)
    assert found.outcome == "inconclusive"
    assert found.headline == "region=south not surely within 0.05 of v1: not enough evidence"
    assert verdict(strict, north, part(0.02, "region=south")).outcome == "pass"


def test_a_slice_that_cannot_be_judged_is_inconclusive_and_small_ones_are_told() -> None:
    declared = rule.per_slice("region", margin=0.05)
    unknown = part(None, "region=south", std_error=None, problem="all outcomes are 0")
    found = verdict(declared, part(0.0, "region=north"), unknown)
    assert found.outcome == "inconclusive" and "all outcomes are 0" in found.detail
    small = verdict(declared, part(0.0, "region=north"), part(9.0, "region=tiny", rows=30))
    assert small.outcome == "pass" and "1 slices with fewer than 200 rows" in small.detail


def test_bins_and_values_of_one_column_do_not_mix() -> None:
    by_value, by_bin = rule.per_slice("income", margin=0.05), rule.per_slice("income", bins=[0], margin=0.05)
    found = (part(0.0, "income=1.0"), part(0.9, "income in [0, inf)"))
    assert verdict(by_value, *found).outcome == "pass"
    assert verdict(by_bin, *found).outcome == "fail"


def test_a_skewed_difference_has_skewed_bounds_and_its_p_value_agrees_with_them() -> None:
    """At the point where an end touches the limit, the p-value is the level."""
    for skew in (0.0, 0.004, -0.004):
        found = compared(0.02, 0.01, skew=skew)
        shifted = excess(found, 0.0, relative=False)
        assert shifted is not None
        low, high = shifted.ends()
        plain = stats.t.ppf(0.95, 999) * 0.01
        assert high - 0.02 == pytest.approx(plain) if skew <= 0 else high - 0.02 > plain
        assert 0.02 - low == pytest.approx(plain) if skew >= 0 else 0.02 - low > plain
        touching = excess(found, low, relative=False)
        assert touching is not None
        assert touching.above() == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(
    ("metric", "better", "sign", "allowed"), [("log_loss", "lower", -1, "below +0.0100"), ("roc_auc", "higher", 1, "")]
)
def test_a_difference_is_told_new_minus_old(metric: str, better: str, sign: int, allowed: str) -> None:
    found = verdict(rule.not_worse_than_champion(metric, 0.01), compared(-0.0057, 0.002, metric=metric))
    (number,) = found.numbers
    assert found.headline == f"{metric} not worse than v1: pass"
    assert number.value is not None and number.low is not None and number.high is not None
    assert number.value == pytest.approx(sign * 0.0057)
    assert number.low < number.value < number.high
    assert (number.difference, number.better) == (True, better)
    assert number.allowed == (allowed or "above \N{MINUS SIGN}0.0100")


def test_a_fact_that_is_too_long_for_a_headline_stands_in_the_detail() -> None:
    name = "x" * 120
    found = verdict(rule.per_slice(queries={name: "income < 0"}, against="baseline"))
    assert len(found.headline) == 90
    assert found.headline.endswith("…: not enough evidence")
    assert f"query:{name} matches no row" in found.detail
