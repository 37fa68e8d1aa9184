"""The same rows from servers are the same snapshot as from a file: PostgreSQL, and objects of S3 in four formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.unit.stores.examples import spec_of
from tests.unit.stores.test_reading import WRITTEN, digest, rows
from windvane import Source

PLAIN = "a.parquet"


@pytest.fixture
def plain(tmp_path: Path) -> str:
    """The digest of the rows from a Parquet file."""
    rows().to_parquet(tmp_path / PLAIN, index=False)
    return digest(spec_of(source=Source.parquet(PLAIN)), tmp_path)


def test_postgresql_gives_the_same_snapshot(plain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PostgresServer() as server:
        url = server.database()
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        rows().to_sql("loans", engine, index=False)
        rows().assign(at=lambda frame: frame["at"].dt.tz_localize(None)).to_sql("clocks", engine, index=False)
        rows().assign(late=lambda frame: frame["late"].map({0: "no", 1: "yes"})).to_sql("words", engine, index=False)
        monkeypatch.setenv("WINDVANE_CONNECTION_OWN", url)
        more: dict[str, dict[str, Any]] = {
            "loans": {},
            "clocks": {"zone": "UTC"},
            "words": {"values": {"late": {"no": 0, "yes": 1}}},
        }
        for table, said in more.items():
            assert digest(spec_of(source=Source.sql("own", table=table, **said)), tmp_path) == plain, table


@pytest.mark.parametrize("written", ["csv", "parquet", "feather", "json lines"])
def test_objects_of_s3_give_the_same_snapshot(
    plain: str, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    _, name, write = WRITTEN[written]
    write(rows(), tmp_path / name)
    client = s3.client()
    try:
        client.put_object(Bucket=s3.bucket, Key=f"{tmp_path.name}/{name}", Body=(tmp_path / name).read_bytes())
    finally:
        client.close()
    for variable, value in s3.environment.items():
        monkeypatch.setenv(variable, value)
    assert digest(spec_of(source=Source.s3(f"s3://{s3.bucket}/{tmp_path.name}/{name}")), tmp_path) == plain
