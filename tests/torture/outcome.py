"""What a fault came to: how many trials, what must hold, and each trial in which it did not."""

from __future__ import annotations

import json
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from random import Random

SHOWN = 20
"""Most violations of one fault that are told in full."""


@dataclass(frozen=True)
class Violation:
    """What did not hold, and the trial that shows it again."""

    trial: int
    message: str


@dataclass(frozen=True)
class Outcome:
    """One row of the table."""

    fault: str
    must_hold: str
    trials: int
    violations: tuple[Violation, ...]
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)
    """What happened on the way, for a reader who wonders whether the fault was really there."""

    @property
    def held(self) -> int:
        """Trials in which all of it held."""
        return self.trials - len({item.trial for item in self.violations})

    def to_json(self) -> str:
        """Return one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """Read what `to_json` wrote."""
        message = json.loads(text)
        return cls(**(message | {"violations": tuple(Violation(**item) for item in message["violations"])}))


def tried(
    fault: str,
    must_hold: str,
    trials: Sequence[int],
    seed: int,
    attempt: Callable[[int, Random, Counter[str]], Iterable[str]],
) -> Outcome:
    """Run trials one after the other; each has randomness of its own, so that one can be run again alone.

    Args:
        fault: The row's name.
        must_hold: What must hold, in words.
        trials: Their numbers.
        seed: Of all of them.
        attempt: Returns what did not hold in one trial; what it raises did not hold either.
    """
    started, counts, found = time.monotonic(), Counter[str](), list[Violation]()
    for trial in trials:
        try:
            message = list(attempt(trial, random_of(fault, seed, trial), counts))
        except Exception:  # noqa: BLE001 (a trial that cannot be judged did not hold)
            message = [traceback.format_exc(limit=-6)]
        found += [Violation(trial, item) for item in message]
    return Outcome(
        fault, must_hold, len(trials), tuple(found), time.monotonic() - started, dict(sorted(counts.items()))
    )


def random_of(fault: str, seed: int, trial: int) -> Random:
    """Return the randomness of one trial."""
    return Random(f"{fault}:{seed}:{trial}")


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a Markdown table."""
    lines = ["| fault | trials | what must hold | held | violations |", "|---|---:|---|---:|---:|"]
    for item in outcomes:
        broken = item.trials - item.held
        lines.append(f"| {item.fault} | {item.trials:,} | {item.must_hold} | {item.held:,} | {broken:,} |")
    return "\n".join(lines)
