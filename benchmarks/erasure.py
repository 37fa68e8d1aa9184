"""What it takes to erase 1,000 people from 24 windows, and whether anything of them is left.

    python -m benchmarks.erasure [KEYS] [ROWS A WINDOW]

A model of two years is made in a temporary folder: 24 windows, ten trained versions, scores of 14 windows. Then rows
are erased, every byte of the store and of the registry is searched for their keys, raw and inside Parquet, and all is
verified. Prints a table; exits with 1 when a key is found or something is not as it was written.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from windvane import Estimator, Features, Gate, Model, Source, rule, steps
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores, open_stores

VERSIONS = 10


def main(keys: int = 1_000, rows: int = 2_000) -> int:
    """Erase so many keys, and tell what is left of them."""
    with tempfile.TemporaryDirectory(prefix="windvane-erasure-") as folder:
        place = Path(folder)
        frame = people(rows)
        frame.to_parquet(place / "people.parquet")
        stores = open_stores(f"sqlite:///{place / 'home' / 'registry.db'}", str(place / "home" / "artifacts"))
        run = Run(actor="os:0/benchmark", as_of=datetime(2026, 6, 1, tzinfo=UTC), reason="they asked for it")
        lived(declared(place), stores, run)
        chosen = frame["person"].sample(keys, random_state=0).tolist()
        before = len(found_in(place / "home", chosen))
        started = time.monotonic()
        done = steps.erase("people", chosen, stores, run, remove=True)
        seconds = time.monotonic() - started
        started = time.monotonic()
        proved = steps.verify("people", stores, everything=True)
        verified = time.monotonic() - started
        stores.registry.close()
        left = found_in(place / "home", chosen)
    windows = frame["at"].dt.strftime("%Y-%m").nunique()
    print(f"windows {windows}, erased from {len(done.windows)}; keys {keys:,}; files {len(done.tombstones)}")
    print(f"rows erased {done.rows:,}; versions named {len(done.versions)}; {seconds:.1f} s, verify {verified:.1f} s")
    print(f"keys found before {before:,}, after {len(left):,}; problems {len(proved.problems)}")
    print(*proved.erased, sep="\n")
    return 1 if left or proved.problems or len(done.versions) != VERSIONS else 0


def people(rows: int) -> pd.DataFrame:
    """Return rows of 24 months."""
    random = np.random.default_rng(5)
    months = pd.date_range("2024-01-01", periods=24, freq="MS", tz="UTC")
    parts = []
    for month in months:
        seconds = np.sort(random.uniform(0, 27 * 86_400, rows))
        income, debt = random.standard_normal(rows), random.standard_normal(rows)
        chance = 1 / (1 + np.exp(-(1.5 * debt - income)))
        names = [f"P{month:%y%m}X{number:06}" for number in random.permutation(rows)]
        at = pd.DatetimeIndex(month + pd.to_timedelta(seconds, unit="s")).as_unit("us")
        columns = {"person": names, "at": at, "income": income, "debt": debt}
        parts.append(pd.DataFrame({**columns, "default": (random.random(rows) < chance).astype(float)}))
    return pd.concat(parts, ignore_index=True)


def declared(place: Path) -> Model:
    """Return the model."""
    return Model(
        name="people",
        owner="risk",
        start="2024-01-01",
        source=Source.parquet(str(place / "people.parquet")),
        event_time="at",
        key="person",
        target="default",
        task="binary",
        outcome_after="2d",
        features=Features(numbers=("income", "debt")),
        estimator=Estimator("sklearn.linear_model:LogisticRegression"),
        gate=Gate(rule.better_than_baseline()),
    )


def lived(model: Model, stores: Stores, run: Run) -> None:
    """Train ten versions, and score the windows after them; every window has a snapshot."""
    windows = [model.cadence.window(f"{year}-{month:02}") for year in (2024, 2025) for month in range(1, 13)]
    for window in windows[:VERSIONS]:
        runner.run_train(model, window, stores, run)
    for window in windows[VERSIONS:]:
        runner.run_score(model, window, stores, run)


def found_in(folder: Path, keys: list[str]) -> list[str]:
    """Return which texts stand in a folder: in the bytes of a file, or in a value of a Parquet file."""
    wanted, found = set(keys), set()
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        data = file.read_bytes()
        found |= {key for key in wanted if key.encode() in data}
        if data.startswith(b"PAR1"):
            table = pq.read_table(io.BytesIO(data)).to_pandas()
            found |= wanted & {str(value) for name in table.columns for value in table[name].unique()}
    return sorted(found)


if __name__ == "__main__":
    sys.exit(main(*(int(one) for one in sys.argv[1:])))
