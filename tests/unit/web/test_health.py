"""Health on the pages: what is wrong with runs, windows, files and questions is told wherever a model is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.unit.stores.examples import MODEL, SCHEDULE, scores_of, spec_of
from tests.unit.web.conftest import Surroundings
from tests.unit.web.year import conclude
from windvane.results import DagState, FailedRun
from windvane.stores import Stores
from windvane.web.app import create_app
from windvane.web.host import Host, OpenToRead

AGO = datetime.now(UTC) - timedelta(hours=5)
FAILED = DagState(
    dag=f"{MODEL}_score", failed=(FailedRun(run=f"{MODEL}_score/run_9", window="2013-07", at=AGO),), paused=True
)


def kinds(client: TestClient) -> dict[str, str]:
    """Each kind of trouble of the model, with its headline."""
    (found,) = client.get("/api/health").json()["models"]
    assert found["model"] == MODEL
    return {trouble["kind"]: trouble["headline"] for trouble in found["troubles"]}


def test_failed_runs_paused_dags_a_lost_file_and_overdue_windows_are_told_on_every_page(
    client: TestClient, stores: Stores, around: Surroundings
) -> None:
    """The year's champion was never stored, its newest window alerts, and nothing was ever scored."""
    around.dags = {MODEL: (FAILED,)}
    stores.registry.scores.add(scores_of(6, 2), SCHEDULE)
    found = kinds(client)
    assert found["artifact"] == "The stored model of the champion v2 cannot be read: it is missing"
    assert found["run_failed"] == "loans_score failed for window 2013-07"
    assert found["not_scored"] == "More than 24 windows not scored, since 2013-07"
    assert found["dag_paused"] == "loans_score is paused in Airflow: its windows wait"
    assert found["incident"].startswith("Window 2013-06 alerts: because of 6")
    assert client.get("/api/health").json()["level"] == "bad"
    for path in ("/health", f"/models/{MODEL}"):
        page = client.get(path).text
        assert all(headline in page for headline in found.values()), path
        assert 'href="/dags/loans_score/run_9"' in page
        assert "for 5 hours" in page or "5 hours" in page
        assert "docs/runbooks/corrupt-artifact.md" in page
    overview = client.get("/").text
    assert "1 model needs somebody now" in overview
    assert found["artifact"] in overview
    assert "Good" not in overview
    assert client.get("/api").json()["counts"] == {"bad": 1, "warn": 0, "busy": 0, "unknown": 0, "good": 0}


def test_a_loss_that_jumped_is_told_though_the_decision_is_hold(client: TestClient, stores: Stores) -> None:
    assert "loss_jumped" not in kinds(client)
    conclude(stores, 7, 2, decision="hold")
    assert "incident" not in kinds(client)
    conclude(stores, 8, 2, decision="hold", loss=0.9)
    assert kinds(client)["loss_jumped"] == "The loss of 2013-08 jumped: 0.9, median before 0.445, +102%"
    assert "The loss of 2013-08 jumped" in client.get(f"/models/{MODEL}").text


def test_health_is_filtered_and_sorted_and_every_model_is_counted(client: TestClient, stores: Stores) -> None:
    for number in range(30):
        stores.registry.models.register(f"model_{number:02}", "sha256:2", spec_of().model_dump(mode="json"), SCHEDULE)
    assert client.get("/api?models.health=bad").json()["models"]["total"] == 1
    assert client.get("/api?models.health=warn").json()["models"]["total"] == 30
    assert client.get("/api").json()["models"]["rows"][0]["model"] == MODEL
    assert client.get("/api?models.sort=-health").json()["models"]["rows"][-1]["model"] != MODEL
    assert client.get("/api/health").json()["counts"]["warn"] == 30
    assert client.get("/api?models.trouble=no+version").json()["models"]["total"] == 30


def test_whoever_looks_makes_the_surroundings_take_note(client: TestClient, around: Surroundings) -> None:
    client.get("/api/health")
    assert [(one.model, one.level) for one in around.heard] == [(MODEL, "bad")]


def test_pages_that_stand_alone_say_that_airflow_was_not_asked(stores: Stores) -> None:
    with TestClient(create_app(Host(lambda: stores, OpenToRead()))) as client:
        assert "Airflow was not" in client.get("/").text
        assert "Airflow was not" in client.get("/health").text
        assert client.get("/api/health").json()["airflow"] is False


def test_a_stored_model_is_looked_for_again_until_it_is_there(app: FastAPI, client: TestClient, stores: Stores) -> None:
    assert "artifact" in kinds(client)
    assert stores.artifacts.put(b"model")  # of another digest: `draft_of` names the hash of the JSON text
    assert stores.registry.versions.get(MODEL, 2).artifact != stores.artifacts.put(b"model")
    stores.artifacts.put(b'"model"')
    assert stores.artifacts.has(stores.registry.versions.get(MODEL, 2).artifact)
    assert "artifact" not in kinds(client)


@pytest.mark.parametrize("budget", [0.0, None])
def test_stored_models_are_looked_for_within_a_budget(stores: Stores, home: Path, budget: float | None) -> None:
    from windvane.steps import Examiner

    host = replace(Host(lambda: stores, OpenToRead()), examiner=Examiner(budget=budget))
    with TestClient(create_app(host)) as client:
        assert ("artifact" in kinds(client)) == (budget is None)
