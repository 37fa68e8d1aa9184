"""Operators on versions: is training asked for, train, evaluate, and the gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from windvane.orchestration import metrics
from windvane.orchestration.base import WindvaneBranchOperator, WindvaneOperator, Work, skipped
from windvane.orchestration.context import run_type
from windvane.orchestration.lineage import SNAPSHOT, VERSION, listens
from windvane.orchestration.operators.data import OnSnapshotOperator

if TYPE_CHECKING:
    from windvane.results import Version


class RequestedOperator(WindvaneOperator):
    """Skip a scheduled run that the spec does not ask for; a person's, a backfill's or the monitor's run goes on.

    XCom: `window`, `actor`. No store is opened, so that a run that is not asked for costs about a second.
    """

    def step(self, work: Work) -> dict[str, Any]:
        """Decide from the kind of run alone, and refuse a run that names no window."""
        if run_type(work.context) == "scheduled" and work.model.schedule.train is None:
            message = (
                "training waits for the word of the monitor, of a person or of a backfill (schedule.train is None)"
            )
            raise skipped(self, work.context, f"{work.model.name} {work.window}: {message}")
        self.log.info(
            "%s asks for %s as of %s. %s",
            work.requested.actor,
            work.window,
            work.requested.as_of,
            work.requested.reason,
        )
        return {"window": work.window.key, "actor": work.requested.actor}


class TrainOperator(OnSnapshotOperator):
    """Train a version on a snapshot and its history. XCom: `version`, `digest` (of the stored model)."""

    def step(self, work: Work) -> dict[str, Any]:
        """Train, or find the version that the same inputs made before."""
        from windvane import steps

        made = work.call(steps.train, work.model, work.window, self.snapshot, work.stores, work.run)
        self.log.info("v%s from %s rows until %s: %s", made.version, made.rows, made.trained_until, made.artifact)
        if made.refit:
            self.log.info(
                "Fitted again on all %s rows; the gate judges the recipe without the last ones", made.refit.rows
            )
        self._note(work, made)
        return {"version": made.version, "digest": made.artifact}

    def _note(self, work: Work, made: Version) -> None:
        """Note the rows with their profile, where lineage is asked for, and the version."""
        from windvane.results import Profile

        registry, name = work.stores.registry, work.model.name
        if listens():
            windows = sorted({taken.window for taken in registry.snapshots.get_all(name, made.snapshots)})
            kept = work.stores.artifacts.get(made.profile) if made.profile else None
            profile = Profile.from_json(kept).columns if kept else {}
            work.reads(SNAPSHOT, *windows, version=self.snapshot, rows=made.rows, profile=profile)
        work.makes(VERSION, made.window, version=f"v{made.version} {made.artifact}")


class OnVersionOperator(WindvaneOperator):
    """Base of operators on one version.

    Args:
        version: The version's number (templated; `TrainOperator(...).xcom("version")`).
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = (*WindvaneOperator.template_fields, "version")

    def __init__(self, *, version: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.version = version


class EvaluateOperator(OnVersionOperator):
    """Evaluate a version on its holdout, beside the baseline and a champion. XCom: `version`, `evaluation` (digest)."""

    def step(self, work: Work) -> dict[str, Any]:
        """Evaluate."""
        from windvane import steps

        found = work.call(steps.evaluate, work.model, int(self.version), work.stores, work.run)
        for item in found.metrics:
            self.log.info("%s: %s (95 %%: %s to %s)", item.metric, item.value, item.low, item.high)
        work.reads(VERSION, version=f"v{found.version}")
        work.reads(SNAPSHOT, version=found.snapshot, rows=found.rows)
        return {"version": found.version, "evaluation": found.sha256}


class GateOperator(WindvaneBranchOperator, OnVersionOperator):
    """Judge a version by the declared rules, and follow the decision. XCom: `version`, `decision`, `expected_epoch`.

    Args:
        version: The version's number.
        promote: Id of the task to follow when every rule passed.
        approve: Id of the task to follow when a person must approve.
        reject: Id of the task to follow otherwise.
        kwargs: See `WindvaneOperator`.
    """

    def __init__(
        self, *, promote: str = "promote", approve: str = "approve", reject: str = "reject", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.follow = {"promote": promote, "needs_approval": approve, "reject": reject}

    def step(self, work: Work) -> str:
        """Judge, say why, and choose."""
        from windvane import steps
        from windvane.results.reason import cells

        result = work.call(steps.gate, work.model, int(self.version), work.stores, work.run)
        for verdict in result.verdicts:
            self.log.info("%s: %s", verdict.rule, verdict.headline)
            for number in verdict.numbers:
                self.log.info("  %s", ", ".join(text for text in cells(number) if text))
        self.log.info("The gate's decision about v%s: %s", result.version, result.decision)
        metrics.judged(result)
        work.reads(VERSION, version=f"v{result.version}")
        self.noted.judged = result
        work.push(version=result.version, decision=result.decision, expected_epoch=result.expected_epoch)
        return self.follow[result.decision]
