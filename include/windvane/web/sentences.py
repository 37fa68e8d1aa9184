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
    "version.evaluated": "v{version} was evaluated on {rows} rows",
    "version.judged": "The gate judged v{version}: {decision}",
    "version.compared": "v{version} was compared with v{champion} on {window}: {outcome}",
    "retrain.requested": "A retrain was requested because of {window}",
    "window.monitored": "{window} was monitored: {decision}",
    "window.reported": "A report of {window} was drawn",
    "incident.opened": "Incident {incident} began with {window}",
    "incident.closed": "Incident {incident} ended with {window}",
    "rollout.began": "v{version} began to take over from v{champion} in stages",
    "snapshot.recorded": "Rows of {window} were recorded: {rows}, {outcomes} with outcomes",
    "snapshot.validated": "Rows of {window} were validated",
    "scores.published": "Scores of {window} by v{version} were published",
    "automation.paused": "Automation was paused",
    "automation.resumed": "Automation was resumed",
    "model.registered": "The model was registered",
    "model.changed": "The declaration changed",
}


def sentence(event: Event) -> str:
    """Return what happened; the kind in words where the event does not hold what its sentence needs."""
    pattern = _SENTENCES.get(event.kind, "")
    fields = [name for _, name, _, _ in Formatter().parse(pattern) if name]
    if not pattern or not all(_plain(event.payload, name) for name in fields):
        return event.kind.replace(".", " ").replace("_", " ").capitalize()
    return pattern.format_map({name: _shown(event.payload[name]) for name in fields})


def _plain(payload: Mapping[str, Any], name: str) -> bool:
    return isinstance(payload.get(name), str | int | float)


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value).replace("_", " ") if str(value).isidentifier() else str(value)
