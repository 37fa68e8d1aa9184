"""The Models pages in the running Airflow, in a real browser, as who is on call meets them."""

from __future__ import annotations

import re
import socket
import time
from contextlib import ExitStack
from datetime import datetime
from urllib.parse import quote, urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, FrameLocator, Page, expect

from demo.client import AirflowClient
from demo.local_airflow import LocalAirflow
from tests.e2e.conftest import PICTURES, Shown, follow, log_in
from tests.e2e.people import waits
from windvane.stores import Stores
from windvane.stores.datasets import read_scores
from windvane.web.app import create_app
from windvane.web.host import Host, OpenToRead

MODEL, WINDOW = Shown.model, Shown.window
SOON = 60_000


def frame(page: Page) -> FrameLocator:
    """The pages within Airflow's own page."""
    return page.frame_locator("iframe")


ANSWERS = {
    "is anything wrong, where, since when, what do I do": (
        [],
        ("Health", "What is wrong", "Decision", MODEL),
    ),
    "what happened to this model this year": ([MODEL], ("What happened", "Champion", "Last decision")),
    "what moved in this window": ([MODEL, WINDOW], ("Why", "How far each column moved", "Then and now", "Checks")),
    "should this version go live": (
        [MODEL, "v1"],
        ("v1 of 2020-01 serves now", "Verdicts", "Estimator and training", "Metrics with their intervals", "Lineage"),
    ),
    "what waits for me": (["Approvals"], ("Versions that passed the gate's rules but need a person",)),
    "who changed what, when, why": ([MODEL, "Audit log"], ("version.judged", "airflow:admin", MODEL)),
    "how do versions differ": ([MODEL, "Compare versions"], (f"Compare versions of {MODEL}",)),
}
"""Each question: the links that follow the entry Models of Airflow's home page, and what stands in the answer."""


@pytest.mark.parametrize("question", ANSWERS)
def test_each_question_is_answered_within_three_clicks_from_home(
    question: str, shown: Shown, page: Page, airflow: LocalAirflow
) -> None:
    links, answer = ANSWERS[question]
    page.goto(airflow.url)
    page.get_by_role("link", name="Models").first.click(timeout=SOON)
    for link in links:
        named = frame(page).get_by_role("link", name=link, exact=True)
        # Above each page is a link to the audit log of all models, whose newest page others fill.
        follow(page, named.last if link == "Audit log" else named.first, SOON)
    assert 1 + len(links) <= 3
    for message in answer:
        expect(frame(page).locator("main")).to_contain_text(message, timeout=SOON)


def test_a_prediction_is_traced_back_within_three_clicks_from_home(
    shown: Shown, page: Page, airflow: LocalAirflow, stores: Stores
) -> None:
    scores = stores.registry.scores.current(MODEL, WINDOW)
    assert scores is not None
    key = str(read_scores(scores.artifact, stores.artifacts)["ride"].iloc[0])
    page.goto(airflow.url)
    page.get_by_role("link", name="Models").first.click(timeout=SOON)
    follow(page, frame(page).get_by_role("link", name=MODEL, exact=True).first, SOON)
    frame(page).get_by_role("link", name="Look up a prediction").click(timeout=SOON)
    frame(page).get_by_role("textbox", name="Key").fill(key)
    frame(page).get_by_role("textbox", name="Key").press("Enter")
    for message in (key, "The prediction", re.compile(rf"version\s*{scores.version}\b"), "sha256:"):
        expect(frame(page).locator("main")).to_contain_text(message, timeout=SOON)


def test_the_address_of_a_page_survives_a_reload(shown: Shown, page: Page, airflow: LocalAirflow) -> None:
    page.goto(f"{airflow.url}/plugin/models/windvane/models/{MODEL}")
    frame(page).get_by_role("link", name=WINDOW, exact=True).first.click(timeout=SOON)
    heading = frame(page).get_by_role("heading", level=1)
    expect(heading).to_contain_text(f"{MODEL}, window {WINDOW}", timeout=SOON)
    page.reload()
    expect(heading).to_contain_text(f"{MODEL}, window {WINDOW}", timeout=SOON)
    page.screenshot(path=PICTURES / "window-in-airflow.png")


def test_a_task_links_to_its_model_window_and_version_and_the_page_links_back(
    shown: Shown, page: Page, airflow: LocalAirflow
) -> None:
    page.goto(f"{airflow.url}/dags/{MODEL}_monitor/runs/{quote(shown.monitor.run_id, safe='')}/tasks/decide/details")
    page.get_by_role("link", name="Window", exact=True).click(timeout=SOON)
    expect(frame(page).get_by_role("heading", level=1)).to_contain_text(WINDOW, timeout=SOON)
    frame(page).get_by_role("link", name=re.compile("^monitor")).click()
    page.wait_for_url(f"**/dags/{MODEL}_monitor/runs?partition_key_pattern={WINDOW}", timeout=SOON)


def test_a_model_leads_to_its_assets_and_a_version_to_the_log_of_its_training(
    shown: Shown, page: Page, airflow: LocalAirflow
) -> None:
    page.goto(f"{airflow.url}/plugin/models/windvane/models/{MODEL}")
    frame(page).get_by_role("link", name="asset champion").click(timeout=SOON)
    page.wait_for_url("**/assets/*", timeout=SOON)
    expect(page.get_by_text(f"{MODEL}_champion").first).to_be_visible(timeout=SOON)
    page.goto(f"{airflow.url}/plugin/models/windvane/models/{MODEL}/versions/1")
    frame(page).get_by_role("link", name="the log of its training").click(timeout=SOON)
    page.wait_for_url(f"**/dags/{MODEL}_train/runs/*/tasks/version.train*", timeout=SOON)
    expect(page.get_by_text("Logs").first).to_be_visible(timeout=SOON)


def test_the_backfill_that_a_window_names_runs_this_window_alone(
    shown: Shown, page: Page, airflow: LocalAirflow, client: AirflowClient
) -> None:
    page.goto(f"{airflow.url}/plugin/models/windvane/models/{MODEL}/windows/{WINDOW}")
    frame(page).get_by_text("Backfill this window from a terminal").click(timeout=SOON)
    command = frame(page).locator("code", has_text=f"--dag-id {MODEL}_score").inner_text(timeout=SOON)
    dates = re.search(r"--from-date (\S+) --to-date (\S+) --reprocess-behavior completed", command)
    assert dates is not None, command
    first, last = (datetime.fromisoformat(date) for date in dates.groups())
    runs = client.wait_for_backfill(client.create_backfill(f"{MODEL}_score", first, last, reprocess="completed"))
    assert [(run.partition_key, run.state) for run in runs] == [(WINDOW, "success")]


def test_every_route_asks_airflow_who_it_is(shown: Shown, airflow: LocalAirflow) -> None:
    with session(airflow, None) as nobody:
        for method, path in routes():
            assert nobody.request(method, path).status_code == 401, (method, path)
        assert "/auth/login?next=" in nobody.get(f"/windvane/models/{MODEL}").text
        for path in ("/docs", "/openapi.json", "/redoc"):
            assert nobody.get(f"/windvane{path}").status_code == 404
    with session(airflow, "viewer") as viewer:
        for method, path in routes():
            wanted = 403 if "/do/" in path else 200
            assert viewer.request(method, path).status_code == wanted, (method, path)


def test_an_operator_pauses_and_resumes_within_airflows_frame(
    shown: Shown, browser: Browser, airflow: LocalAirflow, stores: Stores
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    log_in(page, airflow, "op")
    page.goto(f"{airflow.url}/plugin/models/windvane/models/{MODEL}")
    for button, message in (("Pause automation", "Automation is paused"), ("Resume automation", "Automation goes on")):
        frame(page).get_by_role("link", name=button).click(timeout=SOON)
        frame(page).get_by_label("Reason").fill(f"to see that it works: {button}")
        frame(page).get_by_role("button", name=button).click()
        expect(frame(page).get_by_role("status")).to_contain_text(message, timeout=SOON)
        frame(page).get_by_role("link", name=f"Back to {MODEL}").click()
    context.close()
    events = [(event.kind, event.actor) for event in stores.registry.audit.events(MODEL, limit=2)]
    assert events == [("automation.resumed", "airflow:op"), ("automation.paused", "airflow:op")]


def test_an_operator_approves_rejects_retrains_promotes_and_rolls_back_in_their_own_name(
    client: AirflowClient, airflow: LocalAirflow, stores: Stores
) -> None:
    model = "rides_reviewed"
    with session(airflow, "op") as op:
        first = asked_to_wait(airflow, client, model, "2020-01")
        assert "Your yes is with the run that waits" in act(op, model, "approve", version="1")
        assert client.wait_for_run(f"{model}_train", first, timeout=120).state == "success"
        promotion = stores.registry.champions.promotions(model)[0]
        assert (promotion.version, promotion.actor, promotion.reason) == (1, "airflow:op", "I looked at it")

        retrain = act(op, model, "retrain", window="2020-02")
        assert f"{model} is trained on 2020-02" in retrain
        run = next(run for run in client.runs(f"{model}_train") if run.run_id.startswith("requested__2020-02"))
        assert run.conf["reason"] == "I looked at it"
        waits(airflow, client, model, run.run_id)
        assert "Your no is with the run that waits" in act(op, model, "reject", version="2")
        assert client.wait_for_run(f"{model}_train", run.run_id, timeout=120).state == "success"
        assert stores.registry.versions.get(model, 2).state == "rejected"

        assert "v2 is the champion" in act(op, model, "promote", version="2")
        assert "v1 is the champion" in act(op, model, "rollback", version="1")
        promotions = [(item.kind, item.version, item.actor) for item in stores.registry.champions.promotions(model)[:2]]
        assert promotions == [("rollback", 1, "airflow:op"), ("promote", 2, "airflow:op")]
        stores.registry.audit.verify(model)


def test_the_pages_of_a_run_that_waits_lead_to_its_required_action(
    client: AirflowClient, airflow: LocalAirflow, page: Page
) -> None:
    model = "rides_parked"
    run = asked_to_wait(airflow, client, model, "2020-01")
    page.goto(f"{airflow.url}/plugin/models/windvane/approvals")
    frame(page).get_by_role("link", name="Required action").first.click(timeout=SOON)
    page.wait_for_url(f"**/dags/{model}_train/runs/**/required_actions", timeout=SOON)
    expect(page.get_by_text("become champion").first).to_be_visible(timeout=SOON)
    with session(airflow, "op") as op:
        assert "Your no is with the run that waits" in act(op, model, "reject", version="1")
    assert client.wait_for_run(f"{model}_train", run, timeout=120).state == "success"


def test_a_failed_run_is_told_by_health_with_a_link_to_it(
    client: AirflowClient, airflow: LocalAirflow, shown: Shown
) -> None:
    run = client.trigger(f"{MODEL}_rollback", conf={"version": 99, "reason": "there is no such version"})
    assert client.wait_for_run(f"{MODEL}_rollback", run.run_id, timeout=180).state == "failed"
    with session(airflow, "op") as op:
        found = {one["model"]: one for one in op.get("/windvane/api/health").json()["models"]}
        (trouble,) = [one for one in found[MODEL]["troubles"] if one["kind"] == "action_failed"]
        assert trouble["headline"] == f"{MODEL}_rollback failed"
        assert quote(run.run_id, safe="") in op.get("/windvane/health").text


def routes() -> list[tuple[str, str]]:
    """Every route of the app, found by walking it, with names that are there."""
    app = create_app(Host(lambda: pytest.fail("no page is built here"), OpenToRead()))
    filled = {"model": MODEL, "window": WINDOW, "number": "1", "name": "windvane.css", "action": "rollback"}
    found = []
    for route in app.routes:
        assert isinstance(route, APIRoute)
        path = re.sub(r"\{(\w+)\}", lambda name: filled[name[1]], route.path)
        found += [(method, f"/windvane{path}") for method in sorted(route.methods)]
    assert len(found) > 20
    return found


def session(airflow: LocalAirflow, user: str | None) -> httpx.Client:
    """A client that is logged in as a browser is, by a cookie."""
    cookies = {}
    if user is not None:
        login = {"username": user, "password": airflow.password(user)}
        answer = httpx.post(f"{airflow.url}/auth/token", json=login, timeout=60, trust_env=False)
        cookies["_token"] = answer.raise_for_status().json()["access_token"]
    return httpx.Client(base_url=airflow.url, cookies=cookies, trust_env=False, timeout=60)


def act(op: httpx.Client, model: str, action: str, **about: str) -> str:
    """Fill and send the form of an action, as a browser does; return the page that answers."""
    address = f"/windvane/models/{model}/do/{action}"
    form = op.get(address, params=about)
    assert form.status_code == 200, form.text
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.text))
    origin = str(op.base_url).rstrip("/")
    sent = op.post(address, data={**about, **kept, "reason": "I looked at it"}, headers={"origin": origin})
    assert sent.status_code == 200, sent.text
    return sent.text


def asked_to_wait(airflow: LocalAirflow, client: AirflowClient, model: str, window: str) -> str:
    """Train a window, up to where a person is asked; return the run."""
    run = client.trigger(f"{model}_train", partition_key=window).run_id
    waits(airflow, client, model, run)
    return run


def test_a_viewer_with_a_dozen_unfinished_forms_keeps_nobody_else_out(shown: Shown, airflow: LocalAirflow) -> None:
    """Each once held a place of the pages, and everyone else was told 503 while they stayed open."""
    at = urlsplit(airflow.url)
    login = {"username": "viewer", "password": airflow.password("viewer")}
    token = httpx.post(f"{airflow.url}/auth/token", json=login, timeout=60, trust_env=False).json()["access_token"]
    form = (
        f"POST /windvane/models/{MODEL}/do/pause HTTP/1.1\r\nHost: {at.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Cookie: _token={token}\r\nOrigin: {airflow.url}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: 1000\r\n\r\na=1"
    )
    with ExitStack() as held:
        for _ in range(12):
            sent = held.enter_context(socket.create_connection((str(at.hostname), at.port or 80), timeout=60))
            sent.sendall(form.encode())
        time.sleep(1)
        for user in ("admin", "op", "viewer"):
            with session(airflow, user) as other:
                for path in ("/windvane/", f"/windvane/models/{MODEL}", "/api/v2/version"):
                    assert other.get(path).status_code == 200, (user, path)
