"""What a person sees in the Airflow UI, in a real browser; pictures are kept in tests/pictures."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from demo.local_airflow import LocalAirflow
from tests.e2e.conftest import PICTURES, Shown


def test_the_dag_list_shows_the_families(page: Page, airflow: LocalAirflow) -> None:
    page.goto(f"{airflow.url}/dags?tags=rides")
    for verb in ("train", "score", "monitor", "rollback", "act"):
        expect(page.get_by_text(f"rides_{verb}", exact=True).first).to_be_visible(timeout=20_000)
    page.screenshot(path=PICTURES / "dags.png")


def test_a_train_run_shows_the_gate_and_its_branches(page: Page, airflow: LocalAirflow, shown: Shown) -> None:
    page.goto(f"{airflow.url}/dags/{shown.train.dag_id}/runs/{shown.train.run_id}")
    page.get_by_role("button", name="Graph").or_(page.get_by_label("Graph")).first.click()
    for task in ("gate", "promote", "reject"):
        expect(page.get_by_text(task, exact=True).first).to_be_visible(timeout=20_000)
        page.get_by_text(task, exact=True).first.scroll_into_view_if_needed()  # waits until it stands still
    page.screenshot(path=PICTURES / "train-graph.png")


def test_the_trigger_form_asks_for_what_a_rollback_needs(page: Page, airflow: LocalAirflow) -> None:
    page.goto(f"{airflow.url}/dags/rides_rollback")
    page.get_by_role("button", name="Trigger").first.click()
    expect(page.get_by_text("reason", exact=False).first).to_be_visible(timeout=20_000)
    page.get_by_text("reason", exact=False).first.scroll_into_view_if_needed()  # waits until it stands still
    page.screenshot(path=PICTURES / "trigger-form.png")


def test_a_monitor_run_shows_which_branch_it_took(page: Page, airflow: LocalAirflow, shown: Shown) -> None:
    """March is scored by January's version and monitored; the run's graph shows the branch that was followed."""
    page.goto(f"{airflow.url}/dags/{shown.monitor.dag_id}/runs/{shown.monitor.run_id}")
    page.get_by_role("button", name="Graph").or_(page.get_by_label("Graph")).first.click()
    for task in ("decide", "retrain", "alert", "hold", "insufficient_data"):
        expect(page.get_by_text(task, exact=True).first).to_be_visible(timeout=20_000)
        page.get_by_text(task, exact=True).first.scroll_into_view_if_needed()  # waits until it stands still
    page.screenshot(path=PICTURES / "monitor-graph.png")
