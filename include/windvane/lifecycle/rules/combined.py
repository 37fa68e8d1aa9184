"""Judge any rule by its kind, and rules that are made of rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from windvane.lifecycle.rules import behaviour, budget, performance, shadow, slices
from windvane.lifecycle.rules.case import Case
from windvane.results import Consequence, RuleOutcome, Verdict
from windvane.spec.rules import Rule
from windvane.spec.rules.combined import Combined

_SEVERITY: dict[str, int] = {"warn": 1, "needs_approval": 2, "reject": 3}


def judged(rule: Rule, case: Case) -> Verdict:
    """Return a rule's verdict."""
    if isinstance(rule, Combined):
        return _COMBINED[rule.kind](rule, [judged(part, case) for part in rule.rules])
    return _LEAVES[rule.kind](rule, case)


def severity(verdict: Verdict) -> int:
    """Return how much a verdict stops: 0 nothing, 1 warns, 2 asks a person, 3 rejects."""
    return 0 if verdict.outcome == "pass" else _SEVERITY[verdict.unless_passed]


def _all_of(rule: Combined, parts: list[Verdict]) -> Verdict:
    stopping = [part for part in parts if severity(part) > 1]
    return _made(rule, parts, stopping, max(stopping, key=severity, default=None))


def _any_of(rule: Combined, parts: list[Verdict]) -> Verdict:
    stopping = [part for part in parts if severity(part) > 1]
    if len(stopping) < len(parts):
        return _made(rule, parts, [], None)
    return _made(rule, parts, stopping, min(stopping, key=severity))


def _only(rule: Combined, parts: list[Verdict]) -> Verdict:
    """`warn` and `ask`: what does not pass leads to that, and to nothing more."""
    leads_to: Consequence = "warn" if rule.kind == "warn" else "needs_approval"
    stopping = [part for part in parts if part.outcome != "pass"]
    return _made(rule, parts, stopping, stopping[0] if stopping else None).model_copy(
        update={"unless_passed": leads_to}
    )


def _made(rule: Combined, parts: list[Verdict], stopping: Sequence[Verdict], decisive: Verdict | None) -> Verdict:
    outcome: RuleOutcome = "pass"
    if stopping:
        unsure = any(part.outcome == "inconclusive" for part in stopping)
        certain = any(part.outcome == "fail" for part in stopping)
        outcome = "inconclusive" if unsure and (rule.kind == "any_of" or not certain) else "fail"
    chosen = stopping or [part for part in parts if part.outcome == "pass"]
    return Verdict(
        rule=rule.label,
        outcome=outcome,
        sentence=(" or " if rule.kind == "any_of" and not stopping else "; ").join(part.sentence for part in chosen),
        unless_passed=decisive.unless_passed if decisive else "reject",
        parts=tuple(parts),
    )


_COMBINED: dict[str, Callable[[Combined, list[Verdict]], Verdict]] = {
    "all_of": _all_of,
    "any_of": _any_of,
    "warn": _only,
    "ask": _only,
}
_LEAVES: dict[str, Callable[[Any, Case], Verdict]] = {
    "age": budget.age,
    "better_than_baseline": performance.better_than_baseline,
    "better_than_champion": performance.better_than_champion,
    "bound": performance.bound,
    "calibration": performance.calibration,
    "custom": behaviour.custom,
    "fairness": behaviour.fairness,
    "input_contract": behaviour.input_contract,
    "latency": budget.latency,
    "memory": budget.memory,
    "min_rows": budget.min_rows,
    "not_worse_live": shadow.not_worse_live,
    "not_worse_than_champion": performance.not_worse_than_champion,
    "per_slice": slices.per_slice,
    "robustness": behaviour.robustness,
    "size": budget.size,
    "training_rows": budget.training_rows,
}
