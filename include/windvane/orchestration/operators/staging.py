"""Operators on versions on trial: explain one, score in shadow, compare live windows and move a promotion's stages."""

from __future__ import annotations

from typing import Any

from windvane.orchestration.base import WindvaneOperator, Work
from windvane.orchestration.lineage import VERSION
from windvane.orchestration.operators.data import OnSnapshotOperator
from windvane.orchestration.operators.train import OnVersionOperator


class ExplainOperator(OnVersionOperator):
    """Explain what a version rests on; nothing waits for it. XCom: `explanation` (digest)."""

    def step(self, work: Work) -> dict[str, Any]:
        """Explain, and name what matters most."""
        from windvane import steps

        found = work.call(steps.explain, work.model, int(self.version), work.stores, work.run)
        for item in found.importance[:5]:
            message = (found.metric, item.increase, item.low, item.high)
            self.log.info("%s: without it %s grows by %s (95 %%: %s to %s)", item.feature, *message)
        work.reads(VERSION, version=f"v{self.version}")
        return {"explanation": found.sha256}


class ShadowOperator(OnSnapshotOperator):
    """Score a snapshot with the challengers; nothing of it is published. XCom: `versions`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Score, and keep that apart."""
        from windvane import steps

        kept = work.call(steps.shadow, work.model, work.window, self.snapshot, work.stores, work.run)
        for scores in kept:
            self.log.info("v%s scored %s rows in shadow: %s", scores.version, scores.rows, scores.artifact)
        return {"versions": [scores.version for scores in kept]}


class LiveOperator(WindvaneOperator):
    """Compare the challengers with the champion on a window, and move the promotion under way. XCom: `state`, `stage`.

    A promotion moves to its next stage, ends with the version as champion, or is withdrawn; the same window again
    changes nothing.
    """

    def step(self, work: Work) -> dict[str, Any]:
        """Compare, and follow what came of it."""
        from windvane import steps

        followed = work.call(steps.follow, work.model, work.window, work.stores, work.run)
        for result in followed.results:
            self.log.info("v%s: %s: %s", result.version, result.outcome, result.reason.headline)
        found = followed.rollout
        if found is None:
            return {"state": None, "stage": None}
        say = self.log.warning if found.state == "withdrawn" else self.log.info
        message = (found.version, found.state, found.stage, len(found.shares), found.why)
        say("The promotion of v%s is %s; %s of %s stages passed. %s", *message)
        if found.state == "promoted":
            promotion = work.stores.registry.champions.promotions(work.model.name, limit=1)[0]
            work.announce(version=promotion.version, epoch=promotion.epoch, window=promotion.window)
        return {"state": found.state, "stage": found.stage}
