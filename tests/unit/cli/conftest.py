"""A small project with a model `shop`, a home of its own, and the command line to run in them."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from windvane.cli import main
from windvane.windows import Cadence

ROOT = Path(__file__).resolve().parents[3]
COUNTER = itertools.count()
SPEC = '''"""shop: a small synthetic model. An Airflow dag family."""

from windvane import Estimator, Features, Gate, Model, Monitor, Source
from windvane.orchestration import build_airflow_dags

shop = Model(
    name="shop",
    owner="tests",
    source=Source.callable("{package}.rows:rows"),
    event_time="at",
    key="id",
    target="bought",
    task="binary",
    features=Features(numbers=["price", "visits"]),
    start="2024-01-01",
    timezone={timezone!r},
    estimator=Estimator("sklearn.ensemble:HistGradientBoostingClassifier", max_iter=20),
    gate=Gate({gate}),
    monitor=Monitor(),
    {more}
)
build_airflow_dags(shop)
'''
ROWS = '''"""Each window's rows lie in a file of their own, whatever is in it."""

from datetime import datetime
from pathlib import Path

import pandas as pd


def rows(start: datetime, end: datetime) -> pd.DataFrame:
    file = Path(__file__).with_name(f"{start:%Y-%m-%d}.parquet")
    return pd.read_parquet(file) if file.exists() else pd.DataFrame()
'''


@dataclass(frozen=True)
class Answer:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)


@dataclass
class Shop:
    """The project.

    Args:
        folder: Its root.
        home: Where its registry and artifacts are.
        package: The name of its code, its own so that no other test's is in `sys.modules`.
    """

    folder: Path
    home: Path
    package: str
    cadence: Cadence = field(default_factory=lambda: Cadence.parse("month"))

    def declare(self, timezone: str = "UTC", gate: str = "", more: str = "") -> None:
        """Write the DAG file."""
        text = SPEC.format(package=self.package, timezone=timezone, gate=gate, more=more)
        (self.folder / "dags" / "shop.py").write_text(text, encoding="utf-8")
        self.cadence = Cadence.parse("month", timezone)

    def fill(self, window: str, frame: pd.DataFrame | None = None) -> pd.DataFrame:
        """Put rows where the source finds them for a window."""
        found = self.cadence.window(window)
        frame = frame_of(found.start, found.end) if frame is None else frame
        frame.to_parquet(self.folder / "include" / self.package / f"{found.start:%Y-%m-%d}.parquet", index=False)
        return frame

    def tables(self) -> dict[str, list[Any]]:
        """Return all that the registry holds."""
        with contextlib.closing(sqlite3.connect(self.home / "registry.db")) as database:
            names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
            return {name: sorted(database.execute(f'select * from "{name}"'), key=repr) for name in names}  # noqa: S608  # its own names

    def kept(self) -> dict[Path, bytes]:
        """Return all stored artifacts; the id beside them is none."""
        files = self.home.joinpath("artifacts", "sha256").rglob("*")
        return {path: path.read_bytes() for path in files if path.is_file()}

    def arguments(self, *words: str) -> list[str]:
        """Return a command line for this project and home."""
        return ["--specs", str(self.folder / "dags"), *words]

    def process(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start the command in a process of its own."""
        command = [sys.executable, "-m", "windvane.cli", *self.arguments(*words)]
        environment = {**os.environ, "WINDVANE_HOME": str(self.home), "PYTHONPATH": str(ROOT / "include")}
        return subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            **options,
        )


def done(process: subprocess.Popen[str]) -> Answer:
    """Wait for a process and take what it printed."""
    out, err = process.communicate(timeout=120)
    return Answer(process.returncode, out, err)


class Command:
    """The command line in this process, on a project."""

    def __init__(self, shop: Shop, capture: pytest.CaptureFixture[str]) -> None:
        self._shop = shop
        self._capture = capture

    def __call__(self, *words: str) -> Answer:
        """Run it and take what it printed."""
        self._capture.readouterr()
        code = main(self._shop.arguments(*words))
        return Answer(code, *self._capture.readouterr())


def frame_of(start: datetime, end: datetime, rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """Return rows whose outcome follows from both features, spread over a window."""
    draw = np.random.default_rng([seed, start.year, start.month])
    seconds = (end - start).total_seconds() * np.sort(draw.random(rows))
    at = pd.Series(pd.to_datetime(start.astimezone(UTC)) + pd.to_timedelta(seconds, unit="s"))
    price, visits = draw.normal(10, 3, rows), draw.poisson(4, rows).astype(float)
    bought = draw.random(rows) < 1 / (1 + np.exp(-(10 - price) - (visits - 4)))
    return pd.DataFrame(
        {
            "id": [f"{start:%Y%m}-{number}" for number in range(rows)],
            "at": at.astype("datetime64[us, UTC]"),
            "price": price,
            "visits": visits,
            "bought": bought.astype(float),
        }
    )


def modules_of(package: str) -> list[str]:
    """Return the names of a package's loaded modules."""
    return [name for name in sys.modules if name.partition(".")[0] == package]


def make_shop(folder: Path) -> Shop:
    """Make a project with three good months, and no home yet."""
    made = Shop(folder / "project", folder / "home", f"shop_{os.getpid()}_{next(COUNTER)}")
    package = made.folder / "include" / made.package
    package.mkdir(parents=True)
    (made.folder / "dags").mkdir()
    (package / "__init__.py").touch()
    (package / "rows.py").write_text(ROWS, encoding="utf-8")
    made.declare()
    for window in ("2024-01", "2024-02", "2024-03"):
        made.fill(window)
    return made


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A project with three good months, and an empty home."""
    made = make_shop(tmp_path)
    monkeypatch.setenv("WINDVANE_HOME", str(made.home))
    for name in ("WINDVANE_REGISTRY", "WINDVANE_ARTIFACTS", "WINDVANE_SPECS", "WINDVANE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(made.folder)
    yield made
    for name in modules_of(made.package):
        del sys.modules[name]


@pytest.fixture
def windvane(shop: Shop, capfd: pytest.CaptureFixture[str]) -> Command:
    """The command line on the project."""
    return Command(shop, capfd)


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two versions, both promoted by a person, and one window that was scored and monitored."""
    made = make_shop(tmp_path_factory.mktemp("lived_in"))
    made.declare(gate='approval="always"')
    chains = (
        "run train shop --window 2024-01",
        "promote shop 1 --reason first",
        "run score shop --window 2024-02",
        "run monitor shop --window 2024-02 --no-retrain",
        "run train shop --window 2024-02",
        "promote shop 2 --reason second",
    )
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setenv("WINDVANE_HOME", str(made.home))
        patch.setattr(sys, "path", list(sys.path))
        assert [main(made.arguments(*words.split())) for words in chains] == [0] * len(chains)
    return made.home


@pytest.fixture
def trained(shop: Shop, windvane: Command, lived_in: Path) -> Command:
    """The command line on a copy of the home that was lived in."""
    shutil.copytree(lived_in, shop.home)
    return windvane


Init = Callable[..., Answer]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder with the house's rules, and a home of its own."""
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(ROOT / "pyproject.toml", folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WINDVANE_SPECS", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    examples = {name: sys.modules.pop(name) for name in modules_of("models")}
    yield folder
    for name in modules_of("models"):
        del sys.modules[name]
    sys.modules.update(examples)


@pytest.fixture
def init(project: Path, capfd: pytest.CaptureFixture[str]) -> Init:
    """Run any command line in the project."""

    def run(*words: str) -> Answer:
        capfd.readouterr()
        code = main(list(words))
        return Answer(code, *capfd.readouterr())

    return run
