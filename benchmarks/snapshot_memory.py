"""How much memory a snapshot takes: the peak of a process that takes one of N rows, and of one of 10 N rows.

Each size runs in a process of its own, on rows of the same source: a SQLite table, whose rows come in no order, with
15 columns. The baseline is a process that imports the same and snapshots a thousand rows. Beside it stands the same
window read whole into a frame and then written, which is what a snapshot would take without pieces.

    python -m benchmarks.snapshot_memory [rows]
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

START, END = datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 2, 1, tzinfo=UTC)
NUMBERS = tuple(f"n{index}" for index in range(10))


BAR = 1.5
"""Ten times the rows may take this many times the memory, and no more."""


def main() -> int:
    """Measure, print the ratios; return 1 when memory grows with the window."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    sizes = (1_000, rows, 10 * rows)
    found: dict[tuple[int, str], dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            make(Path(folder) / f"{size}.db", size)
            for how in ("pieces", "whole"):
                one = found[size, how] = measured(folder, size, how)
                print(f"{size:>12,} rows, {how:<6}  peak {one['peak'] / 2**20:7,.0f} MiB  in {one['seconds']:4.0f} s")
    ratios = {}
    for how in ("pieces", "whole"):
        small, large = (found[size, how]["peak"] - found[sizes[0], how]["peak"] for size in sizes[1:])
        ratios[how] = large / small
        print(f"{how}: above the baseline, {10 * rows:,} rows take {ratios[how]:.1f} times the memory of {rows:,} rows")
    same = found[sizes[2], "pieces"]["digest"] == found[sizes[2], "whole"]["digest"]
    print(f"the same rows give the same digest in both ways: {same}")
    return int(not same or ratios["pieces"] > BAR)


def make(path: Path, rows: int) -> None:
    """Write a table of the window's rows in no order, a little at a time."""
    import numpy as np
    import pandas as pd
    import sqlalchemy as sa

    random = np.random.default_rng(rows)
    engine = sa.create_engine(f"sqlite:///{path}")
    keys = random.permutation(rows)
    for first in range(0, rows, 100_000):
        some = keys[first : first + 100_000]
        at = START.replace(tzinfo=None) + pd.to_timedelta(random.integers(0, 31 * 86_400, len(some)), unit="s")
        frame = pd.DataFrame({"id": some, "at": at.strftime("%Y-%m-%dT%H:%M:%SZ")})
        frame = frame.assign(**{name: random.normal(size=len(some)) for name in NUMBERS})
        frame = frame.assign(
            place=random.choice(["north", "south", "east"], len(some)), late=random.integers(0, 2, len(some))
        )
        frame.to_sql("loans", engine, index=False, if_exists="append")
    engine.dispose()


def measured(folder: str, size: int, how: str) -> dict[str, Any]:
    """Return what a process of its own tells of one snapshot."""
    environment = {**os.environ, "WINDVANE_CONNECTION_BENCH": f"sqlite:///{folder}/{size}.db", "TMPDIR": folder}
    command = [sys.executable, "-m", "benchmarks.snapshot_memory", "take", how, f"{folder}/kept-{size}-{how}"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def take(how: str, place: str) -> None:
    """Take the snapshot, and print what it took."""
    from windvane import Estimator, Features, Model, Source
    from windvane.lifecycle.frames import check_chunks, check_frame
    from windvane.stores import FolderArtifacts
    from windvane.stores.datasets import read_chunks, read_source, write_snapshot
    from windvane.windows import Window

    model = Model(
        name="loans", owner="risk", event_time="at", key="id", target="late", task="binary",
        source=Source.sql("bench", table="loans"), features=Features(numbers=NUMBERS, categories=("place",)),
        estimator=Estimator("sklearn.linear_model:LogisticRegression"),
    )  # fmt: skip
    window: Window = model.cadence.window_at(START)
    assert window.end == END
    began = time.monotonic()
    if how == "pieces":
        rows: Any = check_chunks(read_chunks(model, window), model, window)
    else:
        rows = check_frame(read_source(model, window), model, window)
    taken = write_snapshot(rows, model, window, FolderArtifacts(Path(place)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak": peak, "seconds": time.monotonic() - began, "digest": taken.digest, "rows": taken.rows}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["take"]:
        take(*sys.argv[2:])
    else:
        sys.exit(main())
