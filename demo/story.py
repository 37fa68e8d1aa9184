"""The demo's story: 2013 played month by month through real DAG runs, a late backfill, and one rollback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

from demo.client import AirflowClient, AirflowWaitError, DagRun
from windvane.results import GateResult, MonitorResult
from windvane.stores import Stores

MODEL = "flights"
FIRST = "2013-01"
TOLD_LOSS = 0.507
"""What the README says that the default policy comes to: a change of the policy that does worse here is no secret."""
MONTHS = tuple(f"2013-{month:02}" for month in range(2, 13))
LATE = "2013-02"
"""The month that is backfilled late, when newer months have long been trained."""
SIDE_TASKS = frozenset({"report"})
"""Tasks that no decision waits for; the story goes on while they run."""

_OVER = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


class StoryError(AssertionError):
    """Something of the story did not happen as told."""


@dataclass(frozen=True)
class Month:
    """What happened in one window."""

    window: str
    decision: str
    why: str
    scored_by: int
    champion: int
    loss: float
    first_loss: float
    monitor_run: str
    retrain_run: str | None


@dataclass
class Story:
    """Plays 2013 and remembers it.

    Args:
        client: Speaks to the running Airflow.
        stores: The registry and artifacts that its tasks use; the story only reads them.
        say: Prints a line while it happens.
        patience: Seconds that a run may take.
    """

    client: AirflowClient
    stores: Stores
    say: Callable[[str], None]
    patience: float = 180.0
    months: list[Month] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    first_promotion_seconds: float | None = None
    backfill: GateResult | None = None
    rolled_back_to: int | None = None
    rolled_back_from: int | None = None

    def play(self) -> None:
        """Play everything, in order."""
        self.unpause()
        self.train_first()
        for window in MONTHS:
            self.month(window)
        self.late_backfill()
        self.rollback()
        self.settle()

    def unpause(self) -> None:
        """Let the family's runs start; its `end` lies in the past, so nothing starts by itself."""
        dags = [f"{MODEL}_{verb}" for verb in ("train", "score", "monitor", "rollback", "act")]
        self.client.wait_for_dags(dags)
        for dag in dags:
            self.client.unpause(dag)

    def train_first(self) -> None:
        """Train January; the gate lets the first version through."""
        self._run("train", FIRST)
        champion = self._champion()
        _must(champion == 1, f"after {FIRST} the champion is {champion}, expected version 1")
        self.first_promotion_seconds = time.monotonic() - self.began
        gate = self.stores.registry.versions.get(MODEL, 1).gate
        why = gate.headline if gate else ""
        self.say(f"{FIRST}  trained v1, promoted after {self.first_promotion_seconds:.0f} s: {why}")

    def month(self, window: str) -> None:
        """Score and monitor a month; where the monitor asks, wait for the retrain it started."""
        self._run("score", window)
        monitor = self._run("monitor", window)
        result = self._result(window)
        retrain = None
        if result.decision == "retrain":
            retrain = self._retrain_of(result)
            self._finish(self.client.run(f"{MODEL}_train", retrain))
        month = Month(
            window=window,
            decision=result.decision,
            why=result.headline,
            scored_by=result.version or 0,
            champion=self._champion(),
            loss=result.loss or float("nan"),
            first_loss=result.first_loss or float("nan"),
            monitor_run=monitor.run_id,
            retrain_run=retrain,
        )
        self.months.append(month)
        message = f" -> champion v{month.champion}" if retrain else ""
        self.say(
            f"{window}  {month.decision:<8} v{month.scored_by} lost {month.loss:.3f}"
            f" (v1: {month.first_loss:.3f}){message}: {month.why}"
        )

    def late_backfill(self) -> None:
        """Backfill February's training: it is trained and judged, and must not replace a newer month's champion."""
        before = self._champion()
        backfill = self.client.create_backfill(
            f"{MODEL}_train", datetime(2013, 2, 1, tzinfo=UTC), datetime(2013, 2, 28, tzinfo=UTC)
        )
        runs = self.client.wait_for_backfill(backfill, timeout=self.patience)
        keys = [run.partition_key for run in runs]
        _must(keys == [LATE], f"the backfill of {LATE} made runs for {keys}")
        _must(runs[0].state == "success", f"the backfill of {LATE} ended {runs[0].state}")
        version = next(item for item in self.stores.registry.versions.all(MODEL) if item.window == LATE)
        _must(version.gate is not None, f"v{version.version} of {LATE} was not judged")
        _must(self._champion() == before, f"the backfill of {LATE} moved the champion from v{before}")
        self.backfill = version.gate
        reason = version.gate.headline if version.gate else ""
        ended = "eligible beside the champion" if version.state == "archived" else version.state
        self.say(f"{LATE}  backfilled late: v{version.version} trained, judged, {ended}: {reason}")

    def rollback(self) -> None:
        """Roll back to the champion before, as a person would with the form."""
        promotions = self.stores.registry.champions.promotions(MODEL)
        target = promotions[1].version
        conf = {"version": target, "reason": "demo: complaints about the newest version"}
        run = self.client.trigger(f"{MODEL}_rollback", conf=conf)
        self._finish(run)
        self.rolled_back_from, self.rolled_back_to = promotions[0].version, target
        _must(
            self._champion() == target,
            f"after the rollback the champion is v{self._champion()}, not v{target}",
        )
        self.say(f"rollback  champion v{promotions[0].version} -> v{target}, by admin: {conf['reason']}")

    def settle(self) -> None:
        """Wait for the side tasks, and see that no run of the year failed."""
        for verb in ("train", "score", "monitor", "rollback"):
            for run in self.client.runs(f"{MODEL}_{verb}"):
                state = self.client.wait_for_run(run.dag_id, run.run_id, timeout=self.patience).state
                _must(state == "success", f"{run.dag_id} {run.run_id} ended {state}")

    def check(self) -> None:
        """Raise unless the registry and Airflow both tell the story that the demo promises.

        Raises:
            StoryError: Names what did not happen.
        """
        registry = self.stores.registry
        decisions = {month.window: month.decision for month in self.months}
        retrains = [month for month in self.months if month.decision == "retrain"]
        _must(tuple(decisions) == MONTHS, f"months monitored: {', '.join(decisions)}")
        _must(0 < len(retrains) < 6, f"{len(retrains)} retrains beside the first training, expected 1 to 5")
        _must(any(month.decision == "hold" for month in self.months), "no month was held")
        kinds = [promotion.kind for promotion in registry.champions.promotions(MODEL)]
        _must(kinds[0] == "rollback" and kinds[-1] == "promote", f"the pointer's moves are {kinds}")
        _must("promote" in kinds[:-1], "no retrained version was ever promoted")
        _must(
            all(request.started_at for request in registry.monitoring.requests(MODEL)),
            "a retrain request was not answered",
        )
        for month in retrains:
            _must(month.retrain_run is not None, f"{month.window} asked for a retrain that has no run")
        if self.backfill is not None:
            late = registry.versions.get(MODEL, self.backfill.version)
            _must(late.state in ("archived", "rejected"), f"the late backfill ended {late.state}")
        _must(self.mean_loss <= self.mean_first_loss, "the managed model lost more than the frozen one")
        told = f"the mean log loss is {self.mean_loss:.4f}, the README tells {TOLD_LOSS}"
        _must(self.mean_loss <= TOLD_LOSS + 0.003, told)
        registry.audit.verify(MODEL)

    @property
    def trainings(self) -> int:
        """Trainings of the managed year: January's, and each one the monitor asked for."""
        return 1 + sum(month.decision == "retrain" for month in self.months)

    @property
    def mean_loss(self) -> float:
        """Mean log loss of the managed model over the monitored months, each month counted once."""
        return fmean(month.loss for month in self.months)

    @property
    def mean_first_loss(self) -> float:
        """Mean log loss of the first version, had it never been replaced."""
        return fmean(month.first_loss for month in self.months)

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the final table, a row a month."""
        for month in self.months:
            champion = f"v{month.scored_by}" + (f" -> v{month.champion}" if month.champion != month.scored_by else "")
            place = f"/dags/{MODEL}_monitor/runs/{month.monitor_run}"
            losses = (f"{month.loss:.3f}", f"{month.first_loss:.3f}")
            yield month.window, month.decision, month.why, champion, *losses, place

    def _run(self, verb: str, window: str) -> DagRun:
        """Start a run of one window and wait until nothing but side tasks is left of it."""
        run = self.client.trigger(f"{MODEL}_{verb}", partition_key=window)
        return self._finish(run)

    def _finish(self, run: DagRun) -> DagRun:
        waited: dict[str, str | None] = {}

        def over() -> bool:
            states = self.client.task_states(run.dag_id, run.run_id)
            waited.update((task, state) for task, state in states.items() if task.split(".")[-1] not in SIDE_TASKS)
            return bool(waited) and all(state in _OVER for state in waited.values())

        if not self.client.wait_until(over, self.patience):
            raise AirflowWaitError(f"{run.dag_id} {run.run_id} after {self.patience:.0f} s: {waited}")
        failed = [task for task, state in waited.items() if state in ("failed", "upstream_failed")]
        if failed:
            tail = "\n".join(self.client.task_log(run.dag_id, run.run_id, failed[0]).splitlines()[-12:])
            raise StoryError(f"{run.dag_id} {run.run_id}: {', '.join(failed)} failed\n{tail}")
        return run

    def _result(self, window: str) -> MonitorResult:
        found: list[Any] = self.stores.registry.monitoring.results(MODEL, window)
        _must(bool(found), f"{window} was monitored, but the registry has no decision")
        result: MonitorResult = found[0]
        return result

    def _retrain_of(self, result: MonitorResult) -> str:
        request = next(
            item for item in self.stores.registry.monitoring.requests(MODEL) if item.request == result.request
        )
        return request.run_id

    def _champion(self) -> int:
        champion = self.stores.registry.champions.current(MODEL)
        return champion.version if champion else 0


def _must(happened: bool, otherwise: str) -> None:
    if not happened:
        raise StoryError(otherwise)
