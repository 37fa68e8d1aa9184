"""What asks for a retrain, and for the probe before it: signs, declared limits, and more rows.

Pure functions of the checks, the policy and what was decided before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from windvane.lifecycle.deciding import LIMITS, LOOKS_BACK, Case, Past, gained, in_order, signed
from windvane.lifecycle.growth import Curve
from windvane.lifecycle.growth import due as growing
from windvane.lifecycle.wording import capital
from windvane.results import CheckResult, Reason
from windvane.results.reason import fitting
from windvane.results.watching import answer_to
from windvane.spec import Model, finding_label
from windvane.windows import Window

_LONGEST_WAIT = 8
"""Most windows from a probe that won nothing to the next one."""
_DOUBLED, _HALF_AS_MANY_MORE = 2.0, 1.5
"""Times the champion's rows with which a retrain is worth a probe of its own, and those of the next such probe."""


@dataclass(frozen=True)
class Asked:
    """A probe that is due: a version trained as a retrain would be, judged before one is asked for.

    Args:
        why: What asks for it.
        history: Keys of the windows it learns from, oldest first; empty for what the spec says.
        windows: Windows that the sign rests on: the newest of their rows judge it.
        waits: Key of the window with which it is due; empty for this one.
        grown: Times the champion's rows that a retrain would learn from, where that is what asks; else 0.
        rows: Rows with outcomes of the champion's windows, where a learning curve is what is asked for; else 0.
        curve: What more rows win, where that is known: no probe is trained.
        lost: Probes beside this champion that won nothing, one after the other.
    """

    why: Reason
    history: tuple[str, ...] = ()
    windows: int = 1
    waits: str = ""
    lost: int = 0
    grown: float = 0.0
    rows: int = 0
    curve: Curve | None = None


def asked(
    checks: Sequence[CheckResult],
    model: Model,
    *,
    window: Window,
    past: Past | None = None,
    mature: bool,
    rows: int = 0,
    grown: float = 1.0,
) -> Asked | None:
    """Return the probe that a window's signs ask for; None where nothing does, or no retrain could follow from it.

    Each probe that won nothing makes the next one wait twice as long, beside the same champion: a sign that stays says
    nothing new. One that grew to twice its size does. More rows ask by themselves: for a learning curve first, which is
    the surer where the world stays (`growth.py`); where that does not ask for a retrain, for a probe, for the newer
    rows may be of another world.

    Args:
        checks: The answers for this window.
        model: The spec with the policy.
        window: The window.
        past: What was decided before.
        mature: Whether the window's outcomes are due.
        rows: Rows with outcomes of the windows that the champion was trained on.
        grown: Times as many a retrain would learn from.
    """
    past = past or Past()
    before = tuple(item for item in past.retrains if item.start < window.start)  # what it measures is the window's own
    case = Case(tuple(checks), model, window, replace(past, retrains=before), mature)
    performance = case.check("performance")
    if performance is None or case.alerts or not mature or performance.outcome == "insufficient_data":
        return None
    request = request_of(case)
    if resting(case):
        return None
    lost, due = _lost(case, strength(performance))
    waits = due.key if due is not None and due.start > window.start else ""
    if request is None or waits:
        why = Reason(headline=f"A retrain would learn from {grown:.1f} times the rows")
        if more := growing(case, rows, grown):
            return Asked(why, grown=grown, rows=rows, curve=more if isinstance(more, Curve) else None)
        if _more_rows(case, grown):
            return Asked(why, grown=grown)
    if request is None:
        return None
    history = history_of(case)
    gains = performance.outcome == "finding" and performance.details.get("sign") != "rise" and not history
    windows = int(performance.details.get("windows") or 1) if gains else 1
    return Asked(request.reason, history, windows, waits, lost)


def _more_rows(case: Case, grown: float) -> bool:
    """True when the rows have doubled, and grew by half since a probe was trained for that beside the champion."""
    tried = 0.0
    for item in case.past.windows[:LOOKS_BACK]:
        answer = answer_to("performance", item.checks)
        if item.version != case.version:
            break
        probe = answer.details.get("probe") if answer else None
        if probe and not probe.get("champion_rows"):
            tried = max(tried, float(probe.get("grown") or 0.0))
    return grown >= max(_DOUBLED, _HALF_AS_MANY_MORE * tried)


def strength(performance: CheckResult) -> float:
    """Return how large a window's signs are, as a share of the loss."""
    details = performance.details
    before = details.get("reference_loss") or 0.0
    risen = (details.get("risen") or 0.0) / before if before > 0 else 0.0
    return max(gained(performance), float(risen))


def _lost(case: Case, size: float) -> tuple[int, Window | None]:
    """Return how many probes won nothing, the newest ones in a row, and the window with which the next one is due."""
    lost, newest = 0, None
    for item in case.past.windows[:LOOKS_BACK]:
        answer = answer_to("performance", item.checks)
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
class Request:
    """Why a retrain is asked for, and the checks it rests on."""

    reason: Reason
    about: tuple[str, ...] = ()


def request_of(case: Case) -> Request | None:
    """Return what asks for a probe, or for a retrain where there is none; None where nothing does."""
    performance = case.check("performance")
    if case.mature and performance is not None and performance.outcome == "finding":
        return Request(performance.reason, ("performance",))
    broken = case.found.get(LIMITS)
    if case.mature and broken is not None and broken.details.get("retrain"):
        return Request(broken.reason, (LIMITS,))
    before = case.past.windows[0] if case.past.windows else None
    for name in case.policy.after_two if case.mature and before is not None else ():
        again = case.found.get(name)
        earlier = answer_to(name, before.checks) if before else None
        same = before is not None and case.model.cadence.previous(case.window).key == before.window
        if again and earlier and earlier.outcome == "finding" and same and before and before.request is None:
            message = f"{capital(finding_label(name))} found in this window and in {before.window}"
            detail = f"{again.headline}. {again.detail}".strip()
            return Request(Reason(headline=fitting(message), detail=detail, numbers=again.numbers), (name,))
    return None


def resting(case: Case) -> Reason | None:
    """Return why nothing is asked for: a retrain was, within the cooldown or for a newer window."""
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


def history_of(case: Case) -> tuple[str, ...]:
    """Return the windows from the estimated change on, where what was before it does not help any more.

    So it is where a version trained on the window alone surely does better; and where a retrain with the older windows
    was asked for a moment ago, and a large loss is recoverable ever since: then the change is here to stay.
    """
    performance = case.found.get("performance")
    if performance is None:
        return ()
    if "probe" in performance.details:
        return tuple(performance.details["probe"]["history"])
    if "foreseen" in performance.details:
        return ()
    if not performance.details.get("fresh"):
        large = gained(performance) >= case.policy.from_change
        return _ever_since(case) if large else ()
    keys, expected = [case.window.key], case.model.cadence.previous(case.window)
    for item in case.past.windows:
        answer = answer_to("performance", item.checks)
        changed = answer is not None and gained(answer) >= case.policy.from_change
        if item.window != expected.key or not changed or not in_order(item, case.model):
            break
        keys.append(item.window)
        expected = case.model.cadence.previous(expected)
    return tuple(reversed(keys))


def _ever_since(case: Case) -> tuple[str, ...]:
    """Return the unbroken run of windows with a sign, this one last, when the older windows were tried in it in vain.

    They were where a retrain with them was asked for, or the newest probe, which had them, did not win. Where the
    newest probe had learned from such a run alone and did not win, all windows are tried again.
    """
    keys, expected = [case.window.key], case.model.cadence.previous(case.window)
    retrained = {item.start for item in case.past.retrains}
    tried, probed = False, False
    for item in case.past.windows:
        answer = answer_to("performance", item.checks)
        if item.window != expected.key or answer is None or not signed(answer) or not in_order(item, case.model):
            break
        keys.append(item.window)
        probe = answer.details.get("probe")
        if probe and not probed:
            if probe["history"] and not probe["won"]:
                return ()
            tried |= not probe["history"] and not probe["won"]
            probed = True
        tried |= expected.start in retrained
        expected = case.model.cadence.previous(expected)
    return tuple(reversed(keys)) if tried else ()
