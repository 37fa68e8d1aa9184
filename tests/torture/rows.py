"""The rows of the table: each fault with how often it is tried, in full and in the slice that `make test` runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server, s3_server
from tests.torture import (
    crashes,
    fencing,
    files,
    kills,
    models,
    names,
    orders,
    outbox,
    promotions,
    s3,
    secrets,
    tamper,
    trails,
)
from tests.torture.lending import spec
from tests.torture.outcome import Outcome
from tests.torture.worlds import Embedded, Place, Served, World

EMBEDDED, SERVED = "SQLite and a folder", "PostgreSQL and S3"


class Servers:
    """Real servers, started when the first row asks for one; `close` ends them."""

    def __init__(self) -> None:
        self._running = ExitStack()

    def close(self) -> None:
        """End what was started."""
        self._running.close()

    @cached_property
    def postgres(self) -> PostgresServer:
        """A PostgreSQL that writes down what it commits, as in production."""
        return self._running.enter_context(PostgresServer(durable=True))

    @cached_property
    def s3(self) -> S3Server:
        """An S3 server; the environment leads to it."""
        server = self._running.enter_context(s3_server())
        os.environ.update(server.environment)
        return server

    @cached_property
    def place(self) -> Served:
        """Worlds of both."""
        folder = self._running.enter_context(TemporaryDirectory(prefix="windvane-torture-"))
        return Served(self.postgres, self.s3, Path(folder))


@dataclass(frozen=True)
class Setting:
    """How a row is run.

    Args:
        trials: Numbers of the trials.
        seed: Of all of them.
        folder: An empty one.
        whole: True for the full counts where they are not numbered trials.
        servers: Those that run.
    """

    trials: Sequence[int]
    seed: int
    folder: Path
    whole: bool
    servers: Servers = field(repr=False)

    def place(self, where: str) -> Place:
        """Return where the worlds are."""
        return Embedded(self.folder) if where == EMBEDDED else self.servers.place

    def world(self, where: str) -> World:
        """Return one world."""
        return self.place(where).world(0)


@dataclass(frozen=True)
class Row:
    """A fault, and how often it is tried.

    Args:
        run: Runs it.
        full: Trials of the whole suite; 0 for as many as there are call sites.
        slice: Trials within `make test`.
        numbered: True when one trial can be run alone.
        in_memory: True when its files may lie in memory: what a disk keeps through a crash is not what is tried.
    """

    run: Callable[[Setting], Outcome]
    full: int
    slice: int
    numbered: bool = True
    in_memory: bool = False


def _kills(where: str) -> Callable[[Setting], Outcome]:
    return lambda setting: kills.run(setting.trials, setting.seed, setting.place(where), where)


def _files(setting: Setting) -> Outcome:
    return files.run(setting.trials, setting.seed, setting.folder)


def _promotions(where: str) -> Callable[[Setting], Outcome]:
    def run(setting: Setting) -> Outcome:
        processes, each = (64, len(setting.trials) // 64) if setting.whole else (16, len(setting.trials) // 16)
        return promotions.run(processes, each, setting.seed, setting.world(where), where)

    return run


def _fencing(where: str) -> Callable[[Setting], Outcome]:
    return lambda setting: fencing.run(setting.trials, setting.seed, setting.place(where), where)


def _crashes(setting: Setting) -> Outcome:
    return crashes.run(setting.trials, setting.seed, setting.servers.postgres, setting.folder, spec())


def _s3(setting: Setting) -> Outcome:
    return s3.run(setting.trials, setting.seed, setting.servers.s3)


def _orders(setting: Setting) -> Outcome:
    windows = orders.WINDOWS if setting.whole else 4
    return orders.run(setting.trials, setting.seed, setting.folder, lambda: setting.servers.postgres, windows)


def _outbox(where: str) -> Callable[[Setting], Outcome]:
    def run(setting: Setting) -> Outcome:
        count = len(setting.trials)
        return outbox.run(count, count // 5, setting.seed, setting.world(where), setting.folder, where)

    return run


def _tamper(setting: Setting) -> Outcome:
    return tamper.run(setting.trials, setting.seed, setting.folder)


def _trails(setting: Setting) -> Outcome:
    return trails.run(setting.trials, setting.seed, setting.folder)


def _models(setting: Setting) -> Outcome:
    return models.run(setting.trials, setting.seed, setting.folder)


def _secrets(setting: Setting) -> Outcome:
    servers = setting.servers
    return secrets.run(setting.trials, setting.seed, servers.postgres, servers.s3, setting.folder)


def _names(where: str) -> Callable[[Setting], Outcome]:
    return lambda setting: names.run(setting.trials, setting.seed, setting.place(where), setting.folder, where)


ROWS: dict[str, Row] = {  # those that take longest first, so that two at a time end together
    "files": Row(_files, full=0, slice=8, in_memory=True),
    "kills-served": Row(_kills(SERVED), full=500, slice=2),
    "orders": Row(_orders, full=50, slice=2),
    "kills-embedded": Row(_kills(EMBEDDED), full=500, slice=4),
    "promotions-embedded": Row(_promotions(EMBEDDED), full=3200, slice=32, numbered=False),
    "promotions-served": Row(_promotions(SERVED), full=3200, slice=32, numbered=False),
    "fencing-embedded": Row(_fencing(EMBEDDED), full=20, slice=1),
    "fencing-served": Row(_fencing(SERVED), full=20, slice=1),
    "crashes": Row(_crashes, full=50, slice=4, numbered=False),
    "s3": Row(_s3, full=500, slice=16),
    "outbox-embedded": Row(_outbox(EMBEDDED), full=1000, slice=20, numbered=False),
    "outbox-served": Row(_outbox(SERVED), full=1000, slice=20, numbered=False),
    "tamper": Row(_tamper, full=1000, slice=24),
    "trails": Row(_trails, full=1000, slice=12, in_memory=True),
    "models": Row(_models, full=len(models.FILES), slice=len(models.FILES)),
    "secrets": Row(_secrets, full=10 * secrets.COUNT, slice=secrets.COUNT, numbered=False),
    "names-embedded": Row(_names(EMBEDDED), full=8_000, slice=900),
    "names-served": Row(_names(SERVED), full=2_000, slice=100),
}
