"""What the pages are shown in: who looks, what they may do, and what surrounds the pages (Airflow, or nothing)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request

from windvane.actions import Action
from windvane.results import DagState, Declared, ModelHealth, RunState
from windvane.steps.examining import Examiner
from windvane.stores import Stores
from windvane.web.kept import KeptLines

_LOOKING_SECONDS = 0.04
"""How long one visit looks for stored models: far places are looked at over several visits."""


@dataclass(frozen=True)
class Viewer:
    """Who looks at a page.

    Args:
        name: As the audit log calls them.
        session: What binds a form to their session; empty where there are no forms.
        user: The surrounding's own user.
    """

    name: str
    session: str = ""
    user: Any = None


class Access(Protocol):
    """Who may read and act; every route depends on `reader`."""

    @property
    def reader(self) -> Callable[..., Viewer]:
        """A FastAPI dependency: the viewer, or an HTTP error 401 or 403."""
        ...

    def visible(self, viewer: Viewer, models: Collection[str]) -> frozenset[str]:
        """Return which of the models a viewer may see."""
        ...

    def may(self, request: Request, viewer: Viewer, action: Action, model: str) -> bool:
        """True when a viewer may do this to a model."""
        ...

    def login_url(self, back: str) -> str:
        """Return where to log in, and come back from; empty when there is no such place."""
        ...


@dataclass(frozen=True)
class Started:
    """What an action began elsewhere.

    Args:
        message: What happens now, in words.
        run: The DAG run that does it, as `dag id/run id`.
    """

    message: str
    run: str = ""


class Around(Protocol):
    """What is around the pages: links to it, and what only it can do."""

    def run_url(self, run: str) -> str:
        """Return the page of a DAG run named `dag id/run id`; empty when there is none."""
        ...

    def log_url(self, run: str) -> str:
        """Return the page with the log of the training in a run; empty when there is none."""
        ...

    def asset_urls(self, model: str) -> Mapping[str, str]:
        """Return the pages of a model's assets, by what they stand for."""
        ...

    def backfill_url(self, model: str, verb: str, window: str) -> str:
        """Return the form that runs a window of a DAG again; empty when there is none."""
        ...

    def backfill_command(self, model: str, verb: str, begin: datetime, end: datetime) -> str:
        """Return the command that runs the windows of a span again; empty if there is none."""
        ...

    def action_url(self, run: str) -> str:
        """Return where a run's required action is answered; empty when there is none."""
        ...

    def next_runs(self, models: Collection[str]) -> Mapping[str, datetime]:
        """Return when each model is worked on next."""
        ...

    def dag_states(self, models: Collection[str]) -> Mapping[str, tuple[DagState, ...]]:
        """Return what is known of each model's DAGs: what failed, is paused, is overdue."""
        ...

    def run_state(self, viewer: Viewer, run: str) -> RunState | None:
        """Return what is known of a run named `dag id/run id`, as far as the viewer may know it; None for none."""
        ...

    def told(self, health: Collection[ModelHealth]) -> None:
        """Take note of how models are: as metrics, where there are any."""
        ...

    def retrain(self, request: Request, viewer: Viewer, model: str, window: str, run_id: str, reason: str) -> Started:
        """Start a training run in the viewer's name."""
        ...

    def answer(self, request: Request, viewer: Viewer, run: str, *, approved: bool, reason: str) -> Started | None:
        """Answer the approval that a run waits for, in the viewer's name; None when it waits for none."""
        ...


@dataclass(frozen=True)
class Host:
    """Everything that the pages need from outside.

    Args:
        stores: Opens the stores, with little patience; called when a page needs them.
        access: Who may read and act.
        around: What the pages link to; None when they stand alone, and then nothing can be done from them.
        secret: Signs forms.
        origins: Origins whose forms count as the pages' own, besides the one that is asked.
        examiner: Examines models; remembers what does not change from one visit to the next.
        lines: The lines of models, kept from one visit to the next.
        declared: Returns the models that are declared, besides those whose names it is given.
    """

    stores: Callable[[], Stores]
    access: Access
    around: Around | None = None
    secret: bytes = b""
    origins: tuple[str, ...] = ()
    examiner: Examiner = field(default_factory=lambda: Examiner(budget=_LOOKING_SECONDS))
    lines: KeptLines = field(default_factory=KeptLines)
    declared: Callable[[Collection[str]], Sequence[Declared]] = lambda _: ()


class OpenToRead:
    """The access of pages that stand alone on the loopback address: whoever reaches them may read, nobody may act."""

    def reader(self) -> Viewer:
        """Return the viewer that nobody asks the name of."""
        return Viewer("you")

    def visible(self, viewer: Viewer, models: Collection[str]) -> frozenset[str]:
        """Return all of them."""
        return frozenset(models)

    def may(self, request: Request, viewer: Viewer, action: Action, model: str) -> bool:
        """Return False."""
        return False

    def login_url(self, back: str) -> str:
        """Return nothing: there is no login."""
        return ""
