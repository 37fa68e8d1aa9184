"""A replay plays plans as the runs would have, changes nothing of the model's own, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from windvane import Model, Publish, steps
from windvane.errors import ImmatureOutcomes
from windvane.pipeline import runner
from windvane.pipeline.replay import replay
from windvane.results import Run
from windvane.spec import Plan, parse_plan
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def windows_of(model: Model, last: int) -> list[Window]:
    cadence = model.cadence
    return cadence.between(cadence.window("2020-01"), cadence.window(f"2020-{last:02}"))


def plans_of(model: Model, *texts: str) -> list[Plan]:
    return [parse_plan(text, model.monitor.policy) for text in texts]


def test_plans_train_as_they_say_and_nothing_of_the_own_stores_changes(
    make: Callable[..., Model], stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = make(publish=[Publish.parquet(str(tmp_path / "read" / "window={window}.parquet"))])
    plans = plans_of(model, "declared", "never", "always")
    declared, never, always = replay(model, windows_of(model, 7), plans, stores, run, tmp_path / "scratch").plans
    assert (never.trainings, always.trainings) == (1, 7)
    assert 1 < declared.trainings < always.trainings
    assert declared.mean_loss is not None
    assert never.mean_loss is not None
    assert declared.mean_loss < never.mean_loss  # the world changes in May
    assert stores.registry.models.all() == []
    assert list(stores.artifacts.digests()) == []
    assert not (tmp_path / "read").exists()  # consumers read none of what was played


def test_a_replay_is_what_the_steps_themselves_come_to(
    make: Callable[..., Model], stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = make()
    first, *others = windows_of(model, 6)
    (played,) = replay(model, [first, *others], plans_of(model, "declared"), stores, run, tmp_path / "scratch").played
    runner.run_train(model, first, stores, run)
    for window in others:
        runner.run_score(model, window, stores, run)
        runner.run_monitor(model, window, stores, run, report=False)
    done = {item.window: (item.decision, item.loss) for item in stores.registry.monitoring.results(model.name)}
    assert {item.window: (item.decision, item.loss) for item in played.windows[1:]} == done


def test_recorded_snapshots_come_before_the_source(
    make: Callable[..., Model], stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = make()
    for window in windows_of(model, 3):
        steps.snapshot(model, window, stores, run)
    changed = make(lambda frame: frame.assign(default=0.0))  # what the source says now
    found = replay(changed, windows_of(model, 3), plans_of(model, "never"), stores, run, tmp_path / "scratch")
    assert found.plans[0].windows == 2
    assert not any(item.note for item in found.played[0].windows)  # one class only would have been refused


def test_what_was_played_is_not_played_again(
    make: Callable[..., Model], stores: Stores, run: Run, tmp_path: Path
) -> None:
    model, scratch = make(), tmp_path / "scratch"
    plans = plans_of(model, "never")
    half = replay(model, windows_of(model, 4), plans, stores, run, scratch)
    message: list[int] = []
    whole = replay(
        model, windows_of(model, 4), plans, stores, run, scratch, progress=lambda done, *_: message.append(done)
    )
    assert whole == half
    assert set(message) <= {0, 1, 2, 3, 4}
    registries = list(scratch.glob("*/registry.db"))
    assert len(registries) == 2  # the plan's, and the one that the rows were taken with


def test_a_replay_that_was_cut_short_goes_on(
    make: Callable[..., Model], stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = make()
    plans = plans_of(model, "always")
    whole = replay(model, windows_of(model, 5), plans, stores, run, tmp_path / "whole")

    def stop(done: int, total: int, what: str) -> None:
        if what == "playing" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(model, windows_of(model, 5), plans, stores, run, tmp_path / "cut", progress=stop)
    assert replay(model, windows_of(model, 5), plans, stores, run, tmp_path / "cut") == whole


def test_processes_and_folds_come_to_the_same_as_one_process(
    make: Callable[..., Model], stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = make()
    plans = plans_of(model, "never", "every:2")
    one = replay(model, windows_of(model, 4), plans, stores, run, tmp_path / "one", folds=2)
    two = replay(model, windows_of(model, 4), plans, stores, run, tmp_path / "two", folds=2, jobs=2)
    assert one == two
    assert [(item.plan, item.fold, len(item.windows)) for item in one.played] == [
        ("never", 0, 4),
        ("every:2", 0, 4),
        ("never", 1, 3),
        ("every:2", 1, 3),
    ]


def test_a_window_without_rows_is_noted_and_the_play_goes_on(
    make: Callable[..., Model], stores: Stores, run: Run, tmp_path: Path
) -> None:
    def without_march(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.query("applied_at.dt.month != 3")

    model = make(without_march)
    found = replay(model, windows_of(model, 5), plans_of(model, "never"), stores, run, tmp_path / "scratch")
    notes = {item.window: item.note for item in found.played[0].windows}
    assert notes["2020-03"].startswith("EmptyWindow: ")
    assert notes["2020-04"] == ""


def test_a_window_whose_outcomes_are_not_due_is_refused(
    make: Callable[..., Model], stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = make()
    early = run.model_copy(update={"as_of": model.cadence.window("2020-04").end})
    with pytest.raises(ImmatureOutcomes):
        replay(model, windows_of(model, 4), plans_of(model, "never"), stores, early, tmp_path / "scratch")
