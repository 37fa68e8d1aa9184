"""The code that a version was made with: kept beside it, and run as it was where the project's is another by now."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from windvane.errors import CorruptArtifact
from windvane.spec import Model, canonical_json
from windvane.stores.code import code_files, resolve
from windvane.stores.standing import StandingCode

_REMEDY = "restore the artifact from a backup, or train a new version"


def pack(model: Model) -> bytes:
    """Return the files of a spec's code as one artifact: canonical JSON, the same on every machine.

    Raises:
        SpecError: A named module or object cannot be imported, or has no source.
    """
    files = {name: base64.b64encode(content).decode() for name, content in code_files(model).items()}
    return canonical_json({"files": files}).encode()


class KeptCode(StandingCode):
    """Code as it was, apart from the modules of now.

    Its modules are imported from a folder of its own, and stand in `sys.modules` only while they are imported or one of
    their functions runs: whatever such a function imports is of then, too.

    Args:
        packed: What `pack` returned.
    """

    def __init__(self, packed: bytes) -> None:
        """Unpack the files, into a temporary folder that goes with this object."""
        files: Mapping[str, str] = json.loads(packed)["files"]
        self._folder = tempfile.mkdtemp(prefix="windvane-code-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        super().__init__([Path(self._folder)], frozenset(name.partition(".")[0] for name in files if "/" not in name))
        packages = {name.rpartition(".")[0] for name in files if "." in name and "/" not in name}
        root = Path(self._folder).resolve()
        for name, content in files.items():
            place = (root / _path_of(name, packages, files)).resolve()
            if not place.is_relative_to(root):
                raise CorruptArtifact(f"the kept code names a file outside its folder: {name!r:.90}", _REMEDY)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(base64.b64decode(content))

    @property
    def folder(self) -> Path:
        """Where its modules lie, as long as this object does."""
        return Path(self._folder)

    def resolve(self, path: str) -> Callable[..., Any]:
        """Return the function at an import path, as it was.

        Raises:
            SpecError: There is no such module, or no such name in it.
        """
        with self.standing():
            found = resolve(path)

        def of_then(*given: Any, **named: Any) -> Any:
            with self.standing():
                return found(*given, **named)

        return of_then


def _path_of(name: str, packages: set[str], files: Mapping[str, str]) -> str:
    """Return where a file lies below the folder: a data file by its path, a module as Python looks for it."""
    if "/" in name:
        return name
    inside = any(other.startswith((f"{name}.", f"{name.replace('.', '/')}/")) for other in files)
    return name.replace(".", "/") + ("/__init__.py" if inside or name in packages else ".py")
