"""One visit of a page: who asks for what, of which registry, and how addresses are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from starlette.requests import Request

from windvane.actions import Action
from windvane.errors import UnknownModel, WindvaneError
from windvane.results import Declared, ModelHealth, Record
from windvane.stores import Stores
from windvane.stores.pages import ModelLine, Moment
from windvane.web.called import Called
from windvane.web.host import Around, Host, Viewer
from windvane.web.tables import Requested, Table


@dataclass(frozen=True)
class File:
    """What a page can be taken along as.

    Args:
        name: Its name, without what it ends with.
        media: Its type.
        text: Writes it.
    """

    name: str
    media: str
    text: Callable[[], str]


@dataclass(frozen=True)
class Page:
    """What a page shows.

    Args:
        title: Its name.
        template: The file that draws it.
        data: The facts, as the API returns them.
        crumbs: Names and addresses of the pages above it.
        tables: Its tables, by name; the API returns their rows too.
        drawn: What the template needs besides: charts, links.
        files: What it can be taken along as, by the ending of the file's name.
    """

    title: str
    template: str
    data: Record
    crumbs: Sequence[tuple[str, str]] = ()
    tables: Mapping[str, Table[Any]] = field(default_factory=dict)
    drawn: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """What a page is built from.

    Args:
        host: What the pages are shown in.
        stores: The registry and the artifacts.
        moment: The one moment of the registry that the whole page shows.
        request: What was asked.
        viewer: Who asks.
        asked: What is asked of the page's tables.
        now: The moment it is shown at: for ages, never to choose data.
    """

    host: Host
    stores: Stores
    moment: Moment
    request: Request
    viewer: Viewer
    requested: Requested
    now: datetime

    def url(self, *parts: object) -> str:
        """Return the address of a page, each part of its path quoted."""
        root = str(self.request.scope.get("root_path", ""))
        return "/".join([root, *(quote(str(part), safe=":") for part in parts)]) + ("" if parts else "/")

    def model_url(self, model: str, *parts: object) -> str:
        """Return the address of a page of a model."""
        return self.url("models", model, *parts)

    def about_url(self, model: str) -> str:
        """Return the page of a model; of one that never ran, where its first run is started."""
        return (
            self.declared[model].url if model not in self._names and model in self.declared else self.model_url(model)
        )

    def see(self, model: str) -> str:
        """Return the name that a model's records have, once the viewer may see it.

        Raises:
            UnknownModel: There is none, or none for this viewer: which of the two is not said.
        """
        recorded = model if model in self._names else self.stores.registry.models.recorded(model)
        if recorded not in self._names or not self.host.access.visible(self.viewer, (self.called(recorded),)):
            raise UnknownModel(f"no model {model!r:.80} is registered", "choose one of the overview")
        return recorded

    def called(self, model: str) -> str:
        """Return what a model is called now: its DAGs are named by that, its records by its first name."""
        return self._names.get(model, model)

    def called_in(self, line: Any) -> str:
        """Return what the model of a table's row is called now."""
        return self.called(line.model)

    @cached_property
    def visible(self) -> frozenset[str]:
        """The models that the viewer may see."""
        visible = self.host.access.visible(self.viewer, list(self._names.values()))
        return frozenset(recorded for recorded, now in self._names.items() if now in visible)

    @cached_property
    def around(self) -> Around | None:
        """What the pages are shown in, asked by the names that records have; None when they stand alone."""
        return Called(self.host.around, self._names) if self.host.around else None

    @property
    def among(self) -> frozenset[str] | None:
        """The models that the viewer may see; None for all: a query without such a list is quicker."""
        return None if len(self.visible) == len(self._names) else self.visible

    @cached_property
    def _names(self) -> dict[str, str]:
        return self.moment.names()

    def may(self, action: Action, model: str) -> bool:
        """True when the viewer may do this."""
        name = self.called(model)
        return self.host.around is not None and self.host.access.may(self.request, self.viewer, action, name)

    def health(self, lines: Sequence[ModelLine]) -> dict[str, ModelHealth]:
        """Return how models are, by name; the surroundings take note of it."""
        around = self.around
        airflow = around.dag_states([line.model for line in lines]) if around else None
        found = self.host.examiner.examine(self.stores, self.moment, lines, self.now, airflow)
        if around:
            around.told(found.values())
        return found

    @cached_property
    def declared(self) -> Mapping[str, Declared]:
        """The models that are declared, never ran, and that the viewer may see, by name."""
        found = {one.model: one for one in self.host.declared({*self._names, *self._names.values()})}
        visible = self.host.access.visible(self.viewer, list(found))
        return {name: one for name, one in found.items() if name in visible}

    def models(self) -> list[ModelLine]:
        """Return every model that the viewer may see: those of the registry, then those that never ran."""
        lines = self.host.lines.of(self.moment, self.among)
        return [*lines, *map(ModelLine.declared, self.declared.values())]

    def tags(self, model: str) -> tuple[str, ...]:
        """Return the tags of a model that was examined in this visit."""
        never_ran = self.declared.get(model)
        return never_ran.tags if never_ran else self.host.examiner.tags(model)

    def run_url(self, run: str) -> str:
        """Return the page of a DAG run, when there is Airflow around."""
        return self.host.around.run_url(run) if self.host.around else ""

    def artifact(self, digest: str | None) -> tuple[bytes | None, WindvaneError | None]:
        """Return an artifact's bytes, or why they are not to be had: a page is shown without them."""
        if not digest:
            return None, None
        try:
            return self.stores.artifacts.get(digest), None
        except WindvaneError as error:
            return None, error
