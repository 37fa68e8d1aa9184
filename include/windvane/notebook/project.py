"""A project from Python, for notebooks, scripts and tasks: the same runs and the same steps as the command line's.

```python
import windvane

with windvane.open(".") as project:
    credit = project["credit"]
    credit.train("2024-01")
    rows = credit.score("2024-02").frame()
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from windvane.errors import NotAProject, WindvaneError
from windvane.notebook.shown import Shown, Table

if TYPE_CHECKING:
    from windvane.notebook.model import ProjectModel
    from windvane.results import Run
    from windvane.spec import Model
    from windvane.stores import Stores

Requested = Callable[[datetime | None, str], "Run"]
"""Returns who asks, from the moment that was given (None is now) and the reason."""


def open(  # noqa: A001 (read as windvane.open)
    folder: str | Path = ".", *, registry: str | None = None, artifacts: str | None = None, specs: str = "dags"
) -> Project:
    """Open a project: its specs, and the registry and artifacts that its commands use.

    Several projects may be open at once, with models and modules of the same names. Relative paths of a source's files
    start at the project's folder. In a task of Airflow use `windvane.orchestration.open_project` instead.

    Args:
        folder: The project's folder.
        registry: SQLAlchemy URL; None for `WINDVANE_REGISTRY`, or the embedded one.
        artifacts: Folder or URL; None for `WINDVANE_ARTIFACTS`, or the embedded one.
        specs: Folder of the DAG files, below `folder`.

    Raises:
        NotAProject: There is no such folder, or no folder of DAG files in it.
        WindvaneError: The registry or the artifacts cannot be opened.
    """
    from windvane.stores import open_stores

    root = project_folder(folder, specs)
    return Project(root, open_stores(registry, artifacts), root / specs, _at_terminal)


def project_folder(folder: str | Path, specs: str) -> Path:
    """Return a project's folder as a whole path.

    Raises:
        NotAProject: There is no such folder, or no folder of DAG files in it.
    """
    root = Path(folder).expanduser().resolve()
    for path, what in ((root, "folder"), (root / specs, "folder of DAG files")):
        if not path.is_dir():
            remedy = "name the folder that holds dags/ and include/; `windvane init` makes both"
            raise NotAProject(f"there is no {what} {path}", remedy)
    return root


class Project(Mapping[str, "ProjectModel"], Shown):
    """The models of a project by name; see `windvane.open`. Close it, or use it in a `with` block.

    Its models' code is imported from the project's `include` and the folder itself, apart from all other modules, and
    anew when a file changed. Threads may share it: one run at a time uses a project's code in a process.

    Args:
        folder: The project's folder.
        stores: Registry and artifacts.
        specs: The folder of the DAG files.
        requested: Says who asks.
    """

    def __init__(self, folder: Path, stores: Stores, specs: Path, requested: Requested) -> None:
        from windvane.stores.standing import StandingCode

        self.folder = folder
        self.specs = specs
        self.stores = replace(stores, base=folder)
        self.requested = requested
        self._code = StandingCode([root for root in (folder / "include", folder) if root.is_dir()])

    def __getitem__(self, name: str) -> ProjectModel:
        """Return a model as its DAG file declares it.

        Raises:
            UnknownModel, SpecError: No file declares it, or the file has problems.
        """
        from windvane.notebook.model import ProjectModel

        return ProjectModel(self.declared(name).name, self)

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

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Return whether it is the same open project."""
        return self is other

    @property
    def headline(self) -> str:
        """Its folder and its models."""
        return f"Windvane project {self.folder}: {', '.join(self) or 'no models'}"

    def tables(self) -> Iterable[Table]:
        """Return a row a model, and the files that cannot be read."""
        rows = []
        for name in self:
            try:
                rows.append((name, self[name].headline))
            except WindvaneError as error:
                rows.append((name, f"{error.name}: {error.cause}"))
        yield Table(("model", ""), rows)
        problems = [(path.relative_to(self.folder), cause, remedy) for path, cause, remedy in self.problems()]
        yield Table(("file", "problem", "what to do"), problems, "files with problems")

    def problems(self) -> list[tuple[Path, str, str]]:
        """Return what is wrong with the DAG files: file, what, and what to do; see `windvane check`."""
        from windvane.loading import load_specs

        with self.standing():
            return [(item.path, item.cause, item.remedy) for item in load_specs(self.specs)[1]]

    def declared(self, name: str) -> Model:
        """Return the spec of a model as its DAG file declares it now.

        Raises:
            UnknownModel, SpecError: No file declares it, or the file has problems.
        """
        from windvane.steps.naming import declared

        with self.standing():
            return declared(name, self.specs, self.stores)

    def standing(self) -> AbstractContextManager[None]:
        """Let the project's modules stand while a block runs; see `windvane.stores.standing`."""
        return self._code.standing()

    def close(self) -> None:
        """Close the registry."""
        self.stores.registry.close()

    def _declared(self) -> list[str]:
        from windvane.loading import load_specs

        with self.standing():
            return [spec.model.name for spec in load_specs(self.specs)[0]]


def _at_terminal(as_of: datetime | None, reason: str) -> Run:
    from windvane.pipeline.asking import moment, requested

    return requested(moment(as_of, f"as_of={as_of}"), reason)
