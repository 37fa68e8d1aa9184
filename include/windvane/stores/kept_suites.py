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
from typing import Any

from windvane.lifecycle.passed_on import listed
from windvane.lifecycle.suites import kept_form, read_kept
from windvane.spec import Model, sha256_of
from windvane.stores import home
from windvane.stores.code import files_of, installed, resolve

_FOLDER = "expectations"


def declared_suite(model: Model) -> Any:
    """Return what a model expects: a kept suite, what its function returns, or None where it names no function.

    Raises:
        SpecError: The function cannot be imported, or returns something else.
    """
    if model.expect is None:
        return None
    place = _place(model.expect)
    with suppress(OSError, ValueError):
        return read_kept(place.read_text(encoding="utf-8"))
    found = listed(resolve(model.expect)(), model)
    text = kept_form(found)
    if text is not None:
        with suppress(OSError):
            _write(place, text)
    return found


def _place(path: str) -> Path:
    files = {name: sha256(content).hexdigest() for name, content in files_of([path]).items()}
    digest = sha256_of({"path": path, "files": files, "installed": installed()})
    return home() / _FOLDER / f"{digest.removeprefix('sha256:')}.json"


def _write(place: Path, text: str) -> None:
    """Write whole or not at all: others may read meanwhile."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = place.with_suffix(f".{os.getpid()}")
    made.write_text(text, encoding="utf-8")
    made.replace(place)
