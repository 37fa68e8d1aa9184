"""Scores are delivered to where people read: whole, the current ones, and never an older publication over a newer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server, s3_server
from windvane import Model, Publish
from windvane.errors import ContractBroken, DeliveryFailed, SpecError, WindvaneError
from windvane.pipeline import runner
from windvane.pipeline.graphs import SCORE
from windvane.results import Publication, Run
from windvane.spec.publish import PUBLISHERS
from windvane.steps import deliver
from windvane.stores import Stores
from windvane.stores.connections import EnvironmentConnections

FACTS = ["model", "window", "publication", "version"]
Make = Callable[..., Model]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


@pytest.fixture(scope="module")
def bucket() -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


def rows(publication: int, version: int = 1, count: int = 300) -> pd.DataFrame:
    draw = np.random.default_rng(publication)
    at = pd.date_range("2020-03-01", periods=count, freq="1h", tz="UTC")
    return pd.DataFrame(
        {
            "loan_id": [f"l{number}" for number in range(count)],
            "applied_at": at.as_unit("us"),
            "score": draw.random(count),
            "version": version,
            "model": "loans",
            "window": "2020-03",
            "publication": publication,
        }
    )


def publication(number: int, window: str = "2020-03") -> Publication:
    return Publication(
        model="loans",
        window=window,
        version=1,
        snapshot="sha256:" + "0" * 64,
        artifact="sha256:" + "1" * 64,
        rows=300,
        mean_score=0.5,
        publication=number,
        run_id="",
        actor="cli:a",
        reason="",
        at=datetime(2021, 1, 1, tzinfo=UTC),
    )


class Place:
    """A place to deliver to, and what is there."""

    def __init__(self, publish: Publish, read: Callable[[], pd.DataFrame], folder: Path) -> None:
        self.publish = publish
        self.read = read
        self._folder = folder

    def deliver(self, number: int, window: str = "2020-03", **changed: Any) -> None:
        frame = rows(number).assign(window=window, **changed)
        kind = PUBLISHERS.get(self.publish.kind)
        kind.deliver(self.publish, publication(number, window), frame, self._folder, EnvironmentConnections())


def _table(url: str) -> pd.DataFrame:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return pd.read_sql(sa.text("select * from scores"), connection)


@pytest.fixture(params=["folder", "s3", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    kind = request.param
    if kind == "folder":
        to = "out/{model}/window={window}"
        return Place(Publish.parquet(to), lambda: pq.read_table(tmp_path / "out/loans").to_pandas(), tmp_path)
    if kind == "s3":
        running: S3Server = request.getfixturevalue("bucket")
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        key = f"{tmp_path.name}/loans/window=2020-03/scores.parquet"

        def read() -> pd.DataFrame:
            with closing(running.client()) as client:
                (tmp_path / "got").write_bytes(client.get_object(Bucket=running.bucket, Key=key)["Body"].read())
            return pd.read_parquet(tmp_path / "got").assign(window="2020-03")

        to = f"s3://{running.bucket}/{tmp_path.name}/{{model}}/window={{window}}"
        return Place(Publish.parquet(to), read, tmp_path)
    made = f"sqlite:///{tmp_path / 'warehouse.db'}"
    url = made if kind == "sqlite" else request.getfixturevalue("server").database()
    monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", url)
    return Place(Publish.sql("warehouse", table="scores"), lambda: _table(url), tmp_path)


def test_a_window_is_delivered_whole_with_its_facts_and_again_changes_nothing(place: Place) -> None:
    for _ in range(2):
        place.deliver(1)
        found = place.read().sort_values("applied_at", ignore_index=True)
        assert set(found) == {*FACTS, "loan_id", "applied_at", "score"}
        assert found["loan_id"].tolist() == rows(1)["loan_id"].tolist()
        np.testing.assert_array_equal(found["score"], rows(1)["score"])
        assert found[["window", "publication"]].astype(str).drop_duplicates().to_numpy().tolist() == [["2020-03", "1"]]


def test_the_current_publication_alone_is_there_and_an_older_one_never_replaces_it(place: Place) -> None:
    place.deliver(1)
    place.deliver(3)
    place.deliver(2)
    found = place.read()
    assert set(found["publication"]) == {3}
    assert len(found) == 300
    np.testing.assert_array_equal(np.sort(found["score"]), np.sort(rows(3)["score"]))


def test_windows_do_not_touch_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", f"sqlite:///{tmp_path / 'w.db'}")
    table = Place(Publish.sql("warehouse", "scores"), lambda: _table(f"sqlite:///{tmp_path / 'w.db'}"), tmp_path)
    for window, number in (("2020-03", 2), ("2020-04", 1), ("2020-03", 3)):
        table.deliver(number, window)
    assert table.read().groupby("window")["publication"].agg(["min", "max", "size"]).to_numpy().tolist() == [
        [3, 3, 300],
        [1, 1, 300],
    ]


def test_append_keeps_every_publication_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'w.db'}"
    monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", url)
    table = Place(Publish.sql("warehouse", "scores", mode="append"), lambda: _table(url), tmp_path)
    for number in (1, 2, 1, 2):
        table.deliver(number)
    assert table.read()["publication"].value_counts().to_dict() == {1: 300, 2: 300}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            "loan_id text, applied_at text, score real, version integer, model text, window text",
            "'publication' is missing",
        ),
        ("loan_id text, score text, {rest}", "column 'score' is TEXT, not FLOAT"),
        ("loan_id text, score real, note text not null, {rest}", "'note' needs a value"),
    ],
)
def test_a_table_that_does_not_take_the_scores_is_refused_and_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str, said: str
) -> None:
    url = f"sqlite:///{tmp_path / 'w.db'}"
    monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", url)
    rest = "applied_at datetime, version integer, model text, window text, publication integer"
    with closing(sqlite3.connect(tmp_path / "w.db")) as connection:
        connection.execute(f"create table scores ({made.format(rest=rest)})")
    table = Place(Publish.sql("warehouse", "scores"), lambda: _table(url), tmp_path)
    with pytest.raises(ContractBroken, match=said):
        table.deliver(1)
    assert len(table.read()) == 0


@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_rows_that_break_in_the_middle_leave_what_was_there(place: Place) -> None:
    place.deliver(1)
    with pytest.raises(DeliveryFailed, match="table scores"):
        place.deliver(2, score=[0.5] * 299 + [None])
    assert set(place.read()["publication"]) == {1}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Publish.parquet("out/scores"), "one file for all windows"),
        (lambda: Publish.parquet("out/{windw}"), "did you mean 'window'"),
        (lambda: Publish.parquet("../{window}"), "leads upwards"),
        (lambda: Publish.parquet("s3://A/{window}"), "no name of a bucket"),
        (lambda: Publish.sql("postgresql://me:secret@host/db", "t"), "never a URL"),
        (lambda: Publish.sql("warehouse", "a.b.c"), "no table"),
        (lambda: Publish.sql("warehouse", "t", mode="upsert"), "unknown mode"),  # type: ignore[arg-type]  # a mistake
        (lambda: Publish.of("carrier_pigeon", "t"), "carrier_pigeon"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_declared(make: Callable[[], Publish], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        make()


def test_the_score_run_delivers_and_fails_by_name(
    make: Make, stores: Stores, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plain = make()
    model = make(publish=[Publish.parquet("out/window={window}"), Publish.sql("warehouse", "scores")])
    assert model.training_digest == plain.training_digest
    assert "publish" not in plain.model_dump()
    assert Model.from_stored(model.model_dump(mode="json")) == model
    assert [task.name for task in SCORE.of(plain)].count("deliver") == 0
    runner.run_train(model, model.cadence.window("2020-03"), stores, run)
    april = model.cadence.window("2020-04")
    with pytest.raises(
        DeliveryFailed, match=r"publication 1 is kept, and was not delivered to sql scores \(warehouse\)"
    ) as no:
        runner.run_score(model, april, stores, run)
    assert "windvane run score loans --window 2020-04" in no.value.remedy
    monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", f"sqlite:///{tmp_path / 'w.db'}")
    found = runner.run_score(model, april, stores, run)
    assert found.publication == 1
    file = pd.read_parquet(tmp_path / "out" / "window=2020-04" / "scores.parquet")
    table = _table(f"sqlite:///{tmp_path / 'w.db'}")
    assert len(file) == len(table) == found.rows
    assert sorted(file["loan_id"]) == sorted(table["loan_id"])
    path = tmp_path / "out" / "window=2020-04" / "scores.parquet"
    before = path.read_bytes()
    deliver(model, april, stores)
    assert path.read_bytes() == before


def test_a_publication_that_comes_meanwhile_is_delivered_too(
    make: Make, stores: Stores, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = make(publish=[Publish.parquet("out/{window}")])
    april = model.cadence.window("2020-04")
    runner.run_train(model, model.cadence.window("2020-03"), stores, run)
    first = runner.run_score(model, april, stores, run)
    answers = [first, first.model_copy(update={"publication": 2}), first.model_copy(update={"publication": 2})]
    monkeypatch.setattr("windvane.steps.reading.published", lambda *_: answers.pop(0))
    assert deliver(model, april, stores).publication == 2
    assert set(pd.read_parquet(tmp_path / "out" / "2020-04" / "scores.parquet")["publication"]) == {2}


def test_a_key_named_like_a_column_that_is_delivered_is_refused(make: Make) -> None:
    with pytest.raises(WindvaneError, match="key: 'window' is the name of a column of the published scores"):
        make(key="window", publish=[Publish.parquet("out/{window}")])
    assert make(key="window").key == "window"
