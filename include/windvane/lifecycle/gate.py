"""The gate: declared rules judge an evaluation; one verdict a rule, one decision, and ranked reasons."""

from __future__ import annotations

from collections.abc import Callable

from scipy import stats

from windvane.results import (
    Champion,
    Comparison,
    Estimate,
    Evaluation,
    GateOutcome,
    GateResult,
    Verdict,
    Version,
)
from windvane.spec import METRICS, Model, Rule

_LEVEL = 0.05
"""One-sided error rate of each comparison: a rule passes only when the bad side is excluded at 95 %."""


def judge(
    model: Model, version: Version, evaluation: Evaluation, evaluation_digest: str, champion: Champion | None
) -> GateResult:
    """Return the gate's decision about a version.

    Every rule must pass. A rule without enough evidence is inconclusive, and inconclusive never promotes. Besides the
    declared rules one always holds: a version of an older window never replaces the champion of a newer one.

    Args:
        model: The spec with the rules.
        version: The version judged.
        evaluation: Its evaluation.
        evaluation_digest: Where that is kept.
        champion: The pointer as it stands now, None when the model has no champion.
    """
    verdicts = [_window_verdict(version, champion)]
    verdicts += [_RULES[rule.kind](rule, model, evaluation, champion) for rule in model.gate.rules]
    decision = _decision(model, verdicts, champion)
    order = {"fail": 0, "inconclusive": 1, "pass": 2}
    ranked = sorted(verdicts, key=lambda verdict: order[verdict.outcome])
    reasons = [verdict.sentence for verdict in ranked if decision == "reject" and verdict.outcome != "pass"]
    if not reasons:
        reasons = [verdict.sentence for verdict in ranked[1:]] or [ranked[0].sentence]
    if decision == "needs_approval":
        reasons.insert(0, f"every rule passed; approval={model.gate.approval} asks for a person")
    return GateResult(
        model=model.name,
        version=version.version,
        decision=decision,
        reasons=tuple(reasons),
        verdicts=tuple(verdicts),
        evaluation=evaluation_digest,
        expected_epoch=champion.epoch if champion else 0,
    )


def _decision(model: Model, verdicts: list[Verdict], champion: Champion | None) -> GateOutcome:
    if any(verdict.outcome != "pass" for verdict in verdicts):
        return "reject"
    if model.gate.approval == "always" or (model.gate.approval == "first_version" and champion is None):
        return "needs_approval"
    return "promote"


def _window_verdict(version: Version, champion: Champion | None) -> Verdict:
    """No time travel (DESIGN invariant 5)."""
    name = "window_not_older()"
    if champion is None:
        return Verdict(rule=name, outcome="pass", sentence="there is no champion yet")
    if champion.window_end > version.window_end:
        sentence = (
            f"window {version.window} is older than {champion.window}, the window of the champion v{champion.version}: "
            "an older version never replaces a newer one (use rollback for that)"
        )
        return Verdict(rule=name, outcome="fail", sentence=sentence)
    sentence = f"window {version.window} is not older than the champion's ({champion.window})"
    return Verdict(rule=name, outcome="pass", sentence=sentence)


def _better_than_baseline(rule: Rule, model: Model, evaluation: Evaluation, _champion: Champion | None) -> Verdict:
    metric = rule.metric or model.metric
    return _paired(
        rule, _find(evaluation, metric, "baseline"), metric, "the baseline without features", 0.0 - rule.margin
    )


def _not_worse(rule: Rule, model: Model, evaluation: Evaluation, champion: Champion | None) -> Verdict:
    return _against_champion(rule, model, evaluation, champion, rule.margin)


def _better(rule: Rule, model: Model, evaluation: Evaluation, champion: Champion | None) -> Verdict:
    return _against_champion(rule, model, evaluation, champion, 0.0 - rule.margin)


def _against_champion(
    rule: Rule, model: Model, evaluation: Evaluation, champion: Champion | None, limit: float
) -> Verdict:
    metric = rule.metric or model.metric
    missing = _no_champion_to_compare(rule, evaluation, champion)
    if missing:
        return missing
    name = f"v{evaluation.champion}"
    return _paired(rule, _find(evaluation, metric, name), metric, f"champion {name}", limit)


def _no_champion_to_compare(rule: Rule, evaluation: Evaluation, champion: Champion | None) -> Verdict | None:
    """Return a verdict where the champion of now was not the one compared with; None where the comparison stands."""
    if champion is None or champion.version == evaluation.version:
        if evaluation.champion is None:
            return Verdict(rule=rule.label, outcome="pass", sentence="there is no other champion to compare with")
        return None
    if evaluation.champion == champion.version or (
        evaluation.champion is not None and champion.window_end > evaluation.holdout_end
    ):
        return None  # beside a newer champion, the one of the version's own time is the fair comparison
    sentence = f"the champion v{champion.version} cannot be compared: it was trained on rows of this holdout"
    return Verdict(rule=rule.label, outcome="inconclusive", sentence=sentence)


def _paired(rule: Rule, comparison: Comparison | None, metric: str, other: str, limit: float) -> Verdict:
    """Judge the upper one-sided 95 % end of the mean paired loss difference (Student's t) against a limit.

    Non-inferiority and superiority as one-sided tests: Schuirmann 1987, section 2; CPMP/EWP/2158/99, section III.
    """
    if comparison is None or comparison.difference is None or comparison.std_error is None:
        return Verdict(rule=rule.label, outcome="inconclusive", sentence=f"{metric} beside {other} is not known")
    spread = float(stats.t.ppf(1 - _LEVEL, comparison.rows - 1)) * comparison.std_error
    low, high = comparison.difference - spread, comparison.difference + spread
    passed = high <= limit if limit > 0 else high < limit
    outcome = "pass" if passed else "fail" if low > limit else "inconclusive"
    word = "better" if comparison.difference < 0 else "worse"
    sentence = (
        f"{metric} is {abs(comparison.difference):.4f} {word} than {other} on {comparison.rows:,} rows "
        f"(one-sided 95 % bounds {low:+.4f} to {high:+.4f}, allowed below {limit:+.4f}): {_WORDS[outcome]}"
    )
    return Verdict(rule=rule.label, outcome=outcome, sentence=sentence, value=high, limit=limit)


def _bound(rule: Rule, model: Model, evaluation: Evaluation, _champion: Champion | None) -> Verdict:
    estimate: Estimate | None = evaluation.metric(rule.metric or model.metric)
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return Verdict(
            rule=rule.label, outcome="inconclusive", sentence=f"{rule.metric} has no value and interval here"
        )
    upper = rule.at_most is not None
    limit = rule.at_most if rule.at_most is not None else rule.at_least
    assert limit is not None  # one of the two is declared: the spec checks it
    bad, good = (estimate.high, estimate.low) if upper else (estimate.low, estimate.high)
    passed, failed = (bad <= limit, good > limit) if upper else (bad >= limit, good < limit)
    outcome = "pass" if passed else "fail" if failed else "inconclusive"
    sentence = (
        f"{estimate.metric} is {estimate.value:.4f} (95 % interval {estimate.low:.4f} to {estimate.high:.4f}), "
        f"allowed {'at most' if upper else 'at least'} {limit:g}: {_WORDS[outcome]}"
    )
    return Verdict(rule=rule.label, outcome=outcome, sentence=sentence, value=bad, limit=limit)


def _per_slice(rule: Rule, model: Model, evaluation: Evaluation, champion: Champion | None) -> Verdict:
    """Fail when a slice is surely worse by more than the margin; Holm 1979 holds the false alarms of all at 5 %."""
    missing = _no_champion_to_compare(rule, evaluation, champion)
    if missing:
        return missing
    metric, least = rule.metric or model.metric, rule.rows or 200
    slices = [
        item
        for item in evaluation.comparisons
        if item.metric == metric and item.slice is not None and item.slice.startswith(f"{rule.column}=")
    ]
    large = [item for item in slices if item.rows >= least and item.difference is not None and item.std_error]
    if not large:
        sentence = f"no slice of {rule.column} has {least} rows"
        return Verdict(rule=rule.label, outcome="inconclusive", sentence=sentence)
    tested = sorted((_worse_p(item, rule.margin), item.slice or "") for item in large)
    worse: list[str] = []
    for index, (p_value, name) in enumerate(tested):
        if p_value > _LEVEL / (len(tested) - index):
            break
        worse.append(name)
    worst = max(large, key=lambda item: item.difference or 0.0)
    told = f"worst is {worst.slice} ({worst.difference:+.4f} {metric} on {worst.rows:,} rows)"
    if worse:
        sentence = (
            f"surely worse than v{evaluation.champion} by more than {rule.margin:g} on {', '.join(worse)}; {told}"
        )
        return Verdict(rule=rule.label, outcome="fail", sentence=sentence, value=worst.difference, limit=rule.margin)
    sentence = f"none of {len(large)} slices of {rule.column} is surely worse by more than {rule.margin:g}; {told}"
    return Verdict(rule=rule.label, outcome="pass", sentence=sentence, value=worst.difference, limit=rule.margin)


def _worse_p(item: Comparison, margin: float) -> float:
    """One-sided p-value of `difference <= margin`."""
    assert item.difference is not None and item.std_error is not None
    return float(stats.t.sf((item.difference - margin) / item.std_error, item.rows - 1))


def _min_rows(rule: Rule, _model: Model, evaluation: Evaluation, _champion: Champion | None) -> Verdict:
    needed = rule.rows or 0
    passed = evaluation.rows >= needed
    sentence = f"the holdout has {evaluation.rows:,} rows, needed {needed:,}"
    outcome = "pass" if passed else "fail"
    return Verdict(rule=rule.label, outcome=outcome, sentence=sentence, value=evaluation.rows, limit=needed)


def _find(evaluation: Evaluation, metric: str, other: str) -> Comparison | None:
    return next(
        (
            item
            for item in evaluation.comparisons
            if item.metric == metric and item.other == other and item.slice is None and METRICS[metric].additive
        ),
        None,
    )


_WORDS = {"pass": "passes", "fail": "fails", "inconclusive": "not enough evidence"}
_RULES: dict[str, Callable[[Rule, Model, Evaluation, Champion | None], Verdict]] = {
    "better_than_baseline": _better_than_baseline,
    "not_worse_than_champion": _not_worse,
    "better_than_champion": _better,
    "bound": _bound,
    "per_slice": _per_slice,
    "min_rows": _min_rows,
}
