"""What a process in the box may use, and how that is held."""

from __future__ import annotations

import contextlib
import os
import resource
from dataclasses import dataclass
from pathlib import Path

from windvane.errors import InvalidText

MEMORY, SECONDS = "WINDVANE_BOX_MEMORY", "WINDVANE_BOX_SECONDS"
"""Environment variables: MiB of memory, and seconds for one answer."""


@dataclass(frozen=True)
class Limits:
    """What one model in the box may use.

    Args:
        memory: Bytes beyond what the libraries themselves take.
        seconds: For one answer, of wall time and of processor time: to be loaded, or to score one frame.
        files: Open files.
    """

    memory: int = 4 * 2**30
    seconds: float = 300.0
    files: int = 64

    @classmethod
    def declared(cls) -> Limits:
        """Return the limits that the environment declares; those that it does not are the usual ones.

        Raises:
            InvalidText: A variable is no positive number.
        """
        return cls(int(_number(MEMORY, 4096) * 2**20), _number(SECONDS, 300))


def hold(limits: Limits) -> None:
    """Put limits on this process; from then on it opens, starts and reaches nothing new.

    Memory, processor time, open files and written bytes are held by `setrlimit` on every system. On Linux for x86-64
    and arm64 the kernel also refuses what `filtering` lists. Elsewhere that is weaker; see `docs/threats.md`.
    """
    from windvane.stores.box.filtering import refuse_calls

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file grows
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.files, limits.files))
    with contextlib.suppress(ValueError, OSError):  # macOS accepts no such limit
        taken = _taken() + limits.memory
        resource.setrlimit(resource.RLIMIT_AS, (taken, taken))
    refuse_calls()


def arm(limits: Limits) -> None:
    """Give this process its processor time for the next answer."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + limits.seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def _taken() -> int:
    """Return the bytes of address space that this process has by now."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _number(name: str, usual: float) -> float:
    said = os.environ.get(name, "")
    if not said:
        return usual
    with contextlib.suppress(ValueError):
        if 0 < float(said) < float("inf"):
            return float(said)
    raise InvalidText(f"{name}={said!r:.60} is no positive number", f"set it to a number, as {name}={usual:g}")
