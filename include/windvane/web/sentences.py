"""An event of the audit log as a sentence; what it does not say stands in the raw event."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

from windvane.results import Event

_SENTENCES = {
    "champion.promoted": "v{version} became the champion",
    "champion.rolled_back": "v{version} became the champion again (roll back)",
    "champion.reordered": "v{version} is the champion after an older window arrived",
    "version.eligible": "v{version} may be promoted",
    "version.rejected": "v{version} was rejected",
    "version.begun": "Training on {window} began, attempt {attempt}",
    "version.built": "v{version} was trained on windows up to {window}, {rows} rows",
    "version.received": "v{version} came from another registry, v{number} of {trained} there; it is judged on {window}",
    "version.evaluated": "v{version} was evaluated on {rows} rows",
    "version.judged": "The gate judged v{version}: {decision}",
    "version.explained": "What v{version} rests on was measured",
    "version.compared": "v{version} was compared with v{champion} on {window}: {outcome}",
    "retrain.requested": "A retrain was requested because of {window}",
    "window.monitored": "{window} was monitored: {decision}",
    "window.reported": "A report of {window} was drawn",
    "model.replayed": "The past was replayed under other plans",
    "incident.opened": "Incident {incident} began with {window}",
    "incident.closed": "Incident {incident} ended with {window}",
    "rollout.began": "v{version} began to take over from v{champion} in stages",
    "snapshot.recorded": "Rows of {window} were recorded: {rows}, {outcomes} with outcomes",
    "snapshot.validated": "Rows of {window} were validated",
    "scores.published": "Scores of {window} by v{version} were published",
    "automation.paused": "Automation was paused",
    "automation.resumed": "Automation was resumed",
    "model.registered": "The model was registered",
}


def sentence(event: Event) -> str:
    """Return what happened; the kind in words where the event does not hold what its sentence needs."""
    if not has_sentence(event):
        return event.kind.replace(".", " ").replace("_", " ").capitalize()
    pattern = _SENTENCES[event.kind]
    told = pattern.format_map({name: _shown(event.payload[name]) for name in _fields(pattern)})
    overridden = event.payload.get("gate_overridden")
    return f"{told}, gate overridden: {overridden}" if overridden else told


def has_sentence(event: Event) -> bool:
    """Return whether there is a sentence for an event, and all that it needs."""
    pattern = _SENTENCES.get(event.kind, "")
    return bool(pattern) and all(_plain(event.payload, name) for name in _fields(pattern))


def _fields(pattern: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(pattern) if name]


def _plain(payload: Mapping[str, Any], name: str) -> bool:
    return isinstance(payload.get(name), str | int | float)


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value).replace("_", " ") if str(value).isidentifier() else str(value)
