"""While a model has no champion, trainings are asked for as evidence grows, and what is missing is said plainly."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.lifecycle.examples import model_with
from windvane.lifecycle.first_champion import Tried, first_champion, needed_rows
from windvane.results import Comparison

MODEL = model_with(min_rows=100)


def window(key: str) -> Any:
    return MODEL.cadence.window(key)


def beside(difference: float | None, error: float | None) -> Comparison:
    return Comparison(metric="log_loss", other="baseline", difference=difference, std_error=error, rows=150)


def concluded(rows: list[int], last: Tried | None = None, key: str = "2020-04", mature: bool = True) -> Any:
    return first_champion(rows, MODEL, window=window(key), last=last, mature=mature)


def test_too_few_rows_say_how_many_and_when() -> None:
    found = concluded([60, 60], key="2020-02")
    assert found.decision == "insufficient_data"
    assert found.reasons[0].headline == "No champion yet: 120 of about 150 rows needed; expected with window 2020-03"
    assert found.reasons[0].numbers[0].allowed == "about 150 needed"


def test_enough_rows_ask_for_a_training() -> None:
    found = concluded([60, 60, 60], key="2020-03")
    assert found.decision == "retrain"
    assert found.reasons[0].headline == "No champion yet: a training on 180 rows with outcomes is asked for"


@pytest.mark.parametrize(
    ("compared", "needed"),
    [
        (beside(-0.06, 0.05), 380),  # (1.6551 * 5 / 6)^2 times as many
        (beside(-0.01, 0.05), 400),
        (beside(-0.5, 0.05), 250),
        (beside(0.02, 0.05), 300),
        (None, 300),
    ],
)
def test_a_refused_version_says_how_many_rows_it_would_have_needed(compared: Comparison | None, needed: int) -> None:
    last = Tried(window("2020-02"), 200, 1, compared=compared)
    assert needed_rows(MODEL, last) == pytest.approx(needed, abs=8)
    assert concluded([100] * (needed // 100 - 1), last).decision == "insufficient_data"
    assert concluded([100] * (needed // 100 + 1), last).decision == "retrain"


def test_after_six_windows_it_is_tried_again_whatever_the_rows() -> None:
    last = Tried(window("2020-02"), 1200, 1)
    assert concluded([100] * 12, last, "2020-07").decision == "insufficient_data"
    assert concluded([100] * 12, last, "2020-08").decision == "retrain"


def test_nothing_is_asked_for_before_outcomes_or_while_a_person_is_asked() -> None:
    assert "are due" in concluded([900], mature=False).reasons[0].headline
    waits = concluded([900], Tried(window("2020-02"), 100, 1, waits=True))
    assert (waits.decision, waits.reasons[0].headline) == (
        "insufficient_data",
        "No champion yet: v1 waits for a person",
    )


def test_no_rows_at_all_promise_nothing() -> None:
    assert concluded([0, 0]).reasons[0].headline == "No champion yet: 0 of about 150 rows needed"
