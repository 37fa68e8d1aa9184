"""Keys in stages, live comparisons, and where a staged promotion stands, whatever order its windows come in."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lifecycle.examples import model_with, rows_of
from windvane.lifecycle.live import Standing, bounds, bucket, live_comparison, live_verdict, pooled, staged, standing
from windvane.results import Comparison, LiveResult, Rollout, RuleOutcome, StagedWindow

KEYS = [f"L{index:05}" for index in range(20_000)]


def test_a_key_falls_where_the_documented_hash_says() -> None:
    known = int(hashlib.sha256(b"loans:L00001").hexdigest()[:16], 16) / 2**64
    assert bucket("loans", "L00001") == known
    assert bucket("rides", "L00001") != known, "models do not put the same people first"


def test_shares_are_kept_and_a_larger_one_holds_the_keys_of_a_smaller() -> None:
    few, more = staged("loans", KEYS, 0.05), staged("loans", KEYS, 0.25)
    assert few.mean() == pytest.approx(0.05, abs=0.006)
    assert more.mean() == pytest.approx(0.25, abs=0.012)
    assert not (few & ~more).any()
    assert not staged("loans", KEYS, 0.0).any()


def scores(values: Any) -> pd.DataFrame:
    return pd.DataFrame({"score": values})


def test_the_difference_is_that_of_the_mean_losses_on_the_same_rows() -> None:
    rows, model = rows_of(500), model_with()
    own, other = scores(np.full(500, 0.6)), scores(np.full(500, 0.4))
    found = live_comparison(rows, own, other, model, "v1")
    share = rows["default"].mean()
    by_hand = share * (np.log(0.4) - np.log(0.6)) + (1 - share) * (np.log(0.6) - np.log(0.4))
    assert found.difference == pytest.approx(by_hand)
    assert found.degrees is not None
    assert 24 < found.degrees < 28 - 1, "28 days of February hold the rows, not quite as many each"


def test_rows_count_as_the_spec_weighs_them() -> None:
    """A row of weight 3 counts as three rows of its day."""
    rows = rows_of(300).assign(weight=np.arange(300) % 3 + 1.0)
    own, other = scores(np.linspace(0.2, 0.8, 300)), scores(np.full(300, 0.5))
    again = np.repeat(np.arange(300), rows["weight"].astype(int))
    model = model_with(carry=("weight",), row_weight="weight")
    found = live_comparison(rows, own, other, model, "v1")
    repeated = live_comparison(rows.iloc[again], own.iloc[again], other.iloc[again], model_with(), "v1")
    assert (found.difference, found.std_error) == pytest.approx((repeated.difference, repeated.std_error))
    plain = live_comparison(rows, own, other, model_with(), "v1")
    assert plain.difference != pytest.approx(found.difference)


def test_weights_that_are_none_say_nothing() -> None:
    rows, model = rows_of(300).assign(weight=0.0), model_with(carry=("weight",), row_weight="weight")
    found = live_comparison(rows, scores(np.full(300, 0.4)), scores(np.full(300, 0.5)), model, "v1")
    assert (found.difference, found.problem) == (None, "the weights sum to zero")


def test_rows_of_one_day_are_not_taken_as_independent() -> None:
    """A storm that makes one version wrong for a day is one surprise, not one a row."""
    rows = rows_of(2_000)
    day = rows["applied_at"].dt.day
    wrong = np.random.default_rng(0).random(32)[day] < 0.5
    rows = rows.assign(default=1.0)
    own, other = scores(np.where(wrong, 0.3, 0.6)), scores(np.full(2_000, 0.5))
    found = live_comparison(rows, own, other, model_with(), "v1")
    losses = -np.log(own["score"]) + np.log(0.5)
    assert found.std_error is not None
    assert found.std_error > 4 * losses.std() / np.sqrt(2_000)


CUSTOMERS = model_with(task="regression", carry=("customer",), cluster="customer")


def told_of_customers(seed: int, customers: int = 40) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """400 rows; one version's squared error differs by an amount of the customer's own, on average by nothing."""
    rows, generator = rows_of(400, seed=seed), np.random.default_rng([seed, 1])
    customer = np.arange(400) % customers
    rows = rows.assign(default=0.0, customer=customer)
    return rows, scores(np.sqrt(2 + generator.uniform(-1, 1, customers))[customer]), scores(np.full(400, 2**0.5))


@pytest.mark.parametrize("runs", [60])
def test_rows_of_one_cluster_are_not_taken_as_independent(runs: int) -> None:
    """Truly equal versions: surely better in at most 5 %; by rows alone, far more often."""
    passed = naive = 0
    for seed in range(runs):
        rows, own, other = told_of_customers(seed)
        found = live_comparison(rows, own, other, CUSTOMERS, "v1")
        passed += live_verdict(found, 0.0, 100, "w")[0] == "pass"
        losses = own["score"] ** 2 - other["score"] ** 2
        naive += losses.mean() + 1.65 * losses.std() / np.sqrt(400) <= 0.0
    assert passed / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert naive / runs > 0.2


def test_too_few_clusters_say_nothing_and_the_reason_says_so() -> None:
    found = live_comparison(*told_of_customers(0, customers=9), CUSTOMERS, "v1")
    assert found.difference is not None
    assert found.std_error is None
    for item in (found, pooled([found, found], "v1", shared=True)):
        outcome, reason = live_verdict(item, 10.0, 100, "w")
        assert outcome == "inconclusive"
        assert "9 dependent groups" in reason.detail


def test_windows_with_the_same_clusters_are_not_taken_as_independent() -> None:
    found = live_comparison(*told_of_customers(0), CUSTOMERS, "v1")
    together = pooled([found, found], "v1", shared=True)
    assert together.std_error == pytest.approx(found.std_error), "the same customers again are no new evidence"
    assert together.degrees == found.degrees == pytest.approx(39)


def test_a_declared_block_takes_the_place_of_days() -> None:
    rows, model = rows_of(2_000), model_with(block="12h")
    found = live_comparison(rows, scores(np.full(2_000, 0.6)), scores(np.full(2_000, 0.4)), model, "v1")
    halves = rows["applied_at"].dt.tz_convert("UTC").dt.floor("12h").nunique()
    assert found.degrees is not None
    assert halves - 4 < found.degrees < halves - 1, "halves do not all hold as many rows"


@pytest.mark.parametrize(
    ("difference", "outcome"), [(-0.02, "pass"), (0.0, "pass"), (0.01, "inconclusive"), (0.05, "fail")]
)
def test_a_margin_is_judged_by_both_bounds(difference: float, outcome: RuleOutcome) -> None:
    found = Comparison(metric="log_loss", other="v1", difference=difference, std_error=0.005, rows=1000)
    judged, reason = live_verdict(found, 0.01, 100, "2020-02")
    assert judged == outcome
    assert "1,000 live rows of 2020-02" in reason.headline
    low, high = bounds(found) or (0.0, 0.0)
    assert low < difference < high


def test_too_few_rows_say_nothing() -> None:
    found = Comparison(metric="log_loss", other="v1", difference=-1.0, std_error=0.001, rows=99)
    assert live_verdict(found, 0.01, 100, "2020-02")[0] == "inconclusive"
    one = live_comparison(rows_of(1), scores([0.5]), scores([0.4]), model_with(), "v1")
    assert live_verdict(one, 0.01, 10, "2020-02")[0] == "inconclusive"
    assert pooled([], "v1").difference is None


def test_a_truly_worse_version_passes_at_most_one_time_in_twenty() -> None:
    """Worse by exactly the margin, over 2,000 windows of 300 rows: `pass` is the one-sided error."""
    generator, passed = np.random.default_rng(5), 0
    for _ in range(2_000):
        losses = generator.normal(0.01, 0.1, 300)
        found = Comparison(
            metric="log_loss",
            other="v1",
            difference=float(losses.mean()),
            std_error=float(losses.std(ddof=1) / np.sqrt(300)),
            rows=300,
        )
        passed += live_verdict(found, 0.01, 100, "w")[0] == "pass"
    assert passed / 2_000 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2_000)


def test_windows_are_pooled_by_their_rows() -> None:
    parts = [
        Comparison(metric="log_loss", other="v1", difference=0.1, std_error=0.02, rows=100, degrees=20),
        Comparison(metric="log_loss", other="v1", difference=-0.1, std_error=0.01, rows=300, degrees=25),
        Comparison(metric="log_loss", other="v1", difference=None, std_error=None, rows=0, problem="no rows"),
    ]
    found = pooled(parts, "v1")
    assert found.rows == 400
    assert found.difference == pytest.approx(-0.05)
    assert found.std_error == pytest.approx(np.sqrt((100 * 0.02) ** 2 + (300 * 0.01) ** 2) / 400)


def window(place: int, stage: int) -> StagedWindow:
    start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=place)
    return StagedWindow(window=f"w{place}", window_start=start, stage=stage, share=0.1)


def rollout(stages: int) -> Rollout:
    return Rollout(
        model="loans",
        rollout=9,
        version=2,
        champion=1,
        expected_epoch=1,
        shares=(0.05, 0.1, 0.25, 0.5)[:stages],
        margin=0.01,
        state="open",
        stage=0,
        began_at=datetime(2020, 1, 1, tzinfo=UTC),
        actor="schedule",
        reason="the gate passed",
    )


def result(place: int, difference: float | None, error: float = 0.001, rows: int = 500) -> LiveResult:
    compared = Comparison(
        metric="log_loss",
        other="v1",
        difference=difference,
        std_error=None if difference is None else error,
        rows=rows,
        degrees=None if difference is None else 30,
        problem="" if difference is not None else "there are 0 rows",
    )
    outcome, reason = live_verdict(compared, 0.01, 100, f"w{place}")
    return LiveResult(
        model="loans",
        window=f"w{place}",
        window_start=window(place, 0).window_start,
        version=2,
        champion=1,
        comparison=compared,
        margin=0.01,
        outcome=outcome,
        reason=reason,
        snapshot="sha256:1",
        scores="sha256:2",
        champion_scores="sha256:3",
    )


def walked(windows: Sequence[StagedWindow], results: Iterable[LiveResult], stages: int) -> Standing:
    known = {item.window: item for item in results}
    return standing(windows, known, rollout(stages), 100, shared=False)


def message(found: Standing) -> tuple[int, str, str | None]:
    return found.stage, found.then, found.window


def test_each_stage_must_be_lived_through() -> None:
    windows = [window(0, 0), window(1, 0), window(2, 1)]
    two = [result(0, 0.0), result(1, 0.0)]
    assert message(walked(windows, two, 2)) == (1, "stay", None), "w1 was scored at the first stage, too"
    assert message(walked(windows, [*two, result(2, 0.0)], 2)) == (2, "promote", "w2")
    assert message(walked(windows, [*two, result(2, 0.9)], 2)) == (1, "withdraw", "w2")
    assert message(walked(windows, [*two, result(2, 0.0, error=0.5)], 2)) == (1, "stay", None)
    assert message(walked(windows, [*two, result(2, None)], 2)) == (1, "stay", None)


def test_a_window_waits_for_the_ones_before_it() -> None:
    windows = [window(0, 0), window(1, 0)]
    assert message(walked(windows, [result(1, 0.9)], 1)) == (0, "stay", None)
    assert message(walked(windows, [result(1, 0.9), result(0, 0.0)], 1)) == (1, "promote", "w0")


def test_windows_that_say_little_alone_say_it_together() -> None:
    windows = [window(place, 0) for place in range(8)]
    found = [result(place, 0.004, error=0.005) for place in range(8)]
    assert all(item.outcome == "inconclusive" for item in found)
    end = walked(windows, found, 1)
    assert message(end) == (1, "promote", "w6")
    assert end.reason is not None
    assert "on 3,500 live rows of 7 windows to w6" in end.reason.headline
    assert "one-sided 99.91 % bounds" in end.reason.detail


def test_a_window_without_evidence_is_no_look() -> None:
    windows = [window(place, 0) for place in range(3)]
    barely = 0.01 - 2.0 * 0.001  # at 2.5 % with 30 degrees of freedom 2.04 errors are needed, at 0.83 % 2.5
    assert message(walked(windows[:1], [result(0, barely - 0.0001)], 1)) == (1, "promote", "w0")
    found = walked(windows[:2], [result(0, None), result(1, barely - 0.0001)], 1)
    assert message(found) == (1, "promote", "w1")


@pytest.mark.parametrize("runs", [60])
def test_a_wrong_end_comes_at_most_one_time_in_twenty_however_long_it_takes(runs: int) -> None:
    """At the margin itself both ends are wrong: promotions of one stage, 30 windows each."""
    generator, ends, alone = np.random.default_rng(3), Counter[str](), Counter[str]()
    windows = [window(place, 0) for place in range(30)]
    for _ in range(runs):
        errors = 0.005 * np.sqrt(generator.chisquare(30, 30) / 30)
        found = [result(place, generator.normal(0.01, 0.005), errors[place]) for place in range(30)]
        ends[walked(windows, found, 1).then] += 1
        alone[next((item.outcome for item in found if item.outcome != "inconclusive"), "")] += 1
    allowed = runs * (0.05 + 3 * np.sqrt(0.05 * 0.95 / runs))
    assert max(ends["promote"], ends["withdraw"]) < allowed
    assert min(alone["pass"], alone["fail"]) > 0.36 * runs, "each window at 5 % of its own ends wrongly nearly always"


@given(
    st.lists(st.sampled_from([0.0, 0.9, 0.008, None]), max_size=8),
    st.integers(min_value=1, max_value=3),
    st.randoms(use_true_random=False),
)
def test_the_end_does_not_depend_on_the_order_of_monitoring(
    differences: list[float | None], stages: int, chance: random.Random
) -> None:
    """However the outcomes come in, the first verdict that ends it is the one that the whole set ends with."""
    windows = [window(place, min(place, stages - 1)) for place in range(len(differences))]
    whole = [result(place, difference) for place, difference in enumerate(differences)]
    end = walked(windows, whole, stages)
    order = list(whole)
    chance.shuffle(order)
    known: list[LiveResult] = []
    for item in order:
        known.append(item)
        found = walked(chance.sample(windows, len(windows)), known, stages)
        if found.then != "stay":
            assert found == end
            return
    assert end.then == "stay"
