"""The person at a terminal, as the operating system knows them: never as an environment variable says."""

from __future__ import annotations

import contextlib
import os
import pwd
from pathlib import Path

_LOGIN = Path("/proc/self/loginuid")
"""Who logged in, on Linux: `sudo` and `su` leave it as it is."""
_NOBODY = 2**32 - 1
"""What stands there where nobody did, as in a container."""


def at_terminal() -> str:
    """Return the actor of this process: `os:1000/ada`, the user's id and the account's name.

    On Linux that is who logged in, also behind `sudo`; elsewhere the process's real user. Where no account has the id,
    the name is left out.
    """
    number = _logged_in()
    number = os.getuid() if number is None else number
    name = _account(number)
    return f"os:{number}/{name}" if name else f"os:{number}"


def _logged_in() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        number = int(_LOGIN.read_text(encoding="ascii"))
        if number != _NOBODY:
            return number
    return None


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container under an id that no account has
        return ""
