"""Scores and monitor backfilled side by side in a real Airflow: the monitor waits, and it ends as in sequence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from demo.client import AirflowClient
from tests.e2e.runs import finished
from tests.waiting import until
from windvane.stores import Stores

MODEL = "rides_awaited"
SPAN = (datetime(2020, 2, 1, tzinfo=UTC), datetime(2020, 3, 31, tzinfo=UTC))
WINDOWS = ["2020-02", "2020-03"]


@pytest.fixture(scope="module")
def trained(client: AirflowClient) -> None:
    """Train January of a model whose monitor waits two minutes for scores."""
    assert finished(client, f"{MODEL}_train", partition_key="2020-01")["run"] == "success"


@pytest.mark.usefixtures("trained")
def test_a_backfill_of_the_monitor_waits_for_that_of_the_scores(client: AirflowClient, stores: Stores) -> None:
    watched = client.create_backfill(f"{MODEL}_monitor", *SPAN, reprocess="completed")
    until(
        lambda: any(
            client.task_states(f"{MODEL}_monitor", run.run_id).get("collect") == "up_for_reschedule"
            for run in client.backfill_runs(watched)
        ),
        "a run of the monitor waits for its scores",
        seconds=100,
        pause=1,
    )
    scored = client.create_backfill(f"{MODEL}_score", *SPAN, reprocess="completed", reverse=True)
    assert {run.state for run in client.wait_for_backfill(scored)} == {"success"}
    assert {run.state for run in client.wait_for_backfill(watched)} == {"success"}
    results = stores.registry.monitoring.results(MODEL)
    assert sorted((item.window, item.decision, item.publication) for item in results) == [
        (key, "hold", 1) for key in WINDOWS
    ]
    told = [event.payload for event in stores.registry.audit.events(MODEL) if event.kind == "window.monitored"]
    assert {item["decision"] for item in told} == {"hold"}, "nobody was woken on the way"


@pytest.mark.usefixtures("trained")
def test_a_backfill_that_replaces_says_so_on_its_form(client: AirflowClient, stores: Stores) -> None:
    assert finished(client, f"{MODEL}_score", partition_key="2020-05")["run"] == "success"
    served = stores.registry.scores.current(MODEL, "2020-05")
    assert finished(client, f"{MODEL}_train", partition_key="2020-04")["run"] == "success"
    assert finished(client, f"{MODEL}_score", partition_key="2020-05")["run"] == "success"
    assert stores.registry.scores.current(MODEL, "2020-05") == served
    words = {"replace": True, "reason": "the old one was wrong"}
    assert finished(client, f"{MODEL}_score", partition_key="2020-05", conf=words)["run"] == "success"
    found = stores.registry.scores.current(MODEL, "2020-05")
    assert found is not None
    assert (found.publication, found.version, found.reason) == (2, 2, words["reason"])
    assert found.run_id.startswith(f"{MODEL}_score/")
