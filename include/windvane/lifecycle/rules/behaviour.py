"""Judge how a version behaves: fair, robust, on inputs its consumers know; and what a user's own rule says."""

from __future__ import annotations

from typing import Any

from windvane.lifecycle.rules.case import WORDS, Case, verdict
from windvane.lifecycle.rules.performance import paired
from windvane.lifecycle.wording import counted, shown
from windvane.results import Disparity, RuleOutcome, Verdict
from windvane.spec.rules import Custom, Fairness, InputContract, Robustness

_OUTCOMES = ("pass", "fail", "inconclusive")


def fairness(rule: Fairness, case: Case) -> Verdict:
    """Hold the disparity's bad end to the bound."""
    found = next(
        (
            item
            for item in case.evaluation.fairness
            if (item.column, item.measure, item.fewest) == (rule.column, rule.measure, rule.rows)
        ),
        None,
    )
    name = f"{rule.measure.replace('_', ' ')} by {rule.column}"
    if found is None or found.problem:
        return verdict(rule, "inconclusive", f"{name}: {found.problem if found else 'was not measured'}")
    total = found.rows + found.missing
    if found.missing > rule.missing * total:
        message = f"{rule.column} is missing in {counted(found.missing, total)}, allowed {rule.missing:.0%}"
        return verdict(rule, "inconclusive", f"{name}: {message}")
    return _disparity(rule, found, name)


def _disparity(rule: Fairness, found: Disparity, name: str) -> Verdict:
    upper = rule.at_most is not None
    limit = rule.at_most if rule.at_most is not None else rule.at_least
    assert limit is not None  # one of the two is declared: the spec checks it
    value, low, high = (
        (found.difference, found.low, found.high) if upper else (found.ratio, found.ratio_low, found.ratio_high)
    )
    if value is None or low is None or high is None:
        return verdict(rule, "inconclusive", f"{name}: has no value and interval here")
    bad, good = (high, low) if upper else (low, high)
    passed, failed = (bad <= limit, good > limit) if upper else (bad >= limit, good < limit)
    outcome: RuleOutcome = "pass" if passed else "fail" if failed else "inconclusive"
    rates = ", ".join(
        f"{shown(group.group)} {group.selection_rate:.3f}" for group in found.groups if group.selection_rate is not None
    )
    sentence = (
        f"{name}: {'difference' if upper else 'ratio'} {value:.4f} (95 % interval {low:.4f} to {high:.4f}), "
        f"allowed {'at most' if upper else 'at least'} {limit:g}; shares of positive decisions: {rates}: "
        f"{WORDS[outcome]}"
    )
    return verdict(rule, outcome, sentence, bad, limit)


def robustness(rule: Robustness, case: Case) -> Verdict:
    """Hold what a perturbation costs to the margin."""
    name = rule.metric_for(case.model.task)
    found = next(
        (
            item.comparison
            for item in case.evaluation.robustness
            if item.perturbation == rule.perturbation and item.comparison.metric == name
        ),
        None,
    )
    if found is not None and found.problem.startswith("the estimator raised"):
        return verdict(rule, "fail", f"{rule.perturbation}: {found.problem}")
    return paired(rule, found, name, f"on inputs as they are ({rule.perturbation})", give=True)


def input_contract(rule: InputContract, case: Case) -> Verdict:
    """Compare the columns and kinds that the version and the champion ask for."""
    champion = case.champion_version
    if champion is None or champion.version == case.version.version:
        return verdict(rule, "pass", "there is no other champion whose inputs consumers rely on")
    own, known = case.version.columns, champion.columns
    new = sorted(own.keys() - known.keys())
    gone = sorted(known.keys() - own.keys())
    other = sorted(name for name in own.keys() & known.keys() if own[name] != known[name])
    message = [f"asks for {', '.join(new)}, which champion v{champion.version} does not"] if new else []
    message += [f"reads {name} as a {own[name]}, the champion as a {known[name]}" for name in other]
    if gone and rule.allow == "same":
        message.append(f"no longer reads {', '.join(gone)}")
    if message:
        return verdict(rule, "fail", "; ".join(message))
    fewer = f", without {', '.join(gone)}" if gone else ""
    return verdict(rule, "pass", f"asks for the inputs of champion v{champion.version}{fewer}")


def custom(rule: Custom, case: Case) -> Verdict:
    """Ask the user's own function; what raises, or answers something else, is inconclusive."""
    try:
        answer: Any = case.own[rule.path](case.evaluation)
    except Exception as error:  # noqa: BLE001  # a user's function may raise anything; the verdict says what
        return verdict(rule, "inconclusive", f"{rule.path} raised {type(error).__name__}: {error}")
    if isinstance(answer, bool):
        return verdict(rule, "pass" if answer else "fail", f"{rule.path} says {'yes' if answer else 'no'}")
    if isinstance(answer, tuple) and len(answer) == 2 and answer[0] in _OUTCOMES:
        return verdict(rule, answer[0], f"{rule.path}: {answer[1]}")
    message = f"{rule.path} answered {shown(answer)}; it must answer True, False or (outcome, sentence)"
    return verdict(rule, "inconclusive", message)
