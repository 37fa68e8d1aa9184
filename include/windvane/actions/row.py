"""What a row of the table of actions is made of: parameters, permission, the step, and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # a dataclass reads no annotation, and what a DAG file imports stays light
    from windvane.actions.situation import Doing, Outcome, State  # noqa: TC004 (a dataclass reads no annotation)

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
