"""A small model, its data in a file, and real stores in a folder."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from windvane import Estimator, Features, Gate, Model, Source, rule, steps
from windvane.pipeline import runner
from windvane.results import PlayedPlan, PlayedWindow, Replay, Run
from windvane.stores import Stores, open_stores

YEAR_AGO = time.time() - 365 * 86_400
GATE = Gate(rule.better_than_baseline(), rule.not_worse_than_champion(margin=0.02))
DECLARED: dict[str, Any] = {
    "name": "loans",
    "owner": "risk",
    "start": "2020-01-01",
    "event_time": "applied_at",
    "key": "loan_id",
    "target": "default",
    "task": "binary",
    "outcome_after": "2d",
    "features": Features(numbers=("income", "debt")),
    "estimator": Estimator("sklearn.linear_model:LogisticRegression"),
}
Rows = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    """An embedded registry and artifacts of their own."""
    return open_stores(f"sqlite:///{tmp_path / 'home' / 'registry.db'}", str(tmp_path / "home" / "artifacts"))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is kept for the next run, such as suites, away from the person's own."""
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path / "home"))


@pytest.fixture
def run() -> Run:
    """A run that stands in 2021: every outcome of 2020 is known."""
    return Run(actor="cli:tester", as_of=datetime(2021, 6, 1, tzinfo=UTC), reason="a test")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Model]:
    """Write a year of rows (after `change` has had them) and return a spec that reads them."""

    def build(change: Rows | None = None, **fields: Any) -> Model:
        frame = year()
        file = tmp_path / "data" / "rows.parquet"
        file.parent.mkdir(exist_ok=True)
        (change(frame) if change else frame).to_parquet(file)
        declared = {**DECLARED, "source": Source.parquet(str(file)), "gate": GATE}
        return Model(**(declared | fields))

    return build


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a whole life: trained, let through, scored, monitored, reported, and retrained on what drifted."""
    home = tmp_path_factory.mktemp("lived")
    year().to_parquet(home / "rows.parquet")
    model = Model(**DECLARED, source=Source.parquet(str(home / "rows.parquet")), gate=GATE)
    run = Run(actor="cli:tester", as_of=datetime(2021, 6, 1, tzinfo=UTC), reason="a test")
    opened = open_home(home)
    for train, watch in (("2020-03", "2020-04"), ("2020-04", "2020-05"), (None, "2020-06")):
        if train:
            runner.run_train(model, model.cadence.window(train), opened, run)
        runner.run_score(model, model.cadence.window(watch), opened, run)
        runner.run_monitor(model, model.cadence.window(watch), opened, run, report=watch == "2020-04")
    plan = PlayedPlan(plan="always", fold=0, windows=(PlayedWindow(window="2020-02", loss=0.5),))
    replayed = Replay(model=model.name, first="2020-02", last="2020-02", metric="log_loss", plans=(), played=(plan,))
    steps.keep_replay(replayed, opened, run)
    opened.registry.close()
    return home


@pytest.fixture
def lived(lived_in: Path, tmp_path: Path) -> Stores:
    """A copy of the home that was lived in, whose artifacts were last put a year ago."""
    copy = tmp_path / "lived"
    shutil.copytree(lived_in, copy)
    for file in (copy / "artifacts").rglob("*"):
        os.utime(file, (YEAR_AGO, YEAR_AGO))
    return open_home(copy)


def open_home(home: Path) -> Stores:
    """Open the embedded stores in a folder."""
    return open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))


def year(rows_a_month: int = 900) -> pd.DataFrame:
    """Return rows of 2020; from May on the same loans default far more often."""
    random = np.random.default_rng(2)
    months = pd.date_range("2020-01-01", periods=13, freq="MS", tz="UTC")
    parts = []
    for begin, end in pairwise(months):
        seconds = np.sort(random.uniform(0, (end - begin).total_seconds() - 1, rows_a_month))
        income, debt = random.standard_normal(rows_a_month), random.standard_normal(rows_a_month)
        chance = 1 / (1 + np.exp(-(1.5 * debt - income + (1.5 if begin.month >= 5 else -0.5))))
        times = pd.DatetimeIndex(begin + pd.to_timedelta(seconds, unit="s")).as_unit("us")
        parts.append(
            pd.DataFrame(
                {
                    "loan_id": [f"{begin:%m}-{index:04}" for index in range(rows_a_month)],
                    "applied_at": times,
                    "income": income,
                    "debt": debt,
                    "default": (random.random(rows_a_month) < chance).astype(float),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
