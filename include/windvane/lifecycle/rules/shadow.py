"""Judge how a version did in shadow, on live windows whose outcomes are known."""

from __future__ import annotations

from windvane.lifecycle.live import bounds, live_verdict, pooled
from windvane.lifecycle.rules.case import Case, verdict
from windvane.results import Verdict
from windvane.spec.rules import NotWorseLive


def not_worse_live(rule: NotWorseLive, case: Case) -> Verdict:
    """Give away no more than the margin over the matured windows that both scored, taken together."""
    champion = case.champion
    if champion is None or champion.version == case.version.version:
        return verdict(rule, "pass", "there is no other champion to compare with")
    found = [item for item in case.live if item.champion == champion.version and item.comparison.rows]
    if len(found) < rule.windows:
        message = f"{len(found)} matured windows that v{champion.version} and this version both scored"
        return verdict(rule, "inconclusive", f"{message}, of {rule.windows} needed: not enough evidence")
    together = pooled([item.comparison for item in found], f"v{champion.version}", shared=bool(case.model.cluster))
    named = ", ".join(item.window for item in found[:6]) + (", …" if len(found) > 6 else "")
    outcome, sentence = live_verdict(together, rule.margin, rule.rows, named)
    limits = bounds(together)
    return verdict(rule, outcome, sentence, limits[1] if limits else None, rule.margin)
