"""Who may read what we make: its owner alone, unless `WINDVANE_FILE_MODE` says otherwise."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from windvane.errors import InvalidText

MODE = "WINDVANE_FILE_MODE"
"""An octal number: `0600` for the owner alone, `0640` for a group that reads too, `0644` for all."""


def file_mode() -> int:
    """Return the permissions of files that we make.

    Raises:
        InvalidText: The variable is no octal number by which the owner reads and writes.
    """
    said = os.environ.get(MODE) or "0600"
    with contextlib.suppress(ValueError):
        mode = int(said, 8)
        if mode & 0o600 == 0o600 and mode <= 0o666 and not mode & 0o111:
            return mode
    cause = f"{MODE}={said!r:.30} is no octal number of permissions by which the owner reads and writes"
    raise InvalidText(cause, "set it to 0600, 0640, 0660 or 0644")


def folder_mode() -> int:
    """Return the permissions of folders that we make: who reads files may enter them."""
    mode = file_mode()
    return mode | (mode & 0o444) >> 2


def make_folders(folder: Path) -> None:
    """Make a folder and those above it that are missing; those that are there stay as they are.

    Raises:
        OSError: One cannot be made.
    """
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folders(folder.parent)
    try:
        folder.mkdir(mode=folder_mode())
        folder.chmod(folder_mode())
    except FileExistsError:
        if not folder.is_dir():
            raise


def make_file(path: Path) -> None:
    """Make an empty file where there is none; what cannot be made is told by who opens it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, file_mode())
        os.fchmod(descriptor, file_mode())
        os.close(descriptor)
