"""The audit log in sentences, from events as the registry writes them."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.unit.stores.examples import MODEL
from windvane.web.pages.audit_log import KINDS
from windvane.web.sentences import _SENTENCES


def test_events_are_told_in_sentences_and_kept_raw_below(client: TestClient) -> None:
    text = client.get(f"/models/{MODEL}/audit-log").text
    told = (
        *("v2 became the champion", "v3 began to take over from v2 in stages", "Incident 1 began with 2013-06"),
        *("The gate judged v3: needs approval", "2013-04 was monitored: retrain", "v3 was compared with v2 on 2013-06"),
    )
    for sentence in told:
        assert sentence in text
    newest = client.get(f"/api/models/{MODEL}/audit-log").json()["events"]["rows"][0]
    assert newest["hash"] in text


def test_every_sentence_is_of_a_kind_that_can_be_filtered_by() -> None:
    assert set(_SENTENCES) <= set(KINDS)
