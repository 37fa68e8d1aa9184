"""Code that a spec names by import path: find it, and take the digest of everything it depends on."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import distributions, packages_distributions, version
from pathlib import Path
from typing import Any

import windvane
from windvane.errors import SpecError, nearest
from windvane.spec import Model, sha256_of
from windvane.spec.estimators import ESTIMATORS
from windvane.spec.source import SOURCES
from windvane.stores.model_formats import FORMATS

_LONGEST_PATH = 200
_KNOWN = {"builtins", "numpy", "pandas", "sklearn", "skops", "windvane", "scipy"}
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
    """Return the SHA-256 of the files that decide what a version is; see `code_files`.

    Raises:
        SpecError: A named module or object cannot be imported, or has no source.
    """
    return sha256_of({name: hashlib.sha256(content).hexdigest() for name, content in code_files(model).items()})


def code_files(model: Model) -> dict[str, bytes]:
    """Return the sources and data files that decide what a version is, by module name, or path below a package.

    These are the modules that the spec names (source, features, weights, estimator), and what they import, directly or
    not, from the folder that holds them, inside functions too. Beside them count the files that their sources name:
    each text in a source that is the name of a file in the module's own folder, or below it. Line ends count as on
    Unix, and where the files lie does not matter. scikit-learn and Windvane do not count here: their versions are in
    `environment`. Neither do the expectations: they refuse a snapshot, and change no version.

    Raises:
        SpecError: A named module or object cannot be imported, or has no source.
    """
    return files_of(code_paths(model))


def files_of(paths: Iterable[str]) -> dict[str, bytes]:
    """Return the sources and data files that some import paths lead to; see `code_files`.

    Raises:
        SpecError: A named module or object cannot be imported, or has no source.
    """
    named = set()
    for path in sorted(paths):
        resolve(path)
        named.add(path.partition(":")[0])
    found: dict[str, bytes] = {}
    waiting = [parent for name in sorted(named) for parent in _with_parents(name)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        content = _source(name)
        if content is not None:
            found[name] = content
            found |= _named_files(name, content)
            waiting += _imported(name, content)
        elif name in named:
            raise SpecError(name, [f"the source of module {name} cannot be read, so its versions have no digest"])
    return found


def meaning(name: str, content: bytes) -> str:
    """Return a digest of what a file of code says: of a module without comments, docstrings and layout.

    Args:
        name: Its name in `files_of`; data files have their path there.
        content: Its bytes.
    """
    try:
        tree = ast.parse(content) if "/" not in name else None
    except (SyntaxError, ValueError):
        tree = None
    if tree is None:
        return hashlib.sha256(content).hexdigest()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = [*body[1:]] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


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


def libraries_of(estimator: Any) -> dict[str, str]:
    """Return the version of each library that brings a part of an estimator, and is not in `environment` anyway.

    The classes of the estimator and of its parameters count, at any depth, with those that they are made from.
    """
    parts: list[Any] = [estimator]
    if hasattr(estimator, "get_params"):
        parts += list(estimator.get_params(deep=True).values())
    while any(isinstance(part, list | tuple) for part in parts):
        parts = [one for part in parts for one in (part if isinstance(part, list | tuple) else [part])]
    kinds = {kind for part in parts for kind in (part if isinstance(part, type) else type(part)).__mro__}
    named = {getattr(part, "__module__", None) for part in [*kinds, *parts]}
    tops = {module.partition(".")[0] for module in named if isinstance(module, str)} - _KNOWN
    owners = packages_distributions() if tops else {}
    return {name: version(name) for top in sorted(tops) for name in owners.get(top, [])}


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
            if _is_beside(target.partition(".")[0], name.partition(".")[0]):
                yield from _with_parents(target)


def _is_beside(other: str, own: str) -> bool:
    """Tell whether a top-level module is one's own, or lies in the same folder: the project's, not a library's."""
    if other == own:
        return True
    if other == "windvane":  # its version is in `environment`
        return False
    folders = [_folder_of(name) for name in (other, own)]
    return folders[0] is not None and folders[0] == folders[1] and "site-packages" not in folders[0].parts


def _folder_of(top: str) -> Path | None:
    """Return the folder that holds a top-level module or package."""
    spec = _spec(top)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve().parent
    return Path(spec.origin).resolve().parent if spec.origin and spec.origin.endswith(".py") else None


def _named_files(name: str, source: bytes) -> dict[str, bytes]:
    """Return the files that a module's source names, which lie in its folder or below: `c.txt`, `tables/c.csv`."""
    spec = _spec(name)
    if spec is None or spec.origin is None:
        return {}
    folder, package = Path(spec.origin).parent, name if spec.submodule_search_locations else name.rpartition(".")[0]
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return {}
    texts = {item.value for item in nodes if isinstance(item, ast.Constant) and isinstance(item.value, str)}
    folders = [
        folder,
        *(folder / text for text in sorted(texts) if _is_below(folder, text) and (folder / text).is_dir()),
    ]
    found = {}
    for text in sorted(texts):
        for place in folders:
            if _is_below(place, text) and not text.endswith(".py") and (place / text).is_file():
                where = (place / text).relative_to(folder).as_posix()
                found[f"{package.replace('.', '/') or '.'}/{where}"] = _as_on_unix((place / text).read_bytes())
    return found


def _as_on_unix(content: bytes) -> bytes:
    """Return a text with line ends as on Unix, for a checkout may have others; anything else as it is."""
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")


def _is_below(folder: Path, text: str) -> bool:
    """Tell whether a text may be the path of something below a folder."""
    if not 0 < len(text) <= _LONGEST_PATH or "\0" in text or "\n" in text or text.startswith(("/", ".")):
        return False
    return (folder / text).resolve().is_relative_to(folder.resolve())


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the module that `from … import` names, dots resolved."""
    kept = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*kept, *([node.module] if node.module else [])])
