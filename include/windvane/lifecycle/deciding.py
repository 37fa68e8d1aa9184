"""What a decision about a window rests on: its checks, the policy, and what was decided about other windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from windvane.results import CheckResult, MonitorResult
from windvane.results.watching import answer_to
from windvane.spec import Model, Policy
from windvane.windows import Window

LIMITS = "limits"
"""The check whose finding alerts or asks for a retrain, as each broken limit says."""


LOOKS_BACK = 24
"""Conclusions before a window that its own may rest on; it is drawn again when one of them changes."""


ALWAYS = "scored"
"""The check whose finding alerts whatever the policy says: a window that was not scored in time."""


@dataclass(frozen=True)
class Retrained:
    """A retrain that was asked for.

    Args:
        start: Start of its window.
        outcome: What became of it: `open` as long as the gate has not judged, `failed` when no version came of it.
    """

    start: datetime
    outcome: Literal["promoted", "refused", "failed", "open"] = "open"


@dataclass(frozen=True)
class Past:
    """What was decided about other windows, as of the run.

    Args:
        retrains: The retrains asked for by other windows, oldest first.
        windows: The conclusions about earlier windows, the newest first.
        trained: Start of the window the champion was trained on.
        version: The version that scored the window.
    """

    retrains: tuple[Retrained, ...] = ()
    windows: tuple[MonitorResult, ...] = ()
    trained: datetime | None = None
    version: int | None = None


@dataclass(frozen=True)
class Case:
    """A window before its decision.

    Args:
        checks: The answers for it.
        model: The spec with the policy.
        window: The window.
        past: What was decided before.
        mature: Whether the window's outcomes are due.
    """

    checks: tuple[CheckResult, ...]
    model: Model
    window: Window
    past: Past
    mature: bool

    @property
    def policy(self) -> Policy:
        """The declared policy."""
        return self.model.monitor.policy

    @property
    def version(self) -> int | None:
        """The version that the newest of the past windows was scored by, and this one too where a probe is asked."""
        return self.past.version

    def check(self, name: str) -> CheckResult | None:
        """Return the answer to a check; None where it was not asked."""
        return answer_to(name, self.checks)

    @property
    def found(self) -> dict[str, CheckResult]:
        """The checks that found something, by name."""
        return {item.check: item for item in self.checks if item.outcome == "finding"}

    @property
    def alerts(self) -> list[CheckResult]:
        """The findings that alert whatever else is known."""
        return [item for name, item in self.found.items() if name in self.policy.alert_on or name == ALWAYS]

    def further(self) -> list[CheckResult]:
        """Return what is reported after the decision's own reasons: findings, what explains them, open questions."""
        findings = [item for item in self.found.values() if item not in self.alerts and item.check != "performance"]
        explained = [item for item in self.checks if item.check == "drift_sources"]
        unknown = [item for item in self.checks if item.outcome == "insufficient_data" and item.check != "performance"]
        return [*findings, *explained, *unknown]


def in_order(said: MonitorResult, model: Model) -> bool:
    """True where nothing about a window's data or scores alerted; a broken limit is no fault of the data."""
    if said.decision != "alert":
        return True
    found = {item.check for item in said.checks if item.outcome == "finding"}
    return LIMITS in found and not found & {ALWAYS, *model.monitor.policy.alert_on}


def signed(answer: CheckResult) -> bool:
    """True when a window showed a sign, whatever a probe made of it."""
    return answer.outcome == "finding" or bool(answer.details.get("sign"))


def gained(answer: CheckResult) -> float:
    """Return what recalibrating won in a window, as a share of the loss, whatever a probe made of it."""
    return float(answer.details.get("gain_share", answer.effect) or 0.0)
