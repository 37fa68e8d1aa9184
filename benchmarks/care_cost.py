"""What care costs beside plain pandas and scikit-learn: the same work in both ways, in whole processes, in one run.

Each measurement is a process of its own, from its start to its end: CPU seconds and the peak of its memory, as the
system counts them. Both ways take turns, so that other work on the machine meets both. The figure is the median.

    python -m benchmarks.care_cost [--rows 100000] [--times 5] [--only train,score,monitor] [--modules]
                                   [--json FILE] [--check FILE]

`--modules` prints instead the ten modules that each task's process takes longest to import.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

NUMBERS = tuple(f"n{index}" for index in range(14))
CATEGORIES = ("c0", "c1", "c2")
"""With the key, the event time and the outcome that is 20 columns."""
WINDOWS = ("2024-01", "2024-02")
TASKS = ("train", "score", "monitor")
BARS = {"train": 1.5, "score": 1.5, "monitor": 3.5}
"""Train and score: times the plain work's CPU seconds. Monitor: CPU seconds at 100,000 rows."""
ALLOWED = 1.15
"""Times a recorded figure that `--check` lets through."""
LARGE, LARGE_BAR = 1_000_000, 1.3
"""From so many rows on, a training may take so many times the plain one's CPU seconds."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and judge it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--only", default=",".join(TASKS))
    parser.add_argument("--modules", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", type=Path, help="a file that --json wrote: fail where a figure is 15 %% above it")
    parser.add_argument("--child", nargs=2, metavar=("WAY", "TASK"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.child:
        way, task = given.child
        (plain if way == "plain" else here)(task, given.folder)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, given.rows)
        measured("here", "empty", folder)
        (folder / "home").rename(folder / "empty")
        for way in ("plain", "here"):
            measured(way, "train", folder)  # what the other tasks start from; it warms the disk's cache, too
        shutil.copytree(folder / "home", folder / "trained")
        if "monitor" in given.only:
            measured("here", "score", folder)
            shutil.copytree(folder / "home", folder / "scored")
        if given.modules:
            return _print_modules(given.only.split(","), folder)
        return _table(given, folder)


def _table(given: argparse.Namespace, folder: Path) -> int:
    """Print a line a task, and return 1 where a bar is missed."""
    found: dict[str, Any] = {"rows": given.rows}
    print(f"{given.rows:,} rows x 20 columns a window, median of {given.times}, CPU seconds and MB of whole processes")
    print(f"{'work':10}{'plain':>9}{'here':>9}{'ratio':>8}{'plain MB':>10}{'here MB':>9}")
    missed = False
    for task in given.only.split(","):
        sides: dict[str, list[tuple[float, float]]] = {"plain": [], "here": []}
        for _ in range(given.times):
            for way, runs in sides.items():
                if way == "here" or task != "monitor":
                    runs.append(measured(way, task, folder))
        cpu, memory = ({way: _middle(runs, index) for way, runs in sides.items() if runs} for index in (0, 1))
        ratio = cpu["here"] / cpu["plain"] if "plain" in cpu else None
        found[task] = {"cpu": cpu, "memory": memory, "ratio": ratio}
        shown = f"{cpu['plain']:9.2f}" if ratio else f"{'-':>9}"
        times = f"{ratio:8.2f}" if ratio else f"{'-':>8}"
        plain_memory = f"{memory['plain']:10.0f}" if ratio else f"{'-':>10}"
        bar = LARGE_BAR if task == "train" and given.rows >= LARGE else BARS[task]
        value = ratio or cpu["here"]
        said = f"at most {bar} {'times' if ratio else 's'}: {'met' if value <= bar else 'NOT met'}"
        print(f"{task:10}{shown}{cpu['here']:9.2f}{times}{plain_memory}{memory['here']:9.0f}  {said}", flush=True)
        missed |= value > bar
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    return _beyond(found, json.loads(given.check.read_text())) if given.check else int(missed)


def _beyond(found: dict[str, Any], recorded: dict[str, Any]) -> int:
    """Print where a figure is further above the recorded one than it may be, and return 1 then.

    What has a plain side is held to the ratio, which other work on the machine moves less. The monitor is held to the
    plain training of the same run.
    """
    if found["rows"] != recorded["rows"]:
        raise SystemExit(f"recorded with {recorded['rows']:,} rows: give --rows {recorded['rows']}")
    worse = 0
    for task in TASKS:
        if task in found and task in recorded and "train" in found:
            now, then = (_relative(one, task) for one in (found, recorded))
            beyond = now > then * ALLOWED
            worse |= beyond
            print(f"{task}: {now:.2f}, recorded {then:.2f}: {'a regression' if beyond else 'no regression'}")
    return int(worse)


def _relative(found: dict[str, Any], task: str) -> float:
    return float(found[task]["cpu"]["here"] / (found[task]["cpu"].get("plain") or found["train"]["cpu"]["plain"]))


def _middle(runs: list[tuple[float, float]], index: int) -> float:
    return statistics.median(run[index] for run in runs)


def make(folder: Path, rows: int) -> None:
    """Write one Parquet file a window: numbers, some missing, categories, and an outcome that depends on some."""
    import numpy as np
    import pandas as pd

    for month, window in enumerate(WINDOWS):
        random = np.random.default_rng(month)
        columns: dict[str, Any] = {name: random.normal(size=rows) for name in NUMBERS}
        columns["n3"] = np.where(random.random(rows) < 0.05, np.nan, columns["n3"])
        for index, name in enumerate(CATEGORIES):
            columns[name] = np.array([f"k{value}" for value in range(5 * 4**index)], dtype=object)[
                random.integers(0, 5 * 4**index, rows)
            ]
        late = columns["n0"] + 0.5 * columns["n1"] + (columns["c0"] == "k1") + random.logistic(size=rows) > 0
        at = np.datetime64(f"{window}-01T00:00:00", "us") + random.integers(0, 28 * 86_400, rows).astype("m8[s]")
        frame = pd.DataFrame({"id": np.arange(rows) + month * rows, "at": at, **columns, "y": late.astype(int)})
        frame["at"] = frame["at"].dt.tz_localize("UTC")
        frame.to_parquet(folder / f"{window}.parquet", index=False)


def measured(way: str, task: str, folder: Path) -> tuple[float, float]:
    """Run one task in a process of its own, and return its CPU seconds and the peak of its memory in MB."""
    if way == "here":
        _prepare(task, folder)
    command = [sys.executable, "-m", "benchmarks.care_cost", "--child", way, task, "--folder", str(folder)]
    with Path(os.devnull).open("w") as nothing:
        child = subprocess.Popen(command, env=_environment(folder), stdout=nothing)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{way} {task} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _prepare(task: str, folder: Path) -> None:
    """Give the task a registry as it finds one: with its schema for a training, and with what came before."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    if task in ("score", "monitor"):
        shutil.copytree(folder / ("trained" if task == "score" else "scored"), home)
    elif (folder / "empty").exists():
        shutil.copytree(folder / "empty", home)


def _environment(folder: Path) -> dict[str, str]:
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS"), "1")
    return {**os.environ, **one, "WINDVANE_HOME": str(folder / "home"), "AIRFLOW__CORE__UNIT_TEST_MODE": "False"}


def _print_modules(tasks: list[str], folder: Path) -> int:
    """Print the ten dearest modules of each task, with what they import in turn that nobody imported before."""
    for task in tasks:
        _prepare(task, folder)
        command = [sys.executable, "-X", "importtime", "-m", "benchmarks.care_cost"]
        command += ["--child", "here", task, "--folder", str(folder)]
        done = subprocess.run(command, env=_environment(folder), capture_output=True, text=True, check=True)
        lines = re.findall(r"^import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)$", done.stderr, re.MULTILINE)
        alone: dict[str, int] = {}
        for own, _, _, name in lines:
            alone[name.partition(".")[0]] = alone.get(name.partition(".")[0], 0) + int(own)
        total = sum(alone.values())
        print(
            f"{task}: {total / 1e6:.2f} s of imports, {len(lines):,} modules; the packages that take most themselves:"
        )
        for name, micro in sorted(alone.items(), key=lambda item: -item[1])[:10]:
            print(f"  {name:28}{micro / 1e6:7.2f} s")
    return 0


def pipeline(random_state: int = 0) -> Any:
    """Return boosted trees over numbers and coded categories."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("codes", codes, list(CATEGORIES))], remainder="passthrough")
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=100, random_state=random_state))


def plain(task: str, folder: Path) -> None:
    """Do the work as a careful script would, with pandas and scikit-learn alone."""
    import joblib  # type: ignore[import-untyped]  # it has no types  # noqa: TID251 (people do it; it loads its own)
    import pandas as pd

    frame = pd.read_parquet(folder / f"{WINDOWS[task == 'score']}.parquet").sort_values(["at", "id"])
    if frame["id"].duplicated().any() or frame[["id", "at"]].isna().any().any():
        raise SystemExit("bad rows")
    features = [*NUMBERS, *CATEGORIES]
    if task == "score":
        estimator = joblib.load(folder / "plain.joblib")
        scores = frame[["id", "at"]].assign(score=estimator.predict_proba(frame[features])[:, 1])
        scores.to_parquet(folder / "plain-scores.parquet", index=False)
        return
    from sklearn.metrics import log_loss, roc_auc_score

    cut = int(len(frame) * 0.8)
    training, holdout = frame.iloc[:cut], frame.iloc[cut:]
    estimator = pipeline().fit(training[features], training["y"])
    chances = estimator.predict_proba(holdout[features])[:, 1]
    found = {"log_loss": log_loss(holdout["y"], chances), "auc": roc_auc_score(holdout["y"], chances)}
    (folder / "plain.json").write_text(json.dumps(found))
    joblib.dump(estimator, folder / "plain.joblib")


def here(task: str, folder: Path) -> None:
    """Do the work as `windvane run` and the tasks of Airflow do, but for their own start."""
    from datetime import UTC, datetime

    from windvane import Estimator, Features, Model, Source
    from windvane.pipeline import runner
    from windvane.results import Run
    from windvane.stores import open_stores

    model = Model(
        name="bench",
        owner="benchmark",
        source=Source.parquet(f"{folder}/2024-*.parquet"),
        event_time="at",
        key="id",
        target="y",
        task="binary",
        window="month",
        start="2024-01-01",
        features=Features(numbers=NUMBERS, categories=CATEGORIES),
        estimator=Estimator("benchmarks.care_cost:pipeline"),
    )
    stores = open_stores()
    if task == "empty":
        return
    window = model.cadence.window(WINDOWS[task != "train"])
    run = Run(actor="bench", run_id=task, as_of=datetime(2024, 6, 1, tzinfo=UTC))
    if task == "train":
        runner.run_train(model, window, stores, run, without=("explain",))
    elif task == "score":
        runner.run_score(model, window, stores, run)
    else:
        runner.run_monitor(model, window, stores, run, retrain=False, report=False)


if __name__ == "__main__":
    sys.exit(main())
