"""The warnings of a fit: gathered, kept once each, and without secrets or paths."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from windvane.redaction import redacted
from windvane.results import FitWarning

_MOST = 20
"""Most kinds of warnings that are kept of one fit."""
_DISTINCT = 200
"""Most different warnings that are counted: some say a number that is never the same."""
_LONGEST = 300
_TOLD = "ConvergenceWarning"
"""The class that the gate reads."""
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[/\\][\w.@+-]+){2,}[/\\]?")


Raised = Counter[tuple[str, str]]
"""How often each warning was raised, by its class and what it said."""


@contextmanager
def gathered() -> Iterator[Raised]:
    """Count every warning that is raised within.

    Warnings in worker processes (`n_jobs` with a process backend) are not seen here: they go to the worker's own log.
    """
    found: Raised = Counter()

    def count(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        key = (category.__name__, _plain(str(message)))
        if key in found or len(found) < _DISTINCT or key[0] == _TOLD:
            found[key] += 1

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = count
        yield found


def kept(found: Raised) -> tuple[FitWarning, ...]:
    """Return what is recorded: each warning once, with how often it was raised; what the gate reads comes first."""
    ranked = sorted(found.items(), key=lambda item: item[0][0] != _TOLD)
    return tuple(FitWarning(category=name, message=text, count=count) for (name, text), count in ranked[:_MOST])


def together(*found: Sequence[FitWarning]) -> tuple[FitWarning, ...]:
    """Return what several fits warned of, each warning once."""
    counts: Raised = Counter()
    for item in (item for items in found for item in items):
        counts[item.category, item.message] += item.count
    return kept(counts)


def _plain(text: str) -> str:
    """Return a message on one line, without web addresses' secrets and without paths of files."""
    words = [word if "://" in word else _PATH.sub("<path>", word) for word in redacted(text, longest=None).split()]
    line = " ".join(words)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
