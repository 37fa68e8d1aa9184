"""The example package, installed into a folder of its own, and a project that uses what it brings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = Path(__file__).with_name("example_kinds")
SPEC = '''"""shop: a model of kinds that another package brings. An Airflow dag family."""

from windvane import Estimator, Features, Gate, Model, Monitor, Source, rule
from windvane.orchestration import build_airflow_dags

shop = Model(
    name="shop",
    owner="tests",
    source=Source.of("made_up", "400", slope=2.0),
    event_time="at",
    key="id",
    target="bought",
    task="binary",
    features=Features(numbers=["price"]),
    start="2024-01-01",
    estimator=Estimator("straight", C=0.5),
    gate=Gate(rule.better_than_baseline(), rule.even_rows(2, at_most=1), rule.bound("half_miss", at_most=1.5)),
    monitor=Monitor(checks=("quality", "full_hours")),
)
build_airflow_dags(shop)
'''
PAGES = """
import json, sys
from starlette.testclient import TestClient
from windvane.stores import open_stores
from windvane.web.local import local_app

app = local_app(lambda: open_stores(sys.argv[1], sys.argv[2]))
with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
    answers = [client.get(path) for path in sys.argv[3:]]
    print(json.dumps([[one.status_code, one.text, dict(one.headers)] for one in answers]))
"""


@dataclass(frozen=True)
class Ended:
    """What a process came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A project, and the folders of installed packages that it sees.

    Args:
        folder: Its root.
        packages: Folders on the path of its processes.
    """

    folder: Path
    packages: tuple[Path, ...]

    def declare(self, text: str = SPEC) -> None:
        """Write the DAG file."""
        (self.folder / "dags").mkdir(parents=True, exist_ok=True)
        (self.folder / "dags" / "shop.py").write_text(text, encoding="utf-8")

    def seeing(self, *packages: Path) -> Project:
        """The same project where other packages are installed."""
        return Project(self.folder, packages)

    def python(self, *words: str) -> Ended:
        """Run Python where the packages are installed."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WINDVANE_")}
        environment |= {
            "PYTHONPATH": os.pathsep.join(map(str, self.packages)),
            "WINDVANE_HOME": str(self.folder / "home"),
            "EXAMPLE_STORE": str(self.folder / "example"),
        }
        command = [sys.executable, "-W", "ignore", *words]
        ended = subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=240, check=False
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def windvane(self, *words: str) -> Ended:
        """Run the command line, with artifacts in the example's store where it is installed."""
        return self.python("-m", "windvane.cli", "--artifacts", "example://kept", *words)

    def pages(self, *paths: str) -> list[tuple[int, str, dict[str, str]]]:
        """Get pages, through the app itself."""
        registry = f"sqlite:///{self.folder / 'home' / 'registry.db'}"
        ended = self.python("-c", PAGES, registry, str(self.folder / "example" / "kept"), *paths)
        assert ended.code == 0, ended.err
        return [tuple(answer) for answer in ended.json]


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the example package is installed into, as any package is."""
    home = tmp_path_factory.mktemp("installed")
    source = shutil.copytree(EXAMPLE, home / "source", ignore=shutil.ignore_patterns("__pycache__"))
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--no-build-isolation",
    ]
    command += ["--python", sys.executable, "--target", str(home / "packages"), str(source)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return home / "packages"


@pytest.fixture
def project(tmp_path: Path, example: Path) -> Project:
    """A project that nothing was run in."""
    made = Project(tmp_path / "project", (example,))
    made.declare()
    return made


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, example: Path) -> Project:
    """A project whose model was trained, scored and monitored."""
    made = Project(tmp_path_factory.mktemp("trained"), (example,))
    made.declare()
    for words in (("train", "2024-01"), ("score", "2024-02"), ("monitor", "2024-02")):
        ended = made.windvane("--json", "run", words[0], "shop", "--window", words[1])
        assert ended.code == 0, ended.out + ended.err
        (made.folder / f"{words[0]}.json").write_text(ended.out, encoding="utf-8")
    return made


def package(folder: Path, name: str, group: str, value: str, **modules: str) -> Path:
    """Make an installed package of a few lines by hand, and return its folder."""
    metadata = folder / f"{name.replace('-', '_')}-3.4.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 3.4\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[{group}]\nother = {value}\n", encoding="utf-8")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    return folder
