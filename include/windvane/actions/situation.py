"""What an action meets, is given and comes to: what exists once somebody acts, and not when a DAG file is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from windvane.results import Pause, Record, Run, Version  # noqa: TC004 (a dataclass reads no annotation)
    from windvane.spec import Model  # noqa: TC004 (a dataclass reads no annotation)
    from windvane.stores import Stores  # noqa: TC004 (a dataclass reads no annotation)


@dataclass(frozen=True)
class State:
    """What a person sees of a model when they decide.

    Args:
        model: Its name.
        champion: The version that scores, if any.
        since: When it became champion.
        epoch: The champion's epoch.
        epochs: Earlier epochs and their versions, as far back as they are known.
        pause: The pause that stands, if any.
        staged: The version that is being promoted in stages, if any.
        version: The version that the action is about, if any.
        seen: The champion's epoch that a page showed, once its form came back.
        named: True when the person named that version, False when it is only the first to choose from.
    """

    model: str
    champion: int | None = None
    since: datetime | None = None
    epoch: int = 0
    epochs: Mapping[int, int] = field(default_factory=dict)
    pause: Pause | None = None
    staged: int | None = None
    version: Version | None = None
    seen: int | None = None
    named: bool = True

    @property
    def waits(self) -> bool:
        """True when the version waits for a person's approval."""
        found = self.version
        return found is not None and found.waits


@dataclass(frozen=True)
class Given:
    """What a person gave.

    Args:
        reason: Why.
        version: The version that it is about.
        window: Key of the window that it is about.
        epoch: The champion's epoch that a page showed them; None where nothing was shown.
        others: What other parameters of the row were given, by name.
    """

    reason: str
    version: int | None = None
    window: str = ""
    epoch: int | None = None
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The version's number, of an action that requires one."""
        assert self.version is not None  # `read` refuses an action without it
        return self.version


@dataclass(frozen=True)
class Outcome:
    """What an action came to.

    Args:
        message: For people, one sentence without its full stop.
        data: For machines, as `--json` prints it.
        facts: For a terminal, in lines of name and value.
        run: The DAG run that goes on with it, as `dag id/run id`.
        done: False where that run has not done it yet.
    """

    message: str
    data: Record | Mapping[str, object] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    run: str = ""
    done: bool = True


class Place(Protocol):
    """Where an action is carried out: a terminal, Airflow's pages, or a DAG run."""

    def train(self, doing: Doing) -> Outcome:
        """Train on the window: here, or in a DAG run of the person's."""
        ...

    def answer(self, doing: Doing, version: Version, approved: bool, /) -> Outcome | None:
        """Hand an answer to the run that waits for it; None where none waits, or none can be reached from here."""
        ...


@dataclass(frozen=True)
class Doing:
    """An action about to be done.

    Args:
        spec: The model's declaration.
        given: What the person gave.
        stores: Registry and artifacts.
        run: Who does it, and why.
        place: Where.
    """

    spec: Model
    given: Given
    stores: Stores
    run: Run
    place: Place
