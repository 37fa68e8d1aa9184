"""One real Airflow for all end-to-end tests, with small made-up models, and one real browser.

Each module has models of its own, but for `rides_shown`, which is played once for those that only look. All of it ends
with the tests of this folder: the same process may run others after them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, ViewportSize, sync_playwright

from demo.client import AirflowClient, DagRun
from demo.local_airflow import LocalAirflow
from tests.servers.airflow_database import migrated_database
from windvane.stores import Stores, open_stores

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).resolve().parent / "project"
PICTURES = ROOT / "tests" / "pictures"
SIZE: ViewportSize = {"width": 1440, "height": 900}
MODELS = (
    *("rides", "rides_forward", "rides_backward", "rides_parallel"),
    *("rides_eyes", "rides_hurried", "rides_reviewed"),
    *("rides_watched", "rides_refused", "rides_staged", "rides_awaited"),
    *("rides_shown", "rides_parked"),
)


@dataclass(frozen=True)
class Shown:
    """What was played for those that only look: a model, the window it scored and monitored, and its runs.

    Args:
        train: The run that trained January.
        monitor: The run that monitored the window.
    """

    train: DagRun
    monitor: DagRun
    model: str = "rides_shown"
    window: str = "2020-03"


@pytest.fixture(scope="package")
def airflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database of Airflow, to be copied."""
    return migrated_database(tmp_path_factory)


@pytest.fixture(scope="package")
def airflow(airflow_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    """A running Airflow whose registry and artifacts are its own."""
    with airflow_of(tmp_path_factory.mktemp("airflow"), database=airflow_database) as started:
        yield started


def airflow_of(home: Path, **settings: Any) -> LocalAirflow:
    """Return an Airflow of the made-up models, still to be started."""
    return LocalAirflow(
        home / "airflow",
        dags=PROJECT / "dags",
        plugins=ROOT / "plugins",
        python_path=[ROOT / "include", PROJECT / "include"],
        env={"WINDVANE_HOME": str(home / "windvane")},
        **settings,
    )


@pytest.fixture(scope="package")
def client(airflow: LocalAirflow) -> Iterator[AirflowClient]:
    """An administrator's client, once every DAG is parsed and unpaused."""
    with airflow.client() as opened:
        dags = [f"{model}_{verb}" for model in MODELS for verb in ("train", "score", "monitor", "rollback", "act")]
        opened.wait_for_dags(dags, timeout=120)
        for dag in dags:
            opened.unpause(dag)
        yield opened


@pytest.fixture(scope="package")
def stores(airflow: LocalAirflow) -> Stores:
    """The stores that the running tasks use."""
    home = airflow.home.parent / "windvane"
    return open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))


@pytest.fixture(scope="package")
def shown(client: AirflowClient) -> Shown:
    """January of the model trained, March scored and monitored, once."""

    def played(verb: str, window: str) -> DagRun:
        run = client.trigger(f"{Shown.model}_{verb}", partition_key=window)
        assert client.wait_for_run(run.dag_id, run.run_id, timeout=240).state == "success"
        return run

    train = played("train", "2020-01")
    played("score", Shown.window)
    return Shown(train, played("monitor", Shown.window))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium: the one on PATH, else Playwright's own."""
    on_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    arguments = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to start as root with one
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=on_path, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def cookies(browser: Browser, airflow: LocalAirflow, client: AirflowClient) -> StorageState:
    """What a browser keeps of the administrator's login, which takes seconds."""
    with logged_in(browser, airflow, "admin") as opened:
        return opened.context.storage_state()


@pytest.fixture
def page(browser: Browser, cookies: StorageState) -> Iterator[Page]:
    """A page of the running Airflow, logged in as the administrator."""
    context = browser.new_context(viewport=SIZE, locale="en-GB", storage_state=cookies)
    yield context.new_page()
    context.close()


@contextmanager
def logged_in(browser: Browser, airflow: LocalAirflow, user: str) -> Iterator[Page]:
    """Open a page of the running Airflow as one of its users."""
    PICTURES.mkdir(exist_ok=True)
    context = browser.new_context(viewport=SIZE, locale="en-GB")
    opened = context.new_page()
    log_in(opened, airflow, user)
    yield opened
    context.close()


def follow(page: Page, link: Locator, within: float) -> None:
    """Click a link of the pages within Airflow's, and wait for where it leads: the page left has links, too.

    Args:
        page: Airflow's page.
        link: The link.
        within: Milliseconds.
    """
    link.wait_for(timeout=within)
    inner = page.locator("iframe").element_handle(timeout=within).content_frame()
    assert inner is not None
    before = inner.url
    link.click(timeout=within)
    inner.wait_for_url(lambda url: url != before, timeout=within)


def log_in(page: Page, airflow: LocalAirflow, user: str) -> None:
    """Log a browser in, and wait until Airflow has let it in: what comes next would abort the login otherwise."""
    page.goto(f"{airflow.url}/auth/login/")
    page.fill('input[name="username"]', user)
    page.fill('input[name="password"]', airflow.password(user))
    page.click('button[type="submit"]')
    page.wait_for_url(lambda url: "/auth/" not in url, timeout=60_000)
    page.wait_for_load_state()
