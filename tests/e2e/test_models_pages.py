"""The Models pages in the running Airflow, in a real browser, as who is on call meets them."""

from __future__ import annotations

import re
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from demo.client import AirflowClient
from demo.local_airflow import LocalAirflow
from tests.e2e.conftest import PICTURES
from windvane.stores import Stores

MODEL, WINDOW = "rides_forward", "2020-03"
SOON = 20_000


@pytest.fixture(scope="module")
def watched(client: AirflowClient, stores: Stores) -> str:
    """January of the model trained, March scored and monitored, once; return the monitor's run."""
    known = [row.name for row in stores.registry.models()]
    if MODEL not in known or not stores.registry.champion(MODEL):
        _played(client, "train", "2020-01")
    _played(client, "score", WINDOW)
    return _played(client, "monitor", WINDOW)


def _played(client: AirflowClient, verb: str, window: str) -> str:
    run = client.trigger(f"{MODEL}_{verb}", partition_key=window)
    assert client.wait_for_run(run.dag_id, run.run_id, timeout=240).state == "success"
    return run.run_id


def frame(page: Page) -> FrameLocator:
    """The pages within Airflow's own page."""
    return page.frame_locator("iframe")


def test_from_home_to_a_window_in_three_clicks_and_the_address_survives_a_reload(
    watched: str, page: Page, airflow: LocalAirflow
) -> None:
    page.goto(airflow.url)
    page.get_by_role("link", name="Models").first.click(timeout=SOON)
    frame(page).get_by_role("link", name=MODEL, exact=True).first.click(timeout=SOON)
    frame(page).get_by_role("link", name=WINDOW, exact=True).first.click(timeout=SOON)
    heading = frame(page).get_by_role("heading", level=1)
    expect(heading).to_contain_text(f"{MODEL}, window {WINDOW}", timeout=SOON)
    page.reload()
    expect(heading).to_contain_text(f"{MODEL}, window {WINDOW}", timeout=SOON)
    page.screenshot(path=PICTURES / "window-in-airflow.png")


def test_a_task_links_to_its_model_window_and_version_and_the_page_links_back(
    watched: str, page: Page, airflow: LocalAirflow
) -> None:
    page.goto(f"{airflow.url}/dags/{MODEL}_monitor/runs/{quote(watched, safe='')}/tasks/decide/details")
    page.get_by_role("link", name="Window", exact=True).click(timeout=SOON)
    expect(frame(page).get_by_role("heading", level=1)).to_contain_text(WINDOW, timeout=SOON)
    frame(page).get_by_role("link", name=re.compile("^monitor")).click()
    page.wait_for_url(f"**/dags/{MODEL}_monitor/runs?partition_key_pattern={WINDOW}", timeout=SOON)


def test_nobody_reads_without_a_login_and_a_login_comes_back(watched: str, airflow: LocalAirflow) -> None:
    with httpx.Client(base_url=airflow.url, trust_env=False) as nobody:
        for path in ("/", "/api", f"/models/{MODEL}", f"/api/models/{MODEL}", "/static/windvane.css"):
            refused = nobody.get(f"/windvane{path}")
            assert refused.status_code == 401, path
        assert "/auth/login?next=" in nobody.get(f"/windvane/models/{MODEL}").text
        for path in ("/docs", "/openapi.json", "/redoc"):
            assert nobody.get(f"/windvane{path}").status_code == 404
