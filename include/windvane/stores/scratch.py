"""A replay's own stores: a folder that can be thrown away, and taken up again where it was left."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from windvane.errors import StorageFailed, StorageFull
from windvane.results import PlayedWindow
from windvane.stores import Stores
from windvane.stores.artifacts import open_artifacts
from windvane.stores.modes import open_new
from windvane.stores.temporary import FULL

_MARK = ".windvane-replay"
"""Lies in every replay's folder, so that no other folder is ever thrown away."""


class Scratch:
    """The folder of a replay.

    `data/` holds the windows' rows as Parquet, shared by all; `artifacts/` the bytes of all plans; each plan has a
    folder of its own with a registry and the windows it has played, a line a window.

    Args:
        root: The folder; made when it is missing.
        fresh: Throw away what was played there before.

    Raises:
        StorageFailed: It holds other files, or cannot be written.
    """

    def __init__(self, root: Path, *, fresh: bool = False) -> None:
        self.root = root.absolute()
        self.data = self.root / "data"
        mark = self.root / _MARK
        with _named(self.root):
            if not mark.is_file() and self.root.is_dir() and any(self.root.iterdir()):
                cause = f"{self.root} holds other files, and is no replay's folder"
                raise StorageFailed(cause, "name an empty folder, or a new one, with --scratch")
            if fresh:
                shutil.rmtree(self.root, ignore_errors=True)
            self.data.mkdir(parents=True, exist_ok=True)
            mark.touch()

    @contextmanager
    def stores(self, unit: str, moment: Moment) -> Iterator[Stores]:
        """Open the stores of one plan, whose clock stands where `moment` says."""
        from windvane.stores.sql import SqlRegistry

        with _named(self.root):
            (self.root / unit).mkdir(exist_ok=True)
        registry = SqlRegistry(f"sqlite:///{self.root / unit / 'registry.db'}", clock=moment)
        try:
            yield Stores(registry=registry, artifacts=open_artifacts(str(self.root / "artifacts")))
        finally:
            registry.close()

    def kept(self, window: str) -> list[Path]:
        """Return the files of a window's rows; nothing when they were not taken, or not all of them."""
        done = self.data / f"{window}.done"
        return sorted(self.data.glob(f"{window}.*.parquet")) if done.is_file() else []

    def taken(self, window: str) -> bool:
        """True when a window was looked at, whether or not it has rows."""
        return (self.data / f"{window}.done").is_file()

    def keep(self, window: str, parts: Iterator[bytes]) -> None:
        """Keep the files of a window's rows; a window without rows has none."""
        with _named(self.data):
            for number, content in enumerate(parts):
                _replace(self.data / f"{window}.{number:05}.parquet", content)
            _replace(self.data / f"{window}.done", b"")

    def played(self, unit: str) -> list[PlayedWindow]:
        """Return the windows that a plan has played, in order; a line that was cut short does not count."""
        file = self.root / unit / "played.jsonl"
        found = []
        with contextlib.suppress(FileNotFoundError, ValidationError):
            for line in file.read_bytes().splitlines():
                found.append(PlayedWindow.from_json(line))  # noqa: PERF401 (what was read before a bad line counts)
        return found

    def note(self, unit: str, windows: Sequence[PlayedWindow]) -> None:
        """Keep the windows that a plan has played."""
        text = "".join(f"{window.to_json()}\n" for window in windows)
        with _named(self.root):
            _replace(self.root / unit / "played.jsonl", text.encode())


class Moment:
    """The clock of a replay: it stands where it was set."""

    def __init__(self) -> None:
        self.at = datetime(1970, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.at


def keep_file(path: Path, content: bytes) -> None:
    """Write a file that a person asked for, whole or not at all.

    Raises:
        StorageFull, StorageFailed: It cannot be written.
    """
    try:
        _replace(path, content)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        if error.errno in FULL:
            raise StorageFull(message, "free some space, then run the same again") from error
        raise StorageFailed(message, "name a file in a folder you may write") from error


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with open_new(partial, 0o666) as file:  # a person's own file: what the umask allows
        file.write(content)
    partial.replace(path)


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"cannot write the replay's folder {folder}: {error.strerror or error}"
        if error.errno in FULL:
            raise StorageFull(
                message, "free some space, then run the same again; it goes on where it stopped"
            ) from error
        raise StorageFailed(message, "name a folder you may write with --scratch") from error
