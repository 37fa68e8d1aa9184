"""The front page: one line a model, with what changed and what it waits for."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

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
