"""What a run of a model came to: a training, a window's scores, and what the monitor concludes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from windvane.notebook.shown import Shown, Table
from windvane.results import CheckResult, Lineage, MonitorResult, Publication, Reason
from windvane.results.reason import cells

if TYPE_CHECKING:
    import pandas as pd

    from windvane.pipeline.runner import TrainOutcome
    from windvane.stores import Stores

_NUMBERS = ("number", "value", "interval", "allowed")


class Trained(Shown):
    """What a training came to; the version itself is `model.version(trained.version)`."""

    def __init__(self, record: TrainOutcome) -> None:
        self.record = record

    @property
    def version(self) -> int:
        """The version's number."""
        return self.record.version

    @property
    def decision(self) -> str:
        """The gate's decision: `promote`, `needs_approval` or `reject`."""
        return self.record.decision

    @property
    def promoted(self) -> bool:
        """Whether it is the champion now."""
        return self.record.promoted

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, what decided first."""
        return self.record.reasons

    @property
    def headline(self) -> str:
        """The version and the gate's decision."""
        found = self.record
        why = f": {found.reasons[0].headline}" if found.reasons else ""
        return f"{found.model} v{found.version} of {found.window}, {found.decision.replace('_', ' ')}{why}"

    def tables(self) -> Iterable[Table]:
        """Return the reasons and their numbers."""
        return reasons_of(self.record.reasons)


class WindowScores(Shown):
    """The published scores of a window: which version's they are, and their rows."""

    def __init__(self, publication: Publication, stores: Stores) -> None:
        self.publication = publication
        self._stores = stores

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self.publication.rows

    @property
    def headline(self) -> str:
        """The window, and whose scores they are."""
        said = self.publication
        return f"{said.model} {said.window}: {said.rows:,} scores by v{said.version}, publication {said.publication}"

    def frame(self) -> pd.DataFrame:
        """Return the rows: key, event time, scores, version. With several classes, `predicted` and a score a class.

        Raises:
            MissingArtifact, CorruptArtifact: The bytes are not what they were.
        """
        from windvane import steps

        return steps.scores_of(self.publication, self._stores)

    def tables(self) -> Iterable[Table]:
        """Return the first rows."""
        head = self.frame().head(5)
        yield Table([str(name) for name in head.columns], [list(row) for row in head.itertuples(index=False)])


class Watched(Shown):
    """What the monitor concludes for a window, and why."""

    def __init__(self, record: MonitorResult) -> None:
        self.record = record

    @property
    def decision(self) -> str:
        """`hold`, `retrain`, `alert` or `insufficient_data`."""
        return self.record.decision

    @property
    def loss(self) -> float | None:
        """Mean loss of the version that scored the window, in the unit of the primary metric; None while unknown."""
        return self.record.loss

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """The answer to each question that was asked about the window."""
        return self.record.checks

    @property
    def headline(self) -> str:
        """The window and the decision."""
        return f"{self.record.model} {self.record.window}: {self.record.headline}"

    def frame(self) -> pd.DataFrame:
        """Return a row a check: check, outcome, what it says, p-value, and the columns that moved."""
        import pandas as pd

        heads = ["check", "outcome", "says", "p_value", "columns"]
        rows = [
            (item.check, item.outcome, item.headline, item.p_value, ", ".join(item.columns)) for item in self.checks
        ]
        return pd.DataFrame(rows, columns=heads)

    def tables(self) -> Iterable[Table]:
        """Return the checks."""
        yield Table(("check", "outcome", "says"), [(item.check, item.outcome, item.headline) for item in self.checks])


class Traced(Shown):
    """Where a prediction, the scores of a window, or a version comes from."""

    def __init__(self, record: Lineage) -> None:
        self.record = record

    @property
    def version(self) -> int:
        """The version that made it."""
        return self.record.origin.version.version

    @property
    def prediction(self) -> dict[str, object] | None:
        """The row of the key in the current publication; None where no key was asked for."""
        return self.record.prediction

    @property
    def headline(self) -> str:
        """What is traced, and the version it comes from."""
        found = self.record
        version = found.origin.version
        what = f"key {found.key}" if found.key is not None else (found.scores.window if found.scores else "lineage")
        return f"{found.model}, {what}: v{version.version} of {version.window}, {version.state}"

    def tables(self) -> Iterable[Table]:
        """Return the prediction, its publications, the rows it was trained on, and who let the version in."""
        found, origin = self.record, self.record.origin
        if found.prediction is not None:
            yield Table(list(found.prediction), [list(found.prediction.values())], "prediction")
        told = [(item.publication, item.current) for item in found.publications]
        rows = [(one.publication, current, f"v{one.version}", one.at, one.actor, one.reason) for one, current in told]
        yield Table(("publication", "current", "by", "at", "actor", "reason"), rows, "published")
        trained = [(item.window, item.rows, item.outcomes, item.digest) for item in origin.snapshots]
        yield Table(("window", "rows", "outcomes", "snapshot"), trained, "trained on")
        version = origin.version
        made = [("model", version.artifact), ("spec", version.spec_digest), ("code", version.code_digest)]
        yield Table(("made of", "digest"), made, "version")
        let_in = [(item.kind, item.at, item.actor, item.reason) for item in origin.promotions]
        yield Table(("move", "at", "actor", "reason"), let_in, "let in by")


def reasons_of(reasons: Iterable[Reason]) -> Iterator[Table]:
    """Yield a table a reason that has numbers, and one of those that have none."""
    plain: list[tuple[str, str]] = []
    for reason in reasons:
        if reason.numbers:
            yield Table(_NUMBERS, [cells(number) for number in reason.numbers], reason.headline)
        else:
            plain.append((reason.headline, reason.detail))
    yield Table(("reason", "more"), plain)
