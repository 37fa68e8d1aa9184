"""The task test: twelve questions and decisions, each from Airflow's home in at most three clicks, in a real browser.

Each answer is read from the page and held against the registry. A click is one on a link; what a form then asks for is
typed, and sent.
"""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from demo.client import AirflowClient
from demo.local_airflow import LocalAirflow
from tests.e2e.asked import ASKED, DRIFTED, LAST, QUIET, REFUSED, WAITING, History, write
from tests.e2e.conftest import Shown, follow
from windvane.stores import Stores
from windvane.stores.datasets import read_scores

SOON = 60_000
MOST = 3


@pytest.fixture(scope="module")
def history(client: AirflowClient, stores: Stores) -> History:
    """What is asked about, written by the real steps."""
    return write(stores)


class Visitor:
    """A person at Airflow's home, whose clicks are counted."""

    def __init__(self, page: Page) -> None:
        self._page, self.clicks = page, 0

    @property
    def frame(self) -> FrameLocator:
        return self._page.frame_locator("iframe")

    def click(self, *links: str | re.Pattern[str]) -> None:
        """Follow links, the first of which is in Airflow's own navigation."""
        for place, link in enumerate(links):
            where = self._page if self.clicks == 0 else self.frame
            found = where.get_by_role("link", name=link, exact=isinstance(link, str)).first
            if self.clicks == 0 or place == len(links) - 1:
                found.click(timeout=SOON)
            else:
                follow(self._page, found, SOON)
            self.clicks += 1
        assert self.clicks <= MOST

    def reads(self, *told: str | re.Pattern[str]) -> None:
        """Find an answer on the page."""
        for one in told:
            expect(self.frame.locator("main")).to_contain_text(one, timeout=SOON)

    def searches(self, model: str) -> None:
        """Type a model's name above the list of models: it may stand on a later page of the list."""
        field = self.frame.get_by_role("searchbox", name="Name of a model")
        field.fill(model)
        field.press("Enter")
        expect(self.frame.locator("tbody tr")).to_have_count(1, timeout=SOON)

    def says(self, reason: str, button: str | re.Pattern[str]) -> None:
        """Give a reason, and send the form."""
        self.frame.get_by_label("Reason").fill(reason)
        self.frame.get_by_role("button", name=button).click()


@pytest.fixture
def person(history: History, page: Page, airflow: LocalAirflow) -> Visitor:
    page.goto(airflow.url)
    return Visitor(page)


def test_is_anything_wrong_with_failed_runs(
    person: Visitor, client: AirflowClient, shown: Shown, page: Page, airflow: LocalAirflow
) -> None:
    """August lacks a column: who stands on the failed run reads cause, remedy and window in its own tab too."""
    run = client.trigger(f"{shown.model}_score", partition_key="2020-08")
    assert client.wait_for_run(run.dag_id, run.run_id, timeout=180).state == "failed"
    person.click("Models")
    person.reads(f"{shown.model}_score failed for window 2020-08")
    person.click(f"{shown.model}_score failed for window 2020-08")
    page.wait_for_url(f"**/dags/{shown.model}_score/runs/**", timeout=SOON)
    page.get_by_role("link", name="Model", exact=True).click(timeout=SOON)
    person.clicks += 1
    assert person.clicks <= MOST
    person.reads("window 2020-08", "MissingColumn", "column 'distance' is missing", "To do: deliver the column")
    page.goto(f"{airflow.url}/dags/{shown.model}_monitor/runs/{shown.monitor.run_id}/plugin/models-dag-run")
    person.reads("window 2020-03", "Decision of the monitor", "Hold", "Scores of 2020-03", "by v1")


def test_is_a_window_overdue(person: Visitor, stores: Stores) -> None:
    newest = stores.registry.scores.current(ASKED.name, DRIFTED)
    assert newest is not None
    first = ASKED.cadence.next(ASKED.cadence.window(DRIFTED)).key
    person.click("Models", "Health")
    person.reads(re.compile(rf"More than 24 windows not scored, since {first}"))


def test_is_an_artifact_lost(person: Visitor, stores: Stores) -> None:
    champion = stores.registry.champions.current(ASKED.name)
    assert champion is not None
    assert not stores.artifacts.has(stores.registry.versions.get(ASKED.name, champion.version).artifact)
    person.click("Models")
    person.reads(f"The stored model of the champion v{champion.version} cannot be read: it is missing")


def test_which_version_is_better_on_the_same_rows(person: Visitor, history: History) -> None:
    found = history.compared
    assert found.difference is not None
    assert found.difference < 0, "the newest is better: the other one less it must be worse"
    person.click("Models", ASKED.name, "Compare versions")
    amount = f"+{-found.difference:.4g}"
    person.reads(f"v{LAST} is surely better than v{LAST - 1}: log_loss {amount} nat", f"v{LAST - 1} less v{LAST}")


def test_roll_back_to_a_good_one(person: Visitor, stores: Stores) -> None:
    person.click("Models", ASKED.name, "Roll back")
    person.reads("v2, of window 2020-05", "v1, of window 2020-01", "airflow:admin replaced it, to v3")
    assert person.frame.locator("input[type=radio]:checked").count() == 0
    person.frame.get_by_role("radio", name=re.compile("^v2")).check()
    person.says("v3's file is gone", "Roll back")
    person.reads("v2 is the champion")
    now = stores.registry.champions.promotions(ASKED.name)[0]
    assert (now.kind, now.version, now.actor) == ("rollback", 2, "airflow:admin")


def test_approve_as_the_maker_is_refused_before_it_is_sent(person: Visitor, stores: Stores) -> None:
    assert stores.registry.versions.get(WAITING.name, 1).actor == "airflow:admin"
    person.click("Models", "Approvals", re.compile(f"Approve.*{WAITING.name}|Approve"))
    person.reads("Your yes would not count", "four eyes", "airflow:admin")
    expect(person.frame.get_by_role("button", name="Approve")).to_be_disabled()
    assert stores.registry.versions.get(WAITING.name, 1).waits


def test_promote_a_refused_version_over_the_gate(person: Visitor, stores: Stores) -> None:
    refused = stores.registry.versions.get(REFUSED.name, 1)
    assert refused.gate is not None
    assert refused.gate.decision == "reject"
    person.click("Models")
    person.searches(REFUSED.name)
    person.click(re.compile("^No champion: the newest version v1 was refused"), re.compile("^Promote"))
    (failed,) = [verdict for verdict in refused.gate.verdicts if verdict.outcome == "fail"]
    person.reads("The gate refused this version", failed.headline)
    person.frame.get_by_label("Type the version's number").fill("1")
    person.says("the board wants it", "Override the gate and promote")
    person.reads("v1 is the champion")
    move = stores.registry.champions.promotions(REFUSED.name)[0]
    assert (move.version, move.actor) == (1, "airflow:admin")
    assert "gate_overridden" in stores.registry.audit.events(REFUSED.name, limit=1)[0].payload


def test_what_did_a_key_get_when_and_from_which_version(person: Visitor, stores: Stores) -> None:
    scores = stores.registry.scores.current(ASKED.name, QUIET)
    assert scores is not None
    row = read_scores(scores.artifact, stores.artifacts).iloc[0]
    person.click("Models", ASKED.name, "Look up a prediction")
    person.frame.get_by_role("textbox", name="Key").fill(str(row["ride"]))
    person.frame.get_by_role("textbox", name="Key").press("Enter")
    person.reads(str(row["ride"]), re.compile(rf"version\s*{scores.version}\b"), QUIET, "airflow:admin")


def test_why_was_there_no_retrain(person: Visitor, history: History) -> None:
    assert history.quiet.decision == "hold"
    person.click("Models", ASKED.name, QUIET)
    person.reads("Hold", history.quiet.reasons[0].headline)


def test_what_changed_in_the_newest_version(person: Visitor, stores: Stores) -> None:
    versions = [stores.registry.versions.get(ASKED.name, number) for number in (LAST - 1, LAST)]
    declared = [json.loads(stores.artifacts.get(str(one.spec_digest)))["history"] for one in versions]
    assert declared == [12, 2]
    person.click("Models", ASKED.name, "Compare versions")
    person.reads(re.compile(r"history\s*12\s*2\s*differs"))


def test_which_segment_lost(person: Visitor, history: History) -> None:
    (drift,) = [check for check in history.drifted.checks if check.check == "concept_drift"]
    person.click("Models", ASKED.name, DRIFTED)
    person.reads(drift.headline, "most in wait=")


def test_what_waits_for_me(person: Visitor, stores: Stores) -> None:
    assert stores.registry.versions.get(WAITING.name, 1).waits
    person.click("Models", "Approvals")
    person.reads(WAITING.name, "every rule passed; approval=always asks for a person", "airflow:admin")
