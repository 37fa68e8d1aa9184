"""Operators on scores: score a window, and publish the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from windvane.orchestration import metrics
from windvane.orchestration.base import WindvaneOperator, Work
from windvane.orchestration.context import replaces
from windvane.orchestration.lineage import CHAMPION, SCORED, SCORES, SNAPSHOT
from windvane.orchestration.links import PAGES, ChampionLink
from windvane.orchestration.operators.data import OnSnapshotOperator


class ScoreOperator(OnSnapshotOperator):
    """Score a snapshot with the champion for its window. XCom: `scores` (the file's record), `version`.

    A window that is published already is scored by the version that served it, unless the run's params say `replace`.
    """

    operator_extra_links = (*PAGES, ChampionLink())

    def step(self, work: Work) -> dict[str, Any]:
        """Score into Parquet; nothing is published yet."""
        from windvane import steps

        replace = replaces(work.context)
        scores = work.call(steps.score, work.model, work.window, self.snapshot, work.stores, work.run, replace)
        self.log.info("v%s scored %s rows, on average %s", scores.version, scores.rows, scores.mean_score)
        self.linked_run = work.stores.registry.versions.get(work.model.name, scores.version).run_id
        work.reads(SNAPSHOT, scores.window, version=self.snapshot, rows=scores.rows)
        work.reads(CHAMPION, version=f"v{scores.version}")
        work.makes(SCORED, scores.window, version=scores.artifact, rows=scores.rows)
        return {"scores": scores.model_dump(mode="json"), "version": scores.version}


class DeliverOperator(WindvaneOperator):
    """Deliver a window's current publication to where its consumers read. XCom: `publication` (its number)."""

    def step(self, work: Work) -> dict[str, Any]:
        """Deliver; a place that cannot be written fails the task, and nothing half-written is there."""
        from windvane import steps
        from windvane.spec.publish import filled

        found = work.call(steps.deliver, work.model, work.window, work.stores)
        for place in work.model.publish:
            self.noted.outputs += work.beyond(place, filled(place.to, found.model, found.window))
            self.log.info("Delivered publication %s of %s to %s", found.publication, found.window, place.shown)
        work.reads(SCORES, found.window, version=found.artifact, rows=found.rows)
        return {"publication": found.publication}


class PublishOperator(WindvaneOperator):
    """Make a file of scores the window's current publication.

    XCom: `version`, `artifact` (digest of the Parquet file), `publication` (its number).

    Args:
        scores: The file's record (templated; `ScoreOperator(...).xcom("scores")`).
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = (*WindvaneOperator.template_fields, "scores")

    def __init__(self, *, scores: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scores = scores

    def step(self, work: Work) -> dict[str, Any]:
        """Publish, and tell those who wait for the asset."""
        from windvane import steps
        from windvane.results import Scores

        scores = work.call(steps.publish, work.model, Scores.model_validate(self.scores), work.stores, work.run)
        where = f"{scores.window}, publication {scores.publication}"
        self.log.info("Published %s rows of %s by v%s: %s", scores.rows, where, scores.version, scores.artifact)
        facts = {"version": scores.version, "artifact": scores.artifact, "publication": scores.publication}
        work.announce(window=scores.window, **facts)
        known = work.stores.registry.scores.windows(work.model.name)
        metrics.scored(scores, newest=work.is_newest(scores.window, known))
        work.reads(SCORED, scores.window, version=scores.artifact)
        work.makes(SCORES, scores.window, version=scores.artifact, rows=scores.rows)
        named = work.call(steps.impossible, work.model, scores, work.stores)
        unknown = work.call(steps.unknown_categories, work.model, scores, work.stores)
        for said in (named, unknown):
            if said:
                self.log.warning(said)
        return facts
