"""Operators of the monitor: collect, check, decide and branch, report, and the branches' ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from windvane import steps
from windvane.orchestration.base import WindvaneBranchOperator, WindvaneOperator, Work
from windvane.steps import Collected


class CollectOperator(WindvaneOperator):
    """Collect a window's rows, the outcomes known by now, and its scores. Hands on ids and digests of these."""

    def step(self, work: Work) -> dict[str, Any]:
        """Collect."""
        found = steps.collect(work.model, work.window, work.stores, work.run)
        self.log.info(
            "scores %s of v%s; outcomes are %sdue", found.scores, found.version, "" if found.mature else "not "
        )
        return found.model_dump(mode="json")


class CheckOperator(WindvaneOperator):
    """Answer the declared checks. Hands on `{digest, checks}`.

    Args:
        collect_task: Task whose return value tells what was collected.
        kwargs: See `WindvaneOperator`.
    """

    def __init__(self, *, collect_task: str = "collect", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.collect_task = collect_task

    def step(self, work: Work) -> dict[str, Any]:
        """Check, and say each answer in a sentence."""
        collected = Collected.model_validate(work.context["ti"].xcom_pull(task_ids=self.collect_task))
        found = steps.check(work.model, work.window, collected, work.stores, work.run)
        for item in found.checked.checks:
            self.log.info("%s: %s: %s", item.check, item.outcome, item.sentence)
        return {"digest": found.digest, "checks": {item.check: item.outcome for item in found.checked.checks}}


class ReportOperator(WindvaneOperator):
    """Keep an Evidently report of the window. Hands on `{digest}`.

    Args:
        collect_task: Task whose return value tells what was collected.
        kwargs: See `WindvaneOperator`.
    """

    def __init__(self, *, collect_task: str = "collect", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.collect_task = collect_task

    def step(self, work: Work) -> dict[str, Any]:
        """Report; no decision waits for this."""
        collected = Collected.model_validate(work.context["ti"].xcom_pull(task_ids=self.collect_task))
        return {"digest": steps.report(work.model, work.window, collected, work.stores, work.run)}


class DecideOperator(WindvaneBranchOperator):
    """Conclude from the checks and follow: `retrain`, `alert`, `hold` or `insufficient_data`.

    Leaves `{window, decision, reasons, version, request}` as `decision`.

    Args:
        checked: Digest of the checks' record.
        follow: Task to follow for each decision; a task of the decision's own name by default.
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = ("checked",)

    def __init__(self, *, checked: str, follow: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.checked = checked
        self.follow = follow or {}

    def step(self, work: Work) -> dict[str, Any]:
        """Decide; a retrain is asked for in the same transaction."""
        result = steps.decide(work.model, work.window, self.checked, work.stores, work.run)
        self.log.info("%s %s: %s", result.window, result.decision, "; ".join(result.reasons))
        return {
            "window": result.window,
            "decision": result.decision,
            "reasons": list(result.reasons),
            "version": result.version,
            "request": result.request,
        }

    def choose(self, result: dict[str, Any]) -> str:
        """Follow the decision."""
        decision = str(result["decision"])
        return self.follow.get(decision, decision)


class _Told(WindvaneOperator):
    """The end of a branch: says the decision's reasons, and hands the decision on.

    Args:
        decide_task: Task whose XCom `decision` is told.
        kwargs: See `WindvaneOperator`.
    """

    def __init__(self, *, decide_task: str = "decide", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decide_task = decide_task

    def step(self, work: Work) -> dict[str, Any]:
        """Say why, at the level of the decision."""
        told: dict[str, Any] = work.context["ti"].xcom_pull(task_ids=self.decide_task, key="decision")
        say = self.log.warning if told["decision"] == "alert" else self.log.info
        for reason in told["reasons"]:
            say("%s %s: %s", told["window"], told["decision"], reason)
        return told


class AlertOperator(_Told):
    """Tell people that the window's data looks broken. Give it `on_success_callback` notifiers to reach them."""

    ui_color = "#fee2e2"


class HoldOperator(_Told):
    """Tell that nothing follows, and why."""
