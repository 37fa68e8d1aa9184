"""Judge rules by their own judging, and what rules made of rules share."""

from __future__ import annotations

from collections.abc import Sequence

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec.rules import MissingRule, Rule

_SEVERITY: dict[str, int] = {"warn": 1, "needs_approval": 2, "reject": 3}


def judged(rule: Rule, case: Case) -> results.Verdict:
    """Return a rule's verdict; one whose package is gone is inconclusive."""
    if isinstance(rule, MissingRule):
        detail = "Install the package that brings it, or take it out of the gate."
        return verdict(rule, "inconclusive", f"no installed package brings the gate rule {rule.kind!r}", detail=detail)
    found: results.Verdict = rule.judge(case)
    return found


def severity(verdict: results.Verdict) -> int:
    """Return how much a verdict stops: 0 nothing, 1 warns, 2 asks a person, 3 rejects."""
    return 0 if verdict.outcome == "pass" else _SEVERITY[verdict.unless_passed]


def stopping(parts: Sequence[results.Verdict]) -> list[results.Verdict]:
    """Return the verdicts that stop a version: those that do more than warn."""
    return [part for part in parts if severity(part) > 1]


def whole(
    rule: Rule,
    parts: Sequence[results.Verdict],
    stops: Sequence[results.Verdict],
    decisive: results.Verdict | None,
    *,
    any_of: bool = False,
) -> results.Verdict:
    """Return the verdict on a rule made of others.

    Args:
        rule: The rule.
        parts: The verdicts of its parts.
        stops: Those that keep it from passing.
        decisive: The one whose consequence it takes.
        any_of: True when one part that passes is enough: then one doubt among the others makes the whole doubtful.
    """
    from windvane.results.reason import fitting

    outcome: results.RuleOutcome = "pass"
    if stops:
        unsure = any(part.outcome == "inconclusive" for part in stops)
        certain = any(part.outcome == "fail" for part in stops)
        outcome = "inconclusive" if unsure and (any_of or not certain) else "fail"
    chosen = list(stops) or [part for part in parts if part.outcome == "pass"] or list(parts)
    more = f", and {len(chosen) - 1} more" if len(chosen) > 1 else ""
    return results.Verdict(
        rule=rule.label,
        outcome=outcome,
        headline=fitting(chosen[0].headline, more),
        detail=chosen[0].detail if len(chosen) == 1 else "",
        unless_passed=decisive.unless_passed if decisive else "reject",
        parts=tuple(parts),
    )
