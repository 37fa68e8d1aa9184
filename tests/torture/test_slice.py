"""A few trials of each fault of the torture suite; `make torture` runs all of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.torture.outcome import Outcome
from tests.torture.rows import ROWS

SEED = 1
ROOT = Path(__file__).resolve().parent.parent.parent

Torture = Callable[[str], Outcome]


@pytest.fixture(scope="session")
def torture() -> Iterator[Torture]:
    """A process of one thread that runs rows: it forks, and pytest has threads of its own."""
    command = [sys.executable, "-m", "tests.torture", "--answer", "--slice"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        requested, answers = process.stdin, process.stdout
        assert requested is not None
        assert answers is not None

        def run(name: str) -> Outcome:
            requested.write(f"{name} {SEED}\n")
            requested.flush()
            return Outcome.from_json(answers.readline())

        yield run
        requested.close()


@pytest.mark.integration
@pytest.mark.parametrize("name", ROWS)
def test_what_must_hold_holds_in_a_slice_of_the_torture(name: str, torture: Torture) -> None:
    outcome = torture(name)
    assert outcome.trials > 0
    assert not outcome.violations, "\n\n".join(item.message for item in outcome.violations[:5])
