"""Put files in place: all of them, or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from windvane.errors import StorageFailed, StorageFull, WouldOverwrite


def refuse_existing(files: Mapping[Path, str]) -> None:
    """Refuse to replace what somebody wrote.

    Raises:
        WouldOverwrite: Naming the files that are there.
    """
    there = [str(path) for path in files if path.exists() or path.is_symlink()]
    if there:
        raise WouldOverwrite(f"{', '.join(there)} exists", "choose another name, or replace it with --force")


def place(files: Mapping[Path, str]) -> None:
    """Write all files under temporary names, then rename them; a failure before the end leaves nothing behind.

    Raises:
        StorageFull: No space is left.
        StorageFailed: A folder or file cannot be written.
    """
    made: list[Path] = []
    drafts: dict[Path, Path] = {}
    try:
        for path, text in files.items():
            made += _folders(path.parent)
            drafts[path] = path.with_name(f".{path.name}.{os.getpid()}.draft")
            with drafts[path].open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for path, draft in drafts.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "a folder is in the way", str(path))
            draft.replace(path)
    except OSError as error:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        cause = f"{error.filename or 'the project'} cannot be written: {error.strerror}; no file was changed"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(cause, "free some space and run it again") from error
        raise StorageFailed(cause, "check the folder and its permissions") from error


def _folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the new ones, outermost first."""
    absent = [one for one in (folder, *folder.parents) if not one.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return absent
