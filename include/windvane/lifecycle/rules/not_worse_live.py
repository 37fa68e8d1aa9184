"""The rule `not_worse_live`: not worse in shadow, on live windows whose outcomes are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from windvane import results
from windvane.lifecycle.difference import difference
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec import Task
from windvane.spec.rules import Needs, Rule


class NotWorseLive(Rule):
    """Pass when the version, scoring in shadow, was surely not worse than the champion on matured live windows.

    A new version has no such window yet. So that it can wait for them, `windvane.rule.not_worse_live` asks a person
    where there is too little evidence, rather than rejects.
    """

    positional = ("margin", "windows", "rows")
    usual: ClassVar[Mapping[str, Any]] = {"inconclusive": "needs_approval"}

    kind: Literal["not_worse_live"] = "not_worse_live"
    margin: float = Field(default=0.01, ge=0)
    """Difference that is given away, in the unit of the task's primary metric."""
    windows: int = Field(default=1, ge=1)
    """Fewest matured windows that both scored."""
    rows: int = Field(default=100, ge=10)
    """Fewest rows of them together."""

    def needs(self, task: Task) -> Needs:  # noqa: ARG002  # the same for every task
        """How it did on live windows."""
        return Needs(live=True)

    def judge(self, case: Case) -> results.Verdict:
        """Give away no more than the margin over the matured windows that both scored, taken together."""
        from windvane.lifecycle.live import bounds, live_verdict, pooled

        champion = case.champion
        if champion is None or champion.version == case.version.version:
            return verdict(self, "pass", "no other champion to compare with")
        name = f"v{champion.version}"
        found = [item for item in case.live if item.champion == champion.version and item.comparison.rows]
        if len(found) < self.windows:
            fact = f"{len(found)} matured windows scored beside {name}, needed {self.windows}"
            return verdict(self, "inconclusive", fact)
        together = pooled([item.comparison for item in found], name, shared=bool(case.model.cluster))
        named = ", ".join(item.window for item in found[:6]) + (", …" if len(found) > 6 else "")
        outcome, _ = live_verdict(together, self.margin, self.rows, named)
        limits = bounds(together)
        if limits is None or together.rows < self.rows:
            fact = f"{together.rows:,} matured rows scored beside {name}, needed {self.rows:,}"
            return verdict(self, outcome, fact, detail="; ".join(part for part in (together.problem, named) if part))
        metric = case.metric(together.metric)
        number = difference(together, metric, *limits, self.margin, closed=True)
        detail = f"On {together.rows:,} live rows of {named}; the interval's ends are one-sided 95 % bounds."
        return verdict(self, outcome, f"{metric.name} not worse than {name} on live windows", number, detail=detail)
