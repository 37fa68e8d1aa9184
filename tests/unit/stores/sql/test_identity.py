"""The registry's id under processes that start at once, on both databases."""

from __future__ import annotations

import multiprocessing
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from tests.unit.stores.examples import SCHEDULE
from tests.unit.stores.sql.places import Place
from windvane.errors import AuditLogBroken
from windvane.stores import open_stores
from windvane.stores.sql import SqlRegistry

PROCESSES, ROUNDS = 6, 4


def begin(url: str, artifacts: str, index: int) -> tuple[str | None, str | None]:
    """Do what a first task does in a home where nothing is yet."""
    stores = open_stores(url, artifacts)
    with closing(stores.registry):
        stores.registry.models.register(f"model_{index}", "sha256:1", {"task": "binary"}, SCHEDULE)
        stores.artifacts.put(str(index).encode())
        return stores.registry.identity.get(), stores.artifacts.identity()


def test_processes_that_start_at_once_in_an_empty_home_agree_on_one_id(nowhere: Place, tmp_path: Path) -> None:
    homes = [nowhere]
    if nowhere.kind == "sqlite":
        homes = [Place(f"sqlite:///{tmp_path / str(number)}.db") for number in range(ROUNDS)]
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        for number, place in enumerate(homes):
            asked = [(place.url, str(tmp_path / f"artifacts_{number}"), index) for index in range(PROCESSES)]
            found = set(pool.starmap(begin, asked, chunksize=1))
            ((registry, beside),) = found
            assert registry is not None
            assert registry == beside


def test_an_id_is_taken_once_and_stays(registry: SqlRegistry, place: Place) -> None:
    assert registry.identity.get() is None
    assert (registry.identity.take("1"), registry.identity.take("2"), registry.identity.get()) == ("1", "1", "1")
    assert not registry.identity.is_empty()
    assert registry.identity.some_artifacts() == []
    registry.audit.verify_guards()


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO identity VALUES (2, '3')", "UPDATE identity SET id = '3'", "DELETE FROM identity"],
)
def test_an_id_is_guarded_and_one_row_too_many_or_too_few_is_named(
    registry: SqlRegistry, place: Place, statement: str
) -> None:
    registry.identity.take("1")
    with pytest.raises(DBAPIError):
        place.execute(statement)
    assert registry.identity.get() == "1"
    place.tamper(statement)
    if "UPDATE" in statement:
        assert registry.identity.get() == "3"  # its artifacts hold another one: see `pairing`
    else:
        with pytest.raises(AuditLogBroken, match="the row of its id is not what was written"):
            registry.identity.get()
