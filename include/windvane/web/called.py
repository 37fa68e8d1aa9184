"""What is around the pages, asked by the names that models' records have: DAGs are named by what a model is called."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from starlette.requests import Request

from windvane.results import DagState, ModelHealth, RunState
from windvane.web.host import Around, Started, Viewer


class Called:
    """An `Around` that asks another one by the names that models have now.

    Args:
        around: The other one.
        names: What each model is called now, by the name that its records have.
    """

    def __init__(self, around: Around, names: Mapping[str, str]) -> None:
        self._around, self._names = around, names

    def run_url(self, run: str) -> str:
        """See `Around.run_url`."""
        return self._around.run_url(run)

    def log_url(self, run: str) -> str:
        """See `Around.log_url`."""
        return self._around.log_url(run)

    def action_url(self, run: str) -> str:
        """See `Around.action_url`."""
        return self._around.action_url(run)

    def asset_urls(self, model: str) -> Mapping[str, str]:
        """See `Around.asset_urls`."""
        return self._around.asset_urls(self._names.get(model, model))

    def backfill_url(self, model: str, verb: str, window: str) -> str:
        """See `Around.backfill_url`."""
        return self._around.backfill_url(self._names.get(model, model), verb, window)

    def backfill_command(self, model: str, verb: str, begin: datetime, end: datetime) -> str:
        """See `Around.backfill_command`."""
        return self._around.backfill_command(self._names.get(model, model), verb, begin, end)

    def next_runs(self, models: Collection[str]) -> Mapping[str, datetime]:
        """See `Around.next_runs`."""
        found = self._around.next_runs([self._names.get(model, model) for model in models])
        return {model: found[now] for model in models if (now := self._names.get(model, model)) in found}

    def dag_states(self, models: Collection[str]) -> Mapping[str, tuple[DagState, ...]]:
        """See `Around.dag_states`."""
        found = self._around.dag_states([self._names.get(model, model) for model in models])
        return {model: found[now] for model in models if (now := self._names.get(model, model)) in found}

    def run_state(self, viewer: Viewer, run: str) -> RunState | None:
        """See `Around.run_state`."""
        return self._around.run_state(viewer, run)

    def told(self, health: Collection[ModelHealth]) -> None:
        """See `Around.told`."""
        self._around.told(health)

    def retrain(self, request: Request, viewer: Viewer, model: str, window: str, run_id: str, reason: str) -> Started:
        """See `Around.retrain`."""
        return self._around.retrain(request, viewer, self._names.get(model, model), window, run_id, reason)

    def answer(self, request: Request, viewer: Viewer, run: str, *, approved: bool, reason: str) -> Started | None:
        """See `Around.answer`."""
        return self._around.answer(request, viewer, run, approved=approved, reason=reason)
