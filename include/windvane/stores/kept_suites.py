"""What a function of the spec expects, kept as JSON: it is called once for each state of its code.

To build expectations, a function imports Great Expectations, which takes seconds. What it returns depends on its code:
its module, what that imports from beside it, the files that these name, and the installed packages. While none of them
changes, the suite is read from the folder `expectations` in `home()`. It is no record: where it is gone, or cannot be
written, the function is called again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from windvane.spec import sha256_of
from windvane.stores import home
from windvane.stores.code import files_of, installed

_FOLDER = "expectations"


def place_of(path: str) -> Path:
    """Return where the suite of a function is kept for the present state of its code.

    Args:
        path: The function's import path.

    Raises:
        SpecError: Its module has no source.
    """
    files = {name: sha256(content).hexdigest() for name, content in files_of([path]).items()}
    digest = sha256_of({"path": path, "files": files, "installed": installed()})
    return home() / _FOLDER / f"{digest.removeprefix('sha256:')}.json"


def kept_text(place: Path) -> str | None:
    """Return what is kept at a place; None where nothing can be read."""
    with suppress(OSError, ValueError):
        return place.read_text(encoding="utf-8")
    return None


def keep_text(place: Path, text: str) -> None:
    """Write whole or not at all, for others may read meanwhile; where nothing can be written, nothing is kept."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = place.with_suffix(f".{os.getpid()}")
        made.write_text(text, encoding="utf-8")
        made.replace(place)
