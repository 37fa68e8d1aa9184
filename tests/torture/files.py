"""EIO and ENOSPC at every call that changes a file, in turn: a named error, nothing half, and the re-run completes.

The calls are thousands, the worlds that they leave are some dozens: the registry's clock stands still, so that worlds
can be compared whole, row by row and file by file, and equal ones are verified and worked in again once.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from tests.servers.faults import FailingDisk, Fault, Site
from tests.torture.children import Child, Reply
from tests.torture.kills import differences
from tests.torture.outcome import Outcome, Violation, tried
from tests.torture.work import WORKS
from tests.torture.worlds import Embedded, Look, World, contents, look, picture

FAULT = "EIO, ENOSPC at every write, fsync, create, rename and unlink in turn; SQLite and a folder"
MUST_HOLD = "a named error or done all the same; nothing half visible; re-run completes, as if never failed"
_DONE = "done all the same"
_UNKNOWN = "OutcomeUnknown"
"""The one error that does not say that nothing happened: of a commit that failed."""
_MODES = {
    "EIO once": (errno.EIO, False),
    "ENOSPC once": (errno.ENOSPC, False),
    "ENOSPC from then on": (errno.ENOSPC, True),
}


@dataclass(frozen=True)
class Aftermath:
    """What a failed call left.

    Args:
        found: How it looks.
        again: What is wrong once the work was done again.
    """

    found: Look
    again: tuple[str, ...]


class Sites:
    """Every call site of every work, with how each work leaves its world when nothing fails.

    Args:
        folder: Where the worlds are.
    """

    def __init__(self, folder: Path) -> None:
        self._disk = FailingDisk(folder)
        self._temporary = folder / "temporary"
        self._place = Embedded(folder, still=True)
        self._known: dict[tuple[str, str], Aftermath] = {}
        self.before: dict[str, dict[str, Any]] = {}
        self.pictures: dict[str, dict[str, Any]] = {}
        self.trials: list[tuple[str, int, Site, str]] = []
        for name in WORKS:
            world = self.world(name)
            self.before[name] = picture(world)
            reply, sites = self.tried(world, name, Fault())
            assert reply.done, reply
            self.pictures[name] = picture(world)
            self.trials += [(name, at, site, mode) for at, site in enumerate(sites) for mode in _MODES]

    @property
    def different(self) -> int:
        """How many worlds were looked at."""
        return len(self._known)

    def world(self, name: str) -> World:
        """Return a fresh world for a work."""
        return WORKS[name].world(self._place, 0)

    def tried(self, world: World, name: str, fault: Fault) -> tuple[Reply, list[Site]]:
        """Do a work on a disk with this fault."""
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir()
        child = Child(lambda: WORKS[name].act(world), before=self._enter)
        sites = self._disk.watch(fault)
        return child.reply(), sites

    def aftermath(self, world: World, name: str) -> Aftermath:
        """Look at the world that a work left, and do the work again; equal worlds are looked at once."""
        key = (name, contents(world))
        if key not in self._known:
            found = look(world)
            reply = Child(lambda: WORKS[name].act(world)).reply()
            if reply.done:
                then = look(world)
                again = [f"run again: {item}" for item in then.wrong]
                again += differences(self.pictures[name], then.picture, "run again")
            else:
                again = [f"the re-run ended with {reply.error}: {reply.text}"]
            self._known[key] = Aftermath(found, tuple(again))
        return self._known[key]

    def _enter(self) -> None:
        """Put temporary files on the disk that fails, too."""
        tempfile.tempdir = str(self._temporary)
        self._disk.enter()


def run(trials: Sequence[int], seed: int, folder: Path) -> Outcome:
    """Let each call fail in each way.

    Args:
        trials: Numbers of (call, way) pairs, one alone too; none takes all. Several are spread over all the calls there
            are, from the seed on.
        seed: Where to begin, when not all are taken.
        folder: Where the worlds are.
    """
    sites = Sites(folder)
    if len(trials) != 1:
        step = len(sites.trials) // len(trials) if trials else 1
        trials = range(seed % step, len(sites.trials), step)

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        name, at, site, mode = sites.trials[trial]
        error, stays = _MODES[mode]
        message = f"{name}, {mode} at call {at}, {site.call} {site.path}"
        world = sites.world(name)
        reply, _ = sites.tried(world, name, Fault(at, error, stays))
        counts[f"{mode}: {_DONE if reply.done else reply.error}"] += 1
        if not reply.done and not reply.named:
            yield f"{message}: {reply.text}"
        after = sites.aftermath(world, name)
        yield from (f"{message}: {item}" for item in (*after.found.wrong, *after.again))
        yield from _half(name, message, sites.before[name], after.found.picture, sites.pictures[name], reply)

    outcome = tried(FAULT, MUST_HOLD, trials, seed, attempt)
    outcome.counts["different worlds left"] = sites.different
    if len(trials) > 1 and all(what.endswith(_DONE) for what in outcome.counts if ": " in what):
        unfelt = Violation(trials[0], "no call that failed was felt by any work: is the disk failing at all?")
        return replace(outcome, violations=(*outcome.violations, unfelt))
    return outcome


def _half(
    name: str, message: str, before: dict[str, Any], after: dict[str, Any], whole: dict[str, Any], reply: Reply
) -> Iterator[str]:
    """Yield a violation when what happened is not a beginning of what should have happened."""
    if reply.done and after != whole:
        yield f"{message}: it said that it was done, and was not"
    missing = len(whole["events"]) - len(after["events"])
    if after["events"] != whole["events"][missing:] or (WORKS[name].empty and after["events"] and missing):
        yield f"{message}: events {after['events']} are no beginning of {whole['events']}"
    if not reply.done and WORKS[name].one_change and after != before and reply.error != _UNKNOWN:
        yield f"{message}: {reply.error} was raised, yet it happened"
