"""Who may read what we make: its owner alone, unless `WINDVANE_FILE_MODE` says otherwise."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import IO

from windvane.errors import CorruptArtifact, InvalidText

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


def open_new(path: Path, mode: int) -> IO[bytes]:
    """Open a draft that is only written: a new file, whatever stood under its name.

    Who may write in the folder knows the name, and may put a link there. It is removed, and not followed.

    Raises:
        OSError: It cannot be made, or somebody put something there again.
    """
    path.unlink(missing_ok=True)
    flags = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, mode), "wb")


def open_lock(path: Path) -> IO[bytes]:
    """Open a file that is only locked: made where it is missing, never emptied, and no link.

    Raises:
        OSError: It cannot be opened, or is a link.
    """
    flags = os.O_CREAT | os.O_NOFOLLOW | os.O_RDWR | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o666), "rb")


def open_regular(path: Path, where: str) -> IO[bytes]:
    """Open a regular file for reading, or what a link leads to where that is one; nothing is waited for.

    A named pipe would hold up its reader for ever, and a device such as `/dev/zero` never ends.

    Raises:
        CorruptArtifact: It is something else.
        OSError: It cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CorruptArtifact(f"{path.name} in {where} is no regular file", "remove it, and find out who put it there")
    return os.fdopen(descriptor, "rb")
