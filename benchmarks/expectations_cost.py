"""What 60 expectations cost: answered here from a snapshot, and by Great Expectations from the same rows in memory.

    python -m benchmarks.expectations_cost [rows, default 1000000]

Each side is a process of its own. It tells its CPU seconds, and how much memory it took above what the process had
before. The side that reads the snapshot pays for reading, checking digests and unpacking, too; the ratio is of the two
that have the rows in memory. All results must be the same.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

COLUMNS = 20
WAYS = {
    "here": "here, read from the snapshot",
    "memory": "here, rows in memory",
    "great_expectations": "Great Expectations, rows in memory",
}
FASTER, MEGABYTES = 10.0, 300.0
"""Great Expectations takes at least so many times the CPU seconds; and so much memory above the base, at most."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 1 where a bar is missed."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["child"]:
        return _child(given[1], Path(given[2]), int(given[3]))
    rows = int(given[0]) if given else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _measured("make", folder, rows)  # in a process of its own: a child starts with its parent's peak
        sides = {way: _measured(way, folder, rows) for way in WAYS}
    print(f"60 expectations on {rows:,} rows x {COLUMNS} columns")
    for way, one in sides.items():
        print(f"  {WAYS[way]:36}{one['seconds']:7.2f} CPU s {one['megabytes']:8.0f} MB above {one['base']:.0f} MB")
    same = all(side["results"] == sides["great_expectations"]["results"] for side in sides.values())
    faster = sides["great_expectations"]["seconds"] / sides["memory"]["seconds"]
    bars = {
        "the same results": same,
        f"{faster:.1f} times as fast (at least {FASTER})": faster >= FASTER,
        f"{sides['here']['megabytes']:.0f} MB (at most {MEGABYTES})": sides["here"]["megabytes"] <= MEGABYTES,
    }
    for said, met in bars.items():
        print(f"  {said}: {'met' if met else 'NOT met'}")
    return int(not all(bars.values()))


def suite() -> list[Any]:
    """Return three expectations a column, of those that are usually declared."""
    import great_expectations.expectations as gxe

    listed: list[Any] = []
    for index in range(COLUMNS - 5):
        name = f"n{index}"
        listed += [
            gxe.ExpectColumnValuesToNotBeNull(column=name, mostly=0.9),
            gxe.ExpectColumnValuesToBeBetween(column=name, min_value=-8, max_value=3.5, mostly=0.99),
            gxe.ExpectColumnMeanToBeBetween(column=name, min_value=-1, max_value=1),
        ]
    for index in range(5):
        name = f"c{index}"
        listed += [
            gxe.ExpectColumnValuesToNotBeNull(column=name),
            gxe.ExpectColumnValuesToBeInSet(column=name, value_set=[f"k{value}" for value in range(30)]),
            gxe.ExpectColumnValueLengthsToBeBetween(column=name, min_value=2, max_value=3),
        ]
    return listed


def make(folder: Path, rows: int) -> None:
    """Write a snapshot of random rows, some numbers missing."""
    import numpy as np
    import pandas as pd

    from windvane.results import Part, Snapshot
    from windvane.stores.datasets import PART_ROWS, _parquet
    from windvane.stores.folder import FolderArtifacts

    artifacts = FolderArtifacts(folder / "artifacts")
    random = np.random.default_rng(0)
    parts = []
    numbers: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for first in range(0, rows, PART_ROWS):
        count = min(PART_ROWS, rows - first)
        numbers = {f"n{index}": random.normal(size=count) for index in range(COLUMNS - 5)}
        numbers["n3"] = np.where(random.random(count) < 0.02, np.nan, numbers["n3"])
        texts = {
            f"c{index}": np.array([f"k{value}" for value in range(30)], dtype=object)[random.integers(0, 30, count)]
            for index in range(5)
        }
        data = _parquet(pd.DataFrame({**numbers, **texts}).astype(dict.fromkeys(texts, "str")))
        parts.append(Part(digest=artifacts.put(data), rows=count, bytes=len(data)))
    kept = Snapshot(
        model="bench",
        window="2024-01",
        start="2024-01-01T00:00:00Z",
        end="2024-02-01T00:00:00Z",
        rows=rows,
        outcomes=0,
        columns=dict.fromkeys((*numbers, *texts), ""),
        parts=tuple(parts),
    )
    (folder / "snapshot.json").write_text(kept.to_json())
    from windvane.lifecycle.suites import kept_form

    (folder / "suite.json").write_text(kept_form(suite()) or "")


def _measured(way: str, folder: Path, rows: int) -> dict[str, Any]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "benchmarks.expectations_cost", "child", way, str(folder), str(rows)]
    done = subprocess.run(command, env={**os.environ, **threads}, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _child(way: str, folder: Path, size: int) -> int:
    """Do one side's work, and print what it took."""
    if way == "make":
        make(folder, size)
        print("{}")
        return 0
    from benchmarks.streams import model_of
    from windvane.lifecycle import passed_on
    from windvane.lifecycle.expectations import run_expectations
    from windvane.lifecycle.suites import expected, read_kept
    from windvane.results import Snapshot
    from windvane.steps.expecting import snapshot_columns
    from windvane.stores.datasets import read_snapshot
    from windvane.stores.folder import FolderArtifacts

    artifacts = FolderArtifacts(folder / "artifacts")
    taken = Snapshot.from_json((folder / "snapshot.json").read_text())
    kept, model = read_kept((folder / "suite.json").read_text()), model_of("bench")
    wanted = expected(kept, model)
    window = model.cadence.window("2024-01-01")
    made: list[Any] = []
    frame: Any = None
    if way != "here":
        frame = read_snapshot(taken, artifacts)
    if way == "great_expectations":
        made = [item.made for item in wanted]
        passed_on.asked(frame.head(100), made[:1], model)  # what it imports is no part of the answer
    base, began = _peak(), time.process_time()
    if way == "great_expectations":
        results = passed_on.asked(frame, made, model)
    else:
        with snapshot_columns(taken, artifacts) if frame is None else nullcontext(frame) as rows:
            _, document = run_expectations(rows, kept, model, window, "sha256:0")
        results = json.loads(document)["results"]
    seconds = time.process_time() - began
    told = {"seconds": seconds, "base": base, "megabytes": _peak() - base, "results": results}
    print(json.dumps(told))
    return 0


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
