"""Decide what a window's checks come to: `hold`, `retrain`, `alert` or `insufficient_data`, and why.

A pure function of the checks, the policy and what was decided before: any policy can be played as of any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from windvane.lifecycle.wording import in_sentence
from windvane.results import CheckResult, Decision, MonitorResult, Number, Reason
from windvane.results.reason import HEADLINE, fitting
from windvane.spec import Model, finding_label
from windvane.windows import Window

_LONGEST_WAIT = 8
"""Most windows from a probe that won nothing to the next one."""
LIMITS = "limits"
"""The check whose finding alerts or asks for a retrain, as each broken limit says."""
LOOKS_BACK = 24
"""Conclusions before a window that its own may rest on; it is drawn again when one of them changes."""
_DOUBLED, _HALF_AS_MANY_MORE = 2.0, 1.5
"""Times the champion's rows with which a retrain is worth a probe by itself, and those of the next such probe."""
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
class Conclusion:
    """What the monitor concludes.

    Args:
        decision: The decision.
        reasons: Why, the reason of the decision first.
        history: Keys of the windows to train on, oldest first; empty for what the spec says.
        notices: What is reported now and not again (see `MonitorResult.notices`).
        about: The checks whose answers the reasons have already.
    """

    decision: Decision
    reasons: tuple[Reason, ...]
    history: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    about: tuple[str, ...] = ()


def decide(
    checks: Sequence[CheckResult], model: Model, *, window: Window, past: Past | None = None, mature: bool
) -> Conclusion:
    """Conclude from a window's checks.

    A check of `policy.alert_on` that found something alerts, whatever else is known; so do scores that were not
    published in time. Otherwise performance decides:
    without evidence `insufficient_data`; with a gain that counts `retrain`, and so do two findings in a row of a check
    of `policy.after_two`; then cooldown, back-off and an earlier champion that fits better may stand against it. Drift
    alone holds: inputs that move while the loss stays are no reason to train.

    Args:
        checks: The answers for this window.
        model: The spec with the policy.
        window: The window.
        past: What was decided before.
        mature: Whether the window's outcomes are due.
    """
    case = _Case(tuple(checks), model, window, past or Past(), mature)
    conclusion = _alert(case) or _retrain(case) or _limit(case) or _hold(case)
    rest = [item.reason for item in case.further() if item.check not in conclusion.about]
    return replace(conclusion, reasons=tuple(dict.fromkeys([*conclusion.reasons, *rest])))


@dataclass(frozen=True)
class Asked:
    """A probe that is due: a version trained as a retrain would be, judged before one is asked for.

    Args:
        why: What asks for it.
        history: Keys of the windows it learns from, oldest first; empty for what the spec says.
        windows: Windows that the sign rests on: the newest of their rows judge it.
        waits: Key of the window with which it is due; empty for this one.
        grown: Times the champion's rows that a retrain would learn from, where that is what asks; else 0.
        lost: Probes beside this champion that won nothing, one after the other.
    """

    why: Reason
    history: tuple[str, ...] = ()
    windows: int = 1
    waits: str = ""
    lost: int = 0
    grown: float = 0.0


def asked(
    checks: Sequence[CheckResult],
    model: Model,
    *,
    window: Window,
    past: Past | None = None,
    mature: bool,
    grown: float = 1.0,
) -> Asked | None:
    """Return the probe that a window's signs ask for; None where nothing does, or no retrain could follow from it.

    Each probe that won nothing makes the next one wait twice as long, beside the same champion: a sign that stays says
    nothing new. One that grew to twice its size does.

    Args:
        checks: The answers for this window.
        model: The spec with the policy.
        window: The window.
        past: What was decided before.
        mature: Whether the window's outcomes are due.
        grown: Times the champion's rows that a retrain would learn from.
    """
    past = past or Past()
    before = tuple(item for item in past.retrains if item.start < window.start)  # what it measures is the window's own
    case = _Case(tuple(checks), model, window, replace(past, retrains=before), mature)
    performance = case.check("performance")
    if performance is None or case.alerts or not mature or performance.outcome == "insufficient_data":
        return None
    request = _request_of(case)
    if _cooldown(case):
        return None
    lost, due = _lost(case, strength(performance))
    waits = due.key if due is not None and due.start > window.start else ""
    if _more_rows(case, grown) and (request is None or waits):
        return Asked(Reason(headline=f"A retrain would learn from {grown:.1f} times the rows"), grown=grown)
    if request is None:
        return None
    history = _history(case)
    gains = performance.outcome == "finding" and performance.details.get("sign") != "rise" and not history
    windows = int(performance.details.get("windows") or 1) if gains else 1
    return Asked(request.reason, history, windows, waits, lost)


def _more_rows(case: _Case, grown: float) -> bool:
    """True when the rows have doubled, and grew by half since a probe was trained for that beside the champion."""
    tried = 0.0
    for item in case.past.windows[:LOOKS_BACK]:
        answer = next((one for one in item.checks if one.check == "performance"), None)
        if item.version != case.version:
            break
        probe = answer.details.get("probe") if answer else None
        tried = max(tried, float(probe.get("grown") or 0.0)) if probe else tried
    return grown >= max(_DOUBLED, _HALF_AS_MANY_MORE * tried)


def strength(performance: CheckResult) -> float:
    """Return how large a window's signs are, as a share of the loss."""
    details = performance.details
    before = details.get("reference_loss") or 0.0
    risen = (details.get("risen") or 0.0) / before if before > 0 else 0.0
    return max(_size(performance), float(risen))


def _lost(case: _Case, size: float) -> tuple[int, Window | None]:
    """Return how many probes won nothing, the newest ones in a row, and the window with which the next one is due."""
    lost, newest = 0, None
    for item in case.past.windows[:LOOKS_BACK]:
        answer = next((one for one in item.checks if one.check == "performance"), None)
        probe = answer.details.get("probe") if answer else None
        if item.version != case.version or (probe and probe["won"]):
            break
        if probe and answer is not None and not probe.get("grown"):
            lost += 1
            newest = newest or (case.model.cadence.window(item.window), float(probe["strength"]))
    if newest is None or size >= 2 * newest[1]:
        return lost, None
    due = newest[0]
    for _ in range(min(_LONGEST_WAIT, 2 ** (lost - 1))):
        due = case.model.cadence.next(due)
    return lost, due


@dataclass(frozen=True)
class _Request:
    """Why a retrain is asked for, and the checks it rests on."""

    reason: Reason
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Case:
    checks: tuple[CheckResult, ...]
    model: Model
    window: Window
    past: Past
    mature: bool

    @property
    def policy(self) -> Any:
        return self.model.monitor.policy

    @property
    def version(self) -> int | None:
        """The version that the newest of the past windows was scored by, and this one too where a probe is asked."""
        return self.past.version

    def check(self, name: str) -> CheckResult | None:
        return next((item for item in self.checks if item.check == name), None)

    @property
    def found(self) -> dict[str, CheckResult]:
        return {item.check: item for item in self.checks if item.outcome == "finding"}

    @property
    def alerts(self) -> list[CheckResult]:
        return [item for name, item in self.found.items() if name in self.policy.alert_on or name == ALWAYS]

    def further(self) -> list[CheckResult]:
        """Return what is reported after the decision's own reasons: findings, what explains them, open questions."""
        findings = [item for item in self.found.values() if item not in self.alerts and item.check != "performance"]
        explained = [item for item in self.checks if item.check == "drift_sources"]
        unknown = [item for item in self.checks if item.outcome == "insufficient_data" and item.check != "performance"]
        return [*findings, *explained, *unknown]


def _alert(case: _Case) -> Conclusion | None:
    if not case.alerts:
        return None
    first, *others = case.alerts
    reasons = [first.reason, *(item.reason for item in others)]
    performance = case.found.get("performance")
    if performance is not None and performance not in case.alerts:
        reasons.append(_ended(performance.reason, ", but the data must be in order first"))
    return Conclusion("alert", tuple(reasons), about=tuple(item.check for item in case.alerts))


def _limit(case: _Case) -> Conclusion | None:
    """Alert where a declared limit is broken that says so, and nothing asks for a retrain."""
    broken = case.found.get(LIMITS)
    if broken is None or not broken.details.get("alert"):
        return None
    return Conclusion("alert", (broken.reason,), about=(LIMITS,))


def _retrain(case: _Case) -> Conclusion | None:
    """Return the conclusion where something asks for a retrain, whether or not that is granted."""
    request = _asks(case)
    if request is None:
        return None
    quiet = _cooldown(case)
    if quiet and _limit(case):
        return None
    if quiet:
        return Conclusion("hold", (quiet, request.reason), about=request.about)
    backed_off = _back_off(case, request)
    if backed_off:
        return backed_off
    granted = Conclusion("retrain", (request.reason,), _history(case), about=request.about)
    return _rollback(case, request) or granted


def _asks(case: _Case) -> _Request | None:
    """Return why a retrain is asked for; None when it is not, or when a probe won nothing."""
    performance = case.check("performance")
    request = _request_of(case)
    if request is not None and (performance is None or performance.outcome == "finding" or not _answered(performance)):
        return request
    floor = case.policy.retrain_every
    if floor is not None and case.past.trained is not None and _requested_before(case, floor):
        return _Request(Reason(headline=f"No version was trained for {floor} windows (policy.retrain_every)"))
    return None


def _answered(performance: CheckResult) -> bool:
    """True where a probe was asked for and did not win, or has to wait."""
    return "probe" in performance.details or "probe_waits" in performance.details


def _request_of(case: _Case) -> _Request | None:
    """Return what asks for a probe, or for a retrain where there is none; None where nothing does."""
    performance = case.check("performance")
    if case.mature and performance is not None and performance.outcome == "finding":
        return _Request(performance.reason, ("performance",))
    broken = case.found.get(LIMITS)
    if case.mature and broken is not None and broken.details.get("retrain"):
        return _Request(broken.reason, (LIMITS,))
    before = case.past.windows[0] if case.past.windows else None
    for name in case.policy.after_two if case.mature and before is not None else ():
        again = case.found.get(name)
        earlier = next((item for item in before.checks if item.check == name), None) if before else None
        same = before is not None and case.model.cadence.previous(case.window).key == before.window
        if again and earlier and earlier.outcome == "finding" and same and before and before.request is None:
            message = f"{_capital(finding_label(name))} found in this window and in {before.window}"
            detail = f"{again.headline}. {again.detail}".strip()
            return _Request(Reason(headline=fitting(message), detail=detail, numbers=again.numbers), (name,))
    return None


def _requested_before(case: _Case, windows: int) -> bool:
    """True when the champion and the last retrain both lie at least so many windows back."""
    latest = max([case.past.trained or case.window.start, *(item.start for item in case.past.retrains)])
    return latest <= case.model.cadence.back_from(case.window, windows + 1)[0].start and case.mature


def _cooldown(case: _Case) -> Reason | None:
    last = max((item.start for item in case.past.retrains), default=None)
    cooldown, cadence = case.policy.cooldown, case.model.cadence
    if last is None or last < cadence.back_from(case.window, cooldown + 1)[0].start:
        return None
    requested = cadence.window_at(last)
    if last >= case.window.end:
        return Reason(headline=fitting(f"A retrain on the newer window {requested} was asked for already"))
    length = f"{cooldown} window" if cooldown == 1 else f"{cooldown} windows"
    why = f"A retrain on window {requested} was asked for, and the cooldown is {length}"
    return Reason(headline=fitting(why))


def _back_off(case: _Case, request: _Request) -> Conclusion | None:
    """Wait after retrains that the gate refused: as many windows as were refused, then twice that, and so on.

    No longer at first: a gate that had too few rows to see that a version is better gets other rows each window.
    """
    refused = 0
    for item in reversed(case.past.retrains):
        if item.outcome not in ("refused", "failed"):
            break
        refused += 1
    patience = case.policy.patience
    if refused < patience:
        return None
    wait = patience * 2 ** (refused - patience)
    last = case.past.retrains[-1].start
    if last < case.model.cadence.back_from(case.window, wait + 1)[0].start:
        return None
    notice = f"back_off:{last.isoformat()}"
    until = f"None is asked for until {wait} windows after the last."
    numbers = (Number(name="retrains refused in a row", value=refused, allowed=f"below {patience} (policy.patience)"),)
    if any(notice in item.notices for item in case.past.windows):
        why = Reason(headline=f"The last {refused} retrains were refused", detail=until, numbers=numbers)
        return Conclusion("hold", (why, request.reason), about=request.about)
    message = f"Retraining does not help: the last {refused} retrains were refused"
    detail = f"{until} A person should look at the estimator, its features or the gate."
    why = Reason(headline=message, detail=detail, numbers=numbers)
    return Conclusion("alert", (why, request.reason), notices=(notice,), about=request.about)


def _rollback(case: _Case, request: _Request) -> Conclusion | None:
    """Propose, once, the earlier champion that fits the window surely better than a new version would."""
    performance = case.found.get("performance")
    better = performance.details.get("earlier_champion") if performance else None
    if not better or not case.policy.propose_rollback:
        return None
    notice = f"rollback:v{better['version']}"
    if case.past.windows and notice in case.past.windows[0].notices:
        return None  # reported in the window before, and nobody did it: train
    named = {f"v{better['version']}": "loss", "the champion": "champion", "a new version": "new"}
    numbers = [Number(name=f"loss of {name}", value=better[key], better="lower") for name, key in named.items()]
    why = Reason(
        headline=f"v{better['version']}, a champion before, loses less than a new version would",
        detail="A person may roll back to it. The next window retrains if nobody does.",
        numbers=(*numbers, Number(name="rows", value=better["rows"])),
    )
    return Conclusion("alert", (why, request.reason), notices=(notice,), about=request.about)


def _history(case: _Case) -> tuple[str, ...]:
    """Return the windows from the estimated change on, where what was before it does not help any more.

    So it is where a version trained on the window alone surely does better; and where a retrain with the older windows
    was asked for a moment ago, and a large loss is recoverable ever since: then the change is here to stay.
    """
    performance = case.found.get("performance")
    if performance is None:
        return ()
    if "probe" in performance.details:
        return tuple(performance.details["probe"]["history"])
    if not performance.details.get("fresh"):
        large = _size(performance) >= case.policy.from_change
        return _ever_since(case) if large else ()
    keys, expected = [case.window.key], case.model.cadence.previous(case.window)
    for item in case.past.windows:
        answer = next((one for one in item.checks if one.check == "performance"), None)
        changed = answer is not None and _size(answer) >= case.policy.from_change
        if item.window != expected.key or not changed or not in_order(item, case.model):
            break
        keys.append(item.window)
        expected = case.model.cadence.previous(expected)
    return tuple(reversed(keys))


def _ever_since(case: _Case) -> tuple[str, ...]:
    """Return the unbroken run of windows with a sign, this one last, when a retrain or a lost probe fell into it."""
    keys, expected = [case.window.key], case.model.cadence.previous(case.window)
    retrained = {item.start for item in case.past.retrains}
    tried = False
    for item in case.past.windows:
        answer = next((one for one in item.checks if one.check == "performance"), None)
        if item.window != expected.key or answer is None or not _signed(answer) or not in_order(item, case.model):
            break
        keys.append(item.window)
        tried |= expected.start in retrained or "probe" in answer.details
        expected = case.model.cadence.previous(expected)
    return tuple(reversed(keys)) if tried else ()


def in_order(said: MonitorResult, model: Model) -> bool:
    """True where nothing about a window's data or scores alerted; a broken limit is no fault of the data."""
    if said.decision != "alert":
        return True
    found = {item.check for item in said.checks if item.outcome == "finding"}
    return LIMITS in found and not found & {ALWAYS, *model.monitor.policy.alert_on}


def _signed(answer: CheckResult) -> bool:
    """True when a window showed a sign, whatever a probe made of it."""
    return answer.outcome == "finding" or bool(answer.details.get("sign"))


def _size(answer: CheckResult) -> float:
    """Return what recalibrating won in a window, as a share of the loss, whatever a probe made of it."""
    return float(answer.details.get("gain_share", answer.effect) or 0.0)


def _hold(case: _Case) -> Conclusion:
    performance = case.check("performance")
    if performance is None:
        why = Reason(headline="Performance is not among the declared checks, and only outcomes retrain")
        return Conclusion("hold", (why,))
    if not case.mature or performance.outcome == "insufficient_data":
        return Conclusion("insufficient_data", (_lacking(performance, case),))
    findings = [finding_label(item.check) for item in case.further() if item.outcome == "finding"]
    count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    named, counted = f"{_capital(' and '.join(findings))} found; ", f"{count}; "
    gain = in_sentence(performance.headline)
    if not findings:
        return Conclusion("hold", (performance.reason,))
    message = f"{named}{gain}" if len(named) + len(gain) + len(": hold") <= HEADLINE else f"{counted}{gain}"
    return Conclusion("hold", (performance.reason.model_copy(update={"headline": fitting(message)}),))


def _lacking(performance: CheckResult, case: _Case) -> Reason:
    if not case.mature:
        due = case.window.end + case.model.maturity
        return Reason(headline=fitting(f"Outcomes of window {case.window} are due {due:%Y-%m-%d %H:%M} UTC"))
    return performance.reason


def _ended(reason: Reason, ending: str) -> Reason:
    message = fitting(reason.headline, ending)
    cut = len(reason.headline) + len(ending) > HEADLINE
    detail = f"{reason.headline}. {reason.detail}".strip() if cut else reason.detail
    return Reason(headline=message, detail=detail, numbers=reason.numbers)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
