"""A holdout spans as many of the latest windows as the gate's rules need, and no version has seen another's."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lifecycle.examples import model_with, rows_of
from windvane import Gate, rule
from windvane.errors import SpecError
from windvane.lifecycle.reach import reach
from windvane.lifecycle.split import needed_rows, split, split_history
from windvane.spec import Model

BASELINE = rule.better_than_baseline()


def windows(*counts: int, share: float = 0.3) -> list[pd.DataFrame]:
    """Windows of a day each, with so many rows of which a share is bad."""
    found = []
    for day, count in enumerate(counts):
        begin = pd.Timestamp("2020-01-01", tz="UTC") + pd.Timedelta(days=day)
        times = pd.DatetimeIndex(begin + pd.to_timedelta(np.arange(count) * 80_000 // max(count, 1), unit="s"))
        target = (np.arange(count) % round(1 / share) == 0).astype(float)
        found.append(rows_of(max(count, 1)).head(count).assign(applied_at=times.as_unit("us"), default=target))
    return found


def asked(rows: int = 50, **fields: Any) -> Model:
    return model_with(gate=Gate(BASELINE, rule.min_rows(rows), **fields))


def test_where_the_newest_windows_part_is_enough_nothing_changes() -> None:
    frames = windows(200, 200, 200)
    for model in (model_with(), asked(60)):
        alone, found = split(frames[-1], model), split_history(frames, model)
        assert found.cut == alone.cut
        assert found.holdout.equals(alone.holdout)
        assert len(found.train) == 400 + len(alone.train)


def test_small_windows_are_held_out_together() -> None:
    frames = windows(*[28] * 12)
    found = split_history(frames, model_with())
    assert len(found.holdout) == 50, "of 28 rows alone no rule could judge"
    assert found.holdout["applied_at"].dt.date.nunique() == 2
    assert len(found.train) == 12 * 28 - 50


def test_what_the_rules_count_is_held_out_but_no_more_than_the_share_of_all_rows() -> None:
    frames = windows(*[200] * 10)
    assert len(split_history(frames, asked(450)).holdout) == 450
    assert len(split_history(frames, asked(5_000)).holdout) == 600
    parts = rule.all_of(rule.min_rows(450), rule.min_rows(10))
    assert len(split_history(frames, model_with(gate=Gate(BASELINE, parts))).holdout) == 450
    kept = rule.warn(rule.min_rows(450))
    assert len(split_history(frames, model_with(gate=Gate(BASELINE, kept))).holdout) == 60, "it stops nothing"


def test_a_rare_class_needs_as_many_rows_as_have_enough_of_it() -> None:
    frames = windows(*[500] * 12, share=1 / 22)
    model = asked(50, min_each_class=50)
    assert needed_rows(frames, model) == pytest.approx(1_100, abs=60)
    found = split_history(frames, model)
    assert found.holdout["default"].sum() >= 49
    assert len(found.holdout) < 1_200
    assert len(split_history(frames, asked(50)).holdout) == 150


def test_a_regression_has_no_classes() -> None:
    with pytest.raises(SpecError, match="min_each_class: a regression has no classes"):
        model_with(task="regression", gate=Gate(BASELINE, min_each_class=50))
    assert "min_each_class" not in Gate(BASELINE).model_dump(mode="json")


def test_rows_of_one_moment_are_on_one_side() -> None:
    frames = windows(*[28] * 12)
    for frame in frames:
        frame["applied_at"] = frame["applied_at"].dt.floor("1D") + pd.to_timedelta(np.arange(28) // 2, unit="h")
    found = split_history(frames, model_with())
    assert found.train["applied_at"].max() < found.holdout["applied_at"].min()
    assert len(found.holdout) >= 50


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(20, 60), min_size=2, max_size=9),
    needed=st.integers(20, 300),
    kept=st.integers(2, 6),
    share=st.sampled_from([0.1, 0.3, 0.5]),
)
def test_no_version_has_seen_a_row_that_a_later_one_is_judged_on(
    counts: list[int], needed: int, kept: int, share: float
) -> None:
    """Each version learns from the last `kept` windows up to its own."""
    frames, model = windows(*counts), asked(needed).model_copy(update={"holdout": share})
    histories = [frames[max(0, end - kept) : end] for end in range(1, len(frames) + 1)]
    found = [split_history(history, model) for history in histories]
    for history, parts in zip(histories, found, strict=True):
        assert len(parts.train) + len(parts.holdout) == sum(map(len, history))
        assert parts.train.empty or parts.train["applied_at"].max() < parts.cut == parts.holdout["applied_at"].min()
        assert len(parts.holdout) >= len(split(history[-1], model).holdout)
    assert all(one.cut <= other.cut for one, other in pairwise(found))


@settings(max_examples=25, deadline=None)
@given(counts=st.lists(st.integers(20, 90), min_size=1, max_size=12), needed=st.integers(20, 200))
def test_how_far_it_reaches_is_known_before_anything_is_trained(counts: list[int], needed: int) -> None:
    model, frames = asked(needed), windows(*counts)
    told, found = reach(counts, needed_rows(frames, model), model), split_history(frames, model)
    beyond = [frame for frame in frames if frame["applied_at"].max() >= found.cut]
    if all(len(one) == len(other) for one, other in pairwise(frames)):
        assert (told.held, told.windows) == (len(found.holdout), len(beyond))
    assert told.held >= len(found.holdout)
    assert told.rows == sum(counts)
    assert told.enough == (told.held >= told.needed)
