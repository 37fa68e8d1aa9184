"""Names made to escape a path, a statement or a shell: refused by a named error, or kept as they are and inert."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pandas as pd
from typer.testing import CliRunner

from tests.torture.lending import ROWS, RUN, day, rows, spec
from tests.torture.outcome import Outcome, tried
from tests.torture.worlds import Place, World
from windvane import Features, Source
from windvane.cli.app import app
from windvane.errors import WindvaneError
from windvane.pipeline import runner
from windvane.stores import Stores, open_stores
from windvane.stores.datasets import read_scores

MUST_HOLD = "refused by a named error, or kept as it is and inert"
_BATCH = 250
"""Names that share a world, and are tried together as the keys of a window's rows."""

_PARTS = (
    *(
        "../",
        "..\\",
        "/",
        "/etc/passwd",
        "~root/",
        "./",
        "..",
        ".",
        "\\\\host\\c$",
        "C:\\",
        "CON",
        "file:///etc/passwd",
    ),
    *(
        "%2e%2e%2f",
        "%00",
        "\0",
        "..%c0%af",
        "....//",
        "s3://other/",
        "sha256:",
        "sha256:../../",
        "a" * 300,
        "\U0001f600",
    ),
    *(
        "'",
        '"',
        "`",
        ";",
        "--",
        "/*",
        "*/",
        "'; DROP TABLE models; --",
        '"; DELETE FROM events; --',
        "' OR '1'='1",
        "%s",
        "%(x)s",
    ),
    *(
        "$$",
        ":name",
        "?",
        "\\'",
        "') UNION SELECT 1, 2 --",
        "' || (SELECT name FROM models) || '",
        "{0.__class__}",
        "{{7*7}}",
    ),
    *(
        "$(touch CANARY)",
        "`touch CANARY`",
        "; touch CANARY;",
        "| touch CANARY",
        "&& touch CANARY",
        "\n touch CANARY \n",
    ),
    *("__import__('os').system('touch CANARY')", "${HOME}", "%n", "-rf", "--json", "--as-of", "=cmd|'/c calc'!A1"),
    *(
        "\n",
        "\r\n",
        "\t",
        " ",
        "\x1b[31m",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\u0131",
        "\u212a",
        "\uff0e\uff0e\uff0f",
        "\ud800",
        "\x7f",
    ),
    *(
        "<script>alert(1)</script>",
        "<!--",
        "]]>",
        "&lt;",
        "é",
        "e\u0301",
        "٢",
        "２０２０-01-01",
        "NaN",
        "null",
        "None",
        "True",
    ),
    *(
        "loans",
        "LOANS",
        "2020-01-01",
        "2020-1-1",
        "2020-01-01T00:00:00",
        "2020-W01",
        "0000-00-00",
        "99999-01-01",
        "-0001-01-01",
    ),
)


def run(trials: Sequence[int], seed: int, place: Place, folder: Path, where: str) -> Outcome:
    """Give names of a hostile hand to everything that takes a name.

    Args:
        trials: Their numbers; each has one name.
        seed: Of the names.
        place: Where the worlds are; some hundred names share one.
        folder: A folder around the world's files, in which nothing else may appear.
        where: Its name, for the table.
    """
    world = place.world(0)
    stores = open_stores(world.registry, world.artifacts)
    canary, there = folder / "canary", _listed(folder)
    batch: list[str] = []

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        nonlocal world, stores
        name = _name(random, canary)
        stored = list(_STORED.items())[trial % len(_STORED)]
        for what, use in [*_SPOKEN.items(), stored]:
            message = _used(use, name, world, stores)
            counts["refused" if message is None else "inert" if message == "" else "VIOLATED"] += 1
            if message:
                yield f"{what} {name!r}: {message}"
        if trial % 20 == 0:
            yield from _at_the_terminal(name, world, random)
        batch.append(name)
        if len(batch) == _BATCH or trial == trials[-1]:
            counts["keys and columns in data"] += len(batch)
            yield from _as_data(batch, world, stores, folder / "rows.parquet", trial)
            yield from world.verified()
        if canary.exists() or _listed(folder) != there:
            yield f"{name!r}: in {folder} there is now {_listed(folder)}"
        if len(batch) == _BATCH:
            batch.clear()
            stores.registry.close()
            world = place.world(trial)
            stores = open_stores(world.registry, world.artifacts)

    return tried(f"model, window, key and other names made to escape; {where}", MUST_HOLD, trials, seed, attempt)


def _listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "rows.parquet")


def _name(random: Random, canary: Path) -> str:
    parts = random.choices(_PARTS, k=random.choice([1, 1, 2, 3]))
    return "".join(parts).replace("CANARY", str(canary))


Use = Callable[[str, World, Stores], str]


def _used(use: Use, name: str, world: World, stores: Stores) -> str | None:
    """Return None when a name was refused, nothing when it was inert, and else what is wrong."""
    try:
        return use(name, world, stores)
    except WindvaneError as error:
        if not str(error).isprintable():
            return f"the refusal cannot be shown safely: {str(error)!r}"
        return None
    except Exception as error:  # noqa: BLE001 (anything else is what must not happen)
        return f"{type(error).__name__}: {error}"


def _as_model(name: str, world: World, stores: Stores) -> str:
    found = spec(name)
    return "" if re.fullmatch("[a-z][a-z0-9_]{0,62}", name) and found.name == name else "it was accepted"


def _as_window(name: str, world: World, stores: Stores) -> str:
    return "" if world.model.cadence.window(name).key == name else "another window answered"


def _as_registered(name: str, world: World, stores: Stores) -> str:
    """Register a model by that name with the registry itself, past the spec that would refuse it."""
    stores.registry.models.register(name, "sha256:1", {"owner": name, "description": name, "task": "binary"}, RUN)
    found = stores.registry.models.get(name)
    return "" if (found.name, found.owner, found.description) == (name, name, name) else f"it came back as {found!r}"


def _as_asked(name: str, world: World, stores: Stores) -> str:
    """Ask the registry about a model of that name."""
    return "" if all(item.model == name for item in stores.registry.audit.events(name)) else "another model answered"


def _as_window_asked(name: str, world: World, stores: Stores) -> str:
    registry, model = stores.registry, world.model.name
    found = (registry.scores.current(model, name), registry.snapshots.latest(model, name, mature_only=False))
    return "" if all(item is None or item.window == name for item in found) else f"{found}"


def _as_who_and_why(name: str, world: World, stores: Stores) -> str:
    run = RUN.model_copy(update={"actor": name, "run_id": name, "reason": name})
    digest = json.dumps(name)[:60]
    kept = name.replace("\0", "\ufffd").replace("\ud800", "\ufffd")  # no text of a database can hold these
    stores.registry.models.register(world.model.name, digest, world.model.model_dump(mode="json"), run)
    event = stores.registry.audit.events(world.model.name, limit=1)[0]
    return "" if (event.actor, event.run_id) == (kept, kept) else f"it came back as {event!r}"


def _as_digest(name: str, world: World, stores: Stores) -> str:
    stores.artifacts.get(name)
    return "it was found"


def _as_digest_asked(name: str, world: World, stores: Stores) -> str:
    return "it is said to be there" if stores.artifacts.has(name) else ""


def _as_import_path(name: str, world: World, stores: Stores) -> str:
    found = spec(source=Source.callable(name)).source.path
    return "" if re.fullmatch(r"[\w.]+:[\w.]+", name) and found == name else "it was accepted"


_SPOKEN: dict[str, Use] = {
    "model": _as_model,
    "window": _as_window,
    "import path": _as_import_path,
    "digest": _as_digest,
    "digest asked for": _as_digest_asked,
}
"""What every name is tried as."""
_STORED: dict[str, Use] = {
    "registered model": _as_registered,
    "model asked for": _as_asked,
    "window asked for": _as_window_asked,
    "actor, run and reason": _as_who_and_why,
}
"""What each name is tried as one of: a transaction or more each."""


def _at_the_terminal(name: str, world: World, random: Random) -> Iterator[str]:
    """Give the name to a command, as its model or its window."""
    command = random.choice([["show", name], ["history", name], ["champion", name], ["verify", name]])
    if random.random() < 0.5:
        command = ["run", "train", world.model.name, "--window", name]
    given = ["--registry", world.registry, "--artifacts", world.artifacts]
    try:
        done = CliRunner().invoke(app, [*command, *given], catch_exceptions=True)
    except Exception as error:  # noqa: BLE001 (the runner itself could not pass it on)
        yield f"{command}: {type(error).__name__}: {error}"
        return
    raised = done.exception is not None and not isinstance(done.exception, SystemExit)
    if raised or "Traceback" in done.output or done.exit_code not in (0, 1, 2):
        yield f"{command}: exit {done.exit_code}, {done.exception!r}: {done.output[-500:]}"


def _as_data(names: Sequence[str], world: World, stores: Stores, file: Path, trial: int) -> Iterator[str]:
    """Train on and score rows whose keys, categories and columns have these names."""
    whole = [name.replace("\ud800", "") for name in names]  # half a character cannot come from a file
    repeated = [whole[index % len(whole)] for index in range(ROWS)]
    keys = [f"{index} {name}" for index, name in enumerate(repeated)]
    column = max(whole, key=len)[:60] + "x"
    frames = [rows(day(world.model, number).start, day(world.model, number).end) for number in (1, 2)]
    named = [frame.assign(loan_id=keys, zip=repeated, **{column: frame["debt"]}) for frame in frames]
    pd.concat(named).to_parquet(file)
    features = Features(numbers=("income", "debt", column))
    model = spec(f"data_{trial}", source=Source.parquet(str(file)), features=features, carry=("zip",))
    runner.run_train(model, day(model, 1), stores, RUN)
    scored = runner.run_score(model, day(model, 2), stores, RUN)
    found = list(read_scores(scored.artifact, stores.artifacts)["loan_id"])
    if found != keys:
        yield f"keys came back as {[pair for pair in zip(keys, found, strict=True) if pair[0] != pair[1]][:5]}"
