"""Temporary files, where `TMPDIR` says; a folder that is full or cannot be written to has a name, as any store does."""

from __future__ import annotations

import errno
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from windvane.errors import StorageFailed, StorageFull

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a disk without room for more answers."""
_REMEDY = "free some space, or set TMPDIR to a larger folder; then run the same again"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that goes with the block; one that cannot be removed is left to the system.

    Raises:
        StorageFull, StorageFailed: It cannot be made.
    """
    with unkept("make a temporary folder"):
        made = tempfile.TemporaryDirectory(prefix="windvane-", ignore_cleanup_errors=True)
    with made as folder:
        yield Path(folder)


@contextmanager
def unkept(what: str) -> Iterator[None]:
    """Give the name of a store's error to what goes wrong with a temporary file.

    Args:
        what: What is being done, as it follows `cannot`.

    Raises:
        StorageFull, StorageFailed: It went wrong.
    """
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        kind = StorageFull if error.errno in FULL else StorageFailed
        raise kind(f"cannot {what}: {error.strerror or error}{where}", _REMEDY) from error
    except sqlite3.OperationalError as error:
        kind = StorageFull if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL else StorageFailed
        raise kind(f"cannot {what}: {error}", _REMEDY) from error
