"""What Windvane tells Airflow's own metrics (StatsD or OpenTelemetry, whichever Airflow is configured for).

Each name holds the model, since plain StatsD has no tags; each carries it as a tag, too. Gauges about a window are sent
for the newest one alone, and carry window and version as tags.

| metric | kind | what |
|---|---|---|
| `windvane.<model>.scored_rows` | gauge | rows of the newest window that was scored |
| `windvane.<model>.mean_score` | gauge | their mean score |
| `windvane.<model>.loss` | gauge | the champion's mean loss in the newest monitored window |
| `windvane.<model>.loss_of_first` | gauge | what the first champion would have lost there |
| `windvane.<model>.decision.<decision>` | counter | the monitor's decisions |
| `windvane.<model>.check.<check>.<outcome>` | counter | the answers to its checks |
| `windvane.<model>.gate.<decision>` | counter | the gate's decisions |
| `windvane.<model>.champion` | gauge | the champion's version |
| `windvane.<model>.epoch` | gauge | the pointer's epoch |
| `windvane.<model>.health` | gauge | 0 good or too little to say, 1 under way, 2 look today, 3 act now; at each look |
| `windvane.<model>.troubles` | gauge | how many things are wrong, at each look |

A look is a visit of the overview, of the page Health or of a model's page, or a request to their API, such as an uptime
check's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windvane.results import Champion, GateResult, ModelHealth, MonitorResult, Scores

_log = logging.getLogger(__name__)

_BADNESS = {"good": 0, "unknown": 0, "busy": 1, "warn": 2, "bad": 3}


def scored(scores: Scores, newest: bool) -> None:
    """Tell what was published.

    Args:
        scores: The publication.
        newest: Whether no later window was scored: a gauge says how things are, and a backfill does not change that.
    """
    if newest:
        _gauge(scores.model, "scored_rows", scores.rows, window=scores.window, version=scores.version)
        _gauge(scores.model, "mean_score", scores.mean_score, window=scores.window, version=scores.version)


def monitored(result: MonitorResult, newest: bool) -> None:
    """Tell what the monitor concluded.

    Args:
        result: The conclusion.
        newest: Whether no later window was monitored; see `scored`.
    """
    if newest:
        _gauge(result.model, "loss", result.loss, window=result.window, version=result.version)
        _gauge(result.model, "loss_of_first", result.first_loss, window=result.window, version=result.version)
    _count(result.model, f"decision.{result.decision}")
    for item in result.checks:
        _count(result.model, f"check.{item.check}.{item.outcome}")


def judged(result: GateResult) -> None:
    """Tell what the gate decided."""
    _count(result.model, f"gate.{result.decision}")


def moved(champion: Champion) -> None:
    """Tell where the pointer stands."""
    _gauge(champion.model, "champion", champion.version)
    _gauge(champion.model, "epoch", champion.epoch)


def examined(health: Iterable[ModelHealth]) -> None:
    """Tell how models are."""
    for one in health:
        _gauge(one.model, "health", _BADNESS[one.level])
        _gauge(one.model, "troubles", len(one.troubles))


def _gauge(model: str, name: str, value: float | None, **tags: object) -> None:
    if value is None:
        return
    from windvane.orchestration.compat import gauge

    with _harmless(name):
        known = {tag: str(item) for tag, item in tags.items() if item is not None}
        gauge(f"windvane.{model}.{name}", value, tags={"model": model, **known})


def _count(model: str, name: str) -> None:
    from windvane.orchestration.compat import incr

    with _harmless(name):
        incr(f"windvane.{model}.{name}", tags={"model": model})


@contextmanager
def _harmless(name: str) -> Iterator[None]:
    """Let no metric fail a task: whatever a back end raises is a line in the log."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (a back end is not ours)
        _log.warning("metric %s was not sent: %s: %s", name, type(error).__name__, error)
