"""Decide what a window's checks come to: `hold`, `retrain`, `alert` or `insufficient_data`, and why.

A pure function of the checks, the policy and what was decided before: any policy can be played as of any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from windvane.lifecycle.asking import Request, history_of, request_of, resting
from windvane.lifecycle.deciding import LIMITS, Case, Past
from windvane.lifecycle.wording import capital, in_sentence
from windvane.results import CheckResult, Decision, Number, Reason
from windvane.results.reason import HEADLINE, fitting
from windvane.spec import Model, finding_label
from windvane.windows import Window


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
    published in time. Otherwise performance decides: without evidence `insufficient_data`; with a gain that counts
    `retrain`, and so do two findings in a row of a check of `policy.after_two`. Cooldown, back-off and an earlier
    champion that fits better may stand against it. Drift alone holds: inputs that move while the loss stays are no
    reason to train.

    Args:
        checks: The answers for this window.
        model: The spec with the policy.
        window: The window.
        past: What was decided before.
        mature: Whether the window's outcomes are due.
    """
    case = Case(tuple(checks), model, window, past or Past(), mature)
    conclusion = _alert(case) or _retrain(case) or _limit(case) or _hold(case)
    rest = [item.reason for item in case.further() if item.check not in conclusion.about]
    return replace(conclusion, reasons=tuple(dict.fromkeys([*conclusion.reasons, *rest])))


def _alert(case: Case) -> Conclusion | None:
    if not case.alerts:
        return None
    first, *others = case.alerts
    reasons = [first.reason, *(item.reason for item in others)]
    performance = case.found.get("performance")
    if performance is not None and performance not in case.alerts:
        reasons.append(_ended(performance.reason, ", but the data must be in order first"))
    return Conclusion("alert", tuple(reasons), about=tuple(item.check for item in case.alerts))


def _limit(case: Case) -> Conclusion | None:
    """Alert where a declared limit is broken that says so, and nothing asks for a retrain."""
    broken = case.found.get(LIMITS)
    if broken is None or not broken.details.get("alert"):
        return None
    return Conclusion("alert", (broken.reason,), about=(LIMITS,))


def _retrain(case: Case) -> Conclusion | None:
    """Return the conclusion where something asks for a retrain, whether or not that is granted."""
    request = _asks(case)
    if request is None:
        return None
    quiet = resting(case)
    if quiet and _limit(case):
        return None
    if quiet:
        return Conclusion("hold", (quiet, request.reason), about=request.about)
    backed_off = _back_off(case, request)
    if backed_off:
        return backed_off
    granted = Conclusion("retrain", (request.reason,), history_of(case), about=request.about)
    return _rollback(case, request) or granted


def _asks(case: Case) -> Request | None:
    """Return why a retrain is asked for; None when it is not, or when a probe won nothing."""
    performance = case.check("performance")
    request = request_of(case)
    if request is not None and (performance is None or performance.outcome == "finding" or not _answered(performance)):
        return request
    floor = case.policy.retrain_every
    if floor is not None and case.past.trained is not None and _requested_before(case, floor):
        return Request(Reason(headline=f"No version was trained for {floor} windows (policy.retrain_every)"))
    return None


def _answered(performance: CheckResult) -> bool:
    """True where a probe was asked for and did not win, or has to wait."""
    return "probe" in performance.details or "probe_waits" in performance.details


def _requested_before(case: Case, windows: int) -> bool:
    """True when the champion and the last retrain both lie at least so many windows back."""
    latest = max([case.past.trained or case.window.start, *(item.start for item in case.past.retrains)])
    return latest <= case.model.cadence.back_from(case.window, windows + 1)[0].start and case.mature


def _back_off(case: Case, request: Request) -> Conclusion | None:
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


def _rollback(case: Case, request: Request) -> Conclusion | None:
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


def _hold(case: Case) -> Conclusion:
    performance = case.check("performance")
    if performance is None:
        why = Reason(headline="Performance is not among the declared checks, and only outcomes retrain")
        return Conclusion("hold", (why,))
    if not case.mature or performance.outcome == "insufficient_data":
        return Conclusion("insufficient_data", (_lacking(performance, case),))
    findings = [finding_label(item.check) for item in case.further() if item.outcome == "finding"]
    count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    named, counted = f"{capital(' and '.join(findings))} found; ", f"{count}; "
    gain = in_sentence(performance.headline)
    if not findings:
        return Conclusion("hold", (performance.reason,))
    message = f"{named}{gain}" if len(named) + len(gain) + len(": hold") <= HEADLINE else f"{counted}{gain}"
    return Conclusion("hold", (performance.reason.model_copy(update={"headline": fitting(message)}),))


def _lacking(performance: CheckResult, case: Case) -> Reason:
    if not case.mature:
        due = case.window.end + case.model.maturity
        return Reason(headline=fitting(f"Outcomes of window {case.window} are due {due:%Y-%m-%d %H:%M} UTC"))
    return performance.reason


def _ended(reason: Reason, ending: str) -> Reason:
    message = fitting(reason.headline, ending)
    cut = len(reason.headline) + len(ending) > HEADLINE
    detail = f"{reason.headline}. {reason.detail}".strip() if cut else reason.detail
    return Reason(headline=message, detail=detail, numbers=reason.numbers)
