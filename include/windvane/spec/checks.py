"""The monitor's checks as an open list: what a kind of check says of itself. Built-in kinds come the same way.

A kind is a subclass of `Check` in a module that the entry points `windvane.checks` name, and nothing else: it says
what it needs, how much of the error rate it may use, and how it is shown.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, get_args

from windvane.errors import UnknownKind, WindvaneError
from windvane.open_list import OpenList

Need = Literal[
    "rows", "reference", "scores", "outcomes", "earlier", "like", "usual_rows", "past", "reference_rows", "protected"
]
"""What a check may need: the window's rows; the profile of the version that scores it; the published scores; outcomes;
the scored rows of earlier windows; the profile of like windows; the rows of a usual window; earlier conclusions; the
rows the version was trained on; protected columns. What takes time to load is loaded only when a check needs it."""

Budget = Literal["half", "shared", "none"]
"""How much of a window's error rate a check may use: half of it, an equal part of the rest, or nothing, because it
states an estimate and tests nothing."""


class Check(ABC):
    """A kind of check: a question about a window, and how its answer is shown."""

    name: ClassVar[str]
    """What specs and results call it."""
    label: ClassVar[str]
    """What people read."""
    finding: ClassVar[str] = ""
    """How a finding of it is named in a headline, such as `data drift`; empty for the label."""
    needs: ClassVar[tuple[Need, ...]] = ("rows", "reference")
    """What it looks at. Without rows, reference or scores that it needs, the answer is `insufficient_data` at once."""
    default: ClassVar[int | None] = None
    """Its place among the checks of a monitor that names none; None where it must be named. It counts for built-in
    kinds only: what a spec means does not depend on what is installed beside it."""
    budget: ClassVar[Budget] = "shared"
    explained: ClassVar[bool] = False
    """Whether a finding is led back to the columns that moved."""
    unit: ClassVar[str] = ""
    """Unit of its effect; one that begins with `%` says that the effect is a share, such as `% of the rows`."""
    better: ClassVar[Literal["higher", "lower", ""]] = ""
    """Which effect is the better one."""

    def __init_subclass__(cls) -> None:
        """Refuse a need that nothing can meet: it would be loaded for nobody, silently."""
        unknown = sorted(set(cls.needs) - set(get_args(Need)))
        if unknown:
            raise TypeError(f"{cls.__name__} needs {', '.join(unknown)}; known: {', '.join(get_args(Need))}")

    @abstractmethod
    def answer(self, work: Any) -> Any:
        """Answer for a window.

        Args:
            work: What is known about it, a `windvane.lifecycle.checks.case.Work`.

        Returns:
            A `windvane.results.CheckResult`; `insufficient_data` where there is too little to say.
        """


def _name_of(item: object) -> str | None:
    is_kind = isinstance(item, type) and issubclass(item, Check) and item is not Check
    return getattr(item, "name", None) if is_kind else None


CHECKS: OpenList[type[Check]] = OpenList("windvane.checks", "check", _name_of, "windvane.lifecycle.checks")
"""All kinds of checks that installed packages bring."""


def default_checks() -> tuple[str, ...]:
    """Return the checks of a monitor that names none, in their order."""
    places = {
        name: kind.default
        for name, kind in CHECKS.items().items()
        if kind.default is not None and kind.__module__.startswith("windvane.")
    }
    return tuple(sorted(places, key=lambda name: places[name]))


def known_checks(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names.

    Raises:
        ValueError: One names no known check; the message has the nearest match.
    """
    for name in names:
        try:
            CHECKS.get(name)
        except UnknownKind as error:
            raise ValueError(error.cause) from None
    return names


def kind_of(name: str) -> type[Check] | None:
    """Return the kind of a check that a stored spec or result names; None when its package is gone, or is broken."""
    try:
        return CHECKS.get(name)
    except WindvaneError:
        return None


def check_label(name: str) -> str:
    """Return how people read a check; its stored name in plain words where its package is gone."""
    kind = kind_of(name)
    return kind.label if kind else name.replace("_", " ")


def finding_label(name: str) -> str:
    """Return how a finding of a check is named in a headline, in lower case."""
    kind = kind_of(name)
    return (kind.finding or kind.label.lower()) if kind else name.replace("_", " ")
