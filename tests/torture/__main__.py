"""`python -m tests.torture [ROW …]`: let everything fail that can, and show that what must hold held.

Without a row's name all of them run, each in a process of its own, two at a time, and a table of the counts is printed
at the end. Exit code 1 when anything did not hold; then the line to run the trial again is printed as well.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.torture.outcome import SHOWN, Outcome, table

if TYPE_CHECKING:
    from tests.torture.rows import Servers

_ROOT = Path(__file__).resolve().parent.parent.parent
_SIDE_BY_SIDE = 2
_MEMORY = "/dev/shm"  # noqa: S108 (a folder of its own is made in it)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; see the module."""
    requested = _parser().parse_args(arguments)
    if requested.answer:
        return _answer(requested)
    from tests.torture.rows import ROWS

    unknown = sorted(set(requested.rows) - set(ROWS))
    if unknown:
        print(f"no row {unknown[0]!r}; known: {', '.join(ROWS)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    rows = requested.rows or list(ROWS)
    if requested.json:
        print(_run(requested, rows[0], requested.seed).to_json())
        return 0
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        outcomes = list(pool.map(lambda name: _in_its_own_process(name, requested), rows))
    print(f"\n{table(outcomes)}\n\nseed {requested.seed}, {(time.monotonic() - started) / 60:.1f} minutes")
    return _message(dict(zip(rows, outcomes, strict=True)), requested.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help="which faults; all of them when none is named")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: 1)")
    parser.add_argument("--slice", action="store_true", help="as few trials as `make test` runs")
    parser.add_argument("--count", type=int, metavar="N", help="so many trials")
    parser.add_argument("--trial", type=int, metavar="N", help="this trial alone")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    return parser


def _run(requested: argparse.Namespace, name: str, seed: int, servers: Servers | None = None) -> Outcome:
    """Run a row in this process, which must have a single thread: its children are forks."""
    from tests.torture.rows import ROWS, Servers, Setting

    row = ROWS[name]
    number = requested.count or (row.slice if requested.slice else row.full)
    trials = range(number) if requested.trial is None or not row.numbered else [requested.trial]
    running = servers or Servers()
    where = _MEMORY if row.in_memory and os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="windvane-torture-", dir=where) as folder, _environment(Path(folder)):
        try:
            setting = Setting(trials, seed, Path(folder).resolve(), whole=not requested.slice, servers=running)
            return row.run(setting)
        finally:
            if servers is None:
                running.close()


@contextmanager
def _environment(folder: Path) -> Iterator[None]:
    """Keep everything of this process in its folder."""
    before = dict(os.environ)
    here = {"WINDVANE_HOME": str(folder), "HOME": str(folder)}
    os.environ.update(here)
    try:
        yield
    finally:
        for name in here:
            os.environ.pop(name)
            os.environ.update({name: before[name]} if name in before else {})


def _in_its_own_process(name: str, requested: argparse.Namespace) -> Outcome:
    command = [sys.executable, "-m", "tests.torture", name, "--json", "--seed", str(requested.seed)]
    command += ["--slice"] if requested.slice else []
    command += ["--count", str(requested.count)] if requested.count is not None else []
    command += ["--trial", str(requested.trial)] if requested.trial is not None else []
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}")
    outcome = Outcome.from_json(done.stdout.splitlines()[-1])
    counts = ", ".join(f"{what} {count:,}" for what, count in outcome.counts.items())
    print(f"{name}: {outcome.held:,} of {outcome.trials:,} held in {outcome.seconds:.0f} s ({counts})", file=sys.stderr)
    for violation in outcome.violations[:1]:
        print(f"  {violation.message}", file=sys.stderr)
    return outcome


def _message(outcomes: dict[str, Outcome], seed: int) -> int:
    """Tell what did not hold and how to see it again; return the exit code."""
    for name, outcome in outcomes.items():
        for violation in outcome.violations[:SHOWN]:
            again = f"python -m tests.torture {name} --seed {seed} --trial {violation.trial}"
            print(f"\n{violation.message}\n  again: {again}")
        if len(outcome.violations) > SHOWN:
            print(f"\n… and {len(outcome.violations) - SHOWN} more of {name}")
    return 1 if any(outcome.violations for outcome in outcomes.values()) else 0


def _answer(requested: argparse.Namespace) -> int:
    """Run each row that is asked for on the standard input, and answer with a line; the servers stay."""
    from tests.torture.rows import Servers

    servers = Servers()
    try:
        for line in sys.stdin:
            name, seed = line.split()
            print(_run(requested, name, int(seed), servers).to_json(), flush=True)
    finally:
        servers.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
