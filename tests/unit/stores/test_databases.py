"""Sources that are databases: SQLite and a real PostgreSQL, read in pieces, with names quoted and values bound."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.servers.postgres import PostgresServer
from tests.unit.stores.examples import MODEL, month, spec_of
from windvane import Source
from windvane.errors import (
    MissingColumn,
    NaiveTimestamp,
    OutsideWindow,
    SourceFailed,
    UnexpectedColumn,
    WindvaneError,
    WrongType,
)
from windvane.lifecycle.frames import check_chunks
from windvane.spec import Model
from windvane.stores import EnvironmentConnections, MemoryArtifacts, databases
from windvane.stores.datasets import read_chunks, read_snapshot, read_source, write_snapshot

JANUARY, FEBRUARY = month(1), month(2)
VARIABLE = "WINDVANE_CONNECTION_WARE_HOUSE"
HOSTILE = 'loans"; DROP TABLE loans; --'


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with the table `loans`: each day of January and February at 06:00, and the edges of January."""
    if request.param == "sqlite":
        made = f"sqlite:///{tmp_path / 'ware house.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("server")
        made = server.database()
    moments = [JANUARY.start + timedelta(days=day, hours=6) for day in range(59)]
    moments += [
        JANUARY.start,
        JANUARY.end,
        JANUARY.end - timedelta(microseconds=1),
        JANUARY.start - timedelta(seconds=1),
    ]
    stored = [moment.isoformat() if request.param == "sqlite" else moment for moment in moments]
    rows = [
        {"id": index, "at": at, "in:come %": index / 3 if index % 5 else None, "zip": f"0{index}", "late": index % 2}
        for index, at in enumerate(stored)
    ]
    kind = sa.String() if request.param == "sqlite" else sa.DateTime(timezone=True)
    engine = sa.create_engine(made, poolclass=sa.NullPool)
    metadata = sa.MetaData()
    for name in ("loans", HOSTILE):
        table = sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer),
            sa.Column("at", kind),
            sa.Column("in:come %", sa.Float),
            sa.Column("zip", sa.String),
            sa.Column("late", sa.Integer),
            sa.Column("leak", sa.Integer),
        )
    with engine.begin() as connection:
        metadata.create_all(connection)
        for table in metadata.tables.values():
            connection.execute(table.insert(), rows)
    engine.dispose()
    monkeypatch.setenv(VARIABLE, made)
    return made


def model_of(**source: Any) -> Model:
    return spec_of(
        source=Source.sql("ware.house", **source), features={"numbers": ("in:come %",), "categories": ("zip",)}
    )


def named(url: str) -> str:
    """A query of the declared columns, in the database's own words."""
    at = "at" if url.startswith("postgresql") else "replace(at, 'T', ' ')"
    cut = f"{at} >= :start AND {at} < :end"
    return f'SELECT id, at, "in:come %", zip, late FROM loans WHERE {cut};'  # noqa: S608  # a test's own words


class TestTables:
    @pytest.mark.parametrize("table", ["loans", HOSTILE])
    def test_give_the_declared_columns_of_the_windows_rows(self, url: str, table: str) -> None:
        frame = read_source(model_of(table=table), JANUARY)
        assert list(frame.columns) == ["id", "at", "in:come %", "zip", "late"]
        assert sorted(frame["id"]) == [*range(31), 59, 61]

    def test_give_the_same_snapshot_however_many_rows_are_fetched_at_a_time(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        digests = set()
        for fetched in (20_000, 5, 1):
            monkeypatch.setattr(databases, "FETCH_ROWS", fetched)
            monkeypatch.setattr("windvane.stores.datasets.PART_ROWS", 10)
            model, artifacts = model_of(table="loans"), MemoryArtifacts()
            taken = write_snapshot(check_chunks(read_chunks(model, JANUARY), model, JANUARY), model, JANUARY, artifacts)
            assert [part.rows for part in taken.parts] == [10, 10, 10, 3]
            assert read_snapshot(taken, artifacts)["in:come %"].isna().sum() == 7
            digests.add(taken.digest)
        assert len(digests) == 1

    def test_of_a_schema_are_found_there(self, url: str) -> None:
        schema = "main" if url.startswith("sqlite") else "public"
        assert len(read_source(model_of(table=f"{schema}.loans"), JANUARY)) == 33
        with pytest.raises(SourceFailed):
            read_source(model_of(table="nowhere.loans"), JANUARY)

    def test_that_do_not_exist_are_told_with_the_nearest(self, url: str) -> None:
        with pytest.raises(SourceFailed, match=r"no table 'loan'; did you mean 'loans'"):
            read_source(model_of(table="loan"), JANUARY)

    def test_without_a_declared_column_are_told_with_the_nearest(self, url: str) -> None:
        with pytest.raises(MissingColumn, match=r"loans has no column 'zipp'; did you mean 'zip'"):
            read_source(
                spec_of(source=Source.sql("ware.house", table="loans"), features={"categories": ("zipp",)}), JANUARY
            )


class TestQueries:
    def test_give_what_they_return_with_the_window_bound(self, url: str) -> None:
        frame = read_source(model_of(query=named(url)), FEBRUARY)
        assert sorted(frame["id"]) == [*range(31, 59), 60]

    def test_that_return_other_columns_or_rows_are_refused_by_the_check(self, url: str) -> None:
        for change, kind in ((("id,", "id, leak,"), UnexpectedColumn), (("zip,", ""), MissingColumn)):
            model = model_of(query=named(url).replace(*change))
            with pytest.raises(kind):
                list(check_chunks(read_chunks(model, JANUARY), model, JANUARY))
        model = model_of(query=named(url).replace("WHERE", "WHERE id >= 0 OR"))
        with pytest.raises(OutsideWindow):
            list(check_chunks(read_chunks(model, JANUARY), model, JANUARY))

    def test_that_are_wrong_are_told_in_the_databases_words(self, url: str) -> None:
        with pytest.raises(SourceFailed, match=r"loans 2013-01: query of connection 'ware.house': .*idd"):
            read_source(model_of(query=named(url).replace("id,", "idd,")), JANUARY)

    def test_cannot_write(self, url: str) -> None:
        query = "WITH gone AS (DELETE FROM loans RETURNING *) SELECT * FROM gone WHERE at >= :start AND at < :end"
        with pytest.raises(SourceFailed):
            read_source(model_of(query=query), JANUARY)
        assert len(read_source(model_of(table="loans"), JANUARY)) == 33


def test_naive_moments_are_refused_before_a_window_seems_empty(server: PostgresServer, monkeypatch: Any) -> None:
    made = server.database()
    engine = sa.create_engine(made)
    with engine.begin() as connection:
        connection.execute(sa.text('CREATE TABLE loans (id int, at timestamp, "in:come %" float, zip text, late int)'))
    engine.dispose()
    monkeypatch.setenv(VARIABLE, made)
    with pytest.raises(NaiveTimestamp, match="'at' is stored as TIMESTAMP, without a time zone"):
        read_source(model_of(table="loans"), JANUARY)


@pytest.mark.parametrize(("written", "kind"), [("2013-01-05 06:00:00", NaiveTimestamp), ("2013-01-05x", WrongType)])
def test_moments_in_sqlite_need_an_offset(
    written: str, kind: type[WindvaneError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = f"sqlite:///{tmp_path / 'loans.db'}"
    frame = pd.DataFrame({"id": [1], "at": [written], "in:come %": [1.0], "zip": ["1"], "late": [1]})
    engine = sa.create_engine(made)
    frame.to_sql("loans", engine, index=False)
    engine.dispose()
    monkeypatch.setenv(VARIABLE, made)
    query = "SELECT * FROM loans WHERE :start < :end"
    with pytest.raises(kind):
        read_source(model_of(query=query), JANUARY)


def test_a_source_database_is_never_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'loans.db'}")
    with pytest.raises(SourceFailed, match="unable to open database file"):
        read_source(model_of(table="loans"), JANUARY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "somewhere",
        "nosuch://x",
        "postgresql+nosuch://u:the-password@h/d",
        "postgresql://u:not/quoted@x:the-password@h:1/d",
    ],
)
def test_a_url_that_is_none_is_told_without_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(SourceFailed, match="is no SQLAlchemy URL") as caught:
        read_source(model_of(table="loans"), JANUARY)
    assert "the-password" not in f"{caught.value!r}{caught.value.__cause__}"


def test_a_database_that_is_not_there_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql+psycopg2://me:the-password@127.0.0.1:9/d?connect_timeout=2")
    with pytest.raises(SourceFailed, match="OperationalError") as caught:
        read_source(model_of(table="loans"), JANUARY)
    assert "the-password" not in str(caught.value)


def test_a_connection_that_is_not_set_is_told_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(SourceFailed, match=f"'ware.house' is not known: {VARIABLE} is not set"):
        EnvironmentConnections().database("ware.house")
    with pytest.raises(SourceFailed, match="AWS profile"):
        EnvironmentConnections().s3("ware.house")
    assert EnvironmentConnections().s3(None).profile is None


ENDLESS = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) AS id FROM n",
    "postgresql": "SELECT 1 AS id FROM pg_sleep(60)",
}


def test_a_query_without_end_is_ended_and_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_SOURCE_SECONDS", "0.3")
    query = ENDLESS[sa.make_url(url).get_backend_name()] + " WHERE :start < :end"
    with pytest.raises(SourceFailed, match=r"took longer than 0\.3 seconds .*WINDVANE_SOURCE_SECONDS"):
        read_source(model_of(query=query), JANUARY)


def test_rows_that_come_too_slowly_are_left(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece comes in time, and there are too many of them."""
    monkeypatch.setenv("WINDVANE_SOURCE_SECONDS", "0.3")
    monkeypatch.setattr(databases, "FETCH_ROWS", 1)
    ours = databases._ours

    def slowly(*given: Any, **named: Any) -> pd.DataFrame:
        time.sleep(0.1)
        return ours(*given, **named)

    monkeypatch.setattr(databases, "_ours", slowly)
    with pytest.raises(SourceFailed, match="took longer than"):
        read_source(model_of(table="loans"), JANUARY)


@pytest.mark.parametrize("said", ["soon", "0", "-1", "nan", "inf"])
def test_a_limit_that_is_no_time_is_refused(url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_SOURCE_SECONDS", said)
    with pytest.raises(SourceFailed, match="set it to a number of seconds"):
        read_source(model_of(table="loans"), JANUARY)


def test_whole_numbers_stay_whole_beside_missing_ones() -> None:
    frame = databases._frame(
        ["n", "f", "b", "big", "t"], [(2**60, 1.5, True, 2**70, "x"), (None,) * 5, (1, 2, False, 1, "y")]
    )
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "object", "boolean", "object", "object"]
    assert frame["n"].tolist()[0] == 2**60
    assert frame["big"].tolist()[0] == 2**70


def test_the_model_of_these_tests_is_the_one_of_the_others() -> None:
    assert model_of(table="loans").name == MODEL
    assert datetime.now(UTC) > FEBRUARY.end
