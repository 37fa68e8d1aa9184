"""Windows too small to be judged alone are judged together, by every step, and that is told before a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from windvane import Gate, Model, rule, steps
from windvane.pipeline import runner
from windvane.results import Evaluation, Run
from windvane.steps.reaching import reaching
from windvane.stores import Stores

if TYPE_CHECKING:
    import pandas as pd

Make = Callable[..., Model]
KEYS = [f"2020-{month:02}" for month in range(1, 13)]


def few(frame: pd.DataFrame) -> pd.DataFrame:
    """Thirty rows a month, of one world."""
    chance = frame["debt"] - frame["income"] > -0.5
    return frame[frame.groupby(frame["applied_at"].dt.month).cumcount() < 30].assign(default=chance.astype(float))


def small(make: Make, rows: int = 90) -> Model:
    return make(few, min_rows=20, gate=Gate(rule.better_than_baseline(), rule.min_rows(rows)))


def trained(model: Model, stores: Stores, run: Run, key: str) -> tuple[str, Evaluation]:
    done = runner.run_train(model, model.cadence.window(key), stores, run)
    version = stores.registry.versions.get("loans", done.version)
    assert version.evaluation
    return done.decision, Evaluation.from_json(stores.artifacts.get(version.evaluation))


def test_a_version_of_small_windows_is_judged_on_several_and_beside_the_one_before(
    make: Make, stores: Stores, run: Run
) -> None:
    model = small(make)
    assert reaching(model, stores) is None, "nothing was recorded yet"
    decision, first = trained(model, stores, run, "2020-11")
    assert decision == "promote"
    assert first.rows == 90
    assert f"{first.holdout_start:%Y-%m}" < "2020-10"
    found = reaching(model, stores)
    assert found is not None
    assert (found.needed, found.held, found.windows, found.rows, found.enough) == (90, 90, 3, 330, True)
    decision, second = trained(model, stores, run, "2020-12")
    assert decision == "promote"
    assert second.champion == first.version, "it has seen none of the holdout"
    assert second.rows == 90
    explained = steps.explain(model, second.version, stores, run)
    assert explained.rows == 90
    assert steps.verify("loans", stores).problems == ()


def test_a_history_too_short_for_the_rules_is_told(make: Make, stores: Stores, run: Run) -> None:
    model = small(make)
    decision, found = trained(model, stores, run, "2020-04")
    assert decision == "reject"
    told = reaching(model, stores)
    assert told is not None
    assert (told.held, told.rows, told.enough) == (found.rows, 120, False)


def test_the_rule_is_part_of_what_a_version_is_only_where_it_moves_the_cut(
    make: Make, stores: Stores, run: Run
) -> None:
    prints = []
    for gate in (
        Gate(rule.better_than_baseline()),
        Gate(rule.better_than_baseline(), rule.min_rows(200)),
        Gate(rule.better_than_baseline(), rule.min_rows(400)),
    ):
        model = make(gate=gate)
        done = runner.run_train(model, model.cadence.window("2020-03"), stores, run)
        prints.append(stores.registry.versions.get("loans", done.version).fingerprint)
    assert prints[0] == prints[1], "270 rows of the newest window are held out anyway"
    assert prints[1] != prints[2]


@pytest.mark.parametrize(("each", "decision"), [(10, "promote"), (60, "reject")])
def test_too_few_outcomes_of_a_class_are_no_evidence(
    make: Make, stores: Stores, run: Run, each: int, decision: str
) -> None:
    model = make(few, min_rows=20, gate=Gate(rule.better_than_baseline(), min_each_class=each))
    found, evaluation = trained(model, stores, run, "2020-12")
    assert found == decision
    assert any("fewer than 60 (gate.min_each_class)" in problem for problem in evaluation.problems) == (each == 60)
