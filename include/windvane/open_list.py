"""Open lists: the kinds of one thing, such as gate rules, found by entry points. Built-in kinds come the same way.

An entry point of a list's group names an object (`package.module:Kind`), a module, or a package of modules. Of a
module every public object counts that is a kind of the list and was made there. Names are read when they are needed.

Parsing a DAG file pays for what is read here. Installed packages are looked through once, for all lists. A built-in
kind that stands in the module of its name is imported alone; the others are imported when the list is read whole.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.metadata import EntryPoint, distribution, distributions
from importlib.util import find_spec
from types import ModuleType
from typing import Generic, NamedTuple, TypeVar

from windvane.errors import BrokenPlugin, DuplicateKind, KindError, UnknownKind, nearest

K = TypeVar("K")

_PREFIX = "windvane."
"""What the groups of Windvane's lists begin with."""


class Found(NamedTuple, Generic[K]):
    """A kind, and where it comes from.

    Args:
        kind: The kind.
        package: The distribution that brings it, with its version.
    """

    kind: K
    package: str


class Point(NamedTuple):
    """An entry point of a list.

    Args:
        entry: The entry point.
        package: The distribution that has it, with its version.
    """

    entry: EntryPoint
    package: str


class OpenList(Generic[K]):
    """All kinds of one thing.

    Args:
        group: The entry points' group, such as `windvane.rules`.
        noun: What one kind is called in errors, such as `gate rule`.
        name_of: Returns a kind's name; None for an object that is no kind of this list.
        own: The package of Windvane's own kinds. Its entry point names it; where Windvane is on the path and not
            installed, so that it has no entry points, it is taken from here.
    """

    def __init__(self, group: str, noun: str, name_of: Callable[[object], str | None], own: str) -> None:
        self.group = group
        self.noun = noun
        self.own = own
        self._name_of = name_of
        self._imported: dict[str, Found[K]] = {}

    def __contains__(self, name: str) -> bool:
        return self._alone(name) is not None or name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def get(self, name: str) -> K:
        """Return the kind of this name.

        Raises:
            UnknownKind: No installed package brings it.
            BrokenPlugin, DuplicateKind: The list itself cannot be read.
        """
        return self._get(name).kind

    def items(self) -> Mapping[str, K]:
        """Return every kind by its name, in the order of the names."""
        return {name: found.kind for name, found in self._found.items()}

    def package_of(self, name: str) -> str:
        """Return the distribution that brings a kind, with its version."""
        return self._get(name).package

    def usable(self) -> tuple[Mapping[str, K], tuple[KindError, ...]]:
        """Return the kinds that can be used, and what is wrong with the packages of the others.

        For lists whose rest still serves: a broken page takes no other page away.
        """
        return self._usable

    def _get(self, name: str) -> Found[K]:
        alone = self._alone(name)
        if alone is not None:
            return alone
        if name not in self._found:
            cause = f"{self.noun} {name!r} is not known{nearest(name, self._found)}"
            raise UnknownKind(cause, f"correct the name, or install the package that brings this {self.noun}")
        return self._found[name]

    def _alone(self, name: str) -> Found[K] | None:
        """Return the built-in kind in the module of this name, without importing those of other names.

        None where there is none, and where other packages bring kinds: they may bring one of the same name, or be
        broken, and both are told whichever kind is asked for.
        """
        if "_found" in vars(self):
            return self._found.get(name)
        points = self._points()
        if len(points) > 1:
            return None
        if name not in self._imported and _is_module(self.own, name):
            for item in _made_in(importlib.import_module(f"{self.own}.{name}")):
                if self._name_of(item) == name:
                    self._imported[name] = Found(item, points[0].package)  # type: ignore[arg-type]  # `name_of` told
        return self._imported.get(name)

    @cached_property
    def _usable(self) -> tuple[Mapping[str, K], tuple[KindError, ...]]:
        kinds, problems = self._read()
        return {name: found.kind for name, found in kinds.items()}, problems

    @cached_property
    def _found(self) -> dict[str, Found[K]]:
        kinds, problems = self._read()
        for problem in problems:
            raise problem
        return kinds

    def _points(self) -> list[Point]:
        """Return the entry points of the group, Windvane's own first."""
        points = [point for point in _all_points(tuple(sys.path)) if point.entry.group == self.group]
        if all(point.entry.value != self.own for point in points):
            points.append(Point(EntryPoint("builtin", self.own, self.group), "windvane"))
        return sorted(points, key=_own_first)

    def _read(self) -> tuple[dict[str, Found[K]], tuple[KindError, ...]]:
        found: dict[str, Found[K]] = {}
        problems: list[KindError] = []
        for point, package in self._points():
            try:
                kinds = self._kinds(point, package)
            except KindError as error:
                problems.append(error)
                continue
            for name, kind in kinds:
                other = found.setdefault(name, Found(kind, package))
                if other.kind is not kind:
                    cause = f"two packages bring the {self.noun} {name!r}: {other.package} and {package}"
                    problems.append(DuplicateKind(cause, "uninstall one of them, or ask its author for another name"))
        return dict(sorted(found.items())), tuple(problems)

    def _kinds(self, point: EntryPoint, package: str) -> list[tuple[str, K]]:
        """Return what one entry point brings."""
        try:
            loaded = point.load()
            objects = list(_public(loaded)) if isinstance(loaded, ModuleType) else [loaded]
        except Exception as error:
            cause = f"{package} brings a {self.noun} ({point.name} = {point.value}) that cannot be imported: "
            cause += f"{type(error).__name__}: {error}"
            raise BrokenPlugin(cause, "update the package, or uninstall it") from error
        kinds = [(name, item) for item in objects if (name := self._name_of(item)) is not None]
        if not kinds:
            cause = f"{package} brings {point.name} = {point.value}, which is no {self.noun}"
            raise BrokenPlugin(cause, f"see how a {self.noun} is written in CONTRIBUTING.md; update the package")
        for name, kind in kinds:
            lacking = sorted(getattr(kind, "__abstractmethods__", ()))
            if lacking:
                cause = f"{package} brings the {self.noun} {name!r}, which does not say how to {' and '.join(lacking)}"
                raise BrokenPlugin(cause, f"see how a {self.noun} is written in CONTRIBUTING.md; update the package")
        return kinds  # type: ignore[return-value]  # `name_of` told that they are kinds


@lru_cache(maxsize=4)
def _all_points(path: tuple[str, ...]) -> tuple[Point, ...]:
    """Return the entry points of all lists, of every distribution on a path.

    A distribution that the path has twice counts as it is found first. Only the few that mention a list are read.
    """
    points: dict[str, list[Point]] = {}
    for mentioned in distributions(path=list(path)):
        if f"[{_PREFIX}" not in (mentioned.read_text("entry_points.txt") or ""):
            continue
        name = mentioned.metadata["Name"]
        if name not in points:
            found = distribution(name)
            package = f"{name} {found.metadata['Version']}"
            points[name] = [Point(entry, package) for entry in found.entry_points if entry.group.startswith(_PREFIX)]
    return tuple(point for name in sorted(points) for point in points[name])


def _is_module(package: str, name: str) -> bool:
    """Return whether a package has a public module of this name; the module is not imported."""
    return name.isidentifier() and not name.startswith("_") and find_spec(f"{package}.{name}") is not None


def _made_in(module: ModuleType) -> Iterator[object]:
    """Yield the public objects that a module made."""
    for name, item in vars(module).items():
        if not name.startswith("_") and getattr(item, "__module__", module.__name__) == module.__name__:
            yield item


def _public(module: ModuleType) -> Iterator[object]:
    """Yield the public objects that a module, or a package's modules, made."""
    yield from _made_in(module)
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        yield from _public(importlib.import_module(f"{module.__name__}.{found.name}"))


def _own_first(point: Point) -> tuple[bool, str, str]:
    """Return where an entry point stands: of two kinds of one name, Windvane's own is the one that stays."""
    return point.package.partition(" ")[0] != "windvane", point.package, point.entry.name
