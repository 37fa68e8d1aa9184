"""The health of a model: one definition for the overview, `windvane status`, the metric and uptime checks.

A pure function of what the registry knows, of what Airflow tells of the DAGs where it can be asked, and of the time.

| kind | level | is there when |
|---|---|---|
| `incident` | bad | the newest window alerts, or an incident is open |
| `run_failed` | bad | a run of `train`, `score` or `monitor` failed, and none of the same window succeeded since |
| `action_failed` | warn | the newest run of `rollback` or `act` failed, within a week |
| `dag_broken` | bad | Airflow cannot read the DAG's file, or finds it no more |
| `run_overdue` | bad | the scheduler has not made a run that was due 15 minutes ago |
| `run_queued` | warn | a run waits in the queue for an hour |
| `artifact` | bad | the champion's stored model cannot be read |
| `audit_log` | bad | who verified the audit log last found it broken, or it is not the same log any more |
| `not_scored` | bad | a window's scores are overdue (`Model.scores_due`); warn where no window was ever scored |
| `deadline_passed` | bad | nobody answered a question in time, and it is still open |
| `not_monitored` | warn | a window was scored, and its conclusion is overdue |
| `outcomes_late` | warn | the loss of the newest monitored window is not known |
| `loss_jumped` | warn | the newest loss stands out from those before it: see `jump` |
| `waiting` | warn | a version waits for a person |
| `no_champion` | warn | nothing is scored; the newest version's refusal is the reason, where it was refused |
| `paused` | warn | a person paused the automation |
| `dag_paused` | warn | the score or monitor DAG is paused in Airflow, and the model ran before |
| `retrain_waits` | warn | a retrain was requested an hour ago, and no run started |
| `retraining` | busy | a retrain was requested |
| `never_ran` | unknown | a DAG file declares the model, and the registry does not know it |
| `not_known` | unknown | there is a champion, and no window was monitored yet |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

from windvane.lifecycle.health_signs import Signs
from windvane.lifecycle.overdue import in_words, monitored_by, overdue
from windvane.results import ModelHealth, Trouble
from windvane.results.health import LEVELS
from windvane.results.reason import fitting

FEWEST_LOSSES = 3
"""Windows with a loss before one that can stand out from them."""

_OVERDUE = timedelta(minutes=15)
_WAITS_LONG = timedelta(hours=1)
_WEEK = timedelta(days=7)
_NEAR = 0.25
"""The share of the time for an answer that is left when its deadline is near."""

_ORDER = (
    *("artifact", "audit_log", "incident", "run_failed", "dag_broken", "run_overdue", "not_scored", "deadline_passed"),
    *("no_champion", "waiting", "loss_jumped", "outcomes_late", "not_monitored", "paused", "dag_paused"),
    *("retrain_waits", "run_queued", "action_failed", "retraining", "not_known", "never_ran"),
)
"""Kinds of trouble of one level, the one to look at first first."""


def examine(signs: Signs, now: datetime) -> ModelHealth:
    """Return what is wrong with a model, the worst first.

    Args:
        signs: What is known of it.
        now: The moment it is examined at.
    """
    found = [*_of_the_champion(signs), *_of_the_windows(signs, now), *_of_people(signs, now), *_of_runs(signs, now)]
    found.sort(key=_place)
    level = found[0].level if found else "good"
    return ModelHealth(model=signs.model, level=level, troubles=tuple(found), airflow=signs.dags is not None)


def _place(one: Trouble) -> tuple[int, int, float]:
    return LEVELS.index(one.level), _ORDER.index(one.kind), one.since.timestamp() if one.since else 0.0


def jump(losses: Sequence[float | None]) -> tuple[float, float] | None:
    """Return what the losses were and what the newest one is, where it stands out; else None.

    It stands out when it is above the median of the losses before it by more than three of their robust standard
    deviations (1.4826 times their median absolute deviation) and by more than a fifth. At least `FEWEST_LOSSES`
    windows before it must have a loss.

    Args:
        losses: The oldest first; None where the outcomes are not known.
    """
    if not losses or losses[-1] is None:
        return None
    before = [loss for loss in losses[:-1] if loss is not None]
    if len(before) < FEWEST_LOSSES:
        return None
    usual = median(before)
    spread = 1.4826 * median(abs(loss - usual) for loss in before)
    return (usual, losses[-1]) if losses[-1] - usual > max(3 * spread, 0.2 * abs(usual)) else None


def _of_the_champion(signs: Signs) -> Iterator[Trouble]:
    name = signs.model
    if signs.unreadable:
        yield Trouble(
            kind="artifact",
            level="bad",
            headline=fitting(f"The stored model of the champion v{signs.champion} cannot be read: {signs.unreadable}"),
            version=signs.champion,
            remedy=f"run `windvane verify {name}`; restore the file, or roll back",
            runbook="corrupt-artifact",
        )
    if signs.verified:
        yield Trouble(
            kind="audit_log",
            level="bad",
            headline=fitting(signs.verified[0]),
            since=signs.verified[1],
            remedy=f"run `windvane verify {name} --all`, and do what it says",
            runbook="restore",
        )
    if not signs.registered:
        yield Trouble(
            kind="never_ran",
            level="unknown",
            headline="Declared, and never ran: no window was trained yet",
            remedy=f"train a first window: start {name}_train in Airflow, or `windvane run train {name} --window KEY`",
        )
    elif signs.champion is None and not signs.questions:
        if signs.refused:
            number, at, why = signs.refused
            yield Trouble(
                kind="no_champion",
                level="warn",
                headline=fitting(f"No champion: the newest version v{number} was refused. {why}"),
                since=at,
                version=number,
                remedy=f"read the verdicts of v{number}; change the data or the declaration, then train again",
                runbook="refused-retrains",
            )
        else:
            yield Trouble(
                kind="no_champion",
                level="warn",
                headline="No champion: nothing is scored" if signs.versions else "No version was trained yet",
                remedy=f"train a window: `windvane retrain {name} --window KEY`, or {name}_train in Airflow",
            )


def _of_the_windows(signs: Signs, now: datetime) -> Iterator[Trouble]:
    if signs.alert:
        window, reason, since = signs.alert
        yield Trouble(
            kind="incident",
            level="bad",
            headline=fitting(f"Window {window} alerts: {reason}" if window else reason),
            since=since,
            window=window,
            remedy="read the window's checks; mend the source, then run the window again",
            runbook="alert",
        )
    late = _not_scored(signs, now)
    if late:
        yield late
    late = _not_monitored(signs, now)
    if late:
        yield late
    if signs.monitored and signs.losses and signs.losses[-1] is None and not signs.alert:
        yield Trouble(
            kind="outcomes_late",
            level="warn",
            headline=fitting(f"The loss of window {signs.monitored} is not known: {signs.conclusion}"),
            since=signs.concluded_at,
            window=signs.monitored,
            remedy="look whether the source delivers the target; late outcomes are concluded on by themselves",
            runbook="late-outcomes",
        )
    risen = jump(signs.losses)
    if risen:
        share = f", {risen[1] / risen[0] - 1:+.0%}" if risen[0] > 0 else ""
        yield Trouble(
            kind="loss_jumped",
            level="warn",
            headline=fitting(
                f"The loss of {signs.monitored} jumped: {risen[1]:.4g}, median before {risen[0]:.4g}{share}"
            ),
            since=signs.concluded_at,
            window=signs.monitored,
            remedy="read the window's page: which rows and columns lost, and what the monitor decided",
        )
    if signs.champion is not None and signs.monitored is None:
        yield Trouble(
            kind="not_known",
            level="unknown",
            headline="No window was monitored yet, so how good the champion is now is not known",
            since=signs.champion_at,
            remedy="wait for the first window's outcomes, or run the monitor",
        )


def _not_scored(signs: Signs, now: datetime) -> Trouble | None:
    """Return the trouble of windows whose scores are overdue: those after the newest scored one."""
    after = signs.scored or signs.champion_window
    if signs.spec is None or signs.champion is None or after is None:
        return None
    late = overdue(signs.spec, after, signs.spec.scores_due, now)
    if late is None:
        return None
    first, since, count = late
    return Trouble(
        kind="not_scored",
        level="bad" if signs.scored else "warn",
        headline=f"{in_words(count)} not scored, since {first.key}" + ("" if signs.scored else "; none ever was"),
        since=since,
        window=first.key,
        remedy=f"look at the runs of {signs.model}_score, then backfill; declare `end` if no window is to follow",
        runbook="not-scored",
    )


def _not_monitored(signs: Signs, now: datetime) -> Trouble | None:
    """Return the trouble of windows that were scored and not concluded on in time."""
    spec, after = signs.spec, signs.monitored or signs.champion_window
    if spec is None or signs.champion is None or after is None or signs.scored is None or signs.scored <= after:
        return None
    late = overdue(spec, after, lambda window: monitored_by(spec, window), now, signs.scored)
    if late is None:
        return None
    first, since, count = late
    return Trouble(
        kind="not_monitored",
        level="warn",
        headline=f"{in_words(count)} scored and not monitored, since {first.key}",
        since=since,
        window=first.key,
        remedy=f"look at the runs of {signs.model}_monitor, then backfill",
        runbook="backfill",
    )


def _of_people(signs: Signs, now: datetime) -> Iterator[Trouble]:
    for item in signs.questions:
        passed = item.deadline is not None and item.deadline <= now
        left = f", deadline {item.deadline:%Y-%m-%d %H:%M} UTC" if item.deadline else ""
        near = item.deadline is not None and item.deadline - now < _NEAR * (item.deadline - item.since)
        words = " passed" if passed else " is near" if near else ""
        yield Trouble(
            kind="deadline_passed" if passed else "waiting",
            level="bad" if passed else "warn",
            headline=f"v{item.version} waits for a person{left}{words}",
            since=item.since,
            version=item.version,
            remedy="read the version's page, then approve or reject it with a reason",
            runbook="approval",
        )
    if signs.paused_at:
        yield Trouble(
            kind="paused",
            level="warn",
            headline="Automation is paused: nothing is promoted or retrained by itself",
            since=signs.paused_at,
            remedy="find out whether it may go on, then resume it",
        )
    if signs.retrain_at:
        waits = now - signs.retrain_at > _WAITS_LONG
        yield Trouble(
            kind="retrain_waits" if waits else "retraining",
            level="warn" if waits else "busy",
            headline="A retrain was requested and no run has started" if waits else "A retrain was requested",
            since=signs.retrain_at,
            remedy=f"look at {signs.model}_monitor and {signs.model}_train in Airflow" if waits else "wait for its run",
        )


def _of_runs(signs: Signs, now: datetime) -> Iterator[Trouble]:
    for dag in signs.dags or ():
        verb = dag.dag.rpartition("_")[2]  # what comes before it is what the model is called now
        if dag.broken or dag.missing:
            yield Trouble(
                kind="dag_broken",
                level="bad",
                headline=f"Airflow {'cannot read' if dag.broken else 'no longer finds'} the file of {dag.dag}",
                remedy="look at the import errors on Airflow's home page",
            )
        by_people = verb in ("rollback", "act")
        failed = [run for run in dag.failed if not by_people or (run.at and now - run.at < _WEEK)]
        if failed:
            newest, first = failed[0], min((run.at for run in failed if run.at), default=None)
            about = f" for window {newest.window}" if newest.window else ""
            more = f"; {len(failed)} runs failed" if len(failed) > 1 else ""
            yield Trouble(
                kind="action_failed" if by_people else "run_failed",
                level="warn" if by_people else "bad",
                headline=fitting(f"{dag.dag} failed{about}{more}"),
                since=first,
                window=newest.window,
                run=newest.run,
                remedy="read the log of the failed task; mend the cause, then clear the run",
            )
        if dag.paused and signs.registered and verb in ("score", "monitor"):
            yield Trouble(
                kind="dag_paused",
                level="warn",
                headline=f"{dag.dag} is paused in Airflow: its windows wait",
                remedy=f"unpause {dag.dag}, unless somebody paused it on purpose",
                runbook="not-scored",
            )
        if dag.due and not dag.paused and now - dag.due > _OVERDUE:
            yield Trouble(
                kind="run_overdue",
                level="bad",
                headline=f"Airflow has not made the run of {dag.dag} that was due",
                since=dag.due,
                remedy="look whether Airflow's scheduler and DAG processor run",
                runbook="not-scored",
            )
        if dag.queued and now - dag.queued > _WAITS_LONG:
            yield Trouble(
                kind="run_queued",
                level="warn",
                headline=f"A run of {dag.dag} waits in the queue",
                since=dag.queued,
                remedy="look whether Airflow's workers run, and whether the pool has room",
                runbook="stuck-task",
            )
