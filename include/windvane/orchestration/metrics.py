"""What Windvane tells Airflow's own metrics (StatsD or OpenTelemetry, whichever Airflow is configured for).

`METRICS` lists all of them. Model, window and version are tags. Plain StatsD has no tags: there the model, and what
else tells series apart, stand in the name instead, `windvane.<model>.loss`. Gauges about a window are sent for the
newest one alone.

A look is a visit of the overview, of the page Health or of a model's page, or a request to their API, such as an uptime
check's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from airflow.sdk import conf

if TYPE_CHECKING:
    from windvane.results import Champion, GateResult, ModelHealth, MonitorResult, Scores

_log = logging.getLogger(__name__)

_BADNESS = {"good": 0, "unknown": 0, "busy": 1, "warn": 2, "bad": 3}


class Metric(NamedTuple):
    """A metric as it is documented.

    Args:
        name: Its name, after `windvane.`.
        kind: A gauge says how things are, a counter how often something happened.
        tags: What tells its series apart.
        what: What it says.
    """

    name: str
    kind: Literal["gauge", "counter"]
    tags: tuple[str, ...]
    what: str


METRICS = (
    Metric("scored_rows", "gauge", ("model", "window", "version"), "rows of the newest window that was scored"),
    Metric("mean_score", "gauge", ("model", "window", "version"), "their mean score"),
    Metric("loss", "gauge", ("model", "window", "version"), "the champion's mean loss in the newest monitored window"),
    Metric("loss_of_first", "gauge", ("model", "window", "version"), "what the first champion would have lost there"),
    Metric("champion", "gauge", ("model",), "the champion's version"),
    Metric("epoch", "gauge", ("model",), "the pointer's epoch"),
    Metric("health", "gauge", ("model",), "0 good or too little to say, 1 under way, 2 look today, 3 act now"),
    Metric("troubles", "gauge", ("model",), "how many things are wrong, at each look"),
    Metric("decision", "counter", ("model", "decision"), "the monitor's decisions"),
    Metric("check", "counter", ("model", "check", "outcome"), "the answers to its checks"),
    Metric("gate", "counter", ("model", "decision"), "the gate's decisions"),
)
"""Every metric; a test holds the guide, the dashboard and the alert rules against it."""

_TAGS = {metric.name: metric.tags for metric in METRICS}


def scored(scores: Scores, newest: bool) -> None:
    """Tell what was published.

    Args:
        scores: The publication.
        newest: Whether no later window was scored: a gauge says how things are, and a backfill does not change that.
    """
    if newest:
        where = {"window": scores.window, "version": scores.version}
        _gauge(scores.model, "scored_rows", scores.rows, **where)
        _gauge(scores.model, "mean_score", scores.mean_score, **where)


def monitored(result: MonitorResult, newest: bool) -> None:
    """Tell what the monitor concluded.

    Args:
        result: The conclusion.
        newest: Whether no later window was monitored; see `scored`.
    """
    if newest:
        where = {"window": result.window, "version": result.version}
        _gauge(result.model, "loss", result.loss, **where)
        _gauge(result.model, "loss_of_first", result.first_loss, **where)
    _count(result.model, "decision", decision=result.decision)
    for item in result.checks:
        _count(result.model, "check", check=item.check, outcome=item.outcome)


def judged(result: GateResult) -> None:
    """Tell what the gate decided."""
    _count(result.model, "gate", decision=result.decision)


def moved(champion: Champion) -> None:
    """Tell where the pointer stands."""
    _gauge(champion.model, "champion", champion.version)
    _gauge(champion.model, "epoch", champion.epoch)


def examined(health: Iterable[ModelHealth]) -> None:
    """Tell how models are."""
    for one in health:
        _gauge(one.model, "health", _BADNESS[one.level])
        _gauge(one.model, "troubles", len(one.troubles))


def without_tags() -> bool:
    """Tell whether Airflow sends its metrics to plain StatsD, which has no tags."""
    on = conf.getboolean("metrics", "statsd_on", fallback=False)
    tagged = ("statsd_datadog_enabled", "statsd_influxdb_enabled")
    return on and not any(conf.getboolean("metrics", name, fallback=False) for name in tagged)


def _gauge(model: str, name: str, value: float | None, **tags: object) -> None:
    if value is None:
        return
    from windvane.orchestration.compat import gauge

    with _harmless(name):
        full = f"windvane.{model}.{name}" if without_tags() else f"windvane.{name}"
        gauge(full, value, tags=_tags(model, name, tags))


def _count(model: str, name: str, **tags: str) -> None:
    from windvane.orchestration.compat import incr

    with _harmless(name):
        full = ".".join(("windvane", model, name, *tags.values())) if without_tags() else f"windvane.{name}"
        incr(full, tags=_tags(model, name, tags))


def _tags(model: str, name: str, given: dict[str, object] | dict[str, str]) -> dict[str, str]:
    """Return the tags of a metric, in the order of its declaration; what is not known is left out."""
    known = {"model": model, **given}
    return {tag: str(known[tag]) for tag in _TAGS[name] if known.get(tag) is not None}


@contextmanager
def _harmless(name: str) -> Iterator[None]:
    """Let no metric fail a task: whatever a back end raises is a line in the log."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (a back end is not ours)
        _log.warning("metric %s was not sent: %s: %s", name, type(error).__name__, error)
