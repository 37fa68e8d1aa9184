"""Find the specs that a folder of DAG files declares, without importing Airflow and without stopping at an error."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

from windvane.errors import SpecError, UnknownModel, WindvaneError, nearest
from windvane.spec import Model

_collected: ContextVar[list[Model] | None] = ContextVar("windvane_collected", default=None)


class LoadedSpec(NamedTuple):
    """A model and the file that declares it."""

    model: Model
    path: Path


class Problem(NamedTuple):
    """One mistake in one file, as a line of cause and a line of remedy."""

    path: Path
    error: str
    cause: str
    remedy: str


def collecting() -> bool:
    """True while files are read for their specs only: `build_airflow_dags` then builds no DAGs."""
    return _collected.get() is not None


def record(model: Model) -> None:
    """Remember a spec while `collecting`; called by `build_airflow_dags`."""
    found = _collected.get()
    if found is not None:
        found.append(model)


@contextmanager
def _collection() -> Iterator[list[Model]]:
    found: list[Model] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


def load_specs(folder: Path) -> tuple[list[LoadedSpec], list[Problem]]:
    """Read every DAG file below a folder that mentions windvane.

    Args:
        folder: Usually the project's `dags/`.

    Returns:
        The specs, sorted by model name, and every problem found in any file.
    """
    if not folder.is_dir():
        problem = Problem(folder, "SpecError", f"{folder} is not a folder", "name the folder that holds the DAG files")
        return [], [problem]
    specs: list[LoadedSpec] = []
    problems: list[Problem] = []
    idle: list[tuple[Model, Path]] = []
    for path in sorted(folder.rglob("*.py")):
        if "windvane" in path.read_text(encoding="utf-8", errors="replace"):
            _load_file(path, specs, problems, idle)
    names = [spec.model.name for spec in specs]
    for model, path in idle:
        if model.name not in names:
            cause = f"model {model.name!r} is declared, and no DAGs are built of it"
            problems.append(Problem(path, "SpecError", cause, "call build_airflow_dags(spec) at the end of the file"))
    for spec in specs:
        if names.count(spec.model.name) > 1:
            cause = f"model {spec.model.name!r} is declared more than once"
            problems.append(Problem(spec.path, "SpecError", cause, "give each model its own name"))
    return sorted(specs, key=lambda spec: spec.model.name), problems


def find_spec(name: str, folder: Path) -> Model:
    """Return the spec of one model.

    Raises:
        UnknownModel: When no file declares it; problems of other files are named too.
        SpecError: When a file of that name has problems.
    """
    specs, problems = load_specs(folder)
    found = [spec.model for spec in specs if spec.model.name == name]
    own = [problem.cause for problem in problems if problem.path.stem == name or name in problem.cause]
    if own:
        raise SpecError(name, own)
    if not found:
        known = nearest(name, [spec.model.name for spec in specs])
        broken = f"; {len(problems)} files could not be read, see `windvane check`" if problems else ""
        raise UnknownModel(f"no file in {folder} declares a model {name!r}{known}{broken}", "name a declared model")
    return found[0]


def _load_file(path: Path, specs: list[LoadedSpec], problems: list[Problem], idle: list[tuple[Model, Path]]) -> None:
    unique = f"windvane_spec_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    module_spec = importlib.util.spec_from_file_location(unique, path)
    assert module_spec is not None and module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[unique] = module
    try:
        with _collection() as found:
            module_spec.loader.exec_module(module)
    except SpecError as error:
        problems.extend(Problem(path, error.name, f"{error.subject}: {line}", error.remedy) for line in error.problems)
    except WindvaneError as error:
        problems.append(Problem(path, error.name, error.cause, error.remedy))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a user's file may raise anything; each is one line of the list
        cause = f"{type(error).__name__}: {error}"
        problems.append(Problem(path, "SpecError", " ".join(cause.split()), "mend the file; it is run when it is read"))
    else:
        specs.extend(LoadedSpec(model, path) for model in found)
        idle.extend((value, path) for value in vars(module).values() if isinstance(value, Model))
    finally:
        sys.modules.pop(unique, None)
