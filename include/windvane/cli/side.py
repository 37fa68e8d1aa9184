"""One side of a review. The base's is a process of its own, since it has other code under the same names.

Run: `python -m windvane.cli.side FILE`. FILE holds the request as JSON; its `answer` names the file of the answer.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windvane.cli.home import Home
from windvane.errors import SpecError, WindvaneError
from windvane.results import Run
from windvane.spec import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from windvane.stores import Stores


def main(file: Path) -> None:
    """Answer the request of a file, in a file."""
    request = json.loads(file.read_text(encoding="utf-8"))
    Path(request["answer"]).write_text(json.dumps(answer(request)), encoding="utf-8")


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request with its value, or with the name and the cause of what went wrong."""
    try:
        return {"value": _ACTIONS[request["action"]](request)}
    except WindvaneError as error:
        return {"error": error.name, "cause": error.cause, "remedy": error.remedy}
    except Exception as error:  # noqa: BLE001 (a user's code may raise anything)
        return {"error": type(error).__name__, "cause": str(error), "remedy": "see the message of the code itself"}


def _describe(request: dict[str, Any]) -> dict[str, Any]:
    """Return what each model of a folder is made of, and what is wrong with the others."""
    from windvane.loading import load_specs
    from windvane.steps.reviewing import described

    home = _home(request)
    specs, problems = load_specs(home.specs) if home.specs.is_dir() else ([], [])
    found, wrong = [], [f"{problem.path.name}: {problem.cause}" for problem in problems]
    for spec in specs:
        try:
            found.append(described(spec.model).model_dump(mode="json"))
        except WindvaneError as error:
            wrong.append(f"{spec.model.name}: {error.cause}")
    return {"models": found, "problems": wrong}


def _libraries(request: dict[str, Any]) -> dict[str, Any]:
    """Return the libraries that each model's champion was trained with."""
    from windvane.steps.reviewing import champion_libraries
    from windvane.stores import is_made, open_stores

    if not is_made(request["registry"]):
        return {}
    kept = open_stores(request["registry"], request["artifacts"])
    try:
        known = {model.name for model in kept.registry.models.all()}
        return {name: champion_libraries(name, kept) for name in request["models"] if name in known}
    finally:
        kept.registry.close()


def _lend(request: dict[str, Any]) -> dict[str, Any]:
    """Copy what was recorded of the window that the sides are trained on."""
    from windvane.steps import as_recorded
    from windvane.steps.reviewing import champion_estimator, lend, newest_window
    from windvane.stores import open_stores

    model, run = _model(request), _run(request)
    kept = open_stores(request["registry"], request["artifacts"])
    try:
        named = as_recorded(model, kept)
        asked = request.get("window")
        window = model.cadence.window(asked) if asked else newest_window(named, kept)
        with _scratch(request) as scratch:
            digest = lend(named, window, kept, scratch, run) if window else ""
        estimator = champion_estimator(named, kept)
    finally:
        kept.registry.close()
    key = window.key if window else ""
    return {"window": key, "snapshot": digest, "estimator": estimator, "name": named.name}


def _train(request: dict[str, Any]) -> dict[str, Any]:
    """Train one side."""
    from windvane.steps.reviewing import fixed, train_base, train_head

    model = fixed(_model(request), request["estimator"]).model_copy(update={"name": request["name"]})
    step = train_base if request["action"] == "base" else train_head
    with _scratch(request) as scratch:
        window = model.cadence.window(request["window"])
        return step(model, window, request["snapshot"], scratch, _run(request)).model_dump(mode="json")


def _play(request: dict[str, Any]) -> dict[str, Any]:
    """Play one side's rules and monitor over the last windows that were recorded; nothing where those are too few."""
    from windvane.pipeline.playing import plans_of
    from windvane.pipeline.replay import replay
    from windvane.steps import as_recorded
    from windvane.steps.reviewing import champion_estimator, fixed, recorded_windows
    from windvane.stores import open_stores

    kept = open_stores(request["registry"], request["artifacts"])
    try:
        named = as_recorded(_model(request), kept)
        model = fixed(named, champion_estimator(named, kept))
        windows = recorded_windows(model, kept)[-_PLAYED:]
        if len(windows) < _FEWEST:
            return {"span": "", "played": None}
        folder = Path(request["scratch"]) / f"played-{request['whose']}"
        (found,) = replay(model, windows, plans_of(model, ["declared"]), kept, _run(request), folder).plans
    finally:
        kept.registry.close()
    names = ("windows", "mean_loss", "trainings", "promotions", "alerts", "probes")
    played = {"side": request["whose"], **{name: getattr(found, name) for name in names}}
    return {"span": f"{windows[0]} to {windows[-1]}", "played": played}


_PLAYED = 6
"""The windows that a changed policy is played over, the newest ones."""
_FEWEST = 3
"""The first one is trained on; two are needed for anything to differ."""

_ACTIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "describe": _describe,
    "libraries": _libraries,
    "lend": _lend,
    "base": _train,
    "head": _train,
    "play": _play,
}


def _home(request: dict[str, Any]) -> Home:
    home = Home(request.get("registry"), request.get("artifacts"), Path(request["specs"]))
    home.make_importable()
    return home


def _model(request: dict[str, Any]) -> Model:
    return _home(request).declared(request["model"])


def _run(request: dict[str, Any]) -> Run:
    return Run(actor=request["actor"], as_of=datetime.fromisoformat(request["as_of"]), reason="a review")


@contextmanager
def _scratch(request: dict[str, Any]) -> Iterator[Stores]:
    from windvane.stores import open_stores

    folder = Path(request["scratch"])
    stores = open_stores(f"sqlite:///{folder / 'registry.db'}", str(folder / "artifacts"))
    try:
        yield stores
    finally:
        stores.registry.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SpecError("side", ["names one file with a request"])
    main(Path(sys.argv[1]))
