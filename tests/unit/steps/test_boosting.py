"""A version that stopped early, and knows its categories as its library does: trained, shown, scored, made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from windvane import EarlyStopping, Estimator, Features, Model, Search, space, steps
from windvane.cli.explain import version_page
from windvane.lifecycle.card import Dossier, card
from windvane.lifecycle.document import markdown
from windvane.lifecycle.split import split
from windvane.pipeline import runner
from windvane.results import Run
from windvane.steps.carrying import contender
from windvane.steps.scoring import score_frame
from windvane.steps.trying import unstorable
from windvane.stores import Stores
from windvane.stores.box import Boxed
from windvane.stores.datasets import read_snapshot

FEATURES = Features(numbers=("income", "debt"), categories=("plan",), native_categories=True)
HISTOGRAM = Estimator("sklearn.ensemble:HistGradientBoostingClassifier", max_iter=150, max_leaf_nodes=8)
ESTIMATORS = {
    "histogram": HISTOGRAM,
    "lightgbm": Estimator("lightgbm:LGBMClassifier", n_estimators=150, num_leaves=8, n_jobs=1, verbose=-1),
}


def with_plans(frame: pd.DataFrame) -> pd.DataFrame:
    """Add a column of categories that tells something; in July there is a new one."""
    draw = np.random.default_rng(8)
    plan = np.where(frame["default"] == 1, draw.choice(["a", "b"], len(frame)), draw.choice(["b", "c"], len(frame)))
    new = (frame["applied_at"] >= pd.Timestamp("2020-07-01", tz="UTC")) & (draw.random(len(frame)) < 0.1)
    return frame.assign(plan=pd.Series(plan, dtype=object).mask(new, "new"))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_version_stops_early_says_so_scores_new_categories_as_missing_and_is_made_again(
    make: Callable[..., Model], stores: Stores, run: Run, name: str
) -> None:
    model = make(
        with_plans,
        features=FEATURES,
        estimator=ESTIMATORS[name],
        early_stopping=EarlyStopping(rounds=5, share=0.2),
        history=2,
    )
    assert unstorable(model) is None
    found = runner.run_train(model, model.cadence.window("2020-06"), stores, run)
    version = stores.registry.versions.get(model.name, found.version)
    assert version.stopped is not None
    assert 0 < version.stopped.rounds < 150
    assert version.stopped.since < version.trained_until
    assert version.categories == {"plan": ("a", "b", "c")}
    _never_of_the_holdout(model, version, stores)

    text = markdown(card(Dossier(model, version)))
    assert f"after {version.stopped.rounds} rounds, by its last {version.stopped.rows:,} rows" in text
    assert "categories it knows, others are missing | plan \\(3\\)" in text
    shown: Any = version_page(model.name, version.version, stores).data
    assert shown["stopped"]["rounds"] == version.stopped.rounds

    scores = runner.run_score(model, model.cadence.window("2020-07"), stores, run)
    said = steps.unknown_categories(model, scores, stores)
    assert said.startswith("Categories that it has not learnt are taken as missing: plan in ")
    assert said.endswith("of 900 rows ('new')")

    assert steps.reproduce(model.name, version.version, stores, declared=model).same

    rows = read_snapshot(stores.registry.snapshots.get(model.name, scores.snapshot), stores.artifacts)
    apart = replace(stores, isolate=True)
    assert isinstance(contender(model, version, apart).estimator, Boxed)
    boxed, here = (score_frame(model, version, rows, one)[0] for one in (apart, stores))
    assert np.array_equal(boxed["score"], here["score"])


def _never_of_the_holdout(model: Model, version: Any, stores: Stores) -> None:
    frames = [
        read_snapshot(item, stores.artifacts)
        for item in stores.registry.snapshots.get_all(model.name, version.snapshots)
    ]
    parts = split(frames[-1], model)
    learned = pd.concat([*frames[:-1], parts.train])
    assert version.rows == len(learned)
    later = learned[learned[model.event_time] >= version.stopped.since]
    assert len(later) == version.stopped.rows
    assert later[model.event_time].max() < parts.cut


def test_an_estimator_that_cannot_stop_is_told_by_check(make: Callable[..., Model]) -> None:
    error = unstorable(make(early_stopping=EarlyStopping()))
    assert error is not None
    assert "LogisticRegression does not stop early" in error.cause


def test_a_version_without_either_says_nothing_of_them(make: Callable[..., Model], stores: Stores, run: Run) -> None:
    model = make()
    found = runner.run_train(model, model.cadence.window("2020-03"), stores, run)
    version = stores.registry.versions.get(model.name, found.version)
    assert (version.stopped, version.categories) == (None, {})
    assert "stopped early" not in markdown(card(Dossier(model, version)))
    scores = runner.run_score(model, model.cadence.window("2020-04"), stores, run)
    assert steps.unknown_categories(model, scores, stores) == ""


def in_grades(frame: pd.DataFrame) -> pd.DataFrame:
    """Give each loan one of three grades, as text, that income and debt tell something of."""
    signal = frame["debt"] - frame["income"] + np.random.default_rng(3).normal(size=len(frame))
    return frame.assign(default=pd.Series(np.select([signal < -1, signal > 1], ["good", "poor"], "fair"), dtype=object))


@pytest.mark.parametrize("early", [None, EarlyStopping(rounds=5, share=0.2)], ids=["whole", "early"])
def test_xgboost_tells_several_labels_apart_though_it_takes_numbers_alone(
    make: Callable[..., Model], stores: Stores, run: Run, early: EarlyStopping | None
) -> None:
    model = make(
        in_grades,
        task="multiclass",
        estimator=Estimator("xgboost:XGBClassifier", n_estimators=40, max_depth=3, n_jobs=1),
        early_stopping=early,
        history=2,
    )
    assert unstorable(model) is None
    found = runner.run_train(model, model.cadence.window("2020-06"), stores, run)
    version = stores.registry.versions.get(model.name, found.version)
    scores = runner.run_score(model, model.cadence.window("2020-07"), stores, run)
    rows = read_snapshot(stores.registry.snapshots.get(model.name, scores.snapshot), stores.artifacts)
    frame = score_frame(model, version, rows, stores)[0]
    names = ["score_fair", "score_good", "score_poor"]
    assert [name for name in map(str, frame) if name.startswith("score_")] == names
    likeliest = frame[names].to_numpy().argmax(axis=1)
    assert np.mean(np.array(["fair", "good", "poor"])[likeliest] == rows["default"].to_numpy()) > 0.55
    boxed = score_frame(model, version, rows, replace(stores, isolate=True))[0]
    assert np.array_equal(boxed[names], frame[names])
    assert steps.reproduce(model.name, version.version, stores, declared=model).same


def test_trials_of_a_search_and_a_probe_stop_early_too(make: Callable[..., Model], stores: Stores, run: Run) -> None:
    """From May on the same loans default far more often."""
    model = make(
        estimator=HISTOGRAM,
        early_stopping=EarlyStopping(rounds=5, share=0.2),
        tune=Search(space={"max_leaf_nodes": space.choice(4, 8)}, trials=3, sampler="random"),
    )
    found = runner.run_train(model, model.cadence.window("2020-03"), stores, run)
    version = stores.registry.versions.get(model.name, found.version)
    assert version.trial is not None
    assert version.stopped is not None
    said = []
    for key in ("2020-04", "2020-05"):
        runner.run_score(model, model.cadence.window(key), stores, run)
        said.append(runner.run_monitor(model, model.cadence.window(key), stores, run, report=False))
    probe = next(item for item in said[-1].checks if item.check == "performance").details["probe"]
    assert probe["problem"] in (None, "")
    assert probe["trained_rows"] > 0
