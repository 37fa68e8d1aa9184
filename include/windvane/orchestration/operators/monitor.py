"""Operators of the monitor: collect, check, report, decide and branch, and the ends of the quiet branches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from windvane.orchestration import metrics
from windvane.orchestration.base import WindvaneBranchOperator, WindvaneOperator, Work
from windvane.orchestration.context import run_type
from windvane.orchestration.lineage import SCORES, SNAPSHOT
from windvane.orchestration.links import PAGES, RetrainLink

if TYPE_CHECKING:
    from windvane.results import MonitorResult

_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(minutes=1)
"""How long a task that waits for scores lets go of its worker at a time."""


class ReopenOperator(WindvaneOperator):
    """Look again at windows whose outcomes or scores came late. XCom: `reopened`, `overdue` (their keys).

    A scheduled run also looks at newer windows: one whose scores are overdue already is told now.
    """

    def step(self, work: Work) -> dict[str, Any]:
        """Reopen, and tell each new conclusion."""
        from windvane import steps

        found = work.call(steps.reopen, work.model, work.window, work.stores, work.run)
        told_again(self, found, work)
        overdue = []
        if run_type(work.context) == "scheduled":
            overdue = work.call(steps.overdue, work.model, work.window, work.stores, work.run)
        for result in overdue:
            self.log.warning("%s: %s", result.window, result.headline)
        return {"reopened": [result.window for result in found], "overdue": [result.window for result in overdue]}


class MonitorAgainOperator(WindvaneOperator):
    """Monitor a window again that was monitored before it was scored. XCom: `reopened` (keys of the windows).

    A retrain that this asks for is started by the next run of the monitor.
    """

    def step(self, work: Work) -> dict[str, Any]:
        """Monitor again, and tell each new conclusion."""
        from windvane import steps

        found = work.call(steps.monitor_again, work.model, work.window, work.stores, work.run)
        told_again(self, found, work)
        return {"reopened": [result.window for result in found]}


def told_again(operator: WindvaneOperator, found: list[MonitorResult], work: Work) -> None:
    """Log each conclusion that was drawn again."""
    for result in found:
        operator.log.info("%s was opened again: %s: %s", result.window, result.decision, result.headline)
        metrics.monitored(result, newest=_is_newest(work, result.window))


def _is_newest(work: Work, window: str) -> bool:
    """Tell whether no later window was monitored."""
    newest = work.stores.registry.monitoring.results(work.model.name, limit=1)
    return work.is_newest(window, [item.window for item in newest])


class CollectOperator(WindvaneOperator):
    """Collect a window's rows, the outcomes known by now, and its published scores. XCom: `collected` (their ids).

    While a version may score the window and no scores are published, it waits, without holding a worker: until they
    are there, or until they are overdue and the run has waited as long as `Monitor(scores_within=…)` says. Rows that
    scoring refuses too are not waited for.
    """

    def step(self, work: Work) -> dict[str, Any]:
        """Collect, or wait.

        Raises:
            AirflowRescheduleException: It waits for the scores.
        """
        from windvane import steps

        until = max(work.model.scores_due(work.window), work.requested.as_of + work.model.scores_within)
        may_wait = datetime.now(UTC) < until  # when to stop waiting; it chooses no data
        if may_wait and work.context.get("task_reschedule_count"):
            self._wait(work, until)  # what the rows are was seen before
        found = work.call(steps.collect, work.model, work.window, work.stores, work.run, waited=not may_wait)
        if may_wait and found.scores is None and not found.problems and not found.empty:
            self._wait(work, until)
        due = "are due" if found.mature else "are not due yet"
        self.log.info("%s: scored by v%s; outcomes %s; %s", work.window, found.version, due, found.snapshot)
        return {"collected": found.model_dump(mode="json")}

    def _wait(self, work: Work, until: datetime) -> None:
        """Let the scheduler start the task again a little later, if there is something to wait for.

        Raises:
            AirflowRescheduleException: There is.
        """
        from windvane import steps
        from windvane.orchestration.compat import AirflowRescheduleException

        if steps.waits(work.model, work.window, work.stores):
            at = datetime.now(UTC)
            self.log.info("%s is not scored yet: waiting for its scores until %s UTC", work.window, f"{until:%F %T}")
            pause = max(_SHORTEST, min(_LONGEST, work.model.scores_within / 10))
            raise AirflowRescheduleException(min(until, at + pause))  # type: ignore[no-untyped-call]  # Airflow has no annotation here


class OnCollectedOperator(WindvaneOperator):
    """Base of operators on what was collected.

    Args:
        collected: The ids that `CollectOperator(...).xcom("collected")` hands on (templated).
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = (*WindvaneOperator.template_fields, "collected")

    def __init__(self, *, collected: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.collected = collected


class CheckOperator(OnCollectedOperator):
    """Answer the declared checks about a window. XCom: `checked` (digest of the answers), `collected`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Check, and log each answer's headline."""
        from windvane import steps

        collected = steps.Collected.model_validate(self.collected)
        work.reads(SNAPSHOT, work.window.key, version=collected.snapshot or "")
        if collected.scores:
            work.reads(SCORES, work.window.key, version=collected.scores)
        found = work.call(steps.check, work.model, work.window, collected, work.stores, work.run)
        for item in found.checked.checks:
            self.log.info("%s: %s: %s", item.check, item.outcome, item.headline)
        return {"checked": found.digest, "collected": self.collected}


class ReportOperator(OnCollectedOperator):
    """Keep an Evidently report of a window. XCom: `report` (digest of the page)."""

    def step(self, work: Work) -> dict[str, Any]:
        """Report; no decision waits for this."""
        from windvane import steps

        collected = steps.Collected.model_validate(self.collected)
        digest = work.call(steps.report, work.model, work.window, collected, work.stores, work.run)
        self.log.info("Evidently report of %s: %s", work.window, digest)
        return {"report": digest}


class DecideOperator(WindvaneOperator):
    """Conclude from a window's checks; a retrain is asked for in the same transaction, and not started yet.

    XCom: `window`, `decision`, `request` (id of the retrain it asks for).

    Args:
        checked: Digest of the answers (templated; `CheckOperator(...).xcom("checked")`).
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = (*WindvaneOperator.template_fields, "checked")
    operator_extra_links = (*PAGES, RetrainLink())

    def __init__(self, *, checked: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.checked = checked

    def step(self, work: Work) -> Any:
        """Decide."""
        from windvane import steps

        result = work.call(steps.decide, work.model, work.window, self.checked, work.stores, work.run)
        metrics.monitored(result, newest=_is_newest(work, result.window))
        return _concluded(self, work, result)


class DriftBranchOperator(WindvaneBranchOperator, DecideOperator):
    """Decide, and follow the task of the decision. XCom: as `DecideOperator`.

    The task of `retrain` is followed as well while an earlier run's request is open: what that run asked for and was
    killed before starting is started now, whatever this window's decision is.

    Args:
        checked: Digest of the answers.
        follow: Task id to follow for each decision; by default the task of the decision's own name.
        kwargs: See `WindvaneOperator`.
    """

    def __init__(self, *, follow: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.follow = follow or {}

    def step(self, work: Work) -> list[str]:
        """Decide, and choose."""
        from windvane import steps

        found = super().step(work)
        work.push(**found)
        chosen = [found["decision"]]
        if "retrain" not in chosen and steps.pending(work.model, work.stores):
            self.log.warning("A retrain that an earlier run asked for was not started; it is now")
            chosen.append("retrain")
        return [self.follow.get(decision, decision) for decision in chosen]


class HoldOperator(WindvaneOperator):
    """The end of a branch on which nothing more happens: tells what was decided and why. XCom: as `DecideOperator`."""

    def step(self, work: Work) -> Any:
        """Tell."""
        return _concluded(self, work, work.stores.registry.monitoring.results(work.model.name, work.window.key)[0])


class AlertOperator(HoldOperator):
    """The end of the branch of a window whose data looks broken; `NotifyOperator` tells people."""

    ui_color = "#fee2e2"


def _concluded(operator: WindvaneOperator, work: Work, result: MonitorResult) -> dict[str, Any]:
    """Say the decision and its reasons with their numbers, loudly when people should know."""
    from windvane.results.reason import cells

    say = operator.log.warning if result.decision == "alert" else operator.log.info
    for reason in result.reasons:
        say("%s %s: %s", result.window, result.decision, reason.headline)
        for number in reason.numbers:
            operator.log.info("  %s", "  ".join(filter(None, cells(number))))
    operator.linked["version"] = result.version
    requests = work.stores.registry.monitoring.requests(result.model)
    request = next((item for item in requests if item.request == result.request), None)
    if request:
        operator.linked_run = f"{request.model}_train/{request.run_id}"
    return {"window": result.window, "decision": result.decision, "request": result.request}
