"""Modules that stand in `sys.modules` only while they are asked for: one process holds several codes of one name."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

_SWAP = threading.RLock()
"""Held while modules stand in place of others: `sys.modules` and `sys.path` are the whole process's."""

_Stamp = tuple[int, int]


class StandingCode:
    """The modules of some folders, apart from whatever else is imported in the process.

    They are imported from these folders, and stand in `sys.modules` only while the block of `standing` runs: whatever
    is imported there by their names is theirs. Another thread that wants such modules waits until the block ends;
    one that imports a module of the same name by itself meanwhile would get the one that stands.

    Args:
        folders: Where the modules lie, the first one first.
        tops: The names of their modules and packages that are in no other one; None looks into the folders each time.
    """

    def __init__(self, folders: Sequence[Path], tops: frozenset[str] | None = None) -> None:
        self._folders = tuple(folders)
        self._known_tops = tops
        self._modules: dict[str, ModuleType] = {}
        self._stamps: dict[Path, _Stamp] = {}

    @property
    def tops(self) -> frozenset[str]:
        """The names of its modules and packages that are in no other one."""
        return self._known_tops if self._known_tops is not None else _tops(self._folders)

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Let its modules stand in place of all others of their names, in the whole process.

        A module whose file changed since it was imported is imported again, with all others of these folders.
        """
        with _SWAP:
            tops, folders = self.tops, [str(folder) for folder in self._folders]
            if self._known_tops is None:
                self._refresh(tops)
            now, path = _those(tops), list(sys.path)
            for name in now:
                del sys.modules[name]
            sys.modules.update(self._modules)
            sys.path[:] = folders + [entry for entry in path if entry not in folders]
            importlib.invalidate_caches()
            try:
                yield
            finally:
                self._modules = _those(tops)
                for name in self._modules:
                    del sys.modules[name]
                sys.modules.update(now)
                sys.path[:] = path + [entry for entry in sys.path if entry not in path and entry not in folders]
                importlib.invalidate_caches()

    def _refresh(self, tops: frozenset[str]) -> None:
        stamps = {file: stamp for folder in self._folders for file, stamp in _stamps(folder, tops)}
        files = {Path(module.__file__) for module in self._modules.values() if module.__file__}
        if any(self._stamps.get(file) != stamps.get(file) for file in files):
            self._modules = {}
        self._stamps = stamps


def _those(tops: frozenset[str]) -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] in tops}


def _tops(folders: Sequence[Path]) -> frozenset[str]:
    """Return the modules and packages of folders; what is Python's own, or Windvane's, is nobody else's."""
    found = {file.stem for folder in folders for file in folder.glob("*.py")}
    found |= {
        inner.name
        for folder in folders
        for inner in folder.iterdir()
        if inner.is_dir() and inner.name.isidentifier() and any(inner.glob("*.py"))
    }
    return frozenset(found) - sys.stdlib_module_names - {"windvane", "__main__"}


def _stamps(folder: Path, tops: frozenset[str]) -> Iterator[tuple[Path, _Stamp]]:
    """Yield the files of modules with their time of change and size."""
    for top in tops:
        for file in (folder / f"{top}.py", *(folder / top).rglob("*.py")):
            if file.is_file():
                found = file.stat()
                yield file, (found.st_mtime_ns, found.st_size)
