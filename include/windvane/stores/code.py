"""Code that a spec names by import path: find it, and take the digest of everything it depends on."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import platform
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

import windvane
from windvane.errors import SpecError, nearest
from windvane.spec import Model, sha256_of
from windvane.spec.estimators import ESTIMATORS
from windvane.spec.source import SOURCES
from windvane.stores.model_formats import FORMATS

_LIBRARIES = ("numpy", "pandas", "scikit-learn", "skops")


def resolve(path: str) -> Any:
    """Return the object at an import path `package.module:name`.

    Raises:
        SpecError: No such module, no such name in it, or the module raised when it was imported.
    """
    module_name, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        own = f"{module_name}.".startswith(f"{error.name}.")
        message = f"there is no module {error.name!r}" if own else f"it imports {error.name!r}, which is not installed"
        raise SpecError(path, [f"cannot import {module_name}: {message}"]) from error
    except Exception as error:  # a user's module may raise anything
        raise SpecError(path, [f"importing {module_name} raised {type(error).__name__}: {error}"]) from error
    where = module_name
    for part in name.split("."):
        if not hasattr(found, part):
            public = [item for item in dir(found) if not item.startswith("_")]
            raise SpecError(path, [f"{where} has no {part!r}{nearest(part, public)}"])
        found, where = getattr(found, part), f"{where}.{part}"
    return found


def code_digest(model: Model) -> str:
    """Return the SHA-256 of the source of the modules that decide what a version is.

    These are the modules that the spec names (source, features, weights, estimator) and, transitively, what they import
    of their own top-level packages, inside functions too. Where the files lie does not matter. scikit-learn does not
    count here: its version is in `environment`. Neither do the expectations: they refuse a snapshot, and change no
    version.

    Raises:
        SpecError: A named module or object cannot be imported, or has no source.
    """
    named = set()
    for path in sorted(code_paths(model)):
        resolve(path)
        named.add(path.partition(":")[0])
    found: dict[str, str] = {}
    waiting = [parent for name in sorted(named) for parent in _with_parents(name)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        content = _source(name)
        if content is not None:
            found[name] = hashlib.sha256(content).hexdigest()
            waiting += _imported(name, content)
        elif name in named:
            raise SpecError(name, [f"the source of module {name} cannot be read, so its versions have no digest"])
    return sha256_of(found)


def builder(model: Model) -> Callable[..., Any]:
    """Return what builds a spec's estimator: the user's own code, or the kind that its name stands for.

    Raises:
        SpecError: The import path leads nowhere.
        UnknownKind: No installed package brings the estimator.
    """
    named = model.estimator
    return resolve(named.code) if named.code else partial(ESTIMATORS.get(named.path).build, model.task)


def environment(model: Model) -> dict[str, str]:
    """Return what a version's content depends on besides code: Python (major.minor), the libraries, Windvane.

    Other packages count where they bring the source or the estimator. Each package that brings a format counts: which
    one claims an estimator is known once it is fitted.
    """
    python = ".".join(platform.python_version_tuple()[:2])
    found = {"python": python, "windvane": windvane.__version__} | {name: version(name) for name in _LIBRARIES}
    packages = {SOURCES.package_of(model.source.kind), *map(FORMATS.package_of, FORMATS)}
    if model.estimator.code is None:
        packages.add(ESTIMATORS.package_of(model.estimator.path))
    others = {name: number for name, _, number in (package.partition(" ") for package in sorted(packages))}
    return found | {name: number for name, number in others.items() if name != "windvane"}


def code_paths(model: Model) -> set[str]:
    """Return the import paths that a spec names for training, but for scikit-learn's own."""
    weights = model.training_weights.path if model.training_weights else None
    named = {model.source.code, model.features.make, model.estimator.code, weights}
    return {path for path in named if path and path.partition(".")[0] != "sklearn"}


def lies_in(path: str, roots: Sequence[Path]) -> bool:
    """True when the module of an import path is a file below one of some folders; nothing is imported."""
    found = _spec(path.partition(":")[0])
    if found is None or found.origin is None:
        return False
    return any(Path(found.origin).resolve().is_relative_to(root.resolve()) for root in roots)


def installed() -> str:
    """Return every installed distribution as `name==version`, a line each, sorted: the environment, whole."""
    every = (item.metadata for item in distributions())  # read once each: a distribution reads its file at every look
    found = {f"{item['Name']}=={item['Version']}" for item in every if item["Name"]}
    return "".join(f"{line}\n" for line in sorted(found, key=str.lower))


def _with_parents(name: str) -> list[str]:
    """Return a module and the packages around it, whose `__init__` run with it."""
    parts = name.split(".")
    return [".".join(parts[: index + 1]) for index in range(len(parts))]


def _spec(name: str) -> ModuleSpec | None:
    """Find a module without importing anything, unlike `importlib.util.find_spec`; None when there is none."""
    top, *rest = name.split(".")
    try:
        found = importlib.util.find_spec(top)
    except ValueError:  # a module that was started as a script has no spec
        return None
    for part in rest:
        if found is None or found.submodule_search_locations is None:
            return None
        found = PathFinder.find_spec(f"{found.name}.{part}", found.submodule_search_locations)
    return found


def _source(name: str) -> bytes | None:
    """Return a module's source with line ends as on Unix; a package without `__init__` has an empty one."""
    found = _spec(name)
    if found is None:
        return None
    if found.origin is None:
        return b"" if found.submodule_search_locations is not None else None
    try:
        return Path(found.origin).read_bytes().replace(b"\r\n", b"\n") if found.origin.endswith(".py") else None
    except OSError:
        return None


def _imported(name: str, source: bytes) -> Iterator[str]:
    """Yield the modules of its own top-level package that a module's source may import."""
    found = _spec(name)
    package = name if found is not None and found.submodule_search_locations is not None else name.rpartition(".")[0]
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):  # it cannot be imported either
        return
    for node in nodes:
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            targets = [f"{base}.{alias.name}" for alias in node.names]
        for target in targets:
            if target.partition(".")[0] == name.partition(".")[0]:
                yield from _with_parents(target)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the module that `from … import` names, dots resolved."""
    kept = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*kept, *([node.module] if node.module else [])])
