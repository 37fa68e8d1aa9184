"""The operator of a search: one of several mapped tasks that try what a study proposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from windvane.orchestration.base import WindvaneOperator, Work


class TryOperator(WindvaneOperator):
    """Try parameters until the study is complete: as many mapped tasks as `Search(parallel=…)` says. XCom: `tried`.

    A task whose worker was killed goes on where it was, on its next try.

    Args:
        study: Digest of the study (templated).
        worker: Which of the tasks it is.
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = (*WindvaneOperator.template_fields, "study", "worker")

    def __init__(self, *, study: Any, worker: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.study = study
        self.worker = worker

    def step(self, work: Work) -> dict[str, Any]:
        """Try, and name what this task tried."""
        from windvane import steps

        done = work.call(steps.attempt, work.model, str(self.study), int(self.worker), work.stores, work.run)
        self.log.info("%s tried %s trials: %s", work.window, len(done.tried), list(done.tried))
        return {"tried": list(done.tried)}
