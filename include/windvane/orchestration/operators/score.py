"""Operators on scores: score a window, and publish the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from windvane import steps
from windvane.orchestration.base import WindvaneOperator, Work
from windvane.results import Scores


class ScoreOperator(WindvaneOperator):
    """Score a snapshot with the champion for its window. Hands on the scores' record (ids, digests, counts).

    Args:
        snapshot: Digest of the window's snapshot.
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = ("snapshot",)

    def __init__(self, *, snapshot: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

    def step(self, work: Work) -> dict[str, Any]:
        """Score into Parquet; nothing is published yet."""
        scores = steps.score(work.model, work.window, self.snapshot, work.stores, work.run)
        self.log.info("v%d scored %d rows: %s", scores.version, scores.rows, scores.artifact)
        return scores.model_dump(mode="json")


class PublishOperator(WindvaneOperator):
    """Make a file of scores the window's published one. Hands on the scores' record.

    Args:
        scores_task: Task whose return value is the scores' record.
        kwargs: See `WindvaneOperator`.
    """

    def __init__(self, *, scores_task: str = "score", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scores_task = scores_task

    def step(self, work: Work) -> dict[str, Any]:
        """Publish."""
        scores = Scores.model_validate(work.context["ti"].xcom_pull(task_ids=self.scores_task))
        return steps.publish(work.model, scores, work.stores, work.run).model_dump(mode="json")
