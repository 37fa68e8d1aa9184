"""The rule `backtest`: the recipe, fitted before the newest window, is not surely worse there than no features."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.difference import difference
from windvane.lifecycle.rules.case import Case, verdict
from windvane.lifecycle.rules.margin import excess
from windvane.spec import Task
from windvane.spec.rules import MetricRule, Needs


class Backtest(MetricRule):
    """Fail when the recipe, fitted as of the window before the newest one, is surely worse than no features on it.

    A holdout of the version's own window does not show how the recipe does a window later: a date that is taken as a
    number goes on for ever. It costs one fit for each version. Where the history has one window, nothing is tested,
    and the rule passes.
    """

    positional = ("metric",)

    kind: Literal["backtest"] = "backtest"

    def needs(self, task: Task) -> Needs:
        """The metric, on the newest window, of the recipe as of the window before."""
        metric = self.metric_for(task)
        return Needs(metrics=(metric,), backtests=(metric,))

    def judge(self, case: Case) -> results.Verdict:
        """Refuse a sure loss against the baseline without features."""
        found, name = case.evaluation.backtest, self.metric_for(case.model.task)
        if found is None:
            return verdict(self, "inconclusive", "the next window was not scored", detail="Evaluate the version again.")
        if found.raised:
            return verdict(self, "fail", f"cannot score the next window, {found.window}", detail=found.problem)
        if found.problem:
            outcome: results.RuleOutcome = "pass" if found.impossible else "inconclusive"
            word = "not tested" if found.impossible else ""
            return verdict(self, outcome, "backtest on the next window", detail=found.problem, word=word)
        compared = next((item for item in found.comparisons if item.metric == name), None)
        beyond = excess(compared, 0.0, relative=False)
        must = f"{name} on the next window, {found.window}, not worse than the baseline"
        if compared is None or beyond is None:
            why = compared.problem if compared else "The metric was not measured."
            return verdict(self, "inconclusive", must, detail=why)
        (low, high), metric = beyond.ends(), case.metric(name)
        held = case.evaluation.metric(name)
        numbers = (
            difference(compared, metric, low, high, 0.0, closed=True),
            *_values(f"{name} on {found.window}", found.metric(name)),
            *_values(f"{name} on the holdout", held),
        )
        detail = (
            f"Fitted on {found.trained_rows:,} rows before {found.window}, and judged on its {found.rows:,} rows; the "
            "interval's ends are one-sided 95 % bounds."
        )
        return verdict(self, "fail" if low > 0 else "pass", must, *numbers, detail=detail)


def _values(name: str, found: results.Estimate | None) -> list[results.Number]:
    if found is None or found.value is None:
        return []
    return [results.Number(name=name, value=found.value, low=found.low, high=found.high)]
