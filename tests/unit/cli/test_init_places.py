"""`windvane init` from where rows are: folders, tables of databases, buckets; and times in several columns."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from tests.servers.postgres import PostgresServer
from tests.servers.s3 import s3_server
from tests.unit.cli.conftest import Init
from tests.unit.cli.samples import applications, assert_clean, guesses

if TYPE_CHECKING:
    import pytest

TARGET = ("--target", "y", "--json")


def spec_of(project: Path) -> str:
    return (project / "dags" / "odd.py").read_text(encoding="utf-8")


def test_a_table_of_sqlite_comes_to_a_promotion(
    project: Path, init: Init, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    with sqlite3.connect(project / "a.db") as connection:
        frame = applications()
        frame.assign(at=frame["at"].dt.strftime("%Y-%m-%d %H:%M:%S")).to_sql("loans", connection, index=False)
    monkeypatch.setenv("WINDVANE_CONNECTION_OWN", f"sqlite:///{project}/a.db")
    answer = init("init", "odd", "--connection", "own", "--data", "loans", *TARGET)
    assert guesses(answer) | {"time": "at", "key": "id", "timezone": "UTC"} == guesses(answer)
    assert 'Source.sql("own", table="loans", zone="UTC")' in spec_of(project)
    assert_clean(project)
    assert answer.json["tried"][-1]["decision"] == "promote"
    window = answer.json["window"]
    assert init("run", "train", "odd", "--window", window, "--json").json["decision"] == "promote"


def test_a_table_of_postgresql_is_looked_at(project: Path, init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    with PostgresServer() as server:
        url = server.database()
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE SCHEMA risk"))
            applications().assign(amount=1.25).to_sql("loans", connection, schema="risk", index=False)
            connection.execute(sa.text("ALTER TABLE risk.loans ALTER amount TYPE numeric(9, 2)"))
            connection.execute(sa.text("UPDATE risk.loans SET amount = id, kind = NULL WHERE id % 5 = 0"))
        monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", url)
        answer = init("init", "odd", "--connection", "warehouse", "--data", "risk.loans", *TARGET)
        assert guesses(answer) | {"time": "at", "key": "id", "categories": "kind"} == guesses(answer)
        assert guesses(answer)["numbers"] == "score, amount"
        assert 'Source.sql("warehouse", table="risk.loans")' in spec_of(project)
        assert answer.json["tried"][-1]["decision"] == "promote"
        absent = init("init", "other", "--connection", "warehouse", "--data", "risk.loan", *TARGET)
        assert absent.json["error"] == "SourceFailed"
        assert "did you mean 'loans'" in absent.json["cause"]


def test_objects_of_a_bucket_are_looked_at(project: Path, init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server() as server:
        for variable, value in server.environment.items():
            monkeypatch.setenv(variable, value)
        frame = applications()
        client = server.client()
        try:
            for number, part in enumerate((frame.head(900), frame.tail(1_100))):
                part.to_csv(project / "part.csv", index=False, sep=";")
                body = (project / "part.csv").read_bytes()
                client.put_object(Bucket=server.bucket, Key=f"loans/part {number}.csv", Body=body)
        finally:
            client.close()
        pattern = f"s3://{server.bucket}/loans/*.csv"
        answer = init("init", "odd", "--data", pattern, *TARGET, "--no-run")
        assert guesses(answer) | {"rows": "2,000", "time": "at", "key": "id"} == guesses(answer)
        assert f'Source.s3("{pattern}", separator=";"' in spec_of(project)
        absent = init("init", "other", "--data", f"s3://{server.bucket}/loan/*.csv", *TARGET)
        assert absent.json["error"] == "SourceFailed"


def test_the_address_of_a_database_is_no_argument(init: Init) -> None:
    answer = init("init", "odd", "--data", "postgresql://me:secret@host/db", "--target", "y")
    assert answer.code == 2
    assert "WINDVANE_CONNECTION_NAME" in " ".join(answer.err.split())
    assert "secret@" not in answer.err


def test_folders_that_name_values_are_columns(project: Path, init: Init) -> None:
    for month, rows in applications().groupby(applications()["at"].dt.strftime("%Y-%m")):
        for kind, part in rows.groupby("kind"):
            folder = project / "data" / f"month={month}" / f"kind={kind}"
            folder.mkdir(parents=True)
            part.drop(columns="kind").to_parquet(folder / "part.parquet", index=False)
    answer = init("init", "odd", "--data", "data", *TARGET)
    assert guesses(answer)["categories"] == "kind"
    assert "hive=True" in spec_of(project)
    assert '"data/**/*.parquet"' in spec_of(project)
    assert answer.json["tried"][-1]["decision"] == "promote"


def test_a_time_of_several_columns_comes_to_a_promotion(project: Path, init: Init) -> None:
    frame = applications()
    at = frame["at"].dt
    frame = frame.assign(year=at.year, month=at.month, day=at.day, hr=at.hour).drop(columns="at")
    frame.to_parquet("data.parquet", index=False)
    answer = init("init", "odd", "--data", "data.parquet", *TARGET)
    assert guesses(answer)["time"] == "year + month + day + hr"
    assert 'parts={"at": ["year", "month", "day", "hr"]}' in spec_of(project)
    assert_clean(project)
    assert answer.json["tried"][-1]["decision"] == "promote"


def test_what_rows_do_not_tell_is_asked_once(init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = applications(closed=lambda rows: rows["at"])
    frame = frame.assign(
        at=frame["at"].dt.strftime("%Y-%m-%d %H:%M"),
        closed=(frame["at"] + pd.Timedelta(days=3)).dt.strftime("%Y-%m-%d %H:%M"),
        y=frame["y"] + frame["id"] % 3,
    )
    frame.to_csv("data.csv", index=False)
    words = ("init", "odd", "--data", "data.csv", *TARGET, "--no-run", "--force")
    proposed = init(*words)
    assert [item["about"] for item in proposed.json["questions"]] == ["time", "timezone", "task"]
    assert guesses(proposed)["task"] == "multiclass"
    answers = {"moment of the event": "closed", "no zone": "Asia/Tokyo", "classes": "regression"}
    asked: list[str] = []

    def answered(question: str, **_: Any) -> str:
        asked.append(question)
        return next(answer for word, answer in answers.items() if word in question)

    monkeypatch.setattr("windvane.cli.commands.init.on_a_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", answered)
    found = guesses(init(*words))
    assert (found["time"], found["timezone"], found["task"]) == ("closed", "Asia/Tokyo", "regression")
    assert len(asked) == 3
