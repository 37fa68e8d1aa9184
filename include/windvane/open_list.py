"""Open lists: the kinds of one thing, such as gate rules, found by entry points. Built-in kinds come the same way.

An entry point of a list's group names an object (`package.module:Kind`), a module, or a package of modules. Of a
module every public object counts that is a kind of the list and was made there. Names are read when they are needed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Generic, NamedTuple, TypeVar

from windvane.errors import BrokenPlugin, DuplicateKind, KindError, UnknownKind, nearest

K = TypeVar("K")


class Found(NamedTuple, Generic[K]):
    """A kind, and where it comes from.

    Args:
        kind: The kind.
        package: The distribution that brings it, with its version.
    """

    kind: K
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

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def get(self, name: str) -> K:
        """Return the kind of this name.

        Raises:
            UnknownKind: No installed package brings it.
            BrokenPlugin, DuplicateKind: The list itself cannot be read.
        """
        if name not in self._found:
            cause = f"{self.noun} {name!r} is not known{nearest(name, self._found)}"
            raise UnknownKind(cause, f"correct the name, or install the package that brings this {self.noun}")
        return self._found[name].kind

    def items(self) -> Mapping[str, K]:
        """Return every kind by its name, in the order of the names."""
        return {name: found.kind for name, found in self._found.items()}

    def package_of(self, name: str) -> str:
        """Return the distribution that brings a kind, with its version."""
        self.get(name)
        return self._found[name].package

    def usable(self) -> tuple[Mapping[str, K], tuple[KindError, ...]]:
        """Return the kinds that can be used, and what is wrong with the packages of the others.

        For lists whose rest still serves: a broken page takes no other page away.
        """
        return self._usable

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

    def _read(self) -> tuple[dict[str, Found[K]], tuple[KindError, ...]]:
        found: dict[str, Found[K]] = {}
        problems: list[KindError] = []
        points = list(entry_points(group=self.group))
        if all(point.value != self.own for point in points):
            points.append(EntryPoint("builtin", self.own, self.group))
        for point in sorted(points, key=_own_first):
            package = _package(point)
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
        return kinds  # type: ignore[return-value]  # `name_of` told that they are kinds


def _public(module: ModuleType) -> Iterator[object]:
    """Yield the public objects that a module, or a package's modules, made."""
    for name, item in vars(module).items():
        if not name.startswith("_") and getattr(item, "__module__", module.__name__) == module.__name__:
            yield item
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        yield from _public(importlib.import_module(f"{module.__name__}.{found.name}"))


def _own_first(point: EntryPoint) -> tuple[bool, str, str]:
    """Return where an entry point stands: of two kinds of one name, Windvane's own is the one that stays."""
    package = _package(point)
    return package.partition(" ")[0] != "windvane", package, point.name


def _package(point: EntryPoint) -> str:
    if point.dist is None:
        return point.value.partition(".")[0]
    return f"{point.dist.name} {point.dist.version}"
