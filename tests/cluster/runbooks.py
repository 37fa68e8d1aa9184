"""Runbooks as drills: a fault, then nothing but the commands of its page, and what came of it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import numpy as np
import pandas as pd

from demo.client import AirflowClient
from tests.cluster.cluster import Cluster
from tests.cluster.drills import running
from windvane.results import Version
from windvane.stores import Stores

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "runbooks"
PROJECT = Path(__file__).resolve().parent / "project"
ROWS = 900
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04")
FIRST, BEFORE, DAY, AFTER = DAYS
_PATIENCE = 600.0
_ENDED = frozenset({"success", "failed"})


class DrillFailed(AssertionError):
    """A page's commands did not end the fault."""


def commands(page: Path) -> list[str]:
    """Return the commands of a runbook's console blocks, in their order."""
    found: list[str] = []
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
        lines = re.sub(r"\\\n\s*", "", block).splitlines()  # a command may go on in the next line
        found += [line.strip()[2:] for line in lines if line.strip().startswith("$ ")]
    return found


def in_words(command: str, words: Mapping[str, str]) -> list[str]:
    """Return a page's command as arguments, its capital words filled in."""
    pattern = re.compile("|".join(rf"(?<![A-Z]){word}(?![A-Z])" for word in sorted(words, key=len, reverse=True)))
    return [pattern.sub(lambda found: words[found.group()], part) for part in shlex.split(command)]


@dataclass
class Scene:
    """Where a drill takes place: a model of its own in the running cluster.

    Args:
        cluster: The cluster.
        client: Speaks to its Airflow.
        stores: Its registry and artifacts.
        model: The model's name.
        folder: The folder of its files.
    """

    cluster: Cluster
    client: AirflowClient
    stores: Stores
    model: str
    folder: Path
    kept: dict[str, bytes] = field(default_factory=dict)

    def file(self, day: str) -> Path:
        """Return the file of a day."""
        return self.folder / f"{day}.csv"

    def spoil(self, change: Callable[[pd.DataFrame], pd.DataFrame], day: str = DAY) -> None:
        """Change the file of a day; `mend` puts back what was there."""
        self.kept[day] = self.file(day).read_bytes()
        change(pd.read_csv(self.file(day))).to_csv(self.file(day), index=False)

    def mend(self) -> None:
        """Put back the files that were changed."""
        for day, content in self.kept.items():
            self.file(day).write_bytes(content)

    def start(self, verb: str, window: str) -> str:
        """Start a run of one window; return its id."""
        return self.client.trigger(f"{self.model}_{verb}", partition_key=window).run_id

    def run(self, verb: str, window: str = DAY) -> str:
        """Run a DAG for one window; return how the run ended."""
        run = self.start(verb, window)
        state = self.client.wait_for_run(f"{self.model}_{verb}", run, timeout=_PATIENCE).state
        self.settle()
        return state or ""

    def settle(self) -> None:
        """Wait until no run of the model goes on, those that others started too."""

        def ended() -> bool:
            dags = (f"{self.model}_{verb}" for verb in ("train", "score", "monitor"))
            return all(run.state in _ENDED for dag in dags for run in self.client.runs(dag))

        if not self.client.wait_until(ended, _PATIENCE):
            raise DrillFailed(f"runs of {self.model} did not end within {_PATIENCE:.0f} s")

    def versions(self) -> list[Version]:
        """Return the model's versions, the newest first."""
        return sorted(self.stores.registry.versions.all(self.model), key=lambda one: -one.version)

    def champion(self) -> int:
        """Return the champion's number, or 0."""
        found = self.stores.registry.champions.current(self.model)
        return found.version if found else 0

    def must(self, happened: bool, otherwise: str) -> None:
        """Raise unless something happened."""
        if not happened:
            raise DrillFailed(otherwise)


@dataclass(frozen=True)
class RunbookDrill:
    """One page and its fault.

    Args:
        page: The file's name in `docs/runbooks`, without its ending.
        fault: What is broken, in words.
        breaks: Breaks it, and sees that it shows.
        over: Raises unless the fault is over.
        mends: What the page asks a person to do that is no command: correct a file, bring a server back.
        version: The version that the page's VERSION means.
        trained: Whether a champion stands before the fault.
        alarmed: The codes with which commands may end meanwhile, by the command's beginning.
    """

    page: str
    fault: str
    breaks: Callable[[Scene], None]
    over: Callable[[Scene], None]
    mends: Callable[[Scene], None] = Scene.mend
    version: Callable[[Scene], int] = lambda scene: scene.versions()[0].version
    trained: bool = True
    alarmed: Mapping[str, int] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model's name, which says what happens to it."""
        return self.page.replace("-", "_")

    def follow(self, cluster: Cluster, client: AirflowClient, stores: Stores, files: Path) -> tuple[float, str]:
        """Break, mend and follow the page; return the seconds from the fault's sign to its end, and the commands.

        Raises:
            DrillFailed: A command failed, or the fault is not over.
        """
        scene = Scene(cluster, client, stores, self.model, files / self.model)
        for verb in ("train", "score", "monitor", "rollback", "act"):
            client.unpause(f"{self.model}_{verb}")
        if self.trained:
            scene.must(scene.run("train", FIRST) == "success", "the first training failed")
            scene.must(scene.run("score", BEFORE) == "success", "the first scoring failed")
        self.breaks(scene)
        began = time.monotonic()
        self.mends(scene)
        words = {
            "MODEL": self.model,
            "WINDOW": DAY,
            "FROM": DAY,
            "TO": AFTER,
            "VERSION": str(self.version(scene)),
            "NEW": _connection(cluster),
        }
        done = list(commands(PAGES / f"{self.page}.md"))
        for command in done:
            self._obey(scene, command, in_words(command, words))
        self.over(scene)
        return time.monotonic() - began, f"{len(done)} commands"

    def _obey(self, scene: Scene, command: str, arguments: list[str]) -> None:
        expected = (code for beginning, code in self.alarmed.items() if command.startswith(beginning))
        _told(scene, *arguments, codes={0, *expected})
        if arguments[0] == "airflow":
            scene.settle()


def write_files(folder: Path) -> None:
    """Write the days of every drill's model."""
    for drill in RUNBOOKS:
        place = folder / drill.model
        place.mkdir(parents=True)
        for number, day in enumerate(DAYS):
            _rows(number, day).to_csv(place / f"{day}.csv", index=False)


def drills(names: list[str]) -> Iterator[RunbookDrill]:
    """Yield the drills of these pages; of all when none is named."""
    yield from (drill for drill in RUNBOOKS if not names or drill.page in names)


def _rows(number: int, day: str) -> pd.DataFrame:
    random = np.random.default_rng(number)
    distance, weight = random.gamma(2.0, 3.0, ROWS), random.exponential(5.0, ROWS)
    chance = 1 / (1 + np.exp(-(0.25 * weight - 0.1 * distance - 1.5)))
    seconds = np.sort(random.uniform(0, 86_399, ROWS))
    return pd.DataFrame(
        {
            "parcel": [f"{day}-{index:05}" for index in range(ROWS)],
            "at": (pd.Timestamp(day, tz="UTC") + pd.to_timedelta(seconds, unit="s")).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "distance": distance.round(3),
            "weight": weight.round(3),
            "delayed": (random.random(ROWS) < chance).astype(int),
        }
    )


def _told(scene: Scene, *arguments: str, codes: Collection[int] = (0,)) -> None:
    """Run a command as a person at a terminal would, in the project's folder.

    Raises:
        DrillFailed: It ended with another code.
    """
    environment = scene.cluster.env()
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    done = subprocess.run(arguments, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
    scene.must(done.returncode in codes, f"`{shlex.join(arguments)}` ended with {done.returncode}:\n{said}")


def _connection(cluster: Cluster) -> str:
    """Return the store as an Airflow connection's URL, with the key that it has now."""
    s3 = cluster.s3
    more = urlencode({"endpoint_url": s3.endpoint, "region_name": "us-east-1", "type": "aws"})
    return f"aws://{quote(s3.access_key)}:{quote(s3.secret_key, safe='')}@{s3.bucket}/artifacts?{more}"


def _scored(scene: Scene) -> None:
    found = scene.stores.registry.scores.current(scene.model, DAY)
    scene.must(found is not None, f"{DAY} has no scores")


def _ends(scene: Scene, verb: str, state: str, window: str = DAY) -> None:
    found = scene.run(verb, window)
    scene.must(found == state, f"{verb} of {window} ended {found}, expected {state}")


def _schema(scene: Scene) -> None:
    scene.spoil(lambda rows: rows.rename(columns={"weight": "kilograms"}))
    _ends(scene, "score", "failed")


def _pause(scene: Scene) -> None:
    _told(scene, "airflow", "dags", "pause", "--yes", f"{scene.model}_score")


def _outcomes(scene: Scene) -> None:
    scene.spoil(lambda rows: rows.assign(delayed=np.nan))
    _ends(scene, "score", "success")
    _ends(scene, "monitor", "success")
    scene.must(_decision(scene) == "insufficient_data", f"the monitor said {_decision(scene)}")


def _concluded(scene: Scene) -> None:
    scene.must(_decision(scene) in ("hold", "retrain"), f"the monitor says {_decision(scene)}")


def _decision(scene: Scene) -> str:
    found = scene.stores.registry.monitoring.results(scene.model, DAY)
    return found[0].decision if found else "nothing"


def _drift(scene: Scene) -> None:
    scene.spoil(lambda rows: rows.assign(distance=rows["distance"] * 1000, weight=rows["weight"] * 1000))
    _ends(scene, "score", "success")
    _ends(scene, "monitor", "success")
    scene.must(_decision(scene) == "alert", f"the monitor said {_decision(scene)}")


def _refused(scene: Scene) -> None:
    _ends(scene, "score", "success")
    random = np.random.default_rng(5)
    scene.spoil(lambda rows: rows.assign(delayed=random.permutation(rows["delayed"].to_numpy())))
    _ends(scene, "train", "success")
    scene.must(scene.versions()[0].state == "rejected", f"the version is {scene.versions()[0].state}")


def _retrained(scene: Scene) -> None:
    newest = scene.versions()[0]
    scene.must(
        newest.window == DAY and newest.gate is not None and newest.state != "rejected",
        f"v{newest.version} of {newest.window} is {newest.state}",
    )


def _away(stop: Callable[[Cluster], None], start: Callable[[Cluster], None], seconds: float) -> Callable[[Scene], None]:
    def breaks(scene: Scene) -> None:
        run = scene.start("score", DAY)
        stop(scene.cluster)
        time.sleep(seconds)
        start(scene.cluster)
        scene.client.wait_for_run(f"{scene.model}_score", run, timeout=_PATIENCE)
        scene.settle()

    return breaks


def _new_key(scene: Scene) -> None:
    scene.cluster.s3.stop()
    scene.cluster.s3.secret_key = f"another-{scene.cluster.s3.secret_key}"
    scene.cluster.s3.start()
    os.environ.update(scene.cluster.s3.environment)
    _ends(scene, "score", "failed")


def _half(scene: Scene) -> None:
    scene.spoil(lambda rows: rows.head(ROWS // 2))
    _ends(scene, "score", "success")


def _whole(scene: Scene) -> None:
    with_rows = scene.stores.registry.scores.current(scene.model, DAY)
    scene.must(with_rows is not None and with_rows.rows == ROWS, f"{DAY} has {with_rows and with_rows.rows} scores")


def _killed(scene: Scene) -> None:
    _ends(scene, "score", "success")
    (scene.folder / "slow").touch()
    scene.start("train", DAY)
    task = running(scene.client, f"{scene.model}_train", "train")
    scene.cluster.kill(scene.cluster.part_of(task.pid or 0))


def _asks(scene: Scene) -> None:
    run = scene.start("train", FIRST)

    def asked() -> bool:
        return "awaiting_input" in scene.client.task_states(f"{scene.model}_train", run).values()

    scene.must(scene.client.wait_until(asked, _PATIENCE), "nobody was asked")


def _two(scene: Scene) -> None:
    _ends(scene, "train", "success")
    _told(scene, "windvane", "promote", scene.model, "2", "--reason", "a drill")
    scene.must(scene.champion() == 2, f"v2 is no champion, v{scene.champion()} is")


def _corrupt(scene: Scene) -> None:
    digest = scene.versions()[0].artifact.removeprefix("sha256:")
    with closing(scene.cluster.s3.client()) as client:
        key = f"artifacts/sha256/{digest[:2]}/{digest[2:]}"
        body = client.get_object(Bucket=scene.cluster.s3.bucket, Key=key)["Body"].read()
        scene.kept[key] = body
        client.put_object(Bucket=scene.cluster.s3.bucket, Key=key, Body=body[: len(body) // 2])


def _restore(scene: Scene) -> None:
    with closing(scene.cluster.s3.client()) as client:
        for key, body in scene.kept.items():
            client.put_object(Bucket=scene.cluster.s3.bucket, Key=key, Body=body)


def _is(number: int) -> Callable[[Scene], None]:
    return lambda scene: scene.must(scene.champion() == number, f"the champion is v{scene.champion()}")


def _nothing(scene: Scene) -> None:
    """Break nothing: the windows of a range were never scored."""


def _lost(scene: Scene) -> None:
    """Copy the registry, score on, and lose it."""
    scene.kept["registry"] = scene.cluster.postgres.dump(scene.cluster.registry_name)
    _ends(scene, "score", "success")
    scene.cluster.postgres.drop(scene.cluster.registry_name)


def _copied_back(scene: Scene) -> None:
    scene.cluster.postgres.restore(scene.cluster.registry_name, scene.kept["registry"])


_postgres = _away(lambda one: one.postgres.stop("immediate"), lambda one: one.postgres.start(), 20)
_s3 = _away(lambda one: one.s3.stop(), lambda one: one.s3.start(), 40)

RUNBOOKS = (
    RunbookDrill("upstream-schema", "a column is renamed", _schema, _scored),
    RunbookDrill("not-scored", "MODEL_score is paused while windows pass", _pause, _scored),
    RunbookDrill("backfill", "windows were never scored", _nothing, _scored),
    RunbookDrill("late-outcomes", "a window's outcomes are missing", _outcomes, _concluded),
    RunbookDrill("drift-storm", "every number is a thousand times as large", _drift, _concluded),
    RunbookDrill("refused-retrains", "outcomes of a window were shuffled", _refused, _retrained),
    RunbookDrill("bad-champion", "the newest champion is not wanted", _two, _is(1), version=lambda _: 1),
    RunbookDrill("approval", "a version waits for a person", _asks, _is(1), trained=False),
    RunbookDrill("wrong-clock", "a run came before half of its rows", _half, _whole),
    RunbookDrill("stuck-task", "a worker is killed in training", _killed, _retrained),
    RunbookDrill("corrupt-artifact", "half of the champion's file is gone", _corrupt, _scored, mends=_restore),
    RunbookDrill("registry-away", "PostgreSQL is away for 20 s", _postgres, _scored),
    RunbookDrill("s3-away", "S3 is away for 40 s", _s3, _scored),
    RunbookDrill(
        "leaked-key", "the store's key is changed", _new_key, _scored, alarmed={"airflow connections delete": 1}
    ),
    RunbookDrill("restore", "the registry is lost, and a copy is older", _lost, _scored, mends=_copied_back),
)
