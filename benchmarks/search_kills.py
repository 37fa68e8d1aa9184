"""A search on mapped tasks of a real Airflow whose workers are killed, beside the same search in one process.

Run: `python -m benchmarks.search_kills [--trials 64] [--parallel 4] [--kills 20]`. It exits 1 unless every trial is
told, none is left running, and parameters, states and digests are those of one process that nobody killed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.local_airflow import LocalAirflow
from windvane import loading
from windvane.pipeline import runner
from windvane.results import Run, Trial
from windvane.stores import open_stores

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "tests" / "e2e" / "project" / "include"
WINDOW, MODEL = "2020-02", "hunts"
DAG_FILE = '''"""A model whose parameters are searched for: an airflow dag family."""
from datetime import timedelta

from windvane import Estimator, Features, Model, Search, Source, space
from windvane.orchestration import build_airflow_dags

spec = Model(
    name="hunts", owner="tests", source=Source.callable("rides:rows"), start="2020-01-01", end="2021-01-01",
    event_time="at", key="ride", target="cancelled", task="binary",
    estimator=Estimator("sklearn.ensemble:HistGradientBoostingClassifier", max_iter=40),
    features=Features(numbers=["distance", "wait"]),
    tune=Search(
        space={{
            "learning_rate": space.log(0.01, 0.5), "max_leaf_nodes": space.integer(2, 63, simple="low"),
            "l2_regularization": space.real(0.0, 10.0),
        }},
        trials={trials}, parallel={parallel}, windows=2,
    ),
)
build_airflow_dags(spec, default_args={{"retry_delay": timedelta(seconds=1), "max_retry_delay": timedelta(seconds=2)}})
'''
QUICK = {"task_instance_heartbeat_timeout": "15", "task_instance_heartbeat_timeout_detection_interval": "2"}


def main() -> int:
    """Play both, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, usual in (("trials", 64), ("parallel", 4), ("kills", 20)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="windvane-kills-") as folder:
        home = Path(folder)
        (home / "dags").mkdir()
        text = DAG_FILE.format(trials=asked.trials, parallel=asked.parallel)
        (home / "dags" / "hunts.py").write_text(text, encoding="utf-8")
        calm = _in_one_process(home)
        killed, kills, seconds = _in_airflow(home, asked.kills)
        running = sum(not trial.ended for trial in killed)
        same = [_told(trial) for trial in calm] == [_told(trial) for trial in killed]
        again = sum(trial.claim > 1 for trial in killed)
        print("| trials told | running | kills | trials begun again | same as one process | minutes |")
        print("|---:|---:|---:|---:|---|---:|")
        print(f"| {len(killed)} | {running} | {kills} | {again} | {same} | {seconds / 60:.1f} |")
    return 0 if same and running == 0 and len(killed) == asked.trials else 1


def _told(trial: Trial) -> Any:
    return trial.trial, trial.state, trial.parameters, trial.result


def _in_one_process(home: Path) -> list[Trial]:
    sys.path.insert(0, str(SOURCE))
    os.environ["AIRFLOW_HOME"] = str(home / "unused")
    (spec,), _ = loading.load_specs(home / "dags")
    model = spec.model
    stores = open_stores(f"sqlite:///{home / 'calm' / 'registry.db'}", str(home / "calm" / "artifacts"))
    with closing(stores.registry):
        run = Run(actor="tests", as_of=datetime.now(UTC))
        runner.run_train(model, model.cadence.window(WINDOW), stores, run, without=("explain",))
        return _trials(stores.registry)


def _in_airflow(home: Path, kills: int) -> tuple[list[Trial], int, float]:
    """Run the DAG; kill the process that a running trial belongs to, now and then."""
    own = home / "windvane"
    airflow = LocalAirflow(
        home / "airflow",
        dags=home / "dags",
        python_path=[ROOT / "include", SOURCE],
        env={"WINDVANE_HOME": str(own), "OMP_NUM_THREADS": "1"},
        parallelism=4,
        settings={"scheduler": QUICK},
    )
    chance, done, began = random.Random(1), 0, time.monotonic()  # noqa: S311 (chance under a seed)
    with airflow, airflow.client() as client:
        client.wait_for_dags([f"{MODEL}_train"], timeout=240)
        client.unpause(f"{MODEL}_train")
        run = client.trigger(f"{MODEL}_train", conf={"window": WINDOW})
        began = time.monotonic()
        while done < kills and time.monotonic() - began < 1500:
            time.sleep(chance.uniform(0.5, 1.5))
            done += _killed(own, chance)
        client.wait_for_run(f"{MODEL}_train", run.run_id, timeout=900)
        seconds = time.monotonic() - began
    stores = open_stores(f"sqlite:///{own / 'registry.db'}", str(own / "artifacts"))
    with closing(stores.registry):
        return _trials(stores.registry), done, seconds


def _killed(own: Path, chance: random.Random) -> bool:
    """Kill the process of a running trial; False where none runs."""
    if not (own / "registry.db").exists():
        return False
    stores = open_stores(f"sqlite:///{own / 'registry.db'}", str(own / "artifacts"))
    with closing(stores.registry):
        owners = [trial.owner for trial in _trials(stores.registry) if not trial.ended]
    if not owners:
        return False
    process = int(chance.choice(owners).split(":")[1])
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _trials(registry: Any) -> list[Trial]:
    try:
        studies = registry.tuning.studies(MODEL)
    except Exception:  # noqa: BLE001 (nothing is registered yet)
        return []
    return registry.tuning.trials(MODEL, studies[0].study) if studies else []


if __name__ == "__main__":
    sys.exit(main())
