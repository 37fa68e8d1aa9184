"""Steps in another Python environment: the same artifacts, a library of its own, named errors, and no orphan."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.environments import INCLUDE, environment
from tests.waiting import until
from windvane import Estimator, Features, Model, Source, steps
from windvane.errors import EmptyWindow, ProcessDied, SourceFailed, SpecError, WrongEnvironment
from windvane.pipeline.elsewhere import Elsewhere, Opening, RaisedElsewhere
from windvane.pipeline.elsewhere.wire import decoded, encoded
from windvane.results import Run
from windvane.stores import Stores, open_stores

ROOT = INCLUDE.parent
RIDES = ROOT / "tests" / "e2e" / "project" / "include"
CODE = '''
"""The user's code of a model whose library the worker does not have."""
import os, signal, time
from pathlib import Path

import rides
import tariffs


def rows(start, end):
    print(f"reading with tariffs {tariffs.VERSION}", flush=True)
    (Path(os.environ["HOLD"]) / f"{os.getpid()}").touch() if "HOLD" in os.environ else None
    if start.month == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if start.month == 3:
        raise ValueError("no tariff in March")
    if start.month == 5:
        time.sleep(600)
    return rides.rows(start, end)


def estimator():
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression(C=tariffs.strength())
'''
RUN = Run(actor="cli:tester", as_of=datetime(2021, 6, 1, tzinfo=UTC))


def model(name: str, source: str = "fares:rows", estimator: str = "fares:estimator") -> Model:
    return Model(
        name=name,
        owner="tests",
        source=Source.callable(source),
        start="2020-01-01",
        event_time="at",
        key="ride",
        target="cancelled",
        task="binary",
        estimator=Estimator(estimator),
        features=Features(numbers=("distance", "wait")),
    )


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the user's code."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "fares.py").write_text(CODE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment with the first tariffs."""
    return environment(tmp_path_factory.mktemp("first"), {"tariffs.py": "VERSION = 1\ndef strength(): return 1.0\n"})


@pytest.fixture
def places(tmp_path: Path) -> Opening:
    return Opening(f"sqlite:///{tmp_path / 'registry.db'}", str(tmp_path / "artifacts"))


@pytest.fixture
def stores(places: Opening) -> Iterator[Stores]:
    opened = open_stores(places.registry, places.artifacts)
    yield opened
    opened.registry.close()


@pytest.fixture
def there(code: Path, places: Opening) -> Iterator[Callable[..., Elsewhere]]:
    """Start an environment's process, with the user's code on its path; all are closed in the end."""
    made: list[Elsewhere] = []

    def start(python: str, say: Callable[[str], object] = print, path: list[str] | None = None) -> Elsewhere:
        own = [str(INCLUDE), str(code), str(RIDES)] if path is None else path
        made.append(Elsewhere(python, places, say=say, path=own))
        return made[-1]

    yield start
    for one in made:
        one.close()


def trained(there: Elsewhere, stores: Stores, name: str) -> Any:
    declared, window = model(name), model(name).cadence.window("2020-01")
    taken = there.call(steps.snapshot, declared, window, stores, RUN)
    there.call(steps.validate, declared, window, taken.digest, stores, RUN)
    made = there.call(steps.train, declared, window, taken.digest, stores, RUN)
    there.call(steps.evaluate, declared, made.version, stores, RUN)
    there.call(steps.gate, declared, made.version, stores, RUN)
    return made


def test_two_models_are_trained_with_two_versions_of_one_library(
    there: Callable[..., Elsewhere], python: str, stores: Stores, tmp_path: Path
) -> None:
    log: list[str] = []
    second = environment(tmp_path / "second", {"tariffs.py": "VERSION = 2\ndef strength(): return 0.01\n"})
    one = trained(there(python, log.append), stores, "fares")
    other = trained(there(second, log.append), stores, "prices")
    assert one.artifact != other.artifact, "each learned with its own library"
    assert stores.registry.versions.get("fares", 1).evaluation
    assert {"reading with tariffs 1", "reading with tariffs 2"} <= set(log)
    with pytest.raises(ModuleNotFoundError):
        __import__("tariffs")


def test_a_step_leaves_the_same_artifacts_there_as_here(
    there: Callable[..., Elsewhere], python: str, stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(RIDES))
    declared = model("rides", "rides:rows", "rides:estimator")
    window = declared.cadence.window("2020-01")
    with closing(there(python)) as process:
        taken = process.call(steps.snapshot, declared, window, stores, RUN)
        made = process.call(steps.train, declared, window, taken.digest, stores, RUN)
    here = open_stores(f"sqlite:///{tmp_path / 'here.db'}", str(tmp_path / "here"))
    same = steps.snapshot(declared, window, here, RUN)
    again = steps.train(declared, window, same.digest, here, RUN)
    assert (taken, made.artifact, made.profile) == (same, again.artifact, again.profile)
    assert made.fingerprint == again.fingerprint
    here.registry.close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/opt/envs/none/bin/python", "is not there, or cannot be run"),
        ("/bin/true", "is no Python that runs Windvane; it said: nothing"),
        ("a file", "cannot be run: Exec format error"),
    ],
    ids=["missing", "no Python", "no program"],
)
def test_what_is_no_environment_is_refused_by_name(
    there: Callable[..., Elsewhere], stores: Stores, tmp_path: Path, name: str, said: str
) -> None:
    if name == "a file":
        name = str(tmp_path / "file")
        Path(name).write_bytes(b"\x7fnothing")
        Path(name).chmod(0o755)
    with pytest.raises(WrongEnvironment, match=said):
        there(name).call(steps.pending, model("fares"), stores)


def test_an_environment_without_windvane_or_with_another_one_is_refused(
    there: Callable[..., Elsewhere], python: str, stores: Stores, tmp_path: Path
) -> None:
    bare = environment(tmp_path / "bare", bare=True)
    with pytest.raises(WrongEnvironment, match=r"lacks the library 'windvane'.*pip install windvane=="):
        there(bare, path=[]).call(steps.pending, model("fares"), stores)
    with pytest.raises(WrongEnvironment, match=r"lacks the library 'pydantic'"):
        there(bare, path=[str(INCLUDE)]).call(steps.pending, model("fares"), stores)
    copy = tmp_path / "copy"
    shutil.copytree(INCLUDE / "windvane", copy / "windvane", ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "windvane" / "redaction.py").open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    with pytest.raises(WrongEnvironment, match=r"has other code of Windvane .* than the worker"):
        there(python, path=[str(copy)]).call(steps.pending, model("fares"), stores)
    init = copy / "windvane" / "__init__.py"
    init.write_text(f"{init.read_text(encoding='utf-8')}\n__version__ = '0.0.9'\n", encoding="utf-8")
    with pytest.raises(WrongEnvironment, match=r"has Windvane 0.0.9, and the worker \d"):
        there(python, path=[str(copy)]).call(steps.pending, model("fares"), stores)


def test_a_library_that_the_models_code_needs_is_named(
    there: Callable[..., Elsewhere], stores: Stores, tmp_path: Path
) -> None:
    process = there(environment(tmp_path / "without"))
    with pytest.raises((WrongEnvironment, SpecError), match="tariffs"):
        process.call(steps.snapshot, model("fares"), model("fares").cadence.window("2020-01"), stores, RUN)


def test_what_a_step_refuses_there_has_its_name_here(
    there: Callable[..., Elsewhere], python: str, stores: Stores
) -> None:
    declared, process = model("fares"), there(python)
    with pytest.raises(SourceFailed, match="no tariff in March"):
        process.call(steps.snapshot, declared, declared.cadence.window("2020-03"), stores, RUN)
    with pytest.raises(EmptyWindow):
        process.call(steps.snapshot, declared, declared.cadence.window("2021-01"), stores, RUN)
    with pytest.raises(RaisedElsewhere, match="AttributeError"):
        process.call(steps.publish, declared, "no record", stores, RUN)  # type: ignore[arg-type]  # what nobody foresaw
    taken = process.call(steps.snapshot, declared, declared.cadence.window("2020-01"), stores, RUN)
    assert taken.rows == 1500, "and the process goes on"


def test_a_process_that_is_killed_is_told_by_its_signal(
    there: Callable[..., Elsewhere], python: str, stores: Stores
) -> None:
    declared, process = model("fares"), there(python)
    with pytest.raises(ProcessDied, match="was ended by SIGKILL in the middle of 'snapshot'"):
        process.call(steps.snapshot, declared, declared.cadence.window("2020-02"), stores, RUN)
    taken = process.call(steps.snapshot, declared, declared.cadence.window("2020-01"), stores, RUN)
    assert taken.rows == 1500, "another try has a process of its own"


def test_killing_ends_a_step_that_is_at_work(
    there: Callable[..., Elsewhere], python: str, stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLD", str(tmp_path))
    declared, process = model("fares"), there(python)

    def kill() -> None:
        until(lambda: any(path.name.isdigit() for path in tmp_path.iterdir()), "the step is at work")
        process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(ProcessDied, match="SIGTERM"):
        process.call(steps.snapshot, declared, declared.cadence.window("2020-05"), stores, RUN)
    killer.join()


def test_no_process_outlives_a_worker_that_is_killed(
    code: Path, python: str, places: Opening, stores: Stores, tmp_path: Path
) -> None:
    worker = f"""
        from tests.unit.pipeline.test_elsewhere import RUN, model
        from windvane import steps
        from windvane.pipeline.elsewhere import Elsewhere, Opening
        from windvane.stores import open_stores

        there = Elsewhere({python!r}, Opening({places.registry!r}, {places.artifacts!r}))
        stores = open_stores({places.registry!r}, {places.artifacts!r})
        there.call(steps.snapshot, model("fares"), model("fares").cadence.window("2020-05"), stores, RUN)
    """
    path = os.pathsep.join(map(str, (INCLUDE, code, RIDES, ROOT)))
    env = {**os.environ, "PYTHONPATH": path, "HOLD": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(worker)], env=env, cwd=ROOT)
    until(lambda: any(path.name.isdigit() for path in tmp_path.iterdir()), "the step is at work")
    (child,) = (int(path.name) for path in tmp_path.iterdir() if path.name.isdigit())
    assert psutil.pid_exists(child)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: _is_gone(child), "the process is gone")


def _is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_only_records_of_windvane_are_made_of_a_message() -> None:
    with pytest.raises(TypeError, match="no record of Windvane"):
        decoded({"$": "parts", "of": "subprocess:Popen", "value": {"args": ["true"]}})
    with pytest.raises(TypeError, match="handed to no other process"):
        encoded(object())
    assert decoded(encoded([1, (2.5, None), {"a": datetime(2020, 1, 1, tzinfo=UTC)}])) == [
        1,
        (2.5, None),
        {"a": datetime(2020, 1, 1, tzinfo=UTC)},
    ]
