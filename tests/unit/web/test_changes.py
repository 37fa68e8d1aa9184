"""What changed between two versions, and fairness beside its bound."""

from __future__ import annotations

import base64

from starlette.testclient import TestClient

from tests.unit.stores.examples import MODEL, SCHEDULE, draft_of
from tests.unit.web.year import ROWS
from windvane.spec import canonical_json
from windvane.stores import Stores
from windvane.web.fairness import bound_of


def packed(stores: Stores, files: dict[str, bytes]) -> str:
    """Keep code as a version's training does."""
    texts = {name: base64.b64encode(content).decode() for name, content in files.items()}
    return stores.artifacts.put(canonical_json({"files": texts}).encode())


def test_what_changed_is_told_and_digests_that_always_differ_are_not(client: TestClient) -> None:
    changed = client.get(f"/api/models/{MODEL}/versions/3").json()["changed"]
    assert changed["other"] == 2
    told = {(line["about"], line["name"]): (line["one"], line["other"]) for line in changed["lines"]}
    assert told["spec", "seed"] == ("6", "4")
    assert told["data", "window"] == ("2013-06", "2013-04")
    assert told["data", "trained until"][0].endswith(" UTC")
    assert {about for about, _ in told} <= {"spec", "data", "columns", "environment"}
    assert not [name for _, name in told if name.startswith("snapshot ")]
    champion = client.get(f"/api/models/{MODEL}/versions/2").json()["changed"]
    assert champion is None or champion["other"] != 2


def test_code_is_shown_line_by_line_as_text(client: TestClient, stores: Stores) -> None:
    kept = [
        packed(stores, {"a.py": b"one = 1\nsame = 0\n", "old.py": b"x = 1\n", "data.bin": b"\0\1"}),
        packed(stores, {"a.py": b"one = 2  # <b>\nsame = 0\n", "new.py": b"y = 1\n", "data.bin": b"\0\2"}),
    ]
    numbers = []
    for place, code in enumerate(kept):
        draft = draft_of(8 + place).model_copy(
            update={"code": code, "code_digest": f"sha256:{place:064}", "rows": ROWS}
        )
        numbers.append(stores.registry.versions.add(draft, SCHEDULE).version)
    address = f"models/{MODEL}/compare?a={numbers[1]}&b={numbers[0]}"
    files = {item["name"]: item for item in client.get(f"/api/{address}").json()["changed"]["code"]}
    assert {name: item["how"] for name, item in files.items()} == {
        "a.py": "changed",
        "data.bin": "changed",
        "new.py": "added",
        "old.py": "removed",
    }
    assert files["a.py"]["lines"][1:] == ["-one = 1", "+one = 2  # <b>", " same = 0"]
    assert files["data.bin"]["lines"] == []
    page = client.get(f"/{address}").text
    assert '<span class="added">+one = 2  # &lt;b&gt;' in page
    assert "It is no text" in page


def test_code_that_is_not_kept_is_said_to_be_not_kept(client: TestClient, stores: Stores) -> None:
    draft = draft_of(9).model_copy(update={"code_digest": "sha256:" + "7" * 64})
    made = stores.registry.versions.add(draft, SCHEDULE)
    changed = client.get(f"/api/models/{MODEL}/versions/{made.version}").json()["changed"]
    assert changed["code"] == []
    assert "is not kept: it cannot be shown" in changed["note"]


def test_a_bound_is_a_line_where_the_rule_names_a_number() -> None:
    bound = bound_of("at most 0.1")
    assert bound is not None
    assert (bound.value, bound.name) == (0.1, "at most 0.1")
    assert bound_of("few") is None
    assert bound_of("") is None
