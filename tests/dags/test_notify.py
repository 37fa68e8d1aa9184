"""Notifiers are told each incident once, in their own templates; one that is broken or hangs fails nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import BaseNotifier

from tests.dags.test_context import context_of
from tests.unit.lifecycle.examples import model_with
from windvane.orchestration.base import Work
from windvane.orchestration.factory import family
from windvane.orchestration.operators.notify import NotifyOperator, channels
from windvane.results import MonitorResult, Reason, Run
from windvane.stores import Stores, open_stores

if TYPE_CHECKING:
    from airflow.sdk import Context

MODEL = model_with()


class Mail(BaseNotifier):
    """Keeps what it would send."""

    template_fields = ("subject", "body")

    def __init__(self, subject: str = "{{ windvane.title }}", body: str = "{{ windvane.text }}") -> None:
        super().__init__()
        self.subject, self.body = subject, body
        self.sent: list[tuple[str, str]] = []

    def notify(self, context: Context) -> None:
        self.sent.append((self.subject, self.body))


class Dead(Mail):
    """Cannot reach its server."""

    def notify(self, context: Context) -> None:
        raise ConnectionRefusedError("mail.example refused")


class Hanging(Mail):
    """Waits for an answer that does not come."""

    def notify(self, context: Context) -> None:
        threading.Event().wait(30)


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """The stores that the environment names."""
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path))
    opened = open_stores()
    opened.registry.models.register(MODEL.name, MODEL.digest, MODEL.model_dump(mode="json"), Run(actor="t", as_of=_NOW))
    yield opened
    opened.registry.close()


_NOW = datetime.now(UTC)


def conclude(stores: Stores, window: str, decision: Any) -> None:
    result = MonitorResult(
        model=MODEL.name,
        window=window,
        decision=decision,
        reasons=(Reason(headline="price is 100 times larger"),),
        checks=(),
        version=1,
    )
    stores.registry.monitoring.add(result, None, Run(actor="schedule", as_of=_NOW))


def run(stores: Stores, *notifiers: BaseNotifier, patience: float = 5.0) -> list[str]:
    """Let the task do its step; return what it told."""
    operator = NotifyOperator(task_id="notify", model=MODEL, notifiers=notifiers, patience=patience)
    context = context_of()
    context["dag_run"].start_date = _NOW + timedelta(minutes=1)
    work = Work(operator, context)
    work.__dict__["stores"] = stores
    message: list[str] = operator.step(work)["message"]
    return message


def test_an_incident_and_its_end_are_told_once_in_the_notifiers_own_words(stores: Stores) -> None:
    mail = Mail()
    conclude(stores, "2020-03", "alert")
    assert run(stores, mail) == ["loans: incident 1 in window 2020-03"]
    assert run(stores, mail) == []
    conclude(stores, "2020-04", "alert")
    assert run(stores, mail) == []
    conclude(stores, "2020-05", "hold")
    assert run(stores, mail) == ["loans: incident 1 is over in window 2020-05"]
    assert [body for _, body in mail.sent] == [
        "price is 100 times larger. Nothing is retrained on this window; the champion goes on scoring.",
        "It began in window 2020-03: price is 100 times larger.",
    ]


def test_a_dead_notifier_is_a_warning_and_is_tried_again(stores: Stores, capsys: pytest.CaptureFixture[str]) -> None:
    mail = Mail()
    conclude(stores, "2020-03", "alert")
    assert run(stores, Dead(), mail) == ["loans: incident 1 in window 2020-03"]
    said = "Dead did not tell: loans: incident 1 in window 2020-03: ConnectionRefusedError"
    assert said in capsys.readouterr().out
    assert len(mail.sent) == 1
    assert run(stores, mail, Dead()) == []
    assert said in capsys.readouterr().out


def test_a_notifier_that_hangs_takes_no_more_than_its_time(stores: Stores, capsys: pytest.CaptureFixture[str]) -> None:
    conclude(stores, "2020-03", "alert")
    began = time.monotonic()
    assert run(stores, Hanging(), patience=0.2) == []
    assert time.monotonic() - began < 10
    assert (
        "Hanging did not tell: loans: incident 1 in window 2020-03: it took longer than 0.2 seconds"
        in capsys.readouterr().out
    )


def test_a_template_that_is_wrong_is_a_warning(stores: Stores, capsys: pytest.CaptureFixture[str]) -> None:
    conclude(stores, "2020-03", "alert")
    assert run(stores, Mail(subject="{{ windvane.titel | upper }}", body="{% if %}")) == []
    assert "Mail did not tell" in capsys.readouterr().out


def test_channels_of_one_class_are_told_apart() -> None:
    assert [name for name, _ in channels([Mail(), Dead(), Mail()])] == ["Mail:1", "Dead", "Mail:2"]


def test_the_monitor_notifies_after_every_branch_and_only_where_somebody_listens() -> None:
    monitor = family(model_with(), notifiers=[Mail()])[2]
    assert monitor.get_task("notify").upstream_task_ids == {"retrain", "alert", "hold", "insufficient_data"}
    assert "notify" not in family(model_with())[2].task_ids
