"""Decide what a window's checks come to: `hold`, `retrain`, `alert` or `insufficient_data`, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from windvane.results import CheckResult, Decision
from windvane.spec import Model
from windvane.windows import Window

_MOVED = {"quality": "data quality", "data_drift": "inputs", "prediction_drift": "scores"}
_NAMES = {
    "quality": "data quality",
    "data_drift": "data drift",
    "prediction_drift": "prediction drift",
    "performance": "performance",
}


def decide(
    checks: Sequence[CheckResult],
    model: Model,
    *,
    window: Window,
    last_retrain: datetime | None,
    mature: bool,
) -> tuple[Decision, tuple[str, ...]]:
    """Conclude from a window's checks.

    A check of `policy.alert_on` that found something alerts, whatever else is known. Otherwise performance decides:
    without evidence `insufficient_data`; with a gain that counts `retrain`, unless a retrain was asked for within the
    cooldown. Drift alone holds: inputs that move while the loss stays are no reason to train.

    Args:
        checks: The answers for this window.
        model: The spec with the policy.
        window: The window.
        last_retrain: Start of the newest other window that asked for a retrain.
        mature: Whether the window's outcomes are due.

    Returns:
        The decision, and its reasons as sentences, the most important first.
    """
    found = {item.check: item for item in checks if item.outcome == "found"}
    alerts = [item for name, item in found.items() if name in model.monitor.policy.alert_on]
    performance = next((item for item in checks if item.check == "performance"), None)
    drifted = [item for item in found.values() if item not in alerts and item.check != "performance"]
    decision: Decision
    if alerts:
        decision, reasons = "alert", [_told(item) for item in alerts]
        if performance is not None and performance.outcome == "found" and performance not in alerts:
            reasons.append(f"no retrain, though {_told(performance)}: the data must be in order first")
    elif performance is None:
        decision, reasons = "hold", ["performance is not among the declared checks, and only performance retrains"]
    elif not mature or performance.outcome == "insufficient_data":
        decision, reasons = "insufficient_data", [_lacking(performance, model, window, mature)]
    elif performance.outcome == "found":
        decision, reasons = _retrain(performance, model, window, last_retrain)
    else:
        moved = " and ".join(_MOVED[item.check] for item in drifted)
        told = f"{moved} moved, the loss that a new version would win back did not: " if moved else ""
        decision, reasons = "hold", [f"{told}{performance.sentence}"]
    open_questions = [item for item in checks if item.outcome == "insufficient_data" and item is not performance]
    for item in [*drifted, *open_questions]:
        if not any(item.sentence in reason for reason in reasons):
            reasons.append(_told(item))
    return decision, tuple(reasons)


def _retrain(
    performance: CheckResult, model: Model, window: Window, last_retrain: datetime | None
) -> tuple[Decision, list[str]]:
    cooldown = model.monitor.policy.cooldown
    quiet = model.cadence.back_from(window, cooldown + 1)[0].start
    if last_retrain is None or last_retrain < quiet:
        return "retrain", [_told(performance)]
    asked = model.cadence.window_at(last_retrain)
    if last_retrain >= window.end:
        why = f"a retrain was asked for window {asked} already, which is newer"
    else:
        length = f"{cooldown} window" if cooldown == 1 else f"{cooldown} windows"
        why = f"a retrain was asked for window {asked}, and the cooldown is {length}"
    return "hold", [f"no retrain: {why}", _told(performance)]


def _lacking(performance: CheckResult, model: Model, window: Window, mature: bool) -> str:
    if not mature:
        due = window.end + model.maturity
        return f"the outcomes of window {window} are due {due:%Y-%m-%d %H:%M} UTC, so the loss is not known yet"
    return f"no statement about performance: {performance.sentence}"


def _told(item: CheckResult) -> str:
    return f"{_NAMES[item.check]}: {item.sentence}"
