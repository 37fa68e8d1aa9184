"""Links: a column that came a row late is told by what went together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.lifecycle.feeds import MODEL, answered, rows
from windvane.lifecycle.links import links
from windvane.lifecycle.profile import profile_frame

if TYPE_CHECKING:
    import pandas as pd


def late(frame: pd.DataFrame, by: int = 1) -> pd.DataFrame:
    return frame.assign(weight=np.roll(frame["weight"].to_numpy(), by))


@pytest.mark.parametrize("by", [1, -1])
def test_a_column_that_is_a_row_late_or_early_is_broken(by: int) -> None:
    found, _ = answered(lambda frame: late(frame, by))
    assert found.outcome == "finding"
    assert "a row late beside the other columns" in found.headline
    assert "go together by" in found.detail
    assert found.numbers[0].name.startswith("link of ")


def test_rows_in_another_order_are_in_order() -> None:
    found, odd = answered(
        lambda frame: frame.assign(
            **frame.drop(columns="applied_at").sample(frac=1, random_state=1).reset_index(drop=True)
        )
    )
    assert found.outcome == "ok", found.headline
    assert odd is None


def test_columns_that_follow_each_other_in_time_are_told_by_their_steps() -> None:
    """Two random walks that go together: neighbouring rows are alike, their steps are not."""
    random = np.random.default_rng(3)

    def walk(week: int, shift: int = 0) -> pd.DataFrame:
        steps = np.random.default_rng([5, week]).normal(0, 1, 600)
        level = np.cumsum(steps) * 0.99
        weight = np.roll(level + random.normal(0, 0.1, 600), shift)
        return rows(week).assign(height=level, weight=weight)

    assert answered(lambda frame: frame, draw=walk)[0].outcome == "ok"
    found, _ = answered(lambda frame: frame.assign(weight=np.roll(frame["weight"].to_numpy(), 1)), draw=walk)
    assert "a row late" in found.headline


def test_links_are_those_of_the_reference_and_few_rows_have_none() -> None:
    frame = rows(0)
    features = frame[list(MODEL.features.names)]
    columns = profile_frame(features, MODEL, "then").columns
    known = links(features, columns)
    assert {("height", "weight")} <= {(item.first, item.second) for item in known}
    again = links(features, columns, known)
    assert again == known
    assert links(features.iloc[:100], columns, known) == []


def test_a_constant_column_has_no_link_and_no_fault_of_it() -> None:
    then = rows(0)[list(MODEL.features.names)]
    columns = profile_frame(then, MODEL, "then").columns
    known = links(then, columns)
    found = links(then.assign(weight=70.0), columns, known)
    assert all("weight" not in (item.first, item.second) or item.kind == "step" for item in found)
