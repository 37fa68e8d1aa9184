"""The relay of the outbox: a request that an earlier run left open is started, whatever a later run decides."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dags.test_context import context_of
from tests.unit.stores.examples import MODEL, SCHEDULE, monitored, promoted, request_of, spec_of
from windvane import steps
from windvane.orchestration.base import Work
from windvane.orchestration.operators import retrain
from windvane.orchestration.operators.monitor import DriftBranchOperator
from windvane.stores import Stores, open_stores


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """A registry with a champion, and February's request that nothing answered."""
    found = open_stores(f"sqlite:///{tmp_path / 'r.db'}", str(tmp_path / "a"))
    found.registry.models.register(MODEL, "sha256:1", {}, SCHEDULE)
    promoted(found.registry, 1)
    found.registry.monitoring.add(monitored(2), request_of(2), SCHEDULE)
    monkeypatch.setattr("windvane.orchestration.base.stores_of", lambda *ids: found)
    return found


def chosen(decision: str, monkeypatch: pytest.MonkeyPatch, **follow: str) -> Any:
    """Return what is followed when March's checks lead to a decision."""
    monkeypatch.setattr(steps, "decide", lambda *given: monitored(3, decision))
    operator = DriftBranchOperator(task_id="decide", model=spec_of(), checked="sha256:0", follow=follow)
    return operator.step(Work(operator, context_of("scheduled", key="2013-03")))


def test_an_open_request_is_started_whatever_is_decided(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen("hold", monkeypatch) == ["hold", "retrain"]
    assert chosen("alert", monkeypatch, alert="call", retrain="again") == ["call", "again"]
    assert chosen("retrain", monkeypatch) == ["retrain"]


def test_one_that_is_answered_is_not(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    stores.registry.monitoring.mark_started(request_of(2).request, SCHEDULE)
    assert chosen("hold", monkeypatch) == ["hold"]


def test_a_try_takes_the_fence_of_its_task_when_it_first_writes(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = DriftBranchOperator(task_id="decide", model=spec_of(), checked="sha256:0")
    work = Work(operator, context_of("scheduled", key="2013-03"))
    assert work.requested.fence == 0
    assert (work.run.fence, work.run.work) == (1, "loans_train/a_run/version.train")
    assert Work(operator, context_of("scheduled", key="2013-03")).run.fence == 2


def test_a_renamed_model_works_on_its_records_and_starts_the_dag_of_its_declared_name(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.registry.models.rename(MODEL, "credit", SCHEDULE)
    started: list[tuple[str, str]] = []
    monkeypatch.setattr(retrain, "start_run", lambda dag_id, request: started.append((dag_id, request.window)))
    operator = retrain.RetrainOperator(task_id="retrain", model=spec_of().revised(name="credit"))
    context = context_of("scheduled", key="2013-02")
    context["ti"].get_dag = lambda dag_id: SimpleNamespace(is_paused=False)
    work = Work(operator, context)
    assert (work.model.name, work.declared.name) == (MODEL, "credit")
    operator.step(work)
    assert started == [("credit_train", "2013-02")]
    assert operator.linked_run.startswith("credit_train/")
    assert steps.pending(spec_of(), stores) == []
