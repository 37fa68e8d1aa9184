"""The sentence with which a version's page begins: what it is, whether it may serve, and why."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE
from tests.unit.web.year import version
from windvane.results import Verdict
from windvane.stores import Stores


def standing(client: TestClient, number: int) -> tuple[str, str]:
    found = client.get(f"/api/models/{MODEL}/versions/{number}").json()["standing"]
    return found["serves"], found["headline"]


@pytest.mark.parametrize(
    ("number", "serves", "headline"),
    [
        (1, "may_serve", "v1 of 2013-01 may serve: it passed the only rule of its gate, and v2 is the champion."),
        (2, "serves", "v2 of 2013-04 serves now: it passed the only rule of its gate."),
        (3, "waits", "v3 of 2013-06 may serve once a person approves it: it passed the only rule of its gate."),
    ],
)
def test_a_version_is_told_by_its_state_and_its_gate(
    client: TestClient, number: int, serves: str, headline: str
) -> None:
    assert standing(client, number) == (serves, headline)
    page = client.get(f"/models/{MODEL}/versions/{number}").text
    assert f'<p class="lead headline">{headline}</p>' in page


def test_a_version_that_a_person_left_says_who_left_it_and_why(client: TestClient, stores: Stores) -> None:
    stores.registry.champions.rollback(MODEL, 1, ADA, "complaints")
    who = ADA.actor
    assert standing(client, 2) == (
        "rolled_back",
        f"v2 of 2013-04 should not serve: {who} rolled back from it to v1 (complaints).",
    )
    assert standing(client, 1) == (
        "serves",
        f"v1 of 2013-01 serves now: {who} rolled back to it; it passed the only rule of its gate.",
    )


def test_a_refused_version_must_not_serve_and_serves_only_by_who_overrode_the_gate(
    client: TestClient, stores: Stores
) -> None:
    made = version(stores, 7)
    assert made.gate
    bad = Verdict(rule="bound(log_loss)", outcome="fail", headline="too high")
    result = made.gate.model_copy(update={"decision": "reject", "verdicts": (*made.gate.verdicts, bad)})
    stores.registry.versions.add_gate(MODEL, made.version, result, SCHEDULE)
    subject = f"v{made.version} of 2013-07"
    assert standing(client, made.version) == (
        "must_not_serve",
        f"{subject} must not serve: the gate refused it, for it did not pass 1 of 2 rules.",
    )
    stores.registry.champions.promote(MODEL, made.version, 2, ADA, "I know better")
    assert standing(client, made.version) == (
        "serves",
        f"{subject} serves now: {ADA.actor} promoted it, though the gate refused it.",
    )
