"""What people do from the pages: by the same steps, once, under their own name; refused when forged or too late."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from tests.unit.stores.examples import ADA, MODEL
from tests.unit.web.conftest import ORIGIN, SECRET, Surroundings
from tests.unit.web.year import version
from windvane.actions import ACTIONS, confirming
from windvane.stores import Stores
from windvane.web.guard import sign

SUBJECTS = {
    row.name: "1" if asked.among == "earlier" else "3"
    for row in ACTIONS.values()
    if (asked := row.parameter("version")) is not None
}


def address(action: str) -> str:
    return f"/models/{MODEL}/do/{action}"


def fields(client: TestClient, action: str, **changed: str) -> dict[str, str]:
    """What a person's browser sends back of a form."""
    query = {"version": SUBJECTS[action]} if action in SUBJECTS else {"window": "2013-06"}
    page = client.get(address(action), params=query)
    assert page.status_code == 200, page.text
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    return {**kept, "window": "2013-06", "reason": "I looked at it", **changed}


def send(client: TestClient, action: str, given: dict[str, str], **headers: str) -> httpx.Response:
    answer: httpx.Response = client.post(address(action), data=given, headers={"origin": ORIGIN, **headers})
    return answer


def champion(stores: Stores) -> tuple[int, int]:
    found = stores.registry.champions.current(MODEL)
    assert found
    return found.version, found.epoch


def test_a_form_says_the_consequence_in_words(op: TestClient, stores: Stores) -> None:
    text = op.get(address("rollback"), params={"version": "1"}).text
    assert "Scores from the next run on come from version 1 (window 2013-01)" in text
    assert re.search(r"since \w+ \d+, \d{4} they came from version 2", text)
    choice = op.get(address("rollback")).text
    assert "come from the version you choose" in choice
    assert '<input type="radio" name="version" value="1" required checked> <span>v1, of window 2013-01' in choice


def test_a_rollback_moves_the_pointer_in_the_persons_name(op: TestClient, stores: Stores, monkeypatch: Any) -> None:
    monkeypatch.setattr("windvane.steps.judging.verify_version", lambda model, number, stores: None)  # no stored model
    done = send(op, "rollback", fields(op, "rollback"))
    assert done.status_code == 200, done.text
    assert champion(stores) == (1, 3)
    promotion = stores.registry.champions.promotions(MODEL)[0]
    assert (promotion.kind, promotion.actor, promotion.reason) == ("rollback", "airflow:op", "I looked at it")


def test_a_rollback_shows_first_that_the_stored_model_is_whole(op: TestClient, stores: Stores) -> None:
    refused = send(op, "rollback", fields(op, "rollback"))
    assert refused.status_code == 400
    assert "MissingArtifact" in refused.text
    assert champion(stores) == (2, 2)


def test_a_promotion_needs_no_run(op: TestClient, stores: Stores) -> None:
    assert send(op, "promote", fields(op, "promote")).status_code == 200
    assert champion(stores) == (3, 3)
    assert stores.registry.champions.promotions(MODEL)[0].actor == "airflow:op"


def test_an_approval_answers_the_run_that_waits(op: TestClient, stores: Stores, around: Surroundings) -> None:
    assert send(op, "approve", fields(op, "approve")).status_code == 200
    assert around.answers == [("airflow:op", f"{MODEL}_train/run_6", True, "I looked at it")]
    assert champion(stores) == (2, 2)


def test_an_approval_that_no_run_waits_for_promotes_at_once(
    op: TestClient, stores: Stores, around: Surroundings
) -> None:
    around.waiting = False
    assert send(op, "approve", fields(op, "approve")).status_code == 200
    assert champion(stores) == (3, 3)


def test_a_rejection_is_kept_with_who_and_why(op: TestClient, stores: Stores, around: Surroundings) -> None:
    around.waiting = False
    assert send(op, "reject", fields(op, "reject")).status_code == 200
    event = stores.registry.audit.events(MODEL)[0]
    assert (event.kind, event.actor, event.payload["reason"]) == ("version.rejected", "airflow:op", "I looked at it")
    again = send(op, "approve", {**fields(op, "retrain"), "version": "3", "token": token("approve", op)})
    assert again.status_code == 409
    assert "waits for nobody" in again.text


def token(action: str, client: TestClient, user: str = "session of op") -> str:
    return sign(SECRET, f"{user}/{client.cookies.get('windvane_form')}", f"{action} {MODEL}")


def test_a_retrain_has_one_run_for_one_champion(op: TestClient, around: Surroundings, stores: Stores) -> None:
    for _ in range(2):
        assert send(op, "retrain", fields(op, "retrain")).status_code == 200
    (first, second) = around.retrains
    assert first == second
    assert first[:3] == ("airflow:op", MODEL, "2013-06")
    assert first[3].startswith("requested__2013-06__")
    wrong = send(op, "retrain", fields(op, "retrain", window="June"))
    assert wrong.status_code == 404
    assert "write it like" in wrong.text


def test_a_promotion_in_stages_is_withdrawn_from_the_models_page_and_the_versions(
    op: TestClient, stores: Stores
) -> None:
    for page, words in (
        (f"/models/{MODEL}", "Withdraw the promotion"),
        (f"/models/{MODEL}/versions/3", "Withdraw from"),
    ):
        assert words in op.get(page).text
    form = op.get(address("withdraw")).text
    assert "The promotion in stages ends. Version 2 scores every row again" in form
    assert '<input type="radio" name="version" value="3" required checked>' in form
    done = send(op, "withdraw", fields(op, "withdraw"))
    assert "v3 is withdrawn; v2 scores every row again" in done.text
    assert stores.registry.staging.rollouts(MODEL)[0].state == "withdrawn"
    assert "do/withdraw" not in op.get(f"/models/{MODEL}").text
    assert op.get(address("withdraw")).status_code == 409


def test_automation_is_paused_once_and_resumed_once(op: TestClient, stores: Stores) -> None:
    given = fields(op, "pause")
    assert send(op, "pause", given).status_code == 200
    assert "paused already, by airflow:op: I looked at it" in send(op, "pause", given).text.replace("&#39;", "'")
    assert "Automation is paused" in op.get(f"/models/{MODEL}").text
    assert send(op, "resume", fields(op, "resume")).status_code == 200
    kinds = [event.kind for event in stores.registry.audit.events(MODEL, limit=2)]
    assert kinds == ["automation.resumed", "automation.paused"]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_viewer_may_not_and_is_not_offered_to(client: TestClient, stores: Stores, action: str) -> None:
    assert client.get(address(action), params={"version": "3"}).status_code == 403
    before = stores.registry.audit.events(MODEL)
    assert send(client, action, {"reason": "please", "version": "3", "epoch": "2"}).status_code == 403
    assert stores.registry.audit.events(MODEL) == before
    for page in (f"/models/{MODEL}", f"/models/{MODEL}/versions/3", "/approvals", f"/models/{MODEL}/windows/2013-04"):
        assert f"/do/{action}" not in client.get(page).text


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    "forged",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"cookie": "windvane_form=another"},
    ],
)
def test_a_form_from_elsewhere_is_refused(op: TestClient, stores: Stores, action: str, forged: dict[str, str]) -> None:
    before = len(stores.registry.audit.events(MODEL))
    given = fields(op, "pause") | {"version": SUBJECTS.get(action, "3"), "token": token(action, op)}
    refused = send(op, action, given, **forged)
    assert refused.status_code == 403
    assert "FormRefused" in refused.text
    assert len(stores.registry.audit.events(MODEL)) == before


@pytest.mark.parametrize("wrong", ["", "0.abc", "zz.abc", "another action", "another user", "too old"])
def test_a_token_is_good_for_one_person_one_action_and_half_a_day(op: TestClient, stores: Stores, wrong: str) -> None:
    given = fields(op, "pause")
    session = f"session of op/{op.cookies.get('windvane_form')}"
    old = sign(SECRET, session, f"pause {MODEL}", now=0)
    made = {"another action": token("resume", op), "another user": token("pause", op, "eve"), "too old": old}
    assert send(op, "pause", {**given, "token": made.get(wrong, wrong)}).status_code == 403
    assert stores.registry.audit.events(MODEL)[0].kind != "automation.paused"


@pytest.mark.parametrize("action", [row.name for row in ACTIONS.values() if confirming.same_champion in row.confirm])
def test_a_form_drawn_before_the_champion_changed_changes_nothing(op: TestClient, stores: Stores, action: str) -> None:
    given = fields(op, action)
    new = version(stores, 5)
    stores.registry.champions.promote(MODEL, new.version, 2, ADA, "meanwhile")
    before = len(stores.registry.audit.events(MODEL))
    late = send(op, action, given)
    assert late.status_code == 409
    assert "The champion changed while you decided" in late.text
    assert f"(v2 to v{new.version}, epoch 2 to 3)" in late.text
    assert len(stores.registry.audit.events(MODEL)) == before


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_a_reason_is_needed_and_is_not_a_book(op: TestClient, stores: Stores, reason: str) -> None:
    assert send(op, "pause", fields(op, "pause", reason=reason)).status_code == 403


@pytest.mark.parametrize("body", ["epoch=" + "9" * 20_000, "&".join(f"a{i}=1" for i in range(50)), "epoch=x", "%ff%fe"])
def test_odd_bodies_are_refused(op: TestClient, stores: Stores, body: str) -> None:
    headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
    assert 400 <= op.post(address("pause"), content=body, headers=headers).status_code < 500


def test_an_action_nobody_knows_is_refused(op: TestClient) -> None:
    assert op.get(address("delete")).status_code == 403
