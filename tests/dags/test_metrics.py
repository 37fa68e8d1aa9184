"""Airflow's metrics hear of scores, decisions, verdicts and moves, and a broken back end fails nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
from airflow.sdk.observability import stats

from windvane.orchestration import metrics
from windvane.results import CheckResult, ModelHealth, MonitorResult, Reason, Scores, Trouble


class Recorder:
    """A back end that keeps what it is told."""

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}
        self.tags: dict[str, Any] = {}

    def gauge(self, name: str, value: float, tags: Any = None, **_: Any) -> None:
        self.message[name] = value
        self.tags[name] = tags

    def incr(self, name: str, **_: Any) -> None:
        self.message[name] = self.message.get(name, 0) + 1


class Broken(Recorder):
    """A back end that cannot be reached."""

    def gauge(self, name: str, value: float, tags: Any = None, **_: Any) -> None:
        raise OSError("no route to host")

    def incr(self, name: str, **_: Any) -> None:
        raise OSError("no route to host")


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    """Airflow's metrics, sent to a back end of the test."""
    recorder: Recorder = request.param()
    stats.initialize(factory=lambda: recorder, export_legacy_names=False)  # type: ignore[arg-type,return-value]  # what is called is there
    yield recorder
    stats.initialize(factory=NoStatsLogger, export_legacy_names=False)


RESULT = MonitorResult(
    model="rides",
    window="2020-03",
    decision="retrain",
    reasons=(Reason(headline="it lost"),),
    checks=(CheckResult(check="performance", outcome="finding", headline="it lost"),),
    version=1,
    loss=0.5,
)
SCORES = Scores(model="rides", window="2020-03", version=1, snapshot="s", artifact="a", rows=9, mean_score=0.25)


@pytest.mark.parametrize("backend", [Recorder], indirect=True)
def test_decisions_and_scores_are_told_under_the_models_name(backend: Recorder) -> None:
    metrics.monitored(RESULT, newest=True)
    metrics.monitored(RESULT, newest=True)
    metrics.scored(SCORES, newest=True)
    before = dict(backend.message)
    metrics.scored(SCORES.model_copy(update={"window": "2019-01", "rows": 1}), newest=False)  # a backfill
    metrics.monitored(RESULT.model_copy(update={"loss": 0.1, "checks": (), "decision": "hold"}), newest=False)
    assert backend.message == before | {"windvane.rides.decision.hold": 1}
    assert backend.tags["windvane.rides.loss"] == {"model": "rides", "window": "2020-03", "version": "1"}
    backend.message.pop("windvane.rides.decision.hold")
    assert backend.message == {
        "windvane.rides.loss": 0.5,  # no loss of the first champion: nothing is sent for it
        "windvane.rides.decision.retrain": 2,
        "windvane.rides.check.performance.finding": 2,
        "windvane.rides.scored_rows": 9,
        "windvane.rides.mean_score": 0.25,
    }


@pytest.mark.parametrize("backend", [Broken], indirect=True)
def test_a_broken_back_end_is_a_line_in_the_log(backend: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        metrics.monitored(RESULT, newest=True)
    assert "metric loss was not sent: OSError: no route to host" in caplog.text
    assert backend.message == {}


@pytest.mark.parametrize("backend", [Recorder], indirect=True)
def test_health_is_a_gauge_of_each_model_that_was_looked_at(backend: Recorder) -> None:
    trouble = Trouble(kind="run_failed", level="bad", headline="rides_score failed", remedy="read the log")
    metrics.examined(
        [
            ModelHealth(model="rides", level="bad", troubles=(trouble,), airflow=True),
            ModelHealth(model="trips", level="good", troubles=(), airflow=True),
        ]
    )
    told = {"windvane.rides.health": 3, "windvane.rides.troubles": 1}
    assert backend.message == {**told, "windvane.trips.health": 0, "windvane.trips.troubles": 0}


@pytest.mark.parametrize("backend", [Recorder], indirect=True)
def test_a_health_that_stays_is_not_told_again_with_each_visit(backend: Recorder) -> None:
    from windvane.orchestration.pages import AirflowAround

    around, good = AirflowAround(), ModelHealth(model="rides", level="good", troubles=(), airflow=True)
    around.told([good])
    assert backend.message.pop("windvane.rides.health") == 0
    around.told([good])
    assert "windvane.rides.health" not in backend.message
    around.told([good.model_copy(update={"level": "warn"})])
    assert backend.message["windvane.rides.health"] == 2
