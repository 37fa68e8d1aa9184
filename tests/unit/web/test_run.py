"""The page that a tab of Airflow shows: what a DAG, a run or a task is about, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.unit.stores.examples import MODEL, SCHEDULE, scores_of
from tests.unit.web.conftest import Surroundings
from windvane.results import DagState, Declared, FailedRun, RunState, TaskFailure
from windvane.stores import Stores

AGO = datetime.now(UTC) - timedelta(hours=5)
RUN = f"{MODEL}_score/run_9"
LEAVE = RunState(
    run=RUN,
    window="2013-06",
    state="failed",
    began=AGO,
    ended=AGO,
    failed=(
        TaskFailure(task="snapshot", url="/dags/first"),
        TaskFailure(
            task="try [2]", error="SourceFailed", cause="the file <b>is</b> gone", remedy="restore it", url="/dags/x"
        ),
    ),
)


def test_a_failed_run_shows_cause_remedy_window_verdict_and_what_is_wrong(
    client: TestClient, stores: Stores, around: Surroundings
) -> None:
    stores.registry.scores.add(scores_of(6, 2), SCHEDULE)
    failed = FailedRun(run=RUN, window="2013-06", at=AGO)
    around.runs = {RUN: LEAVE}
    around.dags = {MODEL: (DagState(dag=f"{MODEL}_score", failed=(failed,), paused=True),)}
    path = f"/run?dag={MODEL}_score&run=run_9&task=try&index=2"
    page, data = client.get(path).text, client.get(f"/api{path}").json()
    assert "SourceFailed: the file &lt;b&gt;is&lt;/b&gt; gone" in page
    assert "To do: restore it" in page
    assert page.index("try [2]") < page.index("snapshot"), "the task that the person stands on comes first"
    assert f"{MODEL}_score failed for window" not in page, "the failure stands above, with its cause"
    assert "Window 2013-06 alerts" in page
    assert "is paused in Airflow" not in page, "what is not about this run is told on the DAG's own tab"
    assert f'href="/models/{MODEL}/windows/2013-06"' in page
    assert data["conclusion"]["decision"] == "alert"
    assert data["conclusion"]["reason"] in page
    assert (data["publication"]["version"], data["window"]) == (2, "2013-06")
    assert "is paused in Airflow" in client.get(f"/run?dag={MODEL}_score").text


def test_a_training_run_shows_the_version_that_it_made_and_the_gates_verdict(client: TestClient) -> None:
    path = f"/run?dag={MODEL}_train&run=run_6"
    data = client.get(f"/api{path}").json()
    assert (data["version"]["version"], data["version"]["gate"]["decision"]) == (3, "needs_approval")
    assert {event["kind"] for event in data["events"]} >= {"version.built", "version.judged"}
    assert all(event["run_id"] == f"{MODEL}_train/run_6" for event in data["events"])
    page = client.get(path).text
    assert "gate: Needs approval. a person is asked" in page
    assert 'class="tabs"' not in page, "Airflow's own tabs stand above it"


@pytest.mark.parametrize("dag", ["example_bash_operator", "unknown_score", "_score", "loans", "", "{DAG_ID}"])
def test_a_dag_of_no_model_says_so(client: TestClient, dag: str) -> None:
    answer = client.get("/run", params={"dag": dag, "run": "x"})
    assert answer.status_code == 200
    assert "of no model that Windvane knows" in answer.text or "No DAG is named" in answer.text
    assert client.get("/api/run", params={"dag": dag}).json()["model"] is None


def test_a_model_that_never_ran_is_told_by_its_dags_tab_the_overview_and_health(
    client: TestClient, around: Surroundings
) -> None:
    around.never_ran = (Declared(model="fraud", owner="risk", tags=("eu",), url="/dags/fraud_train"),)
    failed = FailedRun(run="fraud_train/1", window=None, at=AGO)
    paused = DagState(dag="fraud_score", paused=True)  # as Airflow makes every new DAG: nothing of it waits yet
    around.dags = {"fraud": (DagState(dag="fraud_train", failed=(failed,)), paused)}
    overview = client.get("/").text
    assert 'href="/dags/fraud_train"' in overview
    assert "1 declared, and never ran" in overview
    for path in ("/api/health", "/api"):
        data = client.get(path).json()
        found = {one["model"]: one for one in data["models"]} if path == "/api/health" else data["health"]
        kinds = [trouble["kind"] for trouble in found["fraud"]["troubles"]]
        assert kinds == ["run_failed", "never_ran"], "that its first run failed is what is to be looked at"
    around.dags = {}
    page = client.get("/run?dag=fraud_train&run=1").text
    assert "Declared, and never ran" not in page  # what is wrong with the model stands on its DAG's tab
    assert "Declared, and never ran" in client.get("/run?dag=fraud_train").text
    assert client.get("/models/fraud").status_code == 404
