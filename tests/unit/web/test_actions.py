"""What people do from the pages: by the same steps, once, under their own name; refused when forged or too late."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, draft_of, gate_of
from tests.unit.web.conftest import ORIGIN, SECRET, Surroundings
from tests.unit.web.year import conclude, evaluation_of, version
from windvane.actions import ACTIONS, confirming
from windvane.results import Reason, Verdict
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


def send(client: TestClient, action: str, given: dict[str, str], **headers: str) -> httpx2.Response:
    answer: httpx2.Response = client.post(address(action), data=given, headers={"origin": ORIGIN, **headers})
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
    assert (
        '<input type="radio" name="version" value="1" required> <span><strong>v1</strong>, of window 2013-01' in choice
    )


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
    assert "I looked at it" in again.text  # what was typed is not lost
    assert '<form method="post"' not in again.text  # there is nothing to answer any more


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


def four_eyes(stores: Stores) -> None:
    """Declare that somebody else than who made a version must approve it."""
    spec = stores.registry.models.get(MODEL).spec
    spec["gate"] = {**spec["gate"], "approval": "always", "four_eyes": True}
    stores.registry.models.register(MODEL, "sha256:eyes", spec, SCHEDULE)


@pytest.mark.parametrize("who", ["maker", "asker"])
def test_a_yes_that_four_eyes_make_void_is_refused_before_any_run_hears_of_it(
    op: TestClient, stores: Stores, around: Surroundings, who: str
) -> None:
    four_eyes(stores)
    person = SCHEDULE.model_copy(update={"actor": "backfill:op", "run_id": f"{MODEL}_train/eyes"})
    number = 3
    if who == "maker":
        made = stores.registry.versions.add(draft_of(8), person)
        number = made.version
        evaluation = evaluation_of(made)
        digest = stores.artifacts.put(evaluation.to_json().encode())
        stores.registry.versions.add_evaluation(MODEL, number, digest, evaluation, person)
        result = gate_of(number, "needs_approval", 2).model_copy(update={"evaluation": digest})
        stores.registry.versions.add_gate(MODEL, number, result, person)
    else:
        stores.registry.people.request_approval(MODEL, 3, timedelta(days=3), person)
    form = op.get(address("approve"), params={"version": str(number)}).text
    assert "Your yes would not count." in form
    assert "backfill:op" in form
    assert "disabled" in form
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    refused = send(op, "approve", {**kept, "reason": "mine is good"})
    assert refused.status_code == 409
    assert "SamePerson" in refused.text
    assert around.answers == []
    assert champion(stores) == (2, 2)
    assert stores.registry.versions.get(MODEL, number).waits
    assert send(op, "reject", {**kept, "token": token("reject", op), "reason": "no"}).status_code == 200  # a no counts


def test_an_answer_that_a_run_takes_later_is_not_called_done(op: TestClient, stores: Stores) -> None:
    stores.registry.people.request_approval(MODEL, 3, timedelta(days=3), SCHEDULE)
    answer = send(op, "approve", fields(op, "approve")).text
    assert "<h1>Handed over</h1>" in answer
    assert "Your yes is with the run that waits; v3 is not changed yet" in answer
    assert f'href="/models/{MODEL}/versions/3#answers"' in answer
    asked = stores.registry.people.approvals(MODEL, 3)[0]
    why = "four eyes: ada made it"
    stores.registry.people.answer_approval(MODEL, asked.approval, "void", "approve", ADA, "yes", why)
    page = op.get(f"/models/{MODEL}/versions/3").text
    assert why in page
    assert "Void" in page
    assert "Earlier answer" in op.get(address("approve"), params={"version": "3"}).text


def test_an_answer_after_the_champion_changed_says_that_it_will_not_count(
    op: TestClient, stores: Stores, around: Surroundings
) -> None:
    stores.registry.people.request_approval(MODEL, 3, timedelta(days=3), SCHEDULE)
    new = version(stores, 5)
    stores.registry.champions.promote(MODEL, new.version, 2, ADA, "meanwhile")
    answer = send(op, "approve", fields(op, "approve")).text
    assert "It will not count: the champion changed since the question" in answer
    assert len(around.answers) == 1  # the run judges it again


def test_the_form_of_an_approval_shows_the_deadline_who_may_and_the_numbers(op: TestClient, stores: Stores) -> None:
    stores.registry.people.request_approval(MODEL, 3, timedelta(days=3), SCHEDULE)
    form = op.get(address("approve"), params={"version": "3"}).text
    assert re.search(r"<dt>Deadline</dt><dd>\d{4}-\d\d-\d\d \d\d:\d\d UTC, in 2 days</dd>", form)
    assert "everyone with that permission" in form
    assert "0.38 to 0.42 nat" in form
    four_eyes(stores)
    assert "but not schedule, who made it" in op.get(address("approve"), params={"version": "3"}).text


def test_a_late_yes_is_refused_by_name(op: TestClient, stores: Stores, around: Surroundings) -> None:
    stores.registry.people.request_approval(MODEL, 3, timedelta(0), SCHEDULE)
    refused = send(op, "approve", fields(op, "approve"))
    assert refused.status_code == 409
    assert "the deadline for an answer was" in refused.text
    assert around.answers == []


def test_a_rollback_has_nothing_preselected_and_evidence_beside_each_version(op: TestClient, stores: Stores) -> None:
    third = version(stores, 5)
    stores.registry.champions.promote(MODEL, third.version, 2, SCHEDULE, "the gate passed")
    stores.registry.champions.rollback(MODEL, 2, ADA, "complaints about v4", 3)
    form = op.get(address("rollback")).text
    assert "checked" not in form
    choices = re.findall(r'name="version" value="(\d)".*?</label>', form, re.DOTALL)
    assert choices == ["1", "4"]  # what a person left comes last
    assert "cli:ada rolled back from it, to v2: complaints about v4" in form
    assert "cli:ada replaced it, to v2: better" in form
    assert "`windvane compare loans 4 2 --score`" in form


def test_a_rollback_shows_losses_on_the_same_windows_where_they_are_known(op: TestClient, stores: Stores) -> None:
    for number, loss in ((7, 0.40), (8, 0.42)):
        conclude(stores, number, 2, decision="hold", loss=loss)
    form = op.get(address("rollback")).text
    first = sum(0.4 + number / 80 for number in (7, 8)) / 2
    assert (
        f"{first:.4g} beside the champion&#39;s 0.41 on the last 2 windows of both: +{first - 0.41:.4g} ▲ worse" in form
    )


def refused(stores: Stores) -> int:
    """Write a version that the gate refused."""
    made = version(stores, 5, decision="reject", epoch=2)
    unfair = Verdict(rule="fairness(zip)", outcome="fail", headline="Unfair to zip=10115: 0.2 apart, at most 0.05")
    result = gate_of(made.version, "reject", 2).model_copy(
        update={"evaluation": made.evaluation, "verdicts": (unfair,), "reasons": (Reason(headline="It is unfair"),)}
    )
    stores.registry.versions.add_gate(MODEL, made.version, result, SCHEDULE)
    stores.registry.versions.reject(MODEL, made.version, SCHEDULE, "It is unfair")
    return made.version


def test_a_refused_version_is_promoted_only_by_typing_its_number_and_is_marked_from_then_on(
    op: TestClient, stores: Stores
) -> None:
    number = refused(stores)
    form = op.get(address("promote"), params={"version": str(number)}).text
    assert "The gate refused this version." in form
    assert "Unfair to zip=10115: 0.2 apart, at most 0.05" in form
    assert "Override the gate and promote" in form
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    for typed in ("", "3", "yes"):
        again = send(op, "promote", {**kept, "reason": "the <rule> is wrong", "typed": typed})
        assert again.status_code == 403
        assert "was typed" in again.text
        assert "the &lt;rule&gt; is wrong</textarea>" in again.text  # nothing typed is lost
    assert champion(stores) == (2, 2)
    assert send(op, "promote", {**kept, "reason": "the rule is wrong", "typed": f"v{number}"}).status_code == 200
    assert champion(stores) == (number, 3)
    event = next(item for item in stores.registry.audit.events(MODEL) if item.kind == "champion.promoted")
    assert event.payload["gate_overridden"] == "It is unfair"
    mark = "overridden by airflow:op"
    for path in (
        "/",
        f"/models/{MODEL}",
        f"/models/{MODEL}/versions/{number}",
        f"/models/{MODEL}/versions/{number}/card",
    ):
        assert mark in op.get(path).text.replace("Gate ", ""), path
    assert "gate overridden It is unfair" in op.get(f"/models/{MODEL}/audit-log").text
    stores.registry.audit.verify(MODEL)


def test_a_promotion_over_a_persons_no_quotes_it(op: TestClient, stores: Stores, around: Surroundings) -> None:
    around.waiting = False
    stores.registry.people.request_approval(MODEL, 3, timedelta(days=3), SCHEDULE)
    assert send(op, "reject", fields(op, "reject", reason="it is too slow")).status_code == 200
    form = op.get(address("promote"), params={"version": "3"}).text
    assert "rejected: no of airflow:op" in form
    assert "it is too slow" in form


def test_a_version_that_the_gate_let_through_bears_no_mark(op: TestClient, stores: Stores) -> None:
    assert send(op, "promote", fields(op, "promote")).status_code == 200
    assert "gate_overridden" not in next(iter(stores.registry.audit.events(MODEL, limit=3))).payload
    for path in ("/", f"/models/{MODEL}", f"/models/{MODEL}/versions/3", f"/models/{MODEL}/versions/3/card"):
        assert "verridden" not in op.get(path).text


@pytest.mark.parametrize(
    ("action", "wrong"),
    [("retrain", {"window": "June"}), ("pause", {"reason": "x" * 1001}), ("rollback", {"version": ""})],
)
def test_every_form_survives_a_mistake_with_what_was_typed(op: TestClient, action: str, wrong: dict[str, str]) -> None:
    given = {**fields(op, action, reason="because of <b>this</b>"), **wrong}
    answer = send(op, action, given)
    assert 400 <= answer.status_code < 500
    assert '<form method="post"' in answer.text
    assert "because of &lt;b&gt;this&lt;/b&gt;</textarea>" in answer.text or "x" * 1001 in answer.text
    fresh = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text))
    assert fresh["token"]
