"""Lines of models that are kept from one visit to the next: what is shown is what the registry says now."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, spec_of
from tests.unit.web.year import conclude
from windvane.stores import Stores
from windvane.web.kept import KeptLines


@pytest.fixture
def asked(stores: Stores) -> list[str]:
    """What is asked of the database from now on."""
    said: list[str] = []
    engine = stores.registry.database.backend.engine  # type: ignore[attr-defined]  # of the SQL one
    sa.event.listen(engine, "before_cursor_execute", lambda *message: said.append(message[2]))
    return said


def line_of(client: TestClient, model: str = MODEL) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in client.get("/api").json()["models"]["rows"] if row["model"] == model)
    return found


def test_only_a_model_of_which_an_event_came_is_read_again(
    client: TestClient, stores: Stores, asked: list[str]
) -> None:
    stores.registry.models.register("another", "sha256:2", spec_of().model_dump(mode="json"), SCHEDULE)
    assert line_of(client)["window"] == "2013-06"
    asked.clear()
    assert line_of(client)["window"] == "2013-06"
    assert not [text for text in asked if "models_in_lines" in text]
    conclude(stores, 7, 2)
    stores.registry.people.pause(MODEL, ADA, "a holiday")
    asked.clear()
    line = line_of(client)
    assert (line["window"], line["decision"]) == ("2013-07", "hold")
    assert line["paused_at"] is not None
    assert len([text for text in asked if "models_in_lines" in text]) == 1
    assert line_of(client, "another")["window"] is None


def test_kept_lines_are_those_of_the_moment_whatever_was_kept_before(stores: Stores) -> None:
    kept = KeptLines()
    with stores.registry.read() as before:
        old = kept.of(before)
        conclude(stores, 7, 2)
        with stores.registry.read() as after:
            new = kept.of(after)
            assert new == [after.line(MODEL)]
        assert kept.of(before) == old == [before.line(MODEL)]
    assert (old[0].window, new[0].window) == ("2013-06", "2013-07")
    with stores.registry.read() as moment:
        assert kept.of(moment, frozenset()) == []
