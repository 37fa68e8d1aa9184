"""Where a command works: its registry, artifacts and specs, and in whose name and as of when it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windvane.errors import UnknownModel
from windvane.pipeline import asking
from windvane.results import Run
from windvane.spec import Model

if TYPE_CHECKING:
    from windvane.stores import Stores


@dataclass(frozen=True)
class Home:
    """What the shared options say.

    Args:
        registry: SQLAlchemy URL; None for `WINDVANE_REGISTRY` or the embedded one.
        artifacts: Folder; None for `WINDVANE_ARTIFACTS` or the embedded one.
        specs: Folder of the DAG files.
    """

    registry: str | None
    artifacts: str | None
    specs: Path

    @contextmanager
    def stores(self, start_anew: bool = False) -> Iterator[Stores]:
        """Open registry and artifacts, and close them; see `open_stores`.

        A stored model may hold types of the project's own: its modules can be imported from then on.
        """
        from windvane.stores import open_stores

        self.make_importable()

        more: dict[str, Any] = {"start_anew": True} if start_anew else {}
        opened = open_stores(self.registry, self.artifacts, **more)
        try:
            yield opened
        finally:
            opened.registry.close()

    def import_roots(self) -> list[Path]:
        """Return the folders whose modules specs may name: the project's `include`, and the current folder."""
        beside = self.specs.resolve().parent / "include"
        return [root for root in (beside, Path.cwd()) if root.is_dir()]

    def make_importable(self) -> None:
        """Put the import roots first on `sys.path`."""
        roots = [str(root) for root in self.import_roots()]
        sys.path[:] = roots + [entry for entry in sys.path if entry not in roots]

    def declared(self, name: str) -> Model:
        """Return the spec that a DAG file declares, under that name or another one that the model has, or had.

        Raises:
            UnknownModel, SpecError: See `windvane.loading.find_spec`.
        """
        from windvane.loading import find_spec
        from windvane.stores import is_made

        self.make_importable()
        if not is_made(self.registry):
            return find_spec(name, self.specs)
        try:
            return find_spec(name, self.specs)
        except UnknownModel:
            from windvane.steps.naming import declared

            with self.stores() as stores:
                return declared(name, self.specs, stores)


def registered(name: str, stores: Stores) -> Model:
    """Return the spec of a model as its last run registered it; no DAG file is needed for that.

    Raises:
        UnknownModel: When no run ever registered it.
    """
    from windvane.steps import naming

    return naming.registered(name, stores)


def moment(text: str | None, option: str = "--as-of") -> datetime:
    """Return the moment a run stands at: the one given, or now, looked at once.

    Raises:
        ValueError: The text is no ISO 8601 timestamp.
        NaiveTimestamp: It has no time zone.
        FutureWindow: It has not come yet.
    """
    return asking.moment(None if text is None else datetime.fromisoformat(text), f"{option} {text}")


def requested(as_of: datetime, reason: str = "") -> Run:
    """Return who asks: the person at this terminal, as the operating system knows them."""
    return asking.requested(as_of, reason)
