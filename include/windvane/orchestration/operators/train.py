"""Operators on versions: is training asked for, train, evaluate, the gate, promote, reject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from windvane import steps
from windvane.orchestration.base import WindvaneBranchOperator, WindvaneOperator, Work
from windvane.orchestration.context import run_type
from windvane.orchestration.links import ScoreDagLink

if TYPE_CHECKING:
    from airflow.sdk import Context


class AskedOperator(WindvaneOperator):
    """Skip a scheduled run that the spec does not ask for; a person's, a backfill's or the monitor's run goes on."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Decide from the kind of run alone: no store is opened."""
        kind = run_type(context)
        if kind == "scheduled" and self.model.schedule.train is None:
            told = f"{self.model.name} trains when the monitor, a person or a backfill asks; this run is the schedule's"
            self.log.info("skipped: %s", told)
            raise AirflowSkipException(told)
        return {"asked_by": kind}


class TrainOperator(WindvaneOperator):
    """Train a version on a snapshot and its history. Hands on `{version, digest, window}`.

    Args:
        snapshot: Digest of the window's snapshot.
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = ("snapshot",)

    def __init__(self, *, snapshot: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

    def step(self, work: Work) -> dict[str, Any]:
        """Train, or find the version that the same inputs made before."""
        made = steps.train(work.model, work.window, self.snapshot, work.stores, work.run)
        self.log.info("v%d (%s) from %d rows until %s", made.version, made.artifact, made.rows, made.trained_until)
        return {"version": made.version, "digest": made.artifact, "window": made.window}


class _OnVersion(WindvaneOperator):
    """An operator on one version.

    Args:
        version: The version's number.
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = ("version",)

    def __init__(self, *, version: int | str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.version = version


class EvaluateOperator(_OnVersion):
    """Evaluate a version on its holdout. Hands on `{version, rows, champion}`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Evaluate beside the baseline and the champion of that time."""
        found = steps.evaluate(work.model, int(self.version), work.stores, work.run)
        for item in found.metrics:
            self.log.info("%s = %s (95 %%: %s to %s)", item.metric, item.value, item.low, item.high)
        return {"version": found.version, "rows": found.rows, "champion": found.champion}


class GateOperator(_OnVersion, WindvaneBranchOperator):
    """Judge a version and follow the decision. Leaves `{version, decision, reasons, expected_epoch}` as `decision`.

    Args:
        version: The version's number.
        promote: Task to follow when every rule passed.
        approve: Task to follow when a person must approve.
        reject: Task to follow otherwise.
        kwargs: See `WindvaneOperator`.
    """

    def __init__(
        self, *, promote: str = "promote", approve: str = "approve", reject: str = "reject", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.follow = {"promote": promote, "needs_approval": approve, "reject": reject}

    def step(self, work: Work) -> dict[str, Any]:
        """Judge, and say why."""
        result = steps.gate(work.model, int(self.version), work.stores, work.run)
        self.log.info("v%d: %s", result.version, result.decision)
        for verdict in result.verdicts:
            self.log.info("%s: %s: %s", verdict.outcome, verdict.rule, verdict.sentence)
        return {
            "version": result.version,
            "decision": result.decision,
            "reasons": list(result.reasons),
            "expected_epoch": result.expected_epoch,
        }

    def choose(self, result: dict[str, Any]) -> str:
        """Follow the decision."""
        return self.follow[str(result["decision"])]


class PromoteOperator(_OnVersion):
    """Make a version the champion. Hands on `{version, state, epoch, champion}`.

    Args:
        version: The version's number.
        expected_epoch: The champion's epoch that the gate looked at.
        approval: Task whose XCom `answer` tells who approved; that person is then who promotes.
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = ("version", "expected_epoch")
    operator_extra_links = (ScoreDagLink(),)

    def __init__(self, *, expected_epoch: int | str, approval: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expected_epoch = expected_epoch
        self.approval = approval

    def step(self, work: Work) -> dict[str, Any]:
        """Promote, or follow a new verdict when the champion moved meanwhile."""
        answer = work.context["ti"].xcom_pull(task_ids=self.approval, key="answer") if self.approval else None
        number, epoch = int(self.version), int(self.expected_epoch)
        if answer:
            run = work.run.model_copy(update={"actor": answer["actor"], "reason": answer["reason"]})
            steps.promote(work.model, number, work.stores, run, epoch, answer["reason"])
        else:
            steps.settle(work.model, number, work.stores, work.run, epoch)
        champion = work.stores.registry.champion(work.model.name)
        state = work.stores.registry.version(work.model.name, number).state
        self.log.info("v%d is %s; the champion is v%s", number, state, champion.version if champion else None)
        return {
            "version": number,
            "state": state,
            "champion": champion.version if champion else None,
            "epoch": champion.epoch if champion else 0,
        }


class RejectOperator(_OnVersion):
    """Mark a version as rejected, with the gate's reasons. Hands on `{version, state}`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Reject; the champion stays."""
        version = steps.reject(work.model, int(self.version), work.stores, work.run)
        return {"version": version.version, "state": version.state}
