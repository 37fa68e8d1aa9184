"""Operators of a person's rollback: show that the target is whole, then move the pointer."""

from __future__ import annotations

from typing import Any

from windvane import steps
from windvane.orchestration.base import WindvaneOperator, Work
from windvane.orchestration.links import ScoreDagLink


class VerifyTargetOperator(WindvaneOperator):
    """Show that the version in the run's params can be loaded. Hands on `{version, digest}`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Hash and load the version's bytes."""
        version = steps.verify_version(work.model, int(work.context["params"]["version"]), work.stores)
        self.log.info("v%d (%s) is whole", version.version, version.artifact)
        return {"version": version.version, "digest": version.artifact}


class RollbackOperator(WindvaneOperator):
    """Move the champion's pointer back to the version in the run's params. Hands on `{version, epoch, at, actor}`."""

    operator_extra_links = (ScoreDagLink(),)

    def step(self, work: Work) -> dict[str, Any]:
        """Roll back, under the name and with the reason of the person who asked."""
        champion = steps.rollback(work.model, int(work.context["params"]["version"]), work.stores, work.run)
        self.log.info("the champion is v%d, epoch %d: %s", champion.version, champion.epoch, work.run.reason)
        return {
            "version": champion.version,
            "epoch": champion.epoch,
            "at": champion.at.isoformat(),
            "actor": work.run.actor,
        }
