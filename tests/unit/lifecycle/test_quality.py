"""Quality: broken data is told from a changed world, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.unit.lifecycle.examples import model_with
from windvane import Features
from windvane.lifecycle.calendar_columns import calendar_columns
from windvane.lifecycle.decide import decide
from windvane.lifecycle.profile import profile_frame
from windvane.lifecycle.quality import as_good, quality_check
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.results import CheckResult, Segment

NUMBERS = ("celsius", "income", "rain", "age", "constant")
MODEL = model_with(features=Features(numbers=NUMBERS, categories=("region", "agent")))


def draw(rows: int = 1000, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "celsius": random.normal(12, 8, rows),
            "income": random.lognormal(8, 0.8, rows),
            "rain": np.where(random.random(rows) < 0.9, 0.0, random.exponential(3, rows)),
            "age": random.integers(18, 80, rows).astype(float),
            "constant": np.full(rows, 3.0),
            "region": random.choice(np.array(["north", "south", "east"], dtype=object), rows),
            "agent": random.integers(0, rows, rows).astype(str).astype(object),
        }
    )


PERFORMANCE = CheckResult(
    check="performance", outcome="finding", headline="Retraining would gain about 9 %", effect=0.09
)


def checked(now: pd.DataFrame, then: pd.DataFrame | None = None, model: Any = MODEL, **extra: Any) -> CheckResult:
    return answered(now, then, model, **extra)[0]


def answered(
    now: pd.DataFrame, then: pd.DataFrame | None = None, model: Any = MODEL, **extra: Any
) -> tuple[CheckResult, CheckResult | None]:
    reference = profile_frame(draw() if then is None else then, model, "2020-01")
    return quality_check(now, reference, profile_frame(now, model, "2020-02", reference), model, **extra)


@pytest.mark.parametrize("rows", [50, 300, 3000])
def test_the_same_world_is_well(rows: int) -> None:
    """Also where nearly every value of a category is new in each window, as identifiers are."""
    then = draw(rows)
    alarms = [checked(draw(rows, seed), then).outcome for seed in range(1, 21)]
    assert alarms == ["ok"] * 20


def test_a_quiet_window_says_so() -> None:
    result = checked(draw(1000, 1))
    assert result.check == "quality"
    assert result.headline == "No column looks broken beside 2020-01"
    assert [(number.name, number.value) for number in result.numbers] == [("rows", 1000)]


@pytest.mark.parametrize(
    ("column", "change", "message"),
    [
        ("celsius", lambda x: x * 1.8 + 32, "degrees Fahrenheit instead of Celsius"),
        ("celsius", lambda x: x + 273.15, "kelvin instead of degrees Celsius"),
        ("income", lambda x: x * 1000, "values multiplied by 1,000"),
        ("income", lambda x: x / 1000, "values divided by 1,000"),
        ("income", lambda x: x * 100, "values multiplied by 100"),
        ("income", lambda x: -x, "the opposite sign"),
        ("age", lambda x: x * 86400, "values multiplied by 86,400"),
        ("rain", lambda x: x * 1000, "values multiplied by 1,000"),
        ("rain", lambda x: x / 25.4 * 10, None),
    ],
)
def test_a_change_of_unit_is_named(column: str, change: Any, message: str | None) -> None:
    now = draw(1000, 1)
    now[column] = change(now[column])
    result = checked(now)
    if message is None:  # a factor of 0.4 of what is mostly zero: no unit that is looked for, and no alarm
        assert result.outcome == "ok"
        return
    assert result.outcome == "finding"
    assert result.columns == (column,)
    assert result.headline == f"{column} looks like {message}"
    assert "2020-01" in result.detail
    assert result.numbers


def test_a_factor_no_unit_explains_is_told_by_its_median() -> None:
    now = draw(1000, 1)
    now["celsius"] = now["celsius"] * 7 + 5000
    sure, result = answered(now)
    assert sure.outcome == "ok", "it blocks nothing"
    assert result is not None
    assert result.check == "odd_data"
    assert result.columns == ("celsius",)
    assert "celsius has a median of" in result.headline
    assert "far from 12." in result.headline or "far from 11." in result.headline


def test_columns_that_took_each_others_place_are_swapped() -> None:
    now = draw(1000, 1)
    now["celsius"], now["age"] = now["age"].to_numpy(), now["celsius"].to_numpy()
    assert "celsius and age look swapped" in checked(now).headline


def test_another_unit_in_a_part_of_the_rows_is_found() -> None:
    now = draw(1000, 1)
    now.loc[:149, "income"] *= 1000
    assert "income looks like values multiplied by 1,000 in 15 % of the rows" in checked(now).headline


def test_a_value_that_took_anothers_place_is_renamed() -> None:
    then, now = draw(3000), draw(3000, 1)
    for side in (then, now):
        side.loc[:269, "region"] = "west"
    now["region"] = now["region"].replace("west", "West ")
    result = checked(now, then)
    assert result.headline == "region: 'west' is gone and 'West ' took its place"
    assert result.detail == "'west' was 9 % of the rows in 2020-01."


@pytest.mark.parametrize(("each", "named"), [(5, False), (9, False), (10, True), (40, True)])
def test_a_value_of_few_rows_may_be_a_persons_and_is_not_named(each: int, named: bool) -> None:
    then, now = draw(3000), draw(1000, 1)
    now["region"] = [f"Ada {row // each}" for row in range(len(now))]
    said = "".join(found.model_dump_json() for found in answered(now, then) if found)
    assert "region has values never seen" in said
    assert ("Ada" in said) is named
    assert ("fewer than 10 rows" in said) is not named


def test_a_season_is_no_broken_column() -> None:
    """From winter to summer: nearly all rows lie above the reference's range, as they do every year."""
    random = np.random.default_rng(5)
    winter, summer = draw(), draw(1000, 1)
    winter["celsius"] = random.normal(0, 5, 1000)
    summer["celsius"] = random.normal(26, 4, 1000)
    summer["income"] *= 1.5
    assert checked(summer, winter).outcome == "ok"


def test_a_column_that_went_missing_is_found_first() -> None:
    now = draw(1000, 1)
    now["celsius"] = np.nan
    now.loc[:299, "region"] = None
    result = checked(now)
    assert result.outcome == "finding"
    assert result.columns == ("celsius", "region")
    assert result.effect == pytest.approx(1.0)
    assert result.headline == "celsius is missing in 100 % of the rows (and 1 more)"
    assert result.detail == (
        "It was missing in 0 % in 2020-01. region is missing in 30 % of the rows. It was missing in 0 % in 2020-01."
    )
    assert [(item.name, item.unit) for item in result.numbers] == [("celsius missing", "%"), ("region missing", "%")]
    assert [item.value for item in result.numbers] == pytest.approx([100, 30])


def test_a_column_that_was_always_missing_is_no_news() -> None:
    then, now = draw(), draw(1000, 1)
    then["celsius"] = now["celsius"] = np.nan
    assert checked(now, then).outcome == "ok"


def test_values_come_back_after_a_gap_without_alarm() -> None:
    then = draw()
    then.loc[:499, "celsius"] = np.nan
    assert checked(draw(1000, 1), then).outcome == "ok"


def test_categories_written_another_way_are_found_with_examples() -> None:
    now = draw(1000, 1)
    now["region"] = now["region"].str.upper()
    result = checked(now)
    assert result.columns == ("region",)
    assert result.headline == "region has values never seen in 2020-01 in 100 % of the rows"
    assert "'NORTH'" in result.detail


@pytest.mark.parametrize("ending", ["", "\0"])
def test_a_default_in_half_of_the_rows_is_found_beside_values_of_any_writing(ending: str) -> None:
    """A profile keeps a NUL as text, so the window's values are counted as it keeps them."""
    then, now = draw(), draw(seed=1)
    now["region"] = now["region"].where(np.arange(len(now)) % 9 < 4, "unknown")
    for frame in (then, now):
        frame["region"] = frame["region"] + ending
    assert checked(now, then).columns == ("region",)


def test_a_few_new_categories_are_no_broken_column() -> None:
    now = draw(1000, 1)
    now.loc[:99, "region"] = "west"
    assert checked(now).outcome == "ok"


def test_new_values_of_a_column_of_very_many_are_expected() -> None:
    then, now = draw(3000), draw(3000, 1)
    then["agent"] = [f"a{index}" for index in range(3000)]
    now["agent"] = [f"b{index}" for index in range(3000)]
    assert checked(now, then).outcome == "ok"


@pytest.mark.parametrize(("rows", "outcome"), [(190, "finding"), (210, "ok")])
def test_a_window_of_far_fewer_rows_than_usual_is_found(rows: int, outcome: str) -> None:
    result = checked(draw(rows, 1), usual_rows=1000)
    assert result.outcome == outcome
    if outcome == "finding":
        assert result.headline == "190 rows, 19 % of the usual 1,000"
        assert result.columns == ()


def test_a_nearly_empty_window_is_a_finding_where_the_usual_is_known() -> None:
    assert checked(draw(5, 1), usual_rows=1000).outcome == "finding"
    few = checked(draw(5, 1))
    assert few.outcome == "insufficient_data"
    assert few.headline == "Data not checked: 5 rows are too few (needs 30)"
    assert checked(draw(5, 1), usual_rows=20).outcome == "insufficient_data"


def test_the_worst_three_findings_are_told_and_all_are_kept() -> None:
    now = draw(150, 1)
    now["income"] *= 1000
    now["celsius"] = np.nan
    now["region"] = "?"
    now.loc[:49, "age"] = np.nan
    result = checked(now, usual_rows=1000)
    assert result.headline.endswith(" (and 4 more)")
    assert len(result.headline) <= 90
    assert sum(finding in result.detail for finding in result.details["findings"]) == 2
    assert len(result.details["findings"]) == 5
    assert result.columns[-1] == "age"


def test_a_made_feature_is_judged_by_its_profile_alone() -> None:
    model = model_with(features=Features(numbers=("celsius",), make="models.loans:make", made=("ratio",)))
    then, now = draw(), draw(1000, 1)
    then["ratio"], now["ratio"] = 1.0, np.nan
    result = checked(now, then, model)
    assert result.columns == ("ratio",)
    now["ratio"] = 5.0
    assert checked(now.drop(columns="ratio").assign(ratio=1.0), then, model).outcome == "ok"


def test_few_rows_of_equal_worlds_hardly_ever_alarm() -> None:
    """Alarms are Binomial(100, at most 0.1 % a question): the 99.9 % quantile of 2 % bounds them all together."""
    random, alarms = np.random.default_rng(1), 0
    for _ in range(100):
        seeds = random.integers(0, 2**31, 2)
        alarms += checked(draw(40, int(seeds[0])), draw(40, int(seeds[1]))).outcome == "finding"
    assert alarms <= stats.binom.ppf(0.999, 100, 0.02)


class TestOdd:
    """What may be a season, or a changed world, is told and blocks nothing."""

    def months(self, number: int, rows: int = 600) -> pd.DataFrame:
        """Hourly rentals of a month: its name, and temperatures that go with the season, in whole degrees."""
        random = np.random.default_rng(number)
        warmth = 10 - 10 * np.cos(2 * np.pi * (number - 0.5) / 12)
        degrees = np.round(random.normal(warmth, 4, rows))
        return pd.DataFrame(
            {
                "month": f"month {number}",
                "degrees": degrees,
                "felt": np.round(degrees * 1.1 + random.normal(0, 1, rows)),
                "wet": np.round(random.normal(60 + warmth, 12, rows)),
            }
        )

    MODEL = model_with(features=Features(numbers=("degrees", "felt", "wet"), categories=("month",)))

    @pytest.mark.parametrize("first", range(1, 13))
    def test_a_year_of_seasons_is_never_broken(self, first: int) -> None:
        """Any month, and any quarter, beside all that follow it."""
        for length in (1, 3):
            then = pd.concat([self.months((first + place - 1) % 12 + 1) for place in range(length)])
            times = pd.Series(pd.date_range("2020-01-01", periods=len(then), freq="h", tz="UTC"))
            reference = profile_frame(then, self.MODEL, "2020-01").model_copy(
                update={"calendar": calendar_columns(then, times)}
            )
            for place in range(12):
                now = self.months(place + 1)
                current = profile_frame(now, self.MODEL, "2020-02", reference)
                answer, _ = quality_check(now, reference, current, self.MODEL)
                assert answer.outcome == "ok", (first, length, place, answer.headline)

    def test_a_new_category_that_takes_no_ones_place_is_odd(self) -> None:
        now = draw(1000, 1)
        now.loc[:299, "region"] = "a new one"
        answer, strange = answered(now)
        assert answer.outcome == "ok"
        assert strange is not None
        assert strange.columns == ("region",)
        conclusion = decide([PERFORMANCE, strange], MODEL, window=MODEL.cadence.window("2020-02"), mature=True)
        assert conclusion.decision == "retrain", "it blocks nothing"
        assert any("a new one" in reason.detail for reason in conclusion.reasons)

    def test_new_codes_of_a_new_world_are_odd_and_those_of_the_old_one_broken(self) -> None:
        now = draw(1000, 1)
        now["region"] = now["region"].map({name: f"Z{place}" for place, name in enumerate(now["region"].unique())})
        assert answered(now)[0].outcome == "finding"
        assert answered(now, same_outcomes=False)[0].outcome == "ok"

    def test_heavy_tails_are_no_change_of_unit(self) -> None:
        """Durations of courts: each window has some far beyond all that were seen."""
        random = np.random.default_rng(3)
        model = model_with(features=Features(numbers=("days",)))
        for seed in range(30):
            then, now = (
                pd.DataFrame({"days": np.exp(random.normal(3 + 0.4 * (side * seed % 3), 2 + 0.1 * side, 800))})
                for side in (0, 1)
            )
            assert answered(now, then, model)[0].outcome == "ok"

    def test_what_the_windows_before_did_too_is_no_news(self) -> None:
        then, now = draw(), draw(1000, 1)
        now.loc[:299, "celsius"] = np.nan
        reference = profile_frame(then, MODEL, "2020-01")
        current = profile_frame(now, MODEL, "2020-03", reference)
        alike = profile_frame(now, MODEL, "2020-02", reference)
        assert quality_check(now, reference, current, MODEL)[0].outcome == "finding"
        assert quality_check(now, reference, current, MODEL, before=lambda: [alike])[0].outcome == "ok"
        sound = profile_frame(draw(1000, 2), MODEL, "2020-02", reference)
        assert quality_check(now, reference, current, MODEL, before=lambda: [sound])[0].outcome == "finding"

    def test_a_month_that_always_ends_early_is_no_stale_feed(self) -> None:
        times = pd.date_range("2020-02-01", "2020-02-15", periods=1000, tz="UTC")
        now = draw(1000, 1).assign(applied_at=times)
        reference = profile_frame(draw(), MODEL, "2020-01")
        current = profile_frame(now, MODEL, "2020-02", reference)
        window = MODEL.cadence.window("2020-02")
        assert quality_check(now, reference, current, MODEL, window=window)[0].outcome == "finding"
        usual = reference.model_copy(update={"silent": 0.5})
        assert quality_check(now, usual, current, MODEL, window=window)[0].outcome == "ok"


FAULTS: dict[str, Any] = {
    "units": lambda frame: frame.assign(income=frame["income"] * 1000),
    "degrees": lambda frame: frame.assign(celsius=frame["celsius"] * 1.8 + 32),
    "a part in other units": lambda frame: frame.assign(
        income=frame["income"].where(frame.index % 5 > 0, frame["income"] * 1000)
    ),
    "sign": lambda frame: frame.assign(income=-frame["income"]),
    "stuck": lambda frame: frame.assign(celsius=frame["celsius"].iloc[0]),
    "swapped": lambda frame: frame.assign(celsius=frame["age"], age=frame["celsius"]),
    "renamed": lambda frame: frame.assign(region=frame["region"].replace(frame["region"].iloc[0], "Q1")),
    "encoding": lambda frame: frame.assign(region=frame["region"].str.upper()),
    "defaults filled in": lambda frame: frame.assign(region="unknown"),
    "numbers filled in": lambda frame: frame.assign(celsius=frame["celsius"].where(frame.index % 4 == 0, -999.0)),
    "missing": lambda frame: frame.assign(celsius=frame["celsius"].where(frame.index % 2 == 0)),
    "identifiers": lambda frame: frame.assign(region=[f"id{place}" for place in range(len(frame))]),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_kind_of_fault_is_found_in_its_first_window(kind: str) -> None:
    """Of 20 windows of 500 rows at least 18."""
    found = [checked(FAULTS[kind](draw(500, seed))).outcome for seed in range(1, 21)]
    assert found.count("finding") >= 18


def test_scores_that_lose_no_more_than_on_the_holdout_are_as_good() -> None:
    whole = Segment(label="", rows=1000, loss=500.0, loss_variance=1000 * 0.2, residual=0.0, residual_variance=1.0)
    reference = profile_frame(draw(), MODEL, "2020-01").model_copy(update={"segments": {"": (whole,)}})

    def known(score: float, rows: int = 400) -> ScoredRows:
        frame = draw(rows).assign(**{MODEL.target: np.arange(rows) % 2 * 1.0})
        return ScoredRows(frame, pd.DataFrame({"score": np.where(np.arange(rows) % 2, score, 1 - score)}))

    assert as_good(known(0.7), reference, MODEL), "a log loss of 0.36"
    assert not as_good(known(0.55), reference, MODEL), "a log loss of 0.60"
    assert not as_good(known(0.7, rows=100), reference, MODEL), "too few rows"
    assert not as_good(None, reference, MODEL)
    assert not as_good(known(0.7), profile_frame(draw(), MODEL, "2020-01"), MODEL)
