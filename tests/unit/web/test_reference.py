"""The documented API is the one that answers."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from tests.unit.stores.examples import MODEL
from windvane.web.page import PAGES, about
from windvane.web.reference import lines

DOCS = Path(__file__).resolve().parents[3] / "docs" / "pages.md"


def test_the_page_holds_what_the_records_say() -> None:
    assert "\n".join(lines()) in DOCS.read_text(encoding="utf-8"), "python -m windvane.web.reference writes it"


def test_each_address_answers_with_the_record_that_is_documented(client: TestClient) -> None:
    pages = {path: about(build) for path, build in PAGES.items().items()}
    assert len(pages) >= 10
    for path, known in pages.items():
        filled = path.format(model=MODEL, window="2013-04", number="2")
        facts = client.get(f"/api{filled.rstrip('/')}").json()
        assert set(facts) == set(known.answers.model_fields), path
