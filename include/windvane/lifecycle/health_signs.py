"""What a model's health is judged by: what the registry, the stored models and Airflow know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from windvane.results import DagState
from windvane.spec import Model


@dataclass(frozen=True)
class Question:
    """A version that waits for a person.

    Args:
        version: Its number.
        since: When the question was asked, or the version made.
        deadline: When it is too late to answer; None where no run asked.
    """

    version: int
    since: datetime
    deadline: datetime | None = None


@dataclass(frozen=True)
class Signs:
    """What is known of a model.

    Args:
        model: Its name.
        spec: Its declaration; None where it cannot be read, and then nothing is due.
        champion: The version that scores.
        champion_at: When it became that.
        champion_window: The window it was trained on.
        unreadable: Why the champion's stored model cannot be read; empty when it can, or was not looked at.
        alert: The newest window, its first reason, and since when something is wrong, where it alerts.
        scored: The newest window with published scores.
        monitored: The newest window that was concluded on.
        concluded_at: When that was.
        conclusion: Its first reason.
        losses: The losses of the newest monitored windows, the oldest first; None where outcomes are not known.
        questions: Versions that wait for a person.
        refused: The newest version, when the gate or a person refused it: its number, when, and why.
        versions: The newest version's number, 0 for none.
        paused_at: When a person paused the automation.
        retrain_at: When the oldest retrain that has not started was requested.
        dags: What Airflow tells; None where it was not asked.
        verified: What somebody found who verified it, if that was not good: in words, and when.
        registered: False for a model that a DAG file declares, and that never ran.
    """

    model: str
    spec: Model | None = None
    champion: int | None = None
    champion_at: datetime | None = None
    champion_window: str | None = None
    unreadable: str = ""
    alert: tuple[str | None, str, datetime | None] | None = None
    scored: str | None = None
    monitored: str | None = None
    concluded_at: datetime | None = None
    conclusion: str = ""
    losses: tuple[float | None, ...] = ()
    questions: tuple[Question, ...] = ()
    refused: tuple[int, datetime, str] | None = None
    versions: int = 0
    paused_at: datetime | None = None
    retrain_at: datetime | None = None
    dags: tuple[DagState, ...] | None = None
    verified: tuple[str, datetime] | None = None
    registered: bool = True
