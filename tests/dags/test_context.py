"""From a task's context to a window, an actor and stores; and what a failure looks like to Airflow."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from tests.unit.lifecycle.examples import model_with
from windvane.errors import (
    ContractBroken,
    DeliveryFailed,
    EmptyWindow,
    InvalidWindow,
    MissingColumn,
    NoChampion,
    RegistryLocked,
    SourceFailed,
    SpecError,
    WrongConnection,
)
from windvane.orchestration.base import model_of, named_failures
from windvane.orchestration.connections import AirflowConnections, artifacts_url, registry_url, s3_settings
from windvane.orchestration.context import run_of, window_of
from windvane.orchestration.links import run_page
from windvane.orchestration.operators.data import SnapshotOperator
from windvane.orchestration.patience import Passing

SPEC = model_with()
BEGAN = datetime(2020, 3, 2, 6, tzinfo=UTC)


class Left:
    """A second try that remembers the XComs it leaves."""

    task_id = "version.train"
    map_index = -1
    try_number = 2
    start_date = datetime(2020, 3, 2, 7, tzinfo=UTC)

    def __init__(self) -> None:
        self.left: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.left[key] = value

    def xcom_pull(self, task_ids: str, key: str) -> Any:
        return self.left.get(task_ids, {}).get(key)


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
    return {"dag_run": dag_run, "params": params, "ti": Left()}


def test_the_partition_key_is_the_window_and_comes_first() -> None:
    assert window_of(context_of(key="2020-02", window="2020-01"), model_with()).key == "2020-02"


def test_an_operators_own_window_comes_before_all() -> None:
    assert window_of(context_of(key="2020-02"), model_with(), "2020-03").key == "2020-03"


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
        ("backfill", "ada", "backfill:ada"),
        ("backfill", None, "backfill"),
        ("operator_triggered", "ada", "operator_triggered"),
        ("asset_triggered", None, "asset_triggered"),
    ],
)
def test_who_asks_is_known_from_the_run(run_type: str, user: str | None, actor: str) -> None:
    run = run_of(context_of(run_type, user=user, reason="because"))
    assert run.actor == actor
    assert run.as_of == BEGAN, "all tries stand at the start of the run, not at its nominal date"
    assert (run.run_id, run.attempt, run.reason) == ("loans_train/a_run", 2, "because")
    assert (run.work, run.began, run.fence) == ("loans_train/a_run/version.train", Left.start_date, 0)


def test_the_monitor_is_known_by_the_run_it_asked_for() -> None:
    context = context_of("operator_triggered")
    context["dag_run"].run_id = "retrain__2020-02__ab12cd34"
    assert run_of(context).actor == "monitor"


@pytest.mark.parametrize(
    ("run_type", "error", "becomes"),
    [
        ("manual", MissingColumn("c", "r"), AirflowFailException),
        ("manual", EmptyWindow("c", "r"), AirflowFailException),
        ("scheduled", EmptyWindow("c", "r"), AirflowSkipException),
        ("backfill", EmptyWindow("c", "r"), AirflowSkipException),
        ("scheduled", NoChampion("c", "r"), AirflowSkipException),
        ("operator_triggered", EmptyWindow("c", "r"), AirflowFailException),
        ("scheduled", MissingColumn("c", "r"), AirflowFailException),
        ("manual", RegistryLocked("c", "r"), Passing),
        ("scheduled", SourceFailed("c", "r"), Passing),
        ("scheduled", DeliveryFailed("c", "r"), Passing),
        ("scheduled", ContractBroken("c", "r"), AirflowFailException),
    ],
)
def test_only_what_may_pass_is_retried(run_type: str, error: Exception, becomes: type[Exception]) -> None:
    operator, context = SnapshotOperator(task_id="snapshot", model=model_with()), context_of(run_type)
    message = f"{type(error).__name__}: c"
    with pytest.raises(becomes, match=message) as caught, named_failures(operator, context):
        raise error
    assert type(caught.value) is becomes
    assert caught.value.__cause__ is None
    told = {"windvane_failure": {"error": type(error).__name__, "cause": "c", "remedy": "r"}}
    assert context["ti"].left == ({"skipped": message} if becomes is AirflowSkipException else told)


def test_what_a_users_own_function_raised_stays_in_the_log() -> None:
    operator, own = SnapshotOperator(task_id="snapshot", model=model_with()), ZeroDivisionError("in my source")
    with pytest.raises(AirflowException) as caught, named_failures(operator, context_of()):
        raise SourceFailed("c", "r") from own
    assert caught.value.__cause__ is own


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
    assert registry_url(postgres) == "postgresql+psycopg2://me%40x:p%3A%2Fss@db:5433/wind vane"
    extra = '{"sslmode": "require", "connect_timeout": 5, "cursor": "dictcursor", "iam": true}'
    options = registry_url(Connection(conn_id="r", conn_type="postgres", host="db", schema="w", extra=extra))
    assert options == "postgresql+psycopg2://db/w?connect_timeout=5&sslmode=require", "the hook's own are left out"
    assert registry_url(Connection(conn_id="r", conn_type="sqlite", host="/var/r.db")) == "sqlite:////var/r.db"
    assert registry_url(Connection.from_uri("sqlite:////var/r.db", "r")) == "sqlite:////var/r.db"
    assert artifacts_url(Connection(conn_id="a", conn_type="aws", host="bucket", schema="/pre/")) == "s3://bucket/pre"
    assert artifacts_url(Connection(conn_id="a", conn_type="fs", extra='{"path": "/data"}')) == "/data"
    assert artifacts_url(Connection.from_uri("s3://bucket/pre/fix", "a")) == "s3://bucket/pre/fix"


def test_an_aws_connection_gives_endpoint_region_and_credentials_and_shows_none() -> None:
    extra = '{"region_name": "eu-west-1", "endpoint_url": "https://s3.example.com", "aws_session_token": "token-of-it"}'
    made_up: dict[str, Any] = {"login": "the-key-of-it", "password": "the-secret-of-it"}
    found = s3_settings(Connection(conn_id="a", conn_type="aws", host="bucket", extra=extra, **made_up))
    assert (found.endpoint, found.region) == ("https://s3.example.com", "eu-west-1")
    assert (found.access_key, found.secret_key) == (made_up["login"], made_up["password"])
    assert found.session_token == "token-of-it"  # noqa: S105  # made up
    assert "of-it" not in repr(found)
    service = '{"service_config": {"s3": {"endpoint_url": "https://own.example.com"}}, "profile_name": "p"}'
    found = s3_settings(Connection(conn_id="a", conn_type="aws", host="bucket", extra=service))
    assert (found.endpoint, found.profile, found.access_key) == ("https://own.example.com", "p", None)
    role = '{"role_arn": "arn:aws:iam::1:role/x", "assume_role_kwargs": {"ExternalId": "of us"}}'
    found = s3_settings(Connection(conn_id="a", conn_type="aws", host="bucket", extra=role))
    assert (found.role, found.external_id) == ("arn:aws:iam::1:role/x", "of us")


def test_a_generic_connection_says_its_type_in_its_extra() -> None:
    """Airflow makes a connection `generic` when it lacks the provider of its type."""
    extra = '{"type": "aws", "region_name": "eu-west-1"}'
    bucket = Connection(conn_id="a", conn_type="generic", host="bucket", schema="pre", extra=extra)
    assert artifacts_url(bucket) == "s3://bucket/pre"
    assert s3_settings(bucket).region == "eu-west-1"
    file = Connection(conn_id="r", conn_type="generic", host="/var/r.db", extra='{"type": "sqlite"}')
    assert registry_url(file) == "sqlite:////var/r.db"
    server = '{"type": "postgres", "sslmode": "require"}'
    found = registry_url(Connection(conn_id="r", conn_type="generic", host="db", schema="w", extra=server))
    assert found == "postgresql+psycopg2://db/w?sslmode=require"
    given = Connection(conn_id="r", conn_type="generic", extra='{"sqlalchemy_url": "sqlite:////srv/r.db"}')
    assert registry_url(given) == "sqlite:////srv/r.db"
    with pytest.raises(WrongConnection, match="'generic'") as caught:
        registry_url(Connection(conn_id="r", conn_type="generic", host="db"))
    assert "type in its extra" in caught.value.remedy


def test_a_sources_connection_is_airflows_before_it_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "warehouse": Connection(conn_id="warehouse", conn_type="postgres", host="db", schema="w"),
        "lake": Connection(conn_id="lake", conn_type="aws", extra='{"profile_name": "p"}'),
        "snow": Connection(conn_id="snow", conn_type="snowflake", extra='{"sqlalchemy_url": "snowflake://x"}'),
        "mail": Connection(conn_id="mail", conn_type="smtp"),
    }
    monkeypatch.setattr("windvane.orchestration.connections._connection", known.get)
    monkeypatch.setenv("WINDVANE_CONNECTION_OTHER", "sqlite:////srv/other.db")
    connections = AirflowConnections()
    assert connections.database("warehouse").startswith("postgresql+psycopg2://db/w")
    assert connections.database("snow") == "snowflake://x"
    assert connections.database("other") == "sqlite:////srv/other.db"
    assert connections.s3("lake").profile == "p"
    assert connections.s3(None).profile is None
    with pytest.raises(WrongConnection, match="'mail' is of type 'smtp'"):
        connections.database("mail")


def test_a_connection_of_another_kind_is_refused_by_name() -> None:
    with pytest.raises(WrongConnection, match="'mysql'"):
        registry_url(Connection(conn_id="r", conn_type="mysql", host="db"))
    for wrong in (Connection(conn_id="a", conn_type="ftp", host="h"), Connection(conn_id="a", conn_type="fs")):
        with pytest.raises(WrongConnection, match=str(wrong.conn_type)):
            artifacts_url(wrong)


def test_an_operator_takes_a_spec_or_its_import_path() -> None:
    assert model_of(model_with()).name == "loans"
    assert model_of("tests.dags.test_context:SPEC") is SPEC
    with pytest.raises(SpecError, match="datetime, not a Model"):
        model_of("tests.dags.test_context:BEGAN")


def test_a_link_quotes_what_it_names() -> None:
    assert run_page("a_train/retrain__2013-02__x/..") == "dags/a_train/runs/retrain__2013-02__x%2F.."
    assert run_page("") == run_page("a_run_of_no_dag") == ""
