"""What a function of the spec expects, kept as JSON: it is called once for each state of what it depends on.

To build expectations, a function imports Great Expectations, which takes seconds. What it returns depends on its code:
its module, what that imports from beside it, the files that these name, and the installed packages. It depends on the
files, folders and environment variables that it read, too: they are recorded while it runs, and looked at before what
is kept is used. Where it may depend on something else, such as the clock, nothing is kept. The suite lies in the folder
`expectations` in `home()`. It is no record: where it is gone, or cannot be written, the function is called again.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from windvane.spec import sha256_of
from windvane.stores import home
from windvane.stores.code import files_of, installed
from windvane.stores.knowable import untold
from windvane.stores.recorded import Recording, unchanged

_FOLDER = "expectations"
_LOG = logging.getLogger(__name__)


class Kept:
    """Where the suite of a function is kept for the present state of its code, and what is known of it.

    Args:
        path: The function's import path.

    Raises:
        SpecError: Its module has no source.
    """

    def __init__(self, path: str) -> None:
        sources = files_of([path])
        files = {name: sha256(content).hexdigest() for name, content in sources.items()}
        module = getattr(sys.modules[path.partition(":")[0]], "__file__", None)
        state = {"path": path, "files": files, "installed": installed(), "file": module, "folder": str(Path.cwd())}
        self._digest = sha256_of(state).removeprefix("sha256:")
        self._place = home() / _FOLDER / f"{self._digest}.json"
        self._path = path
        self._sources = sources

    def text(self) -> str | None:
        """Return the suite that is kept; None where there is none, or something that it depends on changed."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads(self._place.read_text(encoding="utf-8"))
            if unchanged(found["read"], self._digest):
                return str(found["suite"])
        return None

    def keep(self, text: str, read: Recording) -> None:
        """Keep a suite, whole or not at all, for others may read meanwhile.

        Where it may depend on what nobody can tell, or where nothing can be written, nothing is kept.

        Args:
            text: The suite.
            read: What was read while the function ran.
        """
        why = untold(self._path, self._sources) or read.untold
        state = None if why else read.state(self._digest)
        if state is None:
            _LOG.info("%s is asked each time, for it may depend on %s", self._path, why or "a file that cannot be read")
            return
        with suppress(OSError):
            self._place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = self._place.with_suffix(f".{os.getpid()}")
            made.write_text(json.dumps({"suite": text, "read": state}), encoding="utf-8")
            made.replace(self._place)
