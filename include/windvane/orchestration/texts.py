"""What the DAGs say about themselves in the UI, written from the spec with every value escaped."""

from __future__ import annotations

import re

from windvane.spec import Model

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")
_VERBS = {
    "train": "Trains a version on a window and its history, judges it, and promotes it if every rule passes. A "
    "scheduled run is skipped unless the spec asks for one: the monitor, a person or a backfill does.",
    "score": "Scores a window with the champion for it, and publishes the file.",
    "monitor": "Checks a window with the outcomes known by now and decides: retrain, alert, hold, or that there is "
    "not enough data to say.",
    "rollback": "Moves the champion back to a version that was champion before. Needs the version and your reason; "
    "both are kept with your name.",
}


def escaped(text: str) -> str:
    """Return text that markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def doc_md(model: Model, verb: str) -> str:
    """Return a DAG's page of documentation."""
    rules = "\n".join(f"- {escaped(rule.label)}" for rule in model.gate.rules)
    policy = model.monitor.policy
    return f"""### {escaped(model.name)}: {verb}

{_VERBS[verb]}

{escaped(model.description)}

| | |
|---|---|
| owner | {escaped(model.owner)} |
| predicts | {escaped(model.target)} ({model.task}), known {escaped(model.outcome_after)} after the window |
| window | {escaped(model.window)}, {escaped(model.timezone)}; the partition key, like {model.cadence.example} |
| learns from | {escaped(", ".join(model.features.names))} |
| estimator | {escaped(model.estimator.path)} |
| retrains | when at least {policy.retrain_at:.1%} of the loss can surely be won back |

Gate:

{rules}
"""
