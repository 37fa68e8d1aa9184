"""People in the Airflow UI, in a real browser: a run parks, four eyes hold, an approver lets it on, time runs out."""

from __future__ import annotations

from functools import partial

from playwright.sync_api import Browser, Page, expect

from demo.client import AirflowClient
from demo.local_airflow import LocalAirflow
from tests.e2e.conftest import PICTURES, logged_in
from tests.e2e.people import waits
from tests.waiting import until
from windvane.results import Approval
from windvane.stores import Stores


def voided(stores: Stores, model: str) -> list[Approval]:
    return [item for item in stores.registry.people.approvals(model) if item.state == "void"]


def respond(page: Page, airflow: LocalAirflow, dag: str, run: str, picture: str) -> None:
    """Open the question under the run's required actions, keep a picture of it, and press Approve."""
    page.goto(f"{airflow.url}/dags/{dag}/runs/{run}/tasks/approve/required_actions")
    button = page.get_by_role("button", name="Approve", exact=True)
    expect(button).to_be_enabled(timeout=30_000)
    expect(page.get_by_text("may v1 of 2020-01 become champion?").first).to_be_visible()
    expect(page.get_by_text("better_than_baseline").first).to_be_visible()
    page.screenshot(path=PICTURES / f"{picture}.png", full_page=True)
    button.click()


def test_a_run_parks_is_refused_to_who_started_it_and_approved_by_somebody_else(
    browser: Browser, page: Page, airflow: LocalAirflow, client: AirflowClient, stores: Stores
) -> None:
    dag = "rides_eyes_train"
    run = client.trigger(dag, partition_key="2020-01").run_id
    assert waits(airflow, client, "rides_eyes", run) == "approve"
    page.goto(f"{airflow.url}/required_actions")
    expect(page.get_by_text("rides_eyes: may v1 of 2020-01 become champion?").first).to_be_visible(timeout=30_000)
    page.screenshot(path=PICTURES / "approval-required-actions.png")

    respond(page, airflow, dag, run, "approval-parked")
    void_answers = partial(voided, stores, "rides_eyes")
    until(lambda: bool(void_answers()), "the answer is void", seconds=120)
    assert waits(airflow, client, "rides_eyes", run, tries=2) == "approve"
    void = void_answers()[0]
    assert (void.actor, void.requested_by) == ("airflow:admin", "airflow:admin")
    assert "four eyes" in void.why
    assert stores.registry.champions.current("rides_eyes") is None
    page.goto(f"{airflow.url}/dags/{dag}/runs/{run}/tasks/approve/required_actions")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_enabled(timeout=30_000)
    page.screenshot(path=PICTURES / "approval-refused-to-the-same-person.png", full_page=True)

    with logged_in(browser, airflow, "op") as other:
        respond(other, airflow, dag, run, "approval-by-somebody-else")
        assert client.wait_for_run(dag, run, timeout=120).state == "success"
        other.goto(f"{airflow.url}/dags/{dag}/runs/{run}")
        expect(other.get_by_text("promote", exact=True).first).to_be_visible(timeout=30_000)
        other.screenshot(path=PICTURES / "approval-approved.png")
    (promotion,) = stores.registry.champions.promotions("rides_eyes")
    assert (promotion.version, promotion.actor) == (1, "airflow:op")
    assert stores.registry.versions.explanation("rides_eyes", 1) is not None


def test_a_question_that_nobody_answers_is_a_no(
    page: Page, airflow: LocalAirflow, client: AirflowClient, stores: Stores
) -> None:
    dag = "rides_hurried_train"
    run = client.trigger(dag, partition_key="2020-01").run_id
    assert client.wait_for_run(dag, run, timeout=300).state == "success"
    states = client.task_states(dag, run)
    assert (states["promote"], states["reject"]) == ("skipped", "success")
    (requested,) = stores.registry.people.approvals("rides_hurried")
    assert (requested.state, requested.actor) == ("expired", "deadline")
    version = stores.registry.versions.get("rides_hurried", 1)
    assert version.state == "rejected"
    assert stores.registry.champions.current("rides_hurried") is None
    page.goto(f"{airflow.url}/dags/{dag}/runs/{run}/tasks/approve/required_actions")
    expect(page.get_by_text("may v1 of 2020-01 become champion?").first).to_be_visible(timeout=30_000)
    page.screenshot(path=PICTURES / "approval-timed-out.png", full_page=True)
