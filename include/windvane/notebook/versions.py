"""A version as a notebook sees it: what the gate said, what was measured, what it rests on, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, overload

from windvane.notebook.answers import Traced
from windvane.notebook.shown import Picture, Shown, Table, between, said
from windvane.results import Evaluation, Explanation, Version

if TYPE_CHECKING:
    import pandas as pd

    from windvane.notebook.model import ProjectModel


class ModelVersion(Shown):
    """One version of a model, as the registry knows it when it is asked for."""

    def __init__(self, record: Version, model: ProjectModel) -> None:
        self.record = record
        self._model = model

    @property
    def version(self) -> int:
        """Its number."""
        return self.record.version

    @property
    def state(self) -> str:
        """`evaluated`, `champion`, `rejected`, …: see the guide."""
        return self.record.state

    @property
    def window(self) -> str:
        """Key of the window it was trained for."""
        return self.record.window

    @property
    def decision(self) -> str | None:
        """The gate's decision; None before it was judged."""
        return self.record.gate.decision if self.record.gate else None

    @property
    def headline(self) -> str:
        """Its number, window and state, and what the gate decided."""
        found = self.record
        gate = f"; gate: {found.gate.decision.replace('_', ' ')}, {found.gate.headline}" if found.gate else ""
        return f"{found.model} v{found.version} of {found.window}, {found.state}{gate}"

    @property
    def evaluation(self) -> Evaluation | None:
        """What was measured on its holdout; None before that.

        Raises:
            MissingArtifact, CorruptArtifact: The bytes are not what they were.
        """
        digest = self.record.evaluation
        return Evaluation.from_json(self._model.stores.artifacts.get(digest)) if digest else None

    def metrics(self) -> pd.DataFrame:
        """Return a row a metric: value, 95 % interval, and the values of the baseline and of the compared champion."""
        import pandas as pd

        found = self.evaluation
        heads = ["metric", "value", "low", "high", "baseline", "champion"]
        if found is None:
            return pd.DataFrame(columns=heads)
        baseline = {item.metric: item.value for item in found.baseline}
        champion = {item.metric: item.value for item in found.champion_metrics}
        rows = [
            (item.metric, item.value, item.low, item.high, baseline.get(item.metric), champion.get(item.metric))
            for item in found.metrics
        ]
        return pd.DataFrame(rows, columns=heads)

    def verdicts(self) -> pd.DataFrame:
        """Return a row a rule of the gate: rule, outcome, and what it says."""
        import pandas as pd

        verdicts = self.record.gate.verdicts if self.record.gate else ()
        rows = [(item.rule, item.outcome, item.headline) for item in verdicts]
        return pd.DataFrame(rows, columns=["rule", "outcome", "says"])

    def explain(self, *, shap: bool = False) -> Explained:
        """Measure what it rests on; see `windvane explain`.

        Args:
            shap: Also SHAP values.

        Raises:
            MissingExtra: SHAP values are asked for, and the extra `explain` is not installed.
        """
        return self._model.explain(self.version, shap=shap)

    def lineage(self) -> Traced:
        """Trace it to its rows, code and judgement; see `windvane lineage --version`."""
        return self._model.lineage(version=self.version)

    def card(self) -> str:
        """Return its model card in Markdown; see `windvane card`."""
        from windvane import steps
        from windvane.lifecycle.document import markdown

        return markdown(steps.card(self._model.registered, self.version, self._model.stores))

    def tables(self) -> Iterable[Table]:
        """Return the verdicts and the metrics."""
        verdicts = self.record.gate.verdicts if self.record.gate else ()
        yield Table(
            ("rule", "outcome", "says"), [(item.rule, item.outcome, item.headline) for item in verdicts], "the gate"
        )
        found = self.evaluation
        if found is None:
            return
        baseline = {item.metric: item.value for item in found.baseline}
        rows = [
            (item.metric, item.value, between(item.low, item.high), baseline.get(item.metric)) for item in found.metrics
        ]
        title = f"{found.rows:,} rows held out, {found.holdout_start:%Y-%m-%d} to {found.holdout_end:%Y-%m-%d}"
        yield Table(("metric", "value", "95 % interval", "baseline"), rows, title)


class ModelVersions(Sequence[ModelVersion], Shown):
    """The versions of a model, the newest first."""

    def __init__(self, name: str, found: Sequence[ModelVersion]) -> None:
        self._name = name
        self._found = tuple(found)

    @overload
    def __getitem__(self, place: int) -> ModelVersion: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[ModelVersion]: ...
    def __getitem__(self, place: int | slice) -> ModelVersion | Sequence[ModelVersion]:
        """Return by place, not by number: `model.version(3)` gives v3."""
        return self._found[place]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._found)

    @property
    def headline(self) -> str:
        """How many there are, and which."""
        named = ", ".join(f"v{one.version} {one.state}" for one in self._found[:6])
        more = f" and {len(self._found) - 6} more" if len(self._found) > 6 else ""
        return f"{self._name}: {len(self._found)} versions{': ' if named else ''}{named}{more}"

    def frame(self) -> pd.DataFrame:
        """Return a row a version: version, window, state, decision, rows, and when and by whom it was made."""
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=list(_HEADS))

    def tables(self) -> Iterable[Table]:
        """Return a row a version."""
        yield Table(_HEADS, self._rows())

    def _rows(self) -> list[tuple[object, ...]]:
        return [
            (one.version, one.window, one.state, one.decision, one.record.rows, one.record.created_at, one.record.actor)
            for one in self._found
        ]


_HEADS = ("version", "window", "state", "decision", "rows", "built", "actor")


class Explained(Shown):
    """What a version rests on: the loss that shuffling each column costs."""

    def __init__(self, record: Explanation) -> None:
        self.record = record

    @property
    def headline(self) -> str:
        """The version, and the column that it rests on most."""
        found = self.record
        most = found.importance[0] if found.importance else None
        told = f"; most on {most.feature} ({found.metric} +{said(most.increase)})" if most else ""
        return f"{found.model} v{found.version}, {found.rows:,} rows held out{told}"

    def frame(self) -> pd.DataFrame:
        """Return a row a column: by how much the loss grows when it is shuffled, and the 95 % interval."""
        import pandas as pd

        rows = [(item.feature, item.increase, item.low, item.high) for item in self.record.importance]
        return pd.DataFrame(rows, columns=["column", "increase", "low", "high"])

    def plot(self, most: int = 20) -> Picture:
        """Draw the columns it rests on most, with their intervals.

        Args:
            most: How many columns.
        """
        from windvane.web.picture import intervals

        found = self.record
        rows = [
            (one_name(item.feature), item.increase, item.low, item.high, "main")
            for item in found.importance[:most]
            if item.increase is not None
        ]
        title = f"{found.model} v{found.version}: {found.metric} grows by"
        return Picture(title, intervals(title, rows))

    def tables(self) -> Iterable[Table]:
        """Return a row a column."""
        rows = [(item.feature, item.increase, between(item.low, item.high)) for item in self.record.importance]
        yield Table(("column", f"{self.record.metric} grows by", "95 % interval"), rows)


def one_name(name: str) -> str:
    """Return a column's name as it fits beside a chart."""
    return name if len(name) <= 15 else f"{name[:14]}…"
