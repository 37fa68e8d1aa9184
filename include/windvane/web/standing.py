"""What a version is, whether it may serve, and why: the sentence with which its page begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from windvane.results import Approval, Promotion, Record, Verdict, Version

Serves = Literal["serves", "may_serve", "waits", "rolled_back", "must_not_serve"]


class Standing(Record):
    """Whether a version may serve."""

    serves: Serves
    headline: str
    """One sentence: which version, whether it may serve, and why."""


def standing_of(
    version: Version,
    champion: int | None,
    promotions: Sequence[Promotion],
    answers: Sequence[Approval],
    overridden: Promotion | None,
) -> Standing:
    """Return what a version is, whether it may serve, and why.

    Args:
        version: The version, as the gate judged it last.
        champion: The version that serves now, if any.
        promotions: Moves of the champion, the newest first.
        answers: The questions to people about it, the newest first.
        overridden: The promotion by which a person overrode the gate's refusal, if one did.
    """
    serves, why = _why(version, champion, promotions, answers, overridden)
    words = {
        "serves": "serves now",
        "may_serve": "may serve",
        "waits": "may serve once a person approves it",
        "rolled_back": "should not serve",
        "must_not_serve": "must not serve",
    }
    return Standing(serves=serves, headline=f"v{version.version} of {version.window} {words[serves]}: {why}.")


def _why(
    version: Version,
    champion: int | None,
    promotions: Sequence[Promotion],
    answers: Sequence[Approval],
    overridden: Promotion | None,
) -> tuple[Serves, str]:
    gate = version.gate
    beside = f"v{champion} is the champion" if champion else "there is no champion yet"
    if version.state == "champion" or version.version == champion:
        last = next((item for item in promotions if item.version == version.version), None)
        if overridden:
            return "serves", f"{overridden.actor} promoted it, though the gate refused it"
        if last and last.kind == "rollback":
            return "serves", f"{last.actor} rolled back to it; {_passed(version)}"
        return "serves", _passed(version)
    if version.state == "archived":
        left = next((item for item in promotions if item.from_version == version.version), None)
        if left and left.kind == "rollback":
            return "rolled_back", f"{left.actor} rolled back from it to v{left.version} ({left.reason})"
        over = f"{overridden.actor} promoted it, though the gate refused it" if overridden else _passed(version)
        return "may_serve", f"{over}, and {beside}"
    if gate is None:
        return "must_not_serve", "the gate has not judged it yet"
    if version.state == "rejected" or gate.decision == "reject":
        no = next((item for item in answers if item.state == "rejected"), None)
        if no and gate.decision != "reject":
            return "must_not_serve", f"{no.actor} rejected it"
        return "must_not_serve", f"the gate refused it, for {_failed(version)}"
    if version.waits:
        return "waits", _passed(version)
    return "may_serve", f"{_passed(version)}, and {beside}"


def _leaves(version: Version) -> list[Verdict]:
    return [leaf for verdict in (version.gate.verdicts if version.gate else ()) for leaf in verdict.leaves()]


def _passed(version: Version) -> str:
    leaves = _leaves(version)
    good = sum(item.outcome == "pass" for item in leaves)
    if not leaves:
        return "the gate has no rule of its own for it"
    return f"it passed {_all_of(good, len(leaves))} of its gate"


def _failed(version: Version) -> str:
    leaves = _leaves(version)
    bad = [item for item in leaves if item.outcome != "pass" and item.unless_passed == "reject"]
    if not bad:
        return "its evidence is in doubt"
    return f"it did not pass {len(bad)} of {_count(len(leaves))}"


def _count(rules: int) -> str:
    return f"{rules} {'rule' if rules == 1 else 'rules'}"


def _all_of(good: int, every: int) -> str:
    if good == every:
        return "the only rule" if every == 1 else f"all {every} rules"
    return f"{good} of {_count(every)}"
