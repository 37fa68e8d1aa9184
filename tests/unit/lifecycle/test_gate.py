"""The gate: which evidence promotes, which does not, and how often chance gets through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.unit.lifecycle.examples import evaluation_of, model_with, version_of
from windvane import Gate, rule
from windvane.lifecycle.gate import judge
from windvane.lifecycle.rules import Case
from windvane.lifecycle.rules.case import Foreseen
from windvane.results import Champion, Comparison, Estimate
from windvane.results.reason import cells

CHAMPION = Champion(
    model="loans",
    version=1,
    epoch=3,
    at=datetime(2020, 2, 1, tzinfo=UTC),
    window="2020-01",
    window_end=datetime(2020, 2, 1, tzinfo=UTC),
    trained_until=datetime(2020, 1, 20, tzinfo=UTC),
)


def compared(difference: float, std_error: float = 0.001, other: str = "baseline", **more: Any) -> Comparison:
    return Comparison(metric="log_loss", other=other, difference=difference, std_error=std_error, rows=1000, **more)


def decide(gate: Gate, now: Champion | None = None, /, foreseen: Foreseen | None = None, **evaluation: Any) -> Any:
    model = model_with(gate=gate)
    found = evaluation_of(**({"champion": now.version if now else None} | evaluation))
    version = version_of()
    before = now if now and now.window_end <= version.window_end else None
    case = Case(model=model, version=version, evaluation=found, champion=before, pointer=now, foreseen=foreseen)
    return judge(case, "sha256:e")


def test_a_first_version_that_beats_the_baseline_is_promoted() -> None:
    result = decide(Gate(), comparisons=(compared(-0.05),))
    assert result.decision == "promote"
    assert result.expected_epoch == 0
    assert result.headline == "log_loss better than the baseline: pass"
    number = result.reasons[0].numbers[0]
    assert (number.value, number.better, number.allowed) == (-0.05, "lower", "below 0")
    assert [text.replace("\N{MINUS SIGN}", "-") for text in cells(number)] == [
        "log_loss difference",
        "-0.05 nat ▼ better",
        "-0.05165 to -0.04835 nat",
        "below 0",
    ]


@pytest.mark.parametrize(
    ("difference", "std_error", "outcome"),
    [
        (-0.05, 0.001, "pass"),
        (-0.001, 0.01, "inconclusive"),
        (0.05, 0.001, "fail"),
        (0.0, 0.0, "inconclusive"),
    ],
)
def test_beating_the_baseline_needs_the_whole_interval(difference: float, std_error: float, outcome: str) -> None:
    result = decide(Gate(rule.better_than_baseline()), comparisons=(compared(difference, std_error),))
    assert result.verdicts[1].outcome == outcome
    assert (result.decision == "promote") == (outcome == "pass")


@pytest.mark.parametrize(
    ("difference", "std_error", "outcome"),
    [(0.005, 0.001, "pass"), (0.005, 0.02, "inconclusive"), (0.05, 0.001, "fail")],
)
def test_not_worse_gives_away_only_the_margin(difference: float, std_error: float, outcome: str) -> None:
    gate = Gate(rule.not_worse_than_champion(margin=0.01))
    result = decide(gate, CHAMPION, comparisons=(compared(difference, std_error, "v1"),))
    assert result.verdicts[1].outcome == outcome
    assert result.expected_epoch == 3


@pytest.mark.parametrize(("beside", "word"), [((-0.001, 0.01), "perhaps"), ((0.05, 0.001), "not")])
def test_a_version_that_surely_beats_a_worse_champion_is_not_refused_for_the_baseline(
    beside: tuple[float, float], word: str
) -> None:
    """To refuse it would keep the one that loses more; that it is so is said."""

    def judged(difference: float, std_error: float) -> Any:
        pair = compared(difference, std_error, "v1", value=0.7, value_error=0.01, covariance=0.0)
        return decide(Gate(), CHAMPION, comparisons=(compared(*beside), pair))

    better = judged(-0.2, 0.01)
    assert better.verdicts[1].headline == f"log_loss better than v1, {word} than the baseline: pass"
    assert "v1 is surely far worse: to reject would keep it" in better.verdicts[1].detail
    assert len(better.verdicts[1].numbers) == 2
    assert judged(-0.2, 0.2).decision == "reject", "perhaps better is not enough"
    assert judged(-0.06, 0.001).decision == "reject", "less than a tenth of 0.7"


class TestForeseen:
    """More rows were measured to win 5 % of a champion's loss of 0.7, give or take 1 %."""

    sure = Foreseen(share=0.05, error=0.01, degrees=50)

    def judged(self, difference: float, std_error: float, foreseen: Foreseen | None, **rules: Any) -> Any:
        gate = Gate(rule.not_worse_than_champion(margin=0.01, **rules))
        pair = compared(difference, std_error, "v1", value=0.7)
        return decide(gate, CHAMPION, foreseen=foreseen, comparisons=(pair,)).verdicts[1]

    def test_it_counts_where_the_holdout_alone_cannot_tell(self) -> None:
        assert self.judged(-0.02, 0.05, None).outcome == "inconclusive"
        found = self.judged(-0.02, 0.05, self.sure)
        assert found.outcome == "pass"
        assert found.headline == "log_loss not worse than v1: pass"
        assert "The 1,000 holdout rows alone cannot tell. More rows were measured to win 5.0 % before" in found.detail
        alone, both = found.numbers
        assert alone.value == -0.02
        weights = (0.05**-2, (0.01 * 0.7) ** -2)
        assert both.value == pytest.approx((-0.02 * weights[0] - 0.05 * 0.7 * weights[1]) / sum(weights))

    def test_a_holdout_that_contradicts_it_stands_alone(self) -> None:
        assert self.judged(0.05, 0.05, self.sure).outcome == "inconclusive", "0.085 from what was foreseen: 1.7 errors"
        assert self.judged(0.2, 0.05, self.sure).outcome == "fail"
        assert self.judged(-0.2, 0.05, None).outcome == self.judged(-0.2, 0.05, self.sure).outcome == "pass"

    def test_what_is_not_sure_enough_changes_nothing(self) -> None:
        assert self.judged(-0.02, 0.05, Foreseen(share=0.05, error=0.2, degrees=50)).outcome == "inconclusive"

    def test_it_is_of_the_primary_metric_alone(self) -> None:
        pair = compared(-0.02, 0.05, "v1", value=0.7).model_copy(update={"metric": "brier"})
        gate = Gate(rule.not_worse_than_champion("brier", margin=0.01))
        result = decide(gate, CHAMPION, foreseen=self.sure, comparisons=(pair,))
        assert result.verdicts[1].outcome == "inconclusive"


def test_better_than_champion_asks_for_its_margin() -> None:
    gate = Gate(rule.better_than_champion(margin=0.02))
    assert decide(gate, CHAMPION, comparisons=(compared(-0.03, 0.001, "v1"),)).decision == "promote"
    assert decide(gate, CHAMPION, comparisons=(compared(-0.02, 0.001, "v1"),)).decision == "reject"


def test_an_older_window_than_the_champions_is_judged_as_a_run_in_order_would_have_judged_it() -> None:
    newer = CHAMPION.model_copy(
        update={"window": "2020-09", "window_end": datetime(2020, 10, 1, tzinfo=UTC), "version": 7}
    )
    result = decide(Gate(), newer, champion=None, comparisons=(compared(-0.5),))
    assert result.decision == "promote"
    assert result.verdicts[0].headline == "window 2020-02 is older than 2020-09: the champion v7 stays"


def test_a_champion_that_saw_the_holdout_cannot_be_compared_and_nothing_is_promoted() -> None:
    result = decide(Gate(), CHAMPION, champion=None, comparisons=(compared(-0.5),))
    assert result.decision == "reject"
    assert result.headline == "the champion v1 cannot be compared: not enough evidence"
    assert "trained on rows of this holdout" in result.reasons[0].detail


def test_a_missing_number_is_inconclusive_and_never_promotes() -> None:
    result = decide(Gate(rule.better_than_baseline(), rule.bound("log_loss", at_most=1)), comparisons=(), metrics=())
    assert [verdict.outcome for verdict in result.verdicts[1:]] == ["inconclusive", "inconclusive"]
    assert result.decision == "reject"


@pytest.mark.parametrize(
    ("low", "high", "outcome"), [(0.4, 0.49, "pass"), (0.4, 0.6, "inconclusive"), (0.55, 0.6, "fail")]
)
def test_a_bound_looks_at_the_bad_end(low: float, high: float, outcome: str) -> None:
    metrics = (Estimate(metric="log_loss", value=(low + high) / 2, low=low, high=high, rows=100),)
    result = decide(Gate(rule.bound("log_loss", at_most=0.5)), metrics=metrics)
    assert result.verdicts[1].outcome == outcome
    flipped = (Estimate(metric="roc_auc", value=1 - (low + high) / 2, low=1 - high, high=1 - low, rows=100),)
    result = decide(Gate(rule.bound("roc_auc", at_least=0.5)), metrics=flipped)
    assert result.verdicts[1].outcome == outcome


def test_a_slice_that_is_surely_worse_stops_the_version() -> None:
    gate = Gate(rule.per_slice("region", margin=0.05))
    slices = (
        compared(0.2, 0.01, "v1", slice="region=north"),
        compared(-0.1, 0.01, "v1", slice="region=south"),
        compared(9.0, 0.01, "v1", slice="other=north"),
    )
    result = decide(gate, CHAMPION, comparisons=slices)
    assert result.verdicts[1].outcome == "fail"
    assert result.headline == "region=north surely worse than v1 by more than 0.05: fail"
    assert [number.name for number in result.reasons[0].numbers] == ["log_loss difference on region=north"]
    tiny = (slices[0].model_copy(update={"rows": 20}),)
    assert decide(gate, CHAMPION, comparisons=tiny).verdicts[1].outcome == "inconclusive"
    assert decide(gate, CHAMPION, comparisons=(slices[1],)).decision == "promote"


@pytest.mark.parametrize("runs", [100])
def test_slices_alarm_by_chance_no_more_often_than_stated(runs: int) -> None:
    """Twenty slices at exactly the margin: at most 5 % alarms (upper 99 % limit of the count of 1,000: 67)."""
    random = np.random.default_rng(5)
    gate = Gate(rule.per_slice("region", margin=0.05))
    alarms = 0
    for _ in range(runs):
        slices = tuple(
            compared(0.05 + 0.01 * float(random.standard_normal()), 0.01, "v1", slice=f"region={index}")
            for index in range(20)
        )
        alarms += decide(gate, CHAMPION, comparisons=slices).decision == "reject"
    assert 0.02 * runs < alarms <= stats.binom.ppf(0.99, runs, 0.05)


@pytest.mark.parametrize(("rows", "decision"), [(99, "reject"), (100, "promote")])
def test_a_small_holdout_is_not_enough(rows: int, decision: str) -> None:
    assert decide(Gate(rule.min_rows(100)), rows=rows).decision == decision


def test_approval_asks_a_person_only_for_a_version_that_passed() -> None:
    passed = (compared(-0.5),)
    first = Gate(rule.better_than_baseline(), approval="first_version")
    assert decide(first, comparisons=passed).decision == "needs_approval"
    assert decide(first, CHAMPION, comparisons=passed).decision == "promote"
    assert decide(first, comparisons=(compared(0.5),)).decision == "reject"
    always = Gate(rule.better_than_baseline(), approval="always")
    assert decide(always, CHAMPION, comparisons=passed).decision == "needs_approval"


def test_chance_is_let_through_no_more_often_than_stated() -> None:
    """Versions truly worse by the margin, compared on 400 rows, 1,000 times: at most 5 % pass (99 % limit 68)."""
    random = np.random.default_rng(7)
    gate = Gate(rule.not_worse_than_champion(margin=0.01))
    passed = 0
    for _ in range(1000):
        rows = 0.01 + 0.1 * random.standard_normal(400)
        comparison = Comparison(
            metric="log_loss", other="v1", difference=rows.mean(), std_error=rows.std(ddof=1) / 20, rows=400
        )
        passed += decide(gate, CHAMPION, comparisons=(comparison,)).decision == "promote"
    assert 25 < passed <= 68
