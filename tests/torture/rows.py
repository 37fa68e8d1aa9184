"""The rows of the table: each fault with how often it is tried, in full and in the slice that `make test` runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.torture import files, kills, models, names, orders, outbox, promotions, tamper
from tests.torture.outcome import Outcome
from tests.torture.worlds import Embedded


@dataclass(frozen=True)
class Setting:
    """How a row is run.

    Args:
        trials: Numbers of the trials.
        seed: Of all of them.
        folder: An empty one.
        whole: True for the full counts where they are not numbered trials.
    """

    trials: Sequence[int]
    seed: int
    folder: Path
    whole: bool


@dataclass(frozen=True)
class Row:
    """A fault, and how often it is tried.

    Args:
        run: Runs it.
        full: Trials of the whole suite.
        slice: Trials within `make test`.
        numbered: True when one trial can be run alone.
    """

    run: Callable[[Setting], Outcome]
    full: int
    slice: int
    numbered: bool = True


def _kills_embedded(setting: Setting) -> Outcome:
    return kills.run(setting.trials, setting.seed, Embedded(setting.folder), "SQLite and a folder")


def _files(setting: Setting) -> Outcome:
    return files.run(setting.trials, setting.seed, setting.folder)


def _promotions_embedded(setting: Setting) -> Outcome:
    processes, each = (64, 50) if setting.whole else (16, 3)
    return promotions.run(processes, each, setting.seed, Embedded(setting.folder).world(0), "SQLite")


def _orders(setting: Setting) -> Outcome:
    return orders.run(setting.trials, setting.seed, setting.folder, orders.WINDOWS if setting.whole else 6)


def _outbox(setting: Setting) -> Outcome:
    positives = len(setting.trials)
    return outbox.run(positives, positives // 5, setting.seed, Embedded(setting.folder).world(0), setting.folder)


def _tamper(setting: Setting) -> Outcome:
    return tamper.run(setting.trials, setting.seed, setting.folder)


def _models(setting: Setting) -> Outcome:
    return models.run(setting.trials, setting.seed, setting.folder)


def _names_embedded(setting: Setting) -> Outcome:
    world = Embedded(setting.folder).world(0)
    return names.run(setting.trials, setting.seed, world, setting.folder, "SQLite and a folder")


ROWS: dict[str, Row] = {
    "kills-embedded": Row(_kills_embedded, full=500, slice=8),
    "files": Row(_files, full=0, slice=16),
    "promotions-embedded": Row(_promotions_embedded, full=3200, slice=48, numbered=False),
    "outbox": Row(_outbox, full=1000, slice=40, numbered=False),
    "models": Row(_models, full=len(models.FILES), slice=len(models.FILES)),
}
"""`full=0`: as many as there are call sites."""
