"""Each role of a real PostgreSQL does its work, and tries what it may not: the database itself refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers.postgres import USER, PostgresServer
from tests.unit.steps.conftest import DECLARED, GATE, year
from windvane import Model, Source, steps
from windvane.errors import RegistryUnavailable
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores, open_stores
from windvane.stores.sql.grants import Role, grants
from windvane.stores.sql.tables import metadata

ROLES: tuple[Role, ...] = ("writer", "scorer", "reader")
PASSWORD = "only-here"  # noqa: S105 (of a server that ends with the test)
RUN = Run(actor="airflow:ada", as_of=datetime(2021, 6, 1, tzinfo=UTC), reason="a test")
DENIED = "permission denied|must be owner"


@pytest.fixture(scope="module")
def urls(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A registry with a champion, and how each role reaches it."""
    url = server.database()
    home = tmp_path_factory.mktemp("grants")
    year().to_parquet(home / "rows.parquet")
    stores = open_stores(url, str(home / "artifacts"))
    spec = model(home)
    runner.run_train(spec, spec.cadence.window("2020-01"), stores, RUN)
    window = spec.cadence.window("2020-02")  # a second version, which the gate let pass and nobody promoted yet
    made = steps.train(spec, window, steps.snapshot(spec, window, stores, RUN).digest, stores, RUN)
    steps.evaluate(spec, made.version, stores, RUN)
    assert steps.gate(spec, made.version, stores, RUN).decision == "promote"
    stores.registry.close()
    owner = sa.make_url(url).set(drivername="postgresql+psycopg2")
    found = {"owner": url, "home": str(home)}
    for role in ROLES:
        server.execute(f"CREATE ROLE try_{role} LOGIN PASSWORD '{PASSWORD}'")
        found[role] = owner.set(username=f"try_{role}", password=PASSWORD).render_as_string(hide_password=False)
        engine = sa.create_engine(owner, poolclass=sa.NullPool)
        for _ in range(2):  # again changes nothing
            with engine.begin() as connection:
                for statement in grants(role, f"try_{role}"):
                    connection.exec_driver_sql(statement)
    return found


def model(home: Path) -> Model:
    return Model(**DECLARED, source=Source.parquet(str(home / "rows.parquet")), gate=GATE)


@pytest.fixture
def opened(urls: dict[str, str]) -> Iterator[Callable[[str], Stores]]:
    made: list[Stores] = []

    def open_as(role: str) -> Stores:
        made.append(open_stores(urls[role], f"{urls['home']}/artifacts"))
        return made[-1]

    yield open_as
    for stores in made:
        stores.registry.close()


@pytest.fixture
def home(urls: dict[str, str]) -> Path:
    return Path(urls["home"])


def refused(urls: dict[str, str], role: str, statement: str) -> None:
    engine = sa.create_engine(urls[role], poolclass=sa.NullPool)
    with pytest.raises(sa.exc.ProgrammingError, match=DENIED), engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_scorer_scores_and_publishes_and_cannot_promote(
    opened: Callable[[str], Stores], home: Path, urls: dict[str, str]
) -> None:
    stores, spec = opened("scorer"), model(home)
    window = spec.cadence.window("2020-03")
    attempt = stores.registry.audit.take_fence(RUN.model_copy(update={"work": "loans_score/1/score"}))
    taken = steps.snapshot(spec, window, stores, attempt)
    steps.validate(spec, window, taken.digest, stores, attempt)
    scores = steps.score(spec, window, taken.digest, stores, attempt)
    assert steps.publish(spec, scores, stores, attempt).publication == 1
    with pytest.raises(RegistryUnavailable, match="permission denied for table"):
        steps.settle(spec, 2, stores, RUN)
    champion = stores.registry.champions.current(spec.name)
    assert champion is not None
    assert champion.version == 1
    with pytest.raises(RegistryUnavailable, match="permission denied for table"):
        steps.train(spec, window, taken.digest, stores, RUN)
    for table in ("promotions", "versions", "approvals", "judgements", "rollouts", "requests", "monitoring"):
        refused(urls, "scorer", f"DELETE FROM {table}")  # noqa: S608 (constants)
        refused(urls, "scorer", f"INSERT INTO {table} SELECT * FROM {table}")  # noqa: S608 (constants)
    refused(urls, "scorer", "UPDATE versions SET state = 'champion'")
    refused(urls, "scorer", "UPDATE models SET name = 'other'")
    refused(urls, "scorer", "UPDATE events SET actor = 'nobody'")


def test_a_writer_lives_a_models_life_and_changes_no_table_and_no_guard(
    opened: Callable[[str], Stores], home: Path, urls: dict[str, str]
) -> None:
    stores, spec = opened("writer"), model(home)
    runner.run_train(spec, spec.cadence.window("2020-03"), stores, RUN)
    runner.run_score(spec, spec.cadence.window("2020-04"), stores, RUN)
    runner.run_monitor(spec, spec.cadence.window("2020-04"), stores, RUN, report=False)
    stores.registry.audit.verify(spec.name)
    for statement in (
        "DROP TABLE events",
        "TRUNCATE events",
        "DELETE FROM events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "ALTER TABLE events ADD COLUMN x int",
        "UPDATE windvane_schema SET version_num = '0001'",
        f"SET ROLE {USER}",
        "CREATE TABLE public.own (x int)",
    ):
        refused(urls, "writer", statement)


def test_a_reader_reads_everything_and_writes_nothing(
    opened: Callable[[str], Stores], home: Path, urls: dict[str, str]
) -> None:
    stores = opened("reader")
    assert stores.registry.champions.current("loans") is not None
    assert stores.registry.audit.verify("loans")
    with pytest.raises(RegistryUnavailable, match="permission denied for table"):
        steps.snapshot(model(home), model(home).cadence.window("2020-06"), stores, RUN)
    for table in metadata.tables:
        refused(urls, "reader", f'DELETE FROM "{table}"')  # noqa: S608 (the schema's own names)
        refused(urls, "reader", f'INSERT INTO "{table}" SELECT * FROM "{table}"')  # noqa: S608 (likewise)


def test_every_table_of_the_registry_is_in_the_grants() -> None:
    for role in ROLES:
        granted = " ".join(grants(role, "x"))
        assert [table for table in metadata.tables if f'."{table}" TO' not in granted] == []


def test_names_are_quoted() -> None:
    assert 'FROM "a"";DROP"' in next(iter(grants("reader", 'a";DROP')))
