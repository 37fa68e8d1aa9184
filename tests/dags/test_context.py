"""From a task's context to a window, an actor and stores; and what a failure looks like to Airflow."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from tests.unit.lifecycle.examples import model_with
from windvane.errors import EmptyWindow, InvalidWindow, MissingColumn, RegistryLocked
from windvane.orchestration.base import named_failures
from windvane.orchestration.connections import artifacts_url, registry_url
from windvane.orchestration.context import run_of, window_of
from windvane.orchestration.links import run_page

BEGAN = datetime(2020, 3, 2, 6, tzinfo=UTC)


def context_of(run_type: str = "manual", key: str | None = None, user: str | None = "ada", **params: Any) -> Any:
    dag_run = SimpleNamespace(
        dag_id="loans_train",
        run_id="a_run",
        run_type=run_type,
        partition_key=key,
        triggering_user_name=user,
        start_date=BEGAN,
        run_after=datetime(2013, 1, 1, tzinfo=UTC),
    )
    return {"dag_run": dag_run, "params": params, "ti": SimpleNamespace(try_number=2)}


def test_the_partition_key_is_the_window_and_comes_first() -> None:
    assert window_of(context_of(key="2020-02", window="2020-01"), model_with()).key == "2020-02"


def test_a_triggered_run_brings_its_window_in_its_params() -> None:
    assert window_of(context_of("operator_triggered", window="2020-02"), model_with()).key == "2020-02"


@pytest.mark.parametrize("context", [context_of(), context_of(key="2020-2"), context_of(window="x")])
def test_a_run_without_a_window_is_refused_by_name(context: Any) -> None:
    with pytest.raises(InvalidWindow, match=r"names no window|is not a month"):
        window_of(context, model_with())


@pytest.mark.parametrize(
    ("run_type", "user", "actor"),
    [
        ("manual", "ada", "airflow:ada"),
        ("manual", None, "airflow:unknown"),
        ("scheduled", None, "schedule"),
        ("backfill", "ada", "backfill"),
        ("operator_triggered", "ada", "monitor"),
    ],
)
def test_who_asks_is_known_from_the_run(run_type: str, user: str | None, actor: str) -> None:
    run = run_of(context_of(run_type, user=user, reason="because"))
    assert run.actor == actor
    assert run.as_of == BEGAN, "all tries stand at the start of the run, not at its nominal date"
    assert (run.run_id, run.attempt, run.reason) == ("loans_train/a_run", 2, "because")


@pytest.mark.parametrize(
    ("run_type", "error", "becomes"),
    [
        ("manual", MissingColumn("c", "r"), AirflowFailException),
        ("manual", EmptyWindow("c", "r"), AirflowFailException),
        ("scheduled", EmptyWindow("c", "r"), AirflowSkipException),
        ("backfill", EmptyWindow("c", "r"), AirflowSkipException),
        ("scheduled", MissingColumn("c", "r"), AirflowFailException),
        ("manual", RegistryLocked("c", "r"), AirflowException),
    ],
)
def test_only_what_may_pass_is_retried(
    run_type: str, error: Exception, becomes: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(becomes) as caught,
        named_failures(logging.getLogger("test"), context_of(run_type)),
    ):
        raise error
    assert type(caught.value) is becomes
    assert f"{type(error).__name__}: c" in caplog.text
    assert "what to do: r" in caplog.text


def test_connections_become_urls_with_every_part_quoted() -> None:
    postgres = Connection(
        conn_id="r",
        conn_type="postgres",
        host="db",
        port=5433,
        login="me@x",
        password="p:/ss",  # noqa: S106  # made up
        schema="wind vane",
    )
    assert registry_url(postgres) == "postgresql+psycopg2://me%40x:p%3A%2Fss@db:5433/wind%20vane"
    assert registry_url(Connection(conn_id="r", conn_type="sqlite", host="/var/r.db")) == "sqlite:////var/r.db"
    assert registry_url(None) is None
    assert artifacts_url(Connection(conn_id="a", conn_type="aws", host="bucket", schema="/pre/")) == "s3://bucket/pre"
    assert artifacts_url(Connection(conn_id="a", conn_type="fs", extra='{"path": "/data"}')) == "/data"
    assert artifacts_url(None) is None


def test_a_link_quotes_what_it_names() -> None:
    assert run_page("a_train", "retrain__2013-02__x/..") == "/dags/a_train/runs/retrain__2013-02__x%2F.."
