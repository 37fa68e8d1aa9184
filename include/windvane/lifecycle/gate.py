"""The gate: declared rules judge an evaluation; one verdict a rule, one decision, and ranked reasons."""

from __future__ import annotations

from windvane.lifecycle.rules import Case, judged
from windvane.lifecycle.rules.case import said
from windvane.lifecycle.rules.combining import severity
from windvane.results import Consequence, GateOutcome, GateResult, Number, Reason, Suspect, Verdict
from windvane.results.reason import fitting
from windvane.spec import Model

_DECISIONS: tuple[GateOutcome, ...] = ("promote", "promote", "needs_approval", "reject")
"""By the severity of the most severe verdict: nothing, a warning, a question, a refusal."""

_SUSPECTS = 3
"""Most columns that a verdict names."""


def judge(case: Case, evaluation_digest: str) -> GateResult:
    """Return the gate's decision about a version.

    Every rule must pass, but for those that only warn or ask. A rule without enough evidence is inconclusive, and
    inconclusive never promotes; neither does an evaluation that is no evidence. Whether the pointer may move to a
    version of an older window is not judged here: the registry lets such a version through late, beside the champion.

    Args:
        case: The version, its evaluation, and the champion as it stands now.
        evaluation_digest: Where the evaluation is kept.
    """
    verdicts = [_window(case), *(judged(rule, case) for rule in case.model.gate.rules)]
    verdicts += [*_fit_warnings(case), *_too_good(case), *_evidence(case)]
    decision = _DECISIONS[max(severity(verdict) for verdict in verdicts)]
    requested = _approval(case) if decision == "promote" else None
    return GateResult(
        model=case.model.name,
        version=case.version.version,
        decision="needs_approval" if requested else decision,
        reasons=tuple(_reasons(verdicts, decision, requested)),
        verdicts=tuple(verdicts),
        evaluation=evaluation_digest,
        expected_epoch=case.pointer.epoch if case.pointer else 0,
        beside=case.evaluation.champion or 0,
        costs=case.costs,
    )


def _approval(case: Case) -> str | None:
    """Return why a version that passed needs a person, if it does."""
    wanted = case.model.approval
    if wanted == "always" or (wanted == "first_version" and case.champion is None):
        declared = "risk=high" if case.model.risk == "high" else f"approval={wanted}"
        return f"every rule passed; {declared} asks for a person"
    return None


def _reasons(verdicts: list[Verdict], decision: GateOutcome, requested: str | None) -> list[Reason]:
    """Rank the reasons: what stops it first, failures before doubts; else what was shown; warnings last."""
    ranked = sorted(verdicts, key=lambda verdict: (-severity(verdict), verdict.outcome != "fail"))
    warnings = [_reason(verdict, "warning: ") for verdict in ranked if severity(verdict) == 1]
    stopping = [verdict for verdict in ranked if severity(verdict) > 1]
    if decision == "needs_approval":
        return [*(_reason(verdict, "a rule asks for a person: ") for verdict in stopping), *warnings]
    if decision == "reject":
        return [*(_reason(verdict) for verdict in stopping), *warnings]
    passed = [verdict for verdict in verdicts[1:] if verdict.outcome == "pass"] or verdicts[:1]
    approval = [Reason(headline=requested)] if requested else []
    return [*approval, *(_reason(verdict) for verdict in passed), *warnings]


def _reason(verdict: Verdict, prefix: str = "") -> Reason:
    """Return a verdict as a reason, with the numbers of those of its parts that made it so."""
    text = fitting(prefix + verdict.headline)
    return Reason(headline=text, detail=verdict.detail, numbers=tuple(_numbers(verdict)))


def _numbers(verdict: Verdict) -> list[Number]:
    alike = [part for part in verdict.parts if (part.outcome == "pass") == (verdict.outcome == "pass")]
    return [*verdict.numbers, *(number for part in alike for number in _numbers(part))]


def _window(case: Case) -> Verdict:
    """No time travel: an older window's version leaves a newer one's champion in its place."""
    champion, version, detail = case.pointer, case.version, ""
    if champion is None:
        fact, consequence = "no champion yet", "pass"
    elif champion.window_end > version.window_end:
        fact = f"window {version.window} is older than {champion.window}"
        consequence = f"the champion v{champion.version} stays"
        detail = f"{champion.window} is the champion's window. This version counts for the windows between."
    else:
        fact, consequence = f"window {version.window} is not older than the champion's ({champion.window})", "pass"
    return Verdict(rule="window_not_older()", outcome="pass", **said(fact, consequence, detail))


def _evidence(case: Case) -> list[Verdict]:
    """No decision without evidence; nothing to say where there is some."""
    found, least = case.evaluation, case.model.gate.min_rows
    problems = list(found.problems)
    if found.rows < least:
        problems.append(f"the holdout has {found.rows} rows, fewer than the {least} that any promotion needs")
    if not problems:
        return []
    words = said(problems[0], "not enough evidence", "; ".join(problems) if len(problems) > 1 else "")
    return [Verdict(rule="evidence()", outcome="inconclusive", **words)]


def _fit_warnings(case: Case) -> list[Verdict]:
    """A fit that did not converge is reported, or stops more, as the spec says; one that did says nothing."""
    declared = case.model.gate.fit_warnings
    found = [item for item in case.version.warnings if item.category == "ConvergenceWarning"]
    if declared == "ignore" or not found:
        return []
    numbers = (Number(name="ConvergenceWarning", value=sum(item.count for item in found), allowed="0"),)
    words = said("the fit did not converge", "look at the estimator", "; ".join(item.message for item in found))
    follows: dict[str, Consequence] = {"warn": "warn", "ask": "needs_approval", "reject": "reject"}
    return [Verdict(rule="fit_warnings()", outcome="fail", unless_passed=follows[declared], numbers=numbers, **words)]


def _too_good(case: Case) -> list[Verdict]:
    """A column that alone tells nearly the whole outcome asks a person, once: not where the champion has it too."""
    declared, champion = case.model.gate.too_good, case.champion_version
    found = [one for one in case.evaluation.suspects if champion is None or one.column not in champion.columns]
    if declared == "ignore" or not found:
        return []
    shown = [_alone(one, case.model) for one in found[:_SUSPECTS]]
    whole = Number(name=f"{case.model.metric} removed by all features", value=100 * found[0].whole, unit="%")
    names = ", ".join(one.column for one in found[:_SUSPECTS])
    missing = ", ".join(one.column for one in found[:_SUSPECTS] if one.missing)
    detail = f"Is {names} known before the outcome? A column that is filled in with it leaks."
    detail += f" Missing values alone tell it in {missing}." if missing else ""
    detail += " If it leaks, take it out of the features; if it does not, approve the version."
    words = said(f"{found[0].column} alone tells nearly the whole outcome", "too good to be true?", detail)
    follows: dict[str, Consequence] = {"warn": "warn", "ask": "needs_approval", "reject": "reject"}
    return [
        Verdict(rule="too_good()", outcome="fail", unless_passed=follows[declared], numbers=(*shown, whole), **words)
    ]


def _alone(one: Suspect, model: Model) -> Number:
    from windvane.lifecycle.suspects import least

    allowed = f"below {100 * least(model, one.whole):.0f} %"
    return Number(name=f"removed by {one.column} alone", value=100 * one.removed, unit="%", allowed=allowed)
