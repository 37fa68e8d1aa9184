"""Airflow's metrics hear of scores, decisions, verdicts and moves, and a broken back end fails nothing."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
from airflow.sdk.observability import stats

from tests.dags.conftest import ROOT
from windvane.orchestration import metrics
from windvane.results import Champion, CheckResult, GateResult, ModelHealth, MonitorResult, Reason, Scores, Trouble


def told(name: str, tags: dict[str, str] | None) -> str:
    """A series as Prometheus writes it."""
    return f"{name}{{{','.join(f'{tag}={value}' for tag, value in (tags or {}).items())}}}"


class Recorder:
    """A back end that keeps what it is told."""

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}

    def gauge(self, name: str, value: float, tags: Any = None, **_: Any) -> None:
        self.message[told(name, tags)] = value

    def incr(self, name: str, tags: Any = None, **_: Any) -> None:
        self.message[told(name, tags)] = self.message.get(told(name, tags), 0) + 1


class Broken(Recorder):
    """A back end that cannot be reached."""

    def gauge(self, name: str, value: float, tags: Any = None, **_: Any) -> None:
        raise OSError("no route to host")

    def incr(self, name: str, tags: Any = None, **_: Any) -> None:
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
def test_model_window_and_version_are_tags_and_a_backfill_changes_no_gauge(backend: Recorder) -> None:
    metrics.monitored(RESULT, newest=True)
    metrics.monitored(RESULT, newest=True)
    metrics.scored(SCORES, newest=True)
    before = dict(backend.message)
    metrics.scored(SCORES.model_copy(update={"window": "2019-01", "rows": 1}), newest=False)  # a backfill
    metrics.monitored(RESULT.model_copy(update={"loss": 0.1, "checks": (), "decision": "hold"}), newest=False)
    held = "windvane.decision{model=rides,decision=hold}"
    assert backend.message == before | {held: 1}
    where = "{model=rides,window=2020-03,version=1}"
    assert before == {
        f"windvane.loss{where}": 0.5,  # no loss of the first champion: nothing is sent for it
        "windvane.decision{model=rides,decision=retrain}": 2,
        "windvane.check{model=rides,check=performance,outcome=finding}": 2,
        f"windvane.scored_rows{where}": 9,
        f"windvane.mean_score{where}": 0.25,
    }


@pytest.mark.parametrize("backend", [Recorder], indirect=True)
def test_plain_statsd_has_the_model_in_the_name(backend: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    metrics.monitored(RESULT, newest=True)
    assert {name.partition("{")[0] for name in backend.message} == {
        "windvane.rides.loss",
        "windvane.rides.decision.retrain",
        "windvane.rides.check.performance.finding",
    }
    backend.message.clear()
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_DATADOG_ENABLED", "True")
    metrics.monitored(RESULT, newest=True)
    assert {name.partition("{")[0] for name in backend.message} == {
        "windvane.loss",
        "windvane.decision",
        "windvane.check",
    }


@pytest.mark.parametrize("backend", [Recorder], indirect=True)
def test_what_is_sent_is_what_is_listed(backend: Recorder) -> None:
    metrics.monitored(RESULT.model_copy(update={"first_loss": 0.4}), newest=True)
    metrics.scored(SCORES, newest=True)
    given: dict[str, Any] = {"reasons": (), "verdicts": (), "expected_epoch": 0, "evaluation": "sha256:e"}
    metrics.judged(GateResult(model="rides", version=1, decision="promote", **given))
    metrics.examined([ModelHealth(model="rides", level="good", troubles=(), airflow=True)])
    now = datetime(2020, 1, 1, tzinfo=UTC)
    pointer: dict[str, Any] = {"window": "2020-01", "window_end": now, "trained_until": now, "at": now}
    metrics.moved(
        Champion(model="rides", version=1, epoch=1, actor="monitor", reason="it passed", kind="promote", **pointer)
    )
    sent = {name.partition("{")[0]: name.partition("{")[2] for name in backend.message}
    listed = {f"windvane.{metric.name}": metric for metric in metrics.METRICS}
    assert set(sent) == set(listed)
    for name, tags in sent.items():
        assert tuple(tag.partition("=")[0] for tag in tags.rstrip("}").split(",")) == listed[name].tags, name


def test_the_guide_lists_each_metric() -> None:
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    rows = [
        f"| `windvane.{metric.name}` | {metric.kind} | {', '.join(metric.tags)} | {metric.what} |"
        for metric in metrics.METRICS
    ]
    assert "\n".join(rows) in guide
    assert len(re.findall(r"^\| `windvane\.\w+` \| (?:gauge|counter) \|", guide, re.MULTILINE)) == len(rows)


def _queries() -> dict[str, str]:
    """Every query of the dashboard and of the alert rules, by where it stands."""
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "windvane.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "windvane.rules.yaml").read_text(encoding="utf-8"))
    found = {
        f"panel {panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard["panels"]
        for target in panel["targets"]
    }
    found |= {f"alert {rule['alert']}": rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    variables = [one for one in dashboard["templating"]["list"] if one["type"] == "query"]
    return found | {f"variable {one['name']}": one["query"]["query"] for one in variables}


@pytest.mark.parametrize("where", sorted(_queries()))
def test_every_query_asks_for_a_metric_and_tags_that_are_sent(where: str) -> None:
    query = _queries()[where]
    known = {
        f"airflow_windvane_{metric.name}{'_total' if metric.kind == 'counter' else ''}": set(metric.tags)
        for metric in metrics.METRICS
    }
    asked = re.findall(r"\b(airflow_\w+)(?:\{([^}]*)\})?", query)
    assert asked
    for name, matchers in asked:
        assert name in known, f"{name} is never sent"
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", query) for label in by.split(",")}
        assert labels | grouped <= known[name], f"{name} has no tags {labels | grouped - known[name]}"
    assert query.count("(") == query.count(")")
    if re.search(r"_total", query):
        assert "increase(" in query, "a counter is only good for its growth"


def test_every_metric_is_seen_on_the_dashboard() -> None:
    seen = " ".join(query for where, query in _queries().items() if where.startswith("panel"))
    assert [metric.name for metric in metrics.METRICS if f"airflow_windvane_{metric.name}" not in seen] == []


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
    sent = {"windvane.health{model=rides}": 3, "windvane.troubles{model=rides}": 1}
    assert backend.message == {**sent, "windvane.health{model=trips}": 0, "windvane.troubles{model=trips}": 0}


@pytest.mark.parametrize("backend", [Recorder], indirect=True)
def test_a_health_that_stays_is_not_told_again_with_each_visit(backend: Recorder) -> None:
    from windvane.orchestration.pages import AirflowAround

    around, good = AirflowAround(), ModelHealth(model="rides", level="good", troubles=(), airflow=True)
    around.told([good])
    assert backend.message.pop("windvane.health{model=rides}") == 0
    around.told([good])
    assert "windvane.health{model=rides}" not in backend.message
    around.told([good.model_copy(update={"level": "warn"})])
    assert backend.message["windvane.health{model=rides}"] == 2
