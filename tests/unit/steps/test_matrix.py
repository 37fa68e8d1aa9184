"""Changes of a declaration times what is done with a model: the right result, or a refusal by name."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.unit.steps.conftest import DECLARED, GATE, open_home, year
from windvane import Before, Estimator, Features, Gate, Model, Monitor, Policy, Source, Weights, rule, steps
from windvane.cli.app import app
from windvane.errors import WindvaneError
from windvane.pipeline import replay as played
from windvane.pipeline import runner
from windvane.results import Run, Scores
from windvane.spec import parse_plan
from windvane.stores.datasets import read_scores
from windvane.windows import Window

Fields = dict[str, Any]

RUN = Run(actor="cli:tester", as_of=datetime(2021, 6, 1, tzinfo=UTC), reason="a test")
ROLES = {"event_time": "applied_at", "key": "loan_id", "target": "default"}

TRAINED, SCORED, NEXT = "2020-01", "2020-02", "2020-03"
DECLARED_FEATURES = Features(numbers=("income", "debt", "age"))
FORM: Fields = {"features": DECLARED_FEATURES, "carry": ("branch",)}
"""The declaration before each change: `branch` is a text column of two values."""

SAME = "same"
"""What was there stays to the last digit, and nothing new is made."""
NEW = "new"
"""Another version, beside the one there was."""
ASKS = "asks"
"""Another version, and a person is asked about it: the gate could not compare the two."""
OTHER = "another model"
"""Refused by name at once."""
LACKS = "lacks"
"""The version of before needs a column that is gone: refused by name until the next one is approved."""

BRIDGED = dict.fromkeys(("score", "monitor", "explain", "replay", "verify"), SAME)
CUT = {**BRIDGED, **dict.fromkeys(("score", "monitor", "train"), OTHER)}
UNLIKE = CUT | {"explain": OTHER}
CHANGES: dict[str, tuple[Fields, Fields]] = {
    "owner": ({"owner": "somebody else"}, {**BRIDGED, "train": SAME}),
    "gate": ({"gate": Gate(rule.better_than_baseline())}, {**BRIDGED, "train": SAME}),
    "monitor": ({"monitor": Monitor(policy=Policy(cooldown=3))}, {**BRIDGED, "train": SAME}),
    "outcome_after": ({"outcome_after": "3d"}, {**BRIDGED, "train": SAME}),
    "threshold": ({"threshold": 0.4}, {**BRIDGED, "train": SAME}),
    "cluster": ({"cluster": "branch"}, {**BRIDGED, "train": SAME}),
    "seed": ({"seed": 7}, {**BRIDGED, "train": NEW}),
    "history": ({"history": 2}, {**BRIDGED, "train": NEW}),
    "holdout": ({"holdout": 0.4}, {**BRIDGED, "train": NEW}),
    "estimator": ({"estimator": Estimator("sklearn.tree:DecisionTreeClassifier")}, {**BRIDGED, "train": NEW}),
    "weights": ({"training_weights": Weights.reweighing("branch")}, {**BRIDGED, "train": NEW}),
    "feature added": (
        {"features": Features(numbers=("income", "debt", "age", "floor"))},
        {**BRIDGED, "train": NEW},
    ),
    "feature removed": (
        {"features": Features(numbers=("income", "debt"))},
        {**BRIDGED, "score": LACKS, "train": ASKS},
    ),
    "feature renamed": (
        {"features": Features(numbers=("income", "debt", "years"))},
        {**BRIDGED, "score": LACKS, "train": ASKS},
    ),
    "week from March": (
        {"window": "week", "before": Before(window="month", until="2020-03")},
        {**BRIDGED, "train": NEW},
    ),
    "zone from March": (
        {"timezone": "America/New_York", "before": Before(window="month", until="2020-03")},
        {**BRIDGED, "train": NEW},
    ),
    "week": ({"window": "week"}, CUT),
    "zone": ({"timezone": "America/New_York"}, CUT),
    "task": (
        {"task": "regression", "estimator": Estimator("sklearn.linear_model:LinearRegression"), "gate": Gate()},
        UNLIKE,
    ),
    "target": ({"target": "late"}, UNLIKE),
    "key": ({"key": "id"}, CUT),
    "event_time": ({"event_time": "at"}, CUT),
    "key read under its old name": ({"columns": {"id": "loan_id"}}, {**BRIDGED, "train": NEW}),
    "event_time read under its old name": ({"columns": {"at": "applied_at"}}, {**BRIDGED, "train": NEW}),
    "feature read under its old name": ({"columns": {"years": "age"}}, {**BRIDGED, "train": NEW}),
    "name": ({"name": "credit"}, {**BRIDGED, "train": SAME}),
}


def grown(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what the changes name."""
    more = {
        "branch": pd.Series(["a", "b"] * (len(frame) // 2), index=frame.index),
        "late": frame["default"],
        "floor": frame.index.to_series() % 7,
    }
    age = frame.index.to_series() % 61
    return frame.assign(**more, id=frame["loan_id"], at=frame["applied_at"], age=age, years=age)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the model was trained, scored and watched as it was declared before each change."""
    home = tmp_path_factory.mktemp("begun")
    model = declared_in(home, FORM)
    stores = open_home(home)
    runner.run_train(model, model.cadence.window(TRAINED), stores, RUN)
    runner.run_score(model, model.cadence.window(SCORED), stores, RUN)
    runner.run_monitor(model, model.cadence.window(SCORED), stores, RUN)
    stores.registry.close()
    return home


def declared_in(home: Path, fields: Fields) -> Model:
    """Write the rows that a declaration reads, and return it."""
    named = {fields.get(role, name) for role, name in ROLES.items()}
    columns = [*sorted(named), *fields["features"].from_source, *fields["carry"]]
    read = fields.get("columns", {})
    theirs = {ours: name for name, ours in read.items()}
    grown(year(400))[columns].rename(columns=theirs).to_parquet(home / "rows.parquet")
    source = Source.parquet(str(home / "rows.parquet"), columns=read)
    given = {name: value for name, value in fields.items() if name != "columns"}
    return Model(**{**DECLARED, "source": source, "gate": GATE, **given})


class Life:
    """A model that was trained, scored and watched as it was declared, and the declaration that follows."""

    def __init__(self, begun: Path, folder: Path, change: Fields) -> None:
        for name in ("registry.db", "artifacts"):
            (shutil.copytree if name == "artifacts" else shutil.copy)(begun / name, folder / name)
        self.stores, self.run, self.folder = open_home(folder), RUN, folder
        self.before = declared_in(begun, FORM)
        self.outcome = self.stores.registry.monitoring.results("loans", SCORED)[0]
        current = self.stores.registry.scores.current("loans", SCORED)
        assert current is not None
        self.scores = read_scores(current.artifact, self.stores.artifacts)
        self.now = declared_in(begun, {**FORM, **change})
        if self.now.name != self.before.name:
            steps.rename(self.before.name, self.now.name, self.stores, RUN)

    def scored(self, window: Window) -> pd.DataFrame:
        again = self.run.model_copy(update={"run_id": f"{self.now.digest}{window}"})
        found: Scores = runner.run_score(self.now, window, self.stores, again)
        return read_scores(found.artifact, self.stores.artifacts)

    def window(self, key: str) -> Window:
        """The window of now that begins where one of before does."""
        return self.now.cadence.window_at(self.before.cadence.window(key).start)

    @property
    def train_on(self) -> Window:
        """The first window of now that the source has all rows of."""
        first = self.before.cadence.window(TRAINED).start
        window = self.now.cadence.window_at(first)
        return window if window.start >= first else self.now.cadence.next(window)

    def next(self) -> Window:
        return self.now.cadence.next(self.window(SCORED))


def score(life: Life) -> str:
    pd.testing.assert_frame_equal(life.scored(life.window(SCORED)), life.scores)
    assert len(life.scored(life.next()))
    return SAME


def monitor(life: Life) -> str:
    again = runner.run_monitor(life.now, life.window(SCORED), life.stores, life.run)
    assert again.version == 1
    assert again.loss == pytest.approx(life.outcome.loss)
    kinds = {item.check for item in again.checks}
    unlike = {*life.now.features.from_source} != {*life.before.features.from_source}
    assert ("columns" in kinds) == unlike  # what cannot be compared is told
    return SAME


def train(life: Life) -> str:
    before = life.stores.registry.champions.current("loans")
    outcome = runner.run_train(life.now, life.train_on, life.stores, life.run)
    if outcome.version == 1:
        return SAME
    assert life.stores.registry.versions.get("loans", 2).spec_digest == life.now.digest
    if outcome.decision == "needs_approval":
        assert life.stores.registry.champions.current("loans") == before
        return ASKS
    return NEW


def explain(life: Life) -> str:
    steps.explain(steps.as_recorded(life.now, life.stores), 1, life.stores, life.run)
    return SAME


def replay(life: Life) -> str:
    windows = [life.next(), life.now.cadence.next(life.next())]
    events = life.stores.registry.audit.events("loans")
    plans = [parse_plan("never", life.now.monitor.policy)]
    found = played.replay(life.now, windows, plans, life.stores, life.run, life.folder / "scratch")
    assert [len(item.windows) for item in found.played] == [len(windows)]
    assert life.stores.registry.audit.events("loans") == events
    return SAME


def verify(life: Life) -> str:
    assert steps.verify("loans", life.stores, everything=True).problems == ()
    return SAME


VERBS: dict[str, Callable[[Life], str]] = {
    "score": score,
    "monitor": monitor,
    "explain": explain,
    "replay": replay,
    "train": train,
    "verify": verify,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_ends_as_the_page_on_changes_says(begun: Path, tmp_path: Path, change: str) -> None:
    fields, expected = CHANGES[change]
    life = Life(begun, tmp_path, fields)
    for verb, do in VERBS.items():
        before = life.stores.registry.audit.events("loans")
        found, refused = "", None
        try:
            found = do(life)
        except WindvaneError as error:
            refused = error
        if isinstance(refused, WindvaneError):
            assert refused.name == "VersionMismatch", (verb, refused)
            assert refused.remedy, verb
            commands_are_known(refused.remedy)
            found = LACKS if "was trained on" in refused.cause else OTHER
            assert found == LACKS or life.stores.registry.audit.events("loans") == before, verb
        assert found == expected[verb], (verb, found, refused)


def commands_are_known(remedy: str) -> None:
    """Every command that a remedy names is one, with arguments that it takes."""
    import typer

    tree: Any = typer.main.get_command(app)
    for text in re.findall(r"`windvane ([^`]+)`", remedy):
        words = shlex.split(text)
        command: Any = tree
        while hasattr(command, "commands") and words:
            command = command.commands[words.pop(0)]
        command.make_context("windvane", words, resilient_parsing=False)
