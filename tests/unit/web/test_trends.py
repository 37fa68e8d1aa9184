"""Numbers over windows, from what profiles and conclusions hold."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from starlette.testclient import TestClient

from tests.unit.stores.examples import ADA, MODEL
from windvane.results import PlayedPlan, PlayedWindow, Replay, Segment
from windvane.steps import keep_replay
from windvane.stores import Stores
from windvane.stores.pages import loss_interval
from windvane.web.intervals import of_sum, student, wilson
from windvane.web.trends import Told, losses


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 7, 12, 30, 364])
def test_the_quantile_is_that_of_students_t(freedom: int) -> None:
    assert student(freedom) == pytest.approx(float(stats.t.ppf(0.975, freedom)), rel=1e-5)


@pytest.mark.parametrize(("hits", "rows"), [(0, 20), (3, 20), (20, 20), (400, 1000)])
def test_the_interval_of_a_share_is_wilsons(hits: int, rows: int) -> None:
    expected = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert wilson(hits / rows, rows) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert wilson(None, rows) == wilson(0.5, 0) == (None, None)


def test_a_mean_of_one_block_has_no_interval() -> None:
    assert of_sum(5.0, 1.0, 10, 1) == (0.5, None, None)
    mean, low, high = of_sum(5.0, 4.0, 10, 3)
    assert mean == 0.5
    assert high == pytest.approx(0.5 + student(2) * math.sqrt(4.0) / 10)
    assert low == pytest.approx(1.0 - (high or 0))


def test_only_what_the_check_of_performance_recorded_is_an_interval_of_the_loss() -> None:
    def concluded(window: str, check: str, low: Any, high: Any) -> dict[str, Any]:
        return {"window": window, "checks": [{"check": check, "details": {"loss_low": low, "loss_high": high}}]}

    kept = [
        concluded("2013-01", "performance", 0.1, 0.3),
        concluded("2013-02", "performance", None, 0.3),
        concluded("2013-03", "limits", 0.1, 0.3),
        {"window": "2013-04", "checks": []},
    ]
    assert [loss_interval(item) for item in kept] == [(0.1, 0.3), None, None, None]


def told(version: int, *labels: str) -> Told:
    """A window with ten rows in each part, each losing its place."""
    parts = tuple(
        Segment(label=label, rows=10, loss=10.0 * place, loss_variance=1, residual=0, residual_variance=0, blocks=5)
        for place, label in enumerate(labels)
    )
    return Told(segments={"temp": parts}, version=version)


def test_the_parts_of_a_number_follow_each_other_over_versions_and_one_without_rows_is_a_gap() -> None:
    windows = [
        told(1, "up to 3", "above 3", "missing"),
        told(2, "above 5"),
        told(2, "up to 5", "above 5"),
    ]
    low, high, missing = losses(windows, "temp", 6, ordered=True)
    assert (low.name, high.name, missing.name) == ("up to 5", "above 5", "missing")
    assert [point and point.value for point in low.points] == [0.0, None, 0.0]
    assert [point and point.value for point in high.points] == [1.0, 0.0, 1.0]
    assert [point and point.value for point in missing.points] == [2.0, None, None]


def test_a_version_with_another_number_of_parts_is_a_gap() -> None:
    (low, high) = losses(
        [told(1, "up to 3", "3 to 4", "above 4"), told(2, "up to 5", "above 5")], "temp", 6, ordered=True
    )
    assert low.points[0] is None
    assert high.points[0] is None


def test_the_page_has_each_window_of_a_segment_and_says_what_of_it_is_not_to_be_had(
    client: TestClient, stores: Stores, home: Path
) -> None:
    facts = client.get(f"/api/models/{MODEL}/over-time?column=zip").json()
    assert facts["windows"] == [f"2013-0{month}" for month in range(2, 7)]
    assert [trend["name"] for trend in facts["segments"]] == ["10115", "10117"]
    newest = facts["segments"][1]["points"][-1]
    assert newest["value"] == pytest.approx(0.62)
    assert newest["low"] < 0.62 < newest["high"]
    assert [trend["name"] for trend in facts["calibration"]] == ["all rows", "up to 0.5", "above 0.5"]
    assert facts["fairness"]["zip"][1]["points"][-1]["value"] == pytest.approx(120 / 400)
    with stores.registry.read() as moment:
        (kept,) = moment.conclusions(MODEL, "2013-03", 1)
    (file,) = (home / "artifacts").rglob(f"*{kept['profile'].removeprefix('sha256:')[2:]}")
    file.unlink()
    gone = client.get(f"/api/models/{MODEL}/over-time?column=zip").json()
    assert gone["segments"][1]["points"][1] is None
    assert gone["missing"][0].startswith("2013-03: ")


def test_a_column_that_is_not_there_is_not_asked_again(client: TestClient) -> None:
    assert client.get(f"/api/models/{MODEL}/over-time?column=nothing").json()["column"] == "zip"


def test_what_every_window_would_have_come_to_stands_beside_once_a_replay_was_kept(
    client: TestClient, stores: Stores
) -> None:
    address = f"models/{MODEL}/over-time"
    before = client.get(f"/api/{address}").json()
    assert [trend["name"] for trend in before["losses"]] == ["champion", "first version"]
    assert before["losses"][0]["points"][-1] == {"value": 0.46, "low": 0.44, "high": 0.48, "rows": 0}
    assert f"windvane replay {MODEL} --keep" in client.get(f"/{address}").text
    windows = (PlayedWindow(window="2013-05", loss=0.39), PlayedWindow(window="2013-06", loss=None))
    plans = [
        PlayedPlan(plan=plan, fold=fold, windows=windows) for plan, fold in (("never", 0), ("always", 1), ("always", 0))
    ]
    replay = Replay(model=MODEL, first="2013-02", last="2013-06", metric="log_loss", plans=(), played=tuple(plans))
    keep_replay(replay, stores, ADA)
    (_, _, every) = client.get(f"/api/{address}").json()["losses"]
    assert [point and point["value"] for point in every["points"]] == [None, None, None, 0.39, None]
    page = client.get(f"/{address}").text
    assert "trained on every window, replayed" in page
    assert "--keep" not in page
    assert "The past was replayed under other plans" in client.get(f"/models/{MODEL}/audit-log").text
