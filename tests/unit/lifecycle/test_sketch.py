"""Sketches: a file that was read twice, and one that came before, are told by the rows themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.unit.lifecycle.feeds import MODEL, answered, rows
from windvane.lifecycle.profile import profile_frame
from windvane.lifecycle.sketch import sketch


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame], ignore_index=True).sort_values("applied_at", ignore_index=True)


def test_a_file_that_was_read_twice_is_broken() -> None:
    found, _ = answered(twice, alike=[])
    assert found.headline == "Each row comes twice: the 1,200 rows are one file, read two times"
    assert found.numbers[0].value == 100


def test_rows_that_always_come_twice_are_in_order() -> None:
    assert answered(twice, always=True, alike=[])[0].outcome == "ok"


def test_few_different_rows_that_happen_to_repeat_are_in_order() -> None:
    """Of twelve different rows each comes many times, an even number of times in half of the cases."""

    def draw(week: int) -> pd.DataFrame:
        frame = rows(week)
        return frame.assign(height=0.0, weight=70.0, noise=1.0, warmth=frame.index % 2 * 1.0)

    assert answered(lambda frame: frame, draw=draw)[0].outcome == "ok"


def test_the_rows_of_last_week_with_new_times_are_stale() -> None:
    found, _ = answered(lambda frame: rows(5).assign(applied_at=frame["applied_at"]))
    assert found.headline == "100 % of the rows are those of 2020-02-10: the file is stale"


def test_the_rows_of_the_training_are_stale_where_none_stays() -> None:
    found, _ = answered(lambda frame: rows(1).assign(applied_at=frame["applied_at"]), past=0)
    assert "the file is stale" in found.headline


def test_entities_that_stay_are_in_order() -> None:
    """The same customers each week, unchanged: nothing is stale about them."""

    def draw(week: int) -> pd.DataFrame:
        return rows(0).assign(applied_at=rows(week)["applied_at"])

    assert answered(lambda frame: frame, draw=draw)[0].outcome == "ok"


def test_a_sketch_does_not_depend_on_the_order_of_rows_or_the_number_of_them() -> None:
    frame = pd.DataFrame({name: np.random.default_rng(1).normal(size=120_000) for name in MODEL.features.numbers})
    frame = frame.assign(town="a", kind=["b", "c"] * 60_000)
    columns = profile_frame(frame, MODEL, "then").columns
    found = sketch(frame, columns)
    assert found == sketch(frame.sample(frac=1, random_state=2), columns)
    assert len(found) == 64
    assert all(0 <= value < 2**53 and times == 1 for value, times in found)
    assert sketch(frame.iloc[:10], columns) == ()
