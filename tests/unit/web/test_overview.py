"""The front page: one line a model, with what changed and what it waits for."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.unit.stores.examples import MODEL, SCHEDULE
from tests.unit.web.conftest import Surroundings
from windvane.results import Declared
from windvane.stores import Stores
from windvane.web.pages.overview import change


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        ([0.45, 0.46], "+0.01 ▲ worse"),
        ([0.46, None, 0.41], "-0.05 ▼ better"),
        ([0.4, 0.4], "as before"),
        ([0.4, None], ""),
        ([0.4], ""),
        ([], ""),
    ],
)
def test_a_change_is_new_less_old_with_its_meaning(losses: list[float | None], told: str) -> None:
    assert change(losses) == told


def test_a_model_has_one_line_with_spark_change_next_run_and_what_it_waits_for(client: TestClient) -> None:
    text = client.get("/").text
    for told in ("+0.01 ▲ worse", "a person, 1 version; a requested retrain", "2030-01-01", 'id="spark-loans-t"'):
        assert told in text
    assert "Next run" not in client.get("/?export=models").text


def test_models_are_grouped_by_owner_and_tag_and_a_group_is_a_filter_in_the_address(
    client: TestClient, stores: Stores, around: Surroundings
) -> None:
    around.never_ran = (
        Declared(model="fraud", owner="risk", tags=("cards", "eu"), url="/dags/fraud_train"),
        Declared(model="churn", owner="risky, and far", url="/dags/churn_train"),
    )
    spec = stores.registry.models.get(MODEL).spec | {"tags": ["eu"], "owner": "risk"}
    stores.registry.models.register(MODEL, "sha256:2", spec, SCHEDULE)

    def groups(by: str) -> dict[str, int]:
        return {one["name"]: one["models"] for one in client.get(f"/api?group={by}").json()["groups"]}

    def filtered(**query: str) -> set[str]:
        asked = {f"models.{name}": value for name, value in query.items()}
        return {line["model"] for line in client.get("/api", params=asked).json()["models"]["rows"]}

    assert groups("owner") == {"risk": 2, "risky, and far": 1}
    assert groups("tag") == {"eu": 2, "cards": 1, "none": 1}
    assert filtered(owner="risk") == {MODEL, "fraud"}, "a group is no part of a name"
    assert filtered(owner="risky, and far") == {"churn"}
    assert filtered(tag="eu") == {MODEL, "fraud"}
    assert filtered(tag="none") == {"churn"}
    page = client.get("/?group=owner&models.health=unknown").text
    assert "models.owner=risky%2C+and+far" in page
    assert "models.health=unknown" in page, "what was asked before stays"
    assert client.get("/?export=groups&group=tag").text.splitlines()[0].startswith("Tag,Models,Act now")
    assert client.get("/?group=shoe-size").status_code == 200


def test_a_search_shows_what_to_do_first_about_the_models_it_means(client: TestClient) -> None:
    """A model that stands behind many worse ones is reached in one step, too."""
    assert "What to do first" in client.get("/", params={"models.model": MODEL[:3].upper()}).text
    assert "What to do first" not in client.get("/", params={"models.model": "another"}).text
