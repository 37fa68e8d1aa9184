"""The family through a real scheduler: approval, scoring, drift, one retrain, refusals, and backfills in any order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from demo.client import AirflowApiError, AirflowClient
from demo.local_airflow import LocalAirflow
from tests.e2e.people import waits
from tests.e2e.runs import finished
from windvane.stores import Stores

YEAR = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 7, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def approved(airflow: LocalAirflow, client: AirflowClient, stores: Stores) -> str:
    """Train January of `rides`, whose first version a person must approve, and approve it."""
    run = client.trigger("rides_train", partition_key="2020-01")
    task = waits(airflow, client, "rides", run.run_id)
    assert stores.registry.champions.current("rides") is None
    words = {"reason": "looks right"}
    with airflow.client("viewer") as viewer, pytest.raises(AirflowApiError) as refused:
        viewer.answer("rides_train", run.run_id, task, "Approve", words)
    assert refused.value.status == httpx.codes.FORBIDDEN
    client.answer("rides_train", run.run_id, task, "Approve", words)
    assert client.wait_for_run("rides_train", run.run_id, timeout=120).state == "success"
    return run.run_id


def test_a_first_version_waits_for_a_person_and_their_words_are_kept(approved: str, stores: Stores) -> None:
    promotion = stores.registry.champions.promotions("rides")[0]
    assert promotion.version == 1
    assert "admin" in promotion.actor
    assert "looks right" in promotion.reason
    assert approved in promotion.run_id


def test_a_scored_window_names_its_version_and_a_drifted_one_retrains_exactly_once(
    approved: str, client: AirflowClient, stores: Stores
) -> None:
    for window in ("2020-03", "2020-04"):
        assert finished(client, "rides_score", partition_key=window)["run"] == "success"
    quiet = finished(client, "rides_monitor", partition_key="2020-03")
    assert (quiet["hold"], quiet["retrain"]) == ("success", "skipped")
    first = finished(client, "rides_monitor", partition_key="2020-04")
    again = finished(client, "rides_monitor", partition_key="2020-04")
    assert first["retrain"] == "success"
    assert again["run"] == "success"
    (request,) = stores.registry.monitoring.requests("rides")
    assert request.run_id.startswith("retrain__2020-04__")
    assert client.wait_for_run("rides_train", request.run_id, timeout=240).state == "success"
    runs = [run.run_id for run in client.runs("rides_train") if run.run_id.startswith("retrain__")]
    assert runs == [request.run_id]
    champion = stores.registry.champions.current("rides")
    assert champion is not None
    assert (champion.version, champion.window) == (2, "2020-04")
    scores = stores.registry.scores.current("rides", "2020-04")
    assert scores is not None
    assert scores.version == 1


def test_the_form_of_actions_acts_in_the_name_of_who_triggers_it_and_takes_no_other_action(
    approved: str, client: AirflowClient, stores: Stores
) -> None:
    for wrong in ({"action": "delete", "reason": "r"}, {"action": "pause", "reason": ""}, {"reason": "r"}):
        with pytest.raises(AirflowApiError):
            client.trigger("rides_act", conf=wrong)
    for action in ("pause", "resume"):
        assert finished(client, "rides_act", conf={"action": action, "reason": "a holiday"})["run"] == "success"
    events = stores.registry.audit.events("rides", limit=2)
    assert [event.kind for event in events] == ["automation.resumed", "automation.paused"]
    assert all("admin" in event.actor for event in events)
    assert finished(client, "rides_act", conf={"action": "promote", "reason": "r"})["run"] == "failed"


def test_a_broken_window_fails_at_once_by_name_and_changes_nothing(
    approved: str, client: AirflowClient, stores: Stores
) -> None:
    before = len(stores.registry.versions.all("rides"))
    states = finished(client, "rides_train", partition_key="2020-08")
    assert states["run"] == "failed"
    assert states["snapshot"] == "failed"
    tasks = client.task_instances("rides_train", str(states["id"]))
    snapshot = next(task for task in tasks if task.task_id.endswith("snapshot"))
    assert snapshot.try_number == 1
    log = client.task_log("rides_train", str(states["id"]), snapshot.task_id)
    assert "MissingColumn" in log
    assert "distance" in log
    assert len(stores.registry.versions.all("rides")) == before


def test_a_window_key_that_is_none_is_refused_before_a_run_exists(client: AirflowClient) -> None:
    with pytest.raises(AirflowApiError) as refused:
        client.trigger("rides_train", partition_key="2020-13")
    assert refused.value.status == httpx.codes.BAD_REQUEST


@pytest.fixture(scope="module")
def champions(client: AirflowClient, stores: Stores) -> dict[str, tuple[str, str]]:
    """Half a year of three models, backfilled each in its own order; the window and artifact of each champion."""
    orders: dict[str, dict[str, Any]] = {
        "rides_forward": {},
        "rides_backward": {"reverse": True},
        "rides_parallel": {"max_active_runs": 3},
    }
    backfills = {
        model: client.create_backfill(f"{model}_train", *YEAR, **{"max_active_runs": 1, **how})
        for model, how in orders.items()
    }
    found = {}
    for model, backfill in backfills.items():
        runs = client.wait_for_backfill(backfill, timeout=600)
        assert sorted(run.partition_key or "" for run in runs) == [f"2020-{month:02}" for month in range(1, 7)]
        assert {run.state for run in runs} == {"success"}
        champion = stores.registry.champions.current(model)
        assert champion is not None
        version = stores.registry.versions.get(model, champion.version)
        found[model] = (champion.window, version.artifact)
        stores.registry.audit.verify(model)
    return found


def test_backfills_in_order_in_reverse_and_in_parallel_end_with_the_same_champion(
    champions: dict[str, tuple[str, str]],
) -> None:
    assert len(champions) == 3
    assert len(set(champions.values())) == 1, champions


def test_a_rollback_needs_a_reason_and_moves_the_pointer_back(
    champions: dict[str, tuple[str, str]], client: AirflowClient, stores: Stores
) -> None:
    model, dag = "rides_forward", "rides_forward_rollback"
    with pytest.raises(AirflowApiError):
        client.trigger(dag, conf={"version": 1, "reason": ""})
    champion = stores.registry.champions.current(model)
    assert champion is not None
    assert champion.version != 1
    assert finished(client, dag, conf={"version": 1, "reason": "complaints"})["run"] == "success"
    promotion = stores.registry.champions.promotions(model)[0]
    assert (promotion.kind, promotion.version, promotion.reason) == ("rollback", 1, "complaints")
    assert "admin" in promotion.actor
