"""All 720 orders in which three windows may be scored and monitored."""

from __future__ import annotations

from pathlib import Path

from tests.unit.steps.conftest import make, run, stores
from tests.unit.steps.test_monitor_after_score import EVERY, WINDOWS, Homes, begun, states_of_every_order
from windvane import Model
from windvane.results import Run

__all__ = ["begun", "make", "run", "stores"]  # fixtures


def test_in_every_order_three_windows_end_as_in_sequence(begun: tuple[Model, Homes, Path], run: Run) -> None:
    states = states_of_every_order(begun, run, EVERY)
    end = states[frozenset(EVERY)]
    assert [end["conclusions"][key]["decision"] for key in WINDOWS] == ["hold", "hold", "retrain"]
    assert len(end["requests"]) == 1
    assert end["open"] == 0
    assert states[frozenset({("monitor", "2020-03")})]["conclusions"]["2020-03"]["decision"] == "alert"
