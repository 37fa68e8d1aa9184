"""What the DAGs say in the UI: markdown written from specs and results, every value escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.actions import ACTIONS
from windvane.lifecycle.escaping import escaped, pipe_table
from windvane.lifecycle.wording import elsewhere, refitted, trained_until
from windvane.spec import Model

if TYPE_CHECKING:
    from windvane.results import Approval, Estimate, Evaluation, GateResult, Version

_VERBS = {
    "train": (
        "Trains a version on a window and the windows before it, judges it by the gate, and promotes it when every "
        "rule passes. {requested}"
    ),
    "score": (
        "Scores a window with the champion for it, the last one trained on earlier windows only, and publishes the "
        "file. A window that is published already keeps the version that served it, unless the form's field `replace` "
        "is set, with a reason. A window that was monitored before its scores came is monitored again."
    ),
    "monitor": (
        "Waits for the window's scores, then checks it with the outcomes known by now, and decides: retrain, alert, "
        "hold, or that there is too little to say (`insufficient_data`). The Evidently report stands beside the "
        "decision and never delays it."
    ),
    "rollback": (
        "Moves the champion back to a version that was champion before, once its stored model is shown to be whole. "
        "Trigger it with the version and your reason: both are kept with your name."
    ),
    "act": (
        "Does what a person decides and no other DAG of the model does, in the name of who triggers it, with their "
        "reason. {actions}"
    ),
}
_ON_WORD = "A scheduled run ends skipped in its first task: training waits for the monitor, a person or a backfill."
_ON_SCHEDULE = "Every scheduled run trains."


def doc_md(model: Model, verb: str) -> str:
    """Return a DAG's page of documentation."""
    requested = _ON_SCHEDULE if model.schedule.train else _ON_WORD
    policy = model.monitor.policy
    rows = {
        "owner": model.owner,
        "predicts": f"{model.target} ({model.task}), known {model.outcome_after} after the window",
        "window": f"{model.window}, {model.timezone}; the run's partition key, such as {model.cadence.example}",
        "learns from": ", ".join(model.features.names),
        "estimator": model.estimator.path,
        "trains on": "all windows so far" if model.history == "all" else f"{model.history} windows",
        "gate": "; ".join(rule.label for rule in model.gate.rules),
        "approval": f"{model.approval}{', four eyes' if model.four_eyes else ''}",
        "retrains": f"when at least {policy.least_share:.1%} of the loss can surely be won back",
        "family": ", ".join(f"{model.name}_{other}" for other in _VERBS),
    }
    table = pipe_table(("declared", ""), [(name, escaped(value)) for name, value in rows.items()])
    return "\n\n".join(
        [_VERBS[verb].format(requested=requested, actions=_actions()), escaped(model.description), table]
    )


def _actions() -> str:
    rows = [(row.name, row.summary) for row in ACTIONS.values() if row.dag == "act"]
    return "\n\n" + pipe_table(("action", "what it does"), rows)


def candidate(
    version: Version, evaluation: Evaluation | None, requested: Approval | None = None, *, four_eyes: bool = False
) -> str:
    """Return the page an approver reads: what the gate says, how good the version is, and what it was made from."""
    facts = {
        "window": version.window,
        "rows trained on": f"{version.rows:,}, until {trained_until(version):%Y-%m-%d %H:%M} UTC",
        **({"made": elsewhere(version)} if version.elsewhere else {}),
        **({"scores with": refitted(version)} if version.refit else {}),
        "stored model": version.artifact,
        "asked by": f"{version.actor}, run {version.run_id}",
    }
    if requested:
        facts["asked by"] = f"{requested.requested_by}, run {requested.run_id}"
    terms = (
        [f"Answer by {requested.deadline:%Y-%m-%d %H:%M} UTC; without an answer it is rejected."] if requested else []
    )
    if four_eyes:
        who = " and of ".join(dict.fromkeys([version.actor, *([requested.requested_by] if requested else [])]))
        terms.append(f"Four eyes: a yes of {who} does not count, and the question is asked again.")
    gate = version.gate
    parts = [
        escaped(" ".join(terms)),
        escaped(gate.headline) if gate else "",
        *(_verdicts(gate) if gate else ()),
        _metrics(evaluation) if evaluation else "",
        _fairness(evaluation) if evaluation else "",
        pipe_table(("made from", ""), [(name, escaped(value)) for name, value in facts.items()]),
        f"Everything: `windvane card {version.model} {version.version}`",
    ]
    return "\n\n".join(part for part in parts if part)


def _verdicts(gate: GateResult) -> list[str]:
    """Return what each rule said, and the numbers of all of them in columns."""
    from windvane.results.reason import cells

    verdicts = [(item.outcome, escaped(item.rule), escaped(item.headline)) for item in gate.verdicts]
    numbers = [
        (escaped(item.rule), *map(escaped, cells(one)))
        for verdict in gate.verdicts
        for item in verdict.leaves()
        for one in item.numbers
    ]
    tables = [pipe_table(("verdict", "rule", "why"), verdicts)]
    return [*tables, *([pipe_table(("rule", "number", "value", "interval", "allowed"), numbers)] if numbers else [])]


def _metrics(evaluation: Evaluation) -> str:
    beside = {
        "baseline": {item.metric: item for item in evaluation.baseline},
        f"champion v{evaluation.champion}": {item.metric: item for item in evaluation.champion_metrics},
    }
    names = [name for name, items in beside.items() if items]
    rows = [
        (escaped(item.metric), _shown(item), *(_shown(beside[name].get(item.metric)) for name in names))
        for item in evaluation.metrics
    ]
    return pipe_table((f"on {evaluation.rows:,} held-out rows", f"v{evaluation.version}", *names), rows)


def _fairness(evaluation: Evaluation) -> str:
    rows = [
        (escaped(item.column), escaped(f"{item.measure} of {one.group}"), f"{one.selection_rate:.1%}")
        for item in evaluation.fairness
        for one in item.groups
        if one.selection_rate is not None
    ]
    return pipe_table(("protected", "group", "decided positive"), rows) if rows else ""


def _shown(item: Estimate | None) -> str:
    if item is None or item.value is None:
        return ""
    if item.low is None or item.high is None:
        return f"{item.value:.4g}"
    return f"{item.value:.4g} ({item.low:.4g} to {item.high:.4g})"
