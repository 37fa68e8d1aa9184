"""What a row of the table of actions is made of: parameters, permission, the step, and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # a dataclass reads no annotation, and what a DAG file imports stays light
    from windvane.results import Pause, Record, Run, Version  # noqa: TC004
    from windvane.spec import Model  # noqa: TC004
    from windvane.stores import Stores  # noqa: TC004

Kind = Literal["version", "window", "text", "choice", "flag"]
Right = Literal["trigger", "answer", "edit"]
Shown = Literal["model", "version", "window", "approvals"]
Among = Literal["", "earlier", "staged"]


@dataclass(frozen=True)
class Parameter:
    """One thing that an action asks for.

    Args:
        name: As forms, options and DAG params call it.
        title: As a form's label calls it.
        help: What to give, for forms and for the command line.
        kind: `version` (a number from 1), `window` (a key of the model's cadence), `text`, one of `choices`, or a
            `flag` that is set or not; only trigger forms have flags.
        required: False where it may be left out.
        longest: Most characters of a text.
        choices: The values of a choice.
        among: Which versions a page offers where none is named: `earlier` champions, or the one that is `staged`.
    """

    name: str
    title: str
    help: str
    kind: Kind = "text"
    required: bool = True
    longest: int = 1000
    choices: tuple[str, ...] = ()
    among: Among = ""


@dataclass(frozen=True)
class Permission:
    """What a person must be allowed in Airflow: the same that Airflow's own UI asks for.

    Args:
        right: To `trigger` a DAG, to `answer` its required actions, or to `edit` it (pause it).
        dag: Which DAG of the model's family.
    """

    right: Right
    dag: Literal["train", "rollback"]


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
    """

    message: str
    data: Record | Mapping[str, object] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    run: str = ""


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


@dataclass(frozen=True)
class Action:
    """A row of the table.

    Args:
        name: The verb of the command line, the last part of the form's address, the choice of the DAG's form.
        title: The heading of its form, and its button.
        summary: What it does, in one sentence.
        parameters: What it asks for, in the order of forms and of the command line.
        permission: What a person must be allowed in Airflow.
        do: Calls the step, and says the result in words.
        consequence: What will be different afterwards, in words.
        links: The pages that link to its form, with the words of the link.
        offered: True when it makes sense as things are, so that a page links to it.
        confirm: What must still be as the page showed it; each raises the error that says what changed.
        notes: What else the command line's help says.
        dag: The DAG whose trigger form does it.
        declared: True when it goes by what the DAG file declares now, False for what was registered last.
        danger: True when its button warns.
    """

    name: str
    title: str
    summary: str
    parameters: tuple[Parameter, ...]
    permission: Permission
    do: Callable[[Doing], Outcome]
    consequence: Callable[[State], str]
    links: Mapping[Shown, str]
    offered: Callable[[State], bool] = lambda _: True
    confirm: tuple[Callable[[State], None], ...] = ()
    notes: str = ""
    dag: Literal["train", "rollback", "act"] = "act"
    declared: bool = False
    danger: bool = False

    def parameter(self, kind: Kind) -> Parameter | None:
        """Return the parameter of a kind, if it has one."""
        return next((item for item in self.parameters if item.kind == kind), None)
