"""A model of a project: what is run for a window, what there is, and what a person may do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from windvane.errors import UnknownModel
from windvane.notebook.answers import Traced, Trained, Watched, WindowScores
from windvane.notebook.shown import Picture, Shown, Table
from windvane.notebook.trials import Compared, Played
from windvane.notebook.versions import Explained, ModelVersion, ModelVersions

if TYPE_CHECKING:
    import pandas as pd

    from windvane.notebook.project import Project
    from windvane.results import MonitorResult
    from windvane.spec import Model
    from windvane.stores import Stores

_EVENTS = ("at", "event", "version", "actor", "why")


class ProjectModel(Shown):
    """A model of a project. Build it with `project["name"]`.

    Every method reads the declaration anew, so that an edit of the DAG file counts at once.
    """

    def __init__(self, name: str, project: Project) -> None:
        self.name = name
        self._project = project

    @property
    def spec(self) -> Model:
        """The declaration, as it stands in the DAG file now."""
        return self._project.declared(self.name)

    @property
    def registered(self) -> Model:
        """The declaration, as the last run registered it.

        Raises:
            UnknownModel: No run ever did.
        """
        from windvane.steps.naming import registered

        return registered(self.name, self.stores)

    @property
    def stores(self) -> Stores:
        """The registry and the artifacts."""
        return self._project.stores

    @property
    def headline(self) -> str:
        """What it predicts, and who scores."""
        spec, champion = self.spec, self.champion
        window = spec.window
        divided = f"windows of {window}" if window[0].isdigit() else f"a window a {window}"
        told = f"champion v{champion.version} of {champion.window}" if champion else "no champion"
        return f"{spec.name}: predicts {spec.target}, {divided}, {told}"

    def tables(self) -> Iterable[Table]:
        """Return the versions and the last windows."""
        yield from self.versions.tables()
        results = self._results()[-6:]
        rows = [(one.window, one.version and f"v{one.version}", one.loss, one.headline) for one in results]
        yield Table(("window", "by", "loss", "decision"), rows, "last windows")

    def train(self, window: str, *, as_of: datetime | None = None, reason: str = "") -> Trained:
        """Train a version of a window, evaluate it, and let the gate decide; see `windvane run train`.

        Args:
            window: Its key, such as `2024-01`.
            as_of: The moment that the run stands at, with a time zone; None is now.
            reason: Why, for the audit log.

        Raises:
            WindvaneError: As the steps say: too few rows, a contract broken, a source that cannot be read, …
        """
        from windvane.pipeline import runner

        with self._project.standing():
            run, spec = self._project.requested(as_of, reason), self.spec
            return Trained(runner.run_train(spec, spec.cadence.window(window), self.stores, run))

    def score(
        self, window: str, *, as_of: datetime | None = None, reason: str = "", replace: bool = False
    ) -> WindowScores:
        """Score a window and publish the scores; see `windvane run score`.

        Args:
            window: Its key.
            as_of: The moment that the run stands at; None is now.
            reason: Why, for the audit log.
            replace: Publish the champion's scores in place of another version's; the reason says why.

        Raises:
            NoChampion: No version may score it.
            WindvaneError: As the steps say.
        """
        from windvane.pipeline import runner

        with self._project.standing():
            run, spec = self._project.requested(as_of, reason), self.spec
            found = runner.run_score(spec, spec.cadence.window(window), self.stores, run, replace=replace)
            return WindowScores(found, self.stores)

    def scores(self, window: str, *, as_of: datetime | None = None) -> WindowScores:
        """Return a window's published scores: the current ones, or those that were current at a moment.

        Raises:
            UnknownModel: No run ever registered the model.
            UnknownPrediction: The window was not scored by then.
        """
        from windvane import steps

        return WindowScores(steps.published(self.name, window, self.stores, as_of), self.stores)

    def monitor(self, window: str, *, as_of: datetime | None = None, reason: str = "", retrain: bool = True) -> Watched:
        """Check a scored window, and decide what follows; see `windvane run monitor`.

        Args:
            window: Its key.
            as_of: The moment that the run stands at; None is now.
            reason: Why, for the audit log.
            retrain: Also run the training that the decision asks for.
        """
        from windvane.pipeline import runner

        with self._project.standing():
            run, spec = self._project.requested(as_of, reason), self.spec
            chosen = spec.cadence.window(window)
            return Watched(runner.run_monitor(spec, chosen, self.stores, run, retrain=retrain))

    def replay(
        self,
        policies: Sequence[str] = ("declared",),
        against: Sequence[str] = ("never", "always"),
        *,
        first: str | None = None,
        last: str | None = None,
        folds: int = 1,
        jobs: int = 1,
        scratch: str | Path | None = None,
        fresh: bool = False,
    ) -> Played:
        """Play policies over the past, side by side, and change nothing; see `windvane replay`.

        Args:
            policies: `declared`, or fields that replace declared ones, such as `retrain_at=0.05,cooldown=2`.
            against: What to play beside them: `never`, `always`, `every:N`.
            first: Key of the first window; None is that of the spec's start.
            last: Key of the last one; None is the last one with outcomes.
            folds: Play from each of the first windows, too.
            jobs: Processes.
            scratch: The folder where it plays, and goes on later; None is one below `WINDVANE_HOME`.
            fresh: Throw away what was played before.

        Raises:
            InvalidWindow, SpecError: The range, or a plan, cannot be played.
        """
        from windvane.pipeline.playing import plans_of, windows_of
        from windvane.pipeline.replay import replay
        from windvane.stores import home

        with self._project.standing():
            run, spec = self._project.requested(None, ""), self.spec
            windows = windows_of(spec, first, last, run.as_of, folds)
            plans = plans_of(spec, [*policies, *against])
            folder = Path(scratch) if scratch else home() / "replay" / spec.name
            return Played(replay(spec, windows, plans, self.stores, run, folder, folds=folds, jobs=jobs, fresh=fresh))

    def compare(self, version: int, other: int, *, score: int = 0) -> Compared:
        """Compare two versions on every matured window that both scored, on the same rows; see `windvane compare`.

        Args:
            version: The version.
            other: The one it is compared with.
            score: Score at most this many of the newest matured windows here that one of them did not score; what is
                scored is kept nowhere.

        Raises:
            UnknownModel, UnknownVersion: There is no such model or version.
        """
        from windvane import steps

        with self._project.standing():
            return Compared(steps.compare(self.registered, version, other, self.stores, anew=score))

    def explain(self, version: int, *, shap: bool = False) -> Explained:
        """Measure what a version rests on: the loss that shuffling each column costs; see `windvane explain`.

        Args:
            version: Its number.
            shap: Also SHAP values, which need the extra `explain`.
        """
        from windvane import steps

        with self._project.standing():
            run = self._project.requested(None, "")
            return Explained(steps.explain(self.registered, version, self.stores, run, shap=shap))

    def lineage(
        self,
        key: str | None = None,
        *,
        window: str | None = None,
        version: int | None = None,
        as_of: datetime | None = None,
    ) -> Traced:
        """Trace a prediction, a window's scores, a version, or else the champion; see `windvane lineage`.

        Args:
            key: A prediction's key.
            window: Key of its window; None looks into all, the last published first.
            version: A version, by its number.
            as_of: What was current at this moment; None is now.

        Raises:
            UnknownPrediction: Nothing was scored under that key, or in that window, by then.
        """
        from windvane import steps

        return Traced(steps.lineage(self.name, self.stores, key=key, window=window, version=version, as_of=as_of))

    def version(self, number: int) -> ModelVersion:
        """Return a version by its number.

        Raises:
            UnknownModel, UnknownVersion: There is no such model or version.
        """
        return ModelVersion(self.stores.registry.versions.get(self.name, number), self)

    @property
    def champion(self) -> ModelVersion | None:
        """The version that scores now; None while there is none, or while the model has no version at all."""
        try:
            found = self.stores.registry.champions.current(self.name)
        except UnknownModel:
            return None
        return self.version(found.version) if found else None

    @property
    def versions(self) -> ModelVersions:
        """Every version, the newest first."""
        try:
            found = self.stores.registry.versions.all(self.name)
        except UnknownModel:
            found = []
        return ModelVersions(self.name, [ModelVersion(one, self) for one in found])

    @property
    def windows(self) -> list[str]:
        """The keys of the windows whose scores are published."""
        try:
            return sorted(self.stores.registry.scores.windows(self.name))
        except UnknownModel:
            return []

    def history(self, limit: int = 20) -> pd.DataFrame:
        """Return the newest events of the audit log: when, what, which version, who and why.

        Args:
            limit: At most this many.
        """
        import pandas as pd

        events = self.stores.registry.audit.events(self.name, limit=limit)
        rows = [(one.at, one.kind, one.payload.get("version"), one.actor, one.payload.get("reason")) for one in events]
        return pd.DataFrame(rows, columns=list(_EVENTS))

    def plot(self) -> Picture:
        """Draw the loss in each monitored window, beside that of the first version, with retrains and alerts."""
        from windvane.web.picture import lines
        from windvane.web.timeline import Mark, Series

        results = self._results()
        metric = self.spec.metric
        series = [
            Series("served", [one.loss for one in results], "main"),
            Series("first version", [one.first_loss for one in results], "frozen"),
        ]
        marks = [
            Mark(place, one.decision, one.headline)
            for place, one in enumerate(results)
            if one.decision in ("retrain", "alert")
        ]
        title = f"{self.name}: {metric} in each window"
        return Picture(title, lines(title, [one.window for one in results], series, marks, metric))

    def promote(self, version: int, reason: str) -> ModelVersion:
        """Make a version the champion, in your name; see `windvane promote`."""
        return self._act("promote", reason, version)

    def rollback(self, version: int, reason: str) -> ModelVersion:
        """Go back to a version that was champion before; see `windvane rollback`."""
        return self._act("rollback", reason, version)

    def approve(self, version: int, reason: str) -> ModelVersion:
        """Answer yes to the question whether a version may become champion; see `windvane approve`."""
        return self._act("approve", reason, version)

    def reject(self, version: int, reason: str) -> ModelVersion:
        """Answer no to it; see `windvane reject`."""
        return self._act("reject", reason, version)

    def _act(self, name: str, reason: str, version: int) -> ModelVersion:
        """Do what a row of the table of actions says, and return the version as it is then."""
        from windvane.actions import Doing, action_of, carry_out, read
        from windvane.actions.in_process import InProcess

        action = action_of(name)
        with self._project.standing():
            given = read(action, self.name, {"version": version, "reason": reason})
            run = self._project.requested(None, given.reason)
            carry_out(action, Doing(self.registered, given, self.stores, run, InProcess()))
        return self.version(version)

    def _results(self) -> list[MonitorResult]:
        """Return the last word on each monitored window, the oldest window first."""
        try:
            found = self.stores.registry.monitoring.results(self.name)
        except UnknownModel:
            return []
        return sorted({one.window: one for one in reversed(found)}.values(), key=lambda one: one.window)
