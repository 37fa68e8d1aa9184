"""What a rule may look at, and how it says what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from windvane import results
from windvane.spec import Metric, Model, Rule

LEVEL = 0.05
"""One-sided error rate of each comparison: a rule passes only when the bad side is excluded at 95 %."""
WORDS = {"pass": "pass", "fail": "fail", "inconclusive": "not enough evidence"}


@dataclass(frozen=True)
class Foreseen:
    """What more rows were measured to win beside the champion, as the monitor told when it asked for the version.

    Args:
        share: Of the champion's primary loss.
        error: Its standard error.
        degrees: Degrees of freedom of that.
    """

    share: float
    error: float
    degrees: float


@dataclass(frozen=True)
class Case:
    """A version before the gate.

    Args:
        model: The spec.
        version: The version judged.
        evaluation: Its evaluation.
        champion: The champion of the version's own time, the newest eligible version of an earlier window; None when
            there was none. Later windows' versions are no part of the judgement, whenever they arrived.
        champion_version: That version.
        pointer: The champion as the pointer stands now.
        as_of: The moment the run stands at.
        costs: What scoring batches costs, where a rule asks for it.
        own: The user's own rules, by import path.
        live: How it did in shadow beside the champion, a window each.
        foreseen: What it was to win by more rows, where that is why it was asked for.
    """

    model: Model
    version: results.Version
    evaluation: results.Evaluation
    champion: results.Champion | None = None
    champion_version: results.Version | None = None
    pointer: results.Champion | None = None
    as_of: datetime | None = None
    costs: tuple[results.ScoringCost, ...] = ()
    own: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    live: tuple[results.LiveResult, ...] = ()
    foreseen: Foreseen | None = None

    def metric(self, name: str) -> Metric:
        """Return what a metric's name means; the spec has checked that it is known."""
        return self.model.known_metrics[name]

    @property
    def comparison_version(self) -> str:
        """How comparisons name the champion."""
        return f"v{self.evaluation.champion}"


def verdict(
    rule: Rule, outcome: results.RuleOutcome, fact: str, *numbers: results.Number, detail: str = "", word: str = ""
) -> results.Verdict:
    """Return a rule's verdict; an inconclusive one leads to what the rule declares, a failed one to rejection.

    Args:
        rule: The rule.
        outcome: What it came to.
        fact: One fact, without its consequence: the headline adds the outcome, and cuts a fact that is too long.
        numbers: The numbers it rests on.
        detail: What more there is to say.
        word: The consequence in the headline; empty: the outcome's word.
    """
    leads_to = rule.inconclusive if outcome == "inconclusive" else "reject"
    return results.Verdict(
        rule=rule.label,
        outcome=outcome,
        unless_passed=leads_to,
        numbers=numbers,
        **said(fact, word or WORDS[outcome], detail),
    )


def said(fact: str, consequence: str, detail: str = "") -> dict[str, str]:
    """Return a reason's headline and detail; a fact that the headline had to cut stands in the detail in full."""
    from windvane.results.reason import fitting

    short = fitting(fact, f": {consequence}")
    whole = "" if short.startswith(fact) or fact in detail else fact
    return {"headline": short, "detail": "; ".join(part for part in (whole, detail) if part)}


def without_comparison(rule: Rule, case: Case) -> results.Verdict | None:
    """Return a verdict where the champion of now was not the one compared with; None where the comparison stands."""
    champion, compared = case.champion, case.evaluation.champion
    late = champion is not None and champion.window_end > case.version.window_end
    if champion is None or champion.version == case.evaluation.version or (late and compared is None):
        return verdict(rule, "pass", "no other champion to compare with") if compared is None else None
    if compared == champion.version or (compared is not None and champion.window_end > case.evaluation.holdout_end):
        return None  # beside a newer champion, the one of the version's own time is the fair comparison
    detail = "It was trained on rows of this holdout."
    return verdict(rule, "inconclusive", f"the champion v{champion.version} cannot be compared", detail=detail)
