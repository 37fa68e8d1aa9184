"""A project from Python, for notebooks and scripts: the same runs and the same steps as the command line's.

```python
import windvane

with windvane.open(".") as project:
    credit = project["credit"]
    credit.train("2024-01")
    rows = credit.score("2024-02").frame()
```
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from windvane.errors import UnknownModel
from windvane.results import Champion, MonitorResult, Publication, Run, Version
from windvane.stores.person import at_terminal

if TYPE_CHECKING:
    import pandas as pd

    from windvane.pipeline.runner import TrainOutcome
    from windvane.spec import Model
    from windvane.stores import Stores


def open(  # noqa: A001 (read as windvane.open)
    folder: str | Path = ".", *, registry: str | None = None, artifacts: str | None = None, specs: str = "dags"
) -> Project:
    """Open a project: its specs, and the registry and artifacts that its commands use.

    The project's `include` folder goes on `sys.path`, so that its models' code can be imported.

    Args:
        folder: The project's folder; sources' file patterns are relative to the working folder.
        registry: SQLAlchemy URL; None for `WINDVANE_REGISTRY`, or the embedded one.
        artifacts: Folder or URL; None for `WINDVANE_ARTIFACTS`, or the embedded one.
        specs: Folder of the DAG files, below `folder`.

    Raises:
        WindvaneError: The registry or the artifacts cannot be opened.
    """
    return Project(Path(folder), registry, artifacts, specs)


class Project(Mapping[str, "ProjectModel"]):
    """The models of a project by name; see `windvane.open`. Close it, or use it in a `with` block."""

    def __init__(self, folder: Path, registry: str | None, artifacts: str | None, specs: str) -> None:
        from windvane.stores import open_stores

        self.folder = folder.resolve()
        self.specs = self.folder / specs
        roots = [str(root) for root in (self.folder / "include", self.folder) if root.is_dir()]
        sys.path[:] = roots + [entry for entry in sys.path if entry not in roots]
        self.stores: Stores = open_stores(registry, artifacts)

    def __getitem__(self, name: str) -> ProjectModel:
        """Return a model as its DAG file declares it.

        Raises:
            UnknownModel, SpecError: No file declares it, or the file has problems.
        """
        from windvane.loading import find_spec

        return ProjectModel(find_spec(name, self.specs), self.stores)

    def __contains__(self, name: object) -> bool:
        """Return whether a DAG file declares a model."""
        return name in self._declared()

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the declared models."""
        return iter(self._declared())

    def __len__(self) -> int:
        """Return how many models are declared."""
        return len(self._declared())

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the registry."""
        self.close()

    def __repr__(self) -> str:
        return f"<Windvane project {self.folder}: {', '.join(self) or 'no models'}>"

    def close(self) -> None:
        """Close the registry."""
        self.stores.registry.close()

    def _declared(self) -> list[str]:
        from windvane.loading import load_specs

        return [spec.model.name for spec in load_specs(self.specs)[0]]


class ProjectModel:
    """A model of a project: what is run for a window, and what there is. Build it with `project["name"]`."""

    def __init__(self, spec: Model, stores: Stores) -> None:
        self.spec = spec
        self._stores = stores

    def __repr__(self) -> str:
        champion = self.champion
        window = self.spec.window
        divided = f"windows of {window}" if window[0].isdigit() else f"a window a {window}"
        told = f"champion v{champion.version} of {champion.window}" if champion else "no champion"
        return f"<{self.spec.name}: predicts {self.spec.target}, {divided}, {told}>"

    def _repr_html_(self) -> str:
        return f"<code>{html.escape(repr(self))}</code>"

    def train(self, window: str, *, as_of: datetime | None = None, reason: str = "") -> TrainOutcome:
        """Train a version of a window, evaluate it, and let the gate decide; see `windvane run train`."""
        from windvane.pipeline import runner

        return runner.run_train(self.spec, self.spec.cadence.window(window), self._stores, _run(as_of, reason))

    def score(
        self, window: str, *, as_of: datetime | None = None, reason: str = "", replace: bool = False
    ) -> WindowScores:
        """Score a window and publish the scores; see `windvane run score`.

        Args:
            window: Its key, such as `2024-02`.
            as_of: The moment that the run stands at; None is now.
            reason: Why, for the audit log.
            replace: Publish the champion's scores in place of another version's; the reason says why.
        """
        from windvane.pipeline import runner

        chosen = self.spec.cadence.window(window)
        found = runner.run_score(self.spec, chosen, self._stores, _run(as_of, reason), replace=replace)
        return WindowScores(found, self._stores)

    def scores(self, window: str, *, as_of: datetime | None = None) -> WindowScores:
        """Return a window's published scores: the current ones, or those that were current at a moment.

        Raises:
            UnknownPrediction: The window was not scored by then.
        """
        from windvane import steps

        return WindowScores(steps.published(self.spec.name, window, self._stores, as_of), self._stores)

    def monitor(
        self, window: str, *, as_of: datetime | None = None, reason: str = "", retrain: bool = True
    ) -> MonitorResult:
        """Check a scored window, and decide what follows; see `windvane run monitor`."""
        from windvane.pipeline import runner

        chosen = self.spec.cadence.window(window)
        return runner.run_monitor(self.spec, chosen, self._stores, _run(as_of, reason), retrain=retrain)

    @property
    def champion(self) -> Champion | None:
        """The version that scores now; None while there is none, or while the model has no version at all."""
        try:
            return self._stores.registry.champions.current(self.spec.name)
        except UnknownModel:
            return None

    @property
    def versions(self) -> list[Version]:
        """Every version, as the registry gives them."""
        try:
            return self._stores.registry.versions.all(self.spec.name)
        except UnknownModel:
            return []

    @property
    def windows(self) -> list[str]:
        """The keys of the windows whose scores are published."""
        try:
            return sorted(self._stores.registry.scores.windows(self.spec.name))
        except UnknownModel:
            return []


class WindowScores:
    """The published scores of a window: which version's they are, and their rows."""

    def __init__(self, publication: Publication, stores: Stores) -> None:
        self.publication = publication
        self._stores = stores

    def __repr__(self) -> str:
        said = self.publication
        return f"<{said.model} {said.window}: {said.rows:,} scores by v{said.version}, publication {said.publication}>"

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self.publication.rows

    def frame(self) -> pd.DataFrame:
        """Return the rows: key, event time, scores, version. With several classes, `predicted` and a score a class."""
        from windvane import steps

        return steps.scores_of(self.publication, self._stores)

    def _repr_html_(self) -> str:
        head: Any = self.frame().head(5)
        return f"<code>{html.escape(repr(self))}</code>{head.to_html(index=False, border=0)}"


def _run(as_of: datetime | None, reason: str) -> Run:
    """Return who asks: the person whose process this is."""
    return Run(actor=at_terminal(), as_of=as_of or datetime.now(UTC), reason=reason)
