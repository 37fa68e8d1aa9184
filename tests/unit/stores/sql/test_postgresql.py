"""PostgreSQL alone: what is lost on the way is asked for again, and nothing is written twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from tests.servers.postgres import PASSWORD, PostgresServer
from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, built, evaluated, promoted
from tests.unit.stores.sql.places import Place
from windvane.errors import RegistryLocked, RegistryUnavailable
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.audit_log import lock


@pytest.fixture
def place(server: PostgresServer, made_there: str) -> Place:
    return Place(server.database(template=made_there))


@contextmanager
def failing(registry: SqlRegistry, times: int, committed: bool) -> Iterator[list[str]]:
    """Let the answer to a commit get lost, before or after the server has made it; return what happened."""
    dialect, done = registry.database.backend.engine.dialect, list[str]()
    commit = dialect.do_commit

    def cut(connection: Any) -> None:
        if len(done) < times:
            done.append("committed" if committed else "lost")
            if committed:
                commit(connection)
            connection.close()
            raise psycopg2.OperationalError("server closed the connection unexpectedly")
        commit(connection)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dialect, "do_commit", cut)
        yield done


class TestLostAnswers:
    @pytest.mark.parametrize("committed", [True, False])
    def test_a_change_is_made_once(self, registry: SqlRegistry, committed: bool) -> None:
        with failing(registry, 1, committed) as done:
            assert built(registry, 1).version == 1
        assert len(done) == 1
        kinds = [event.kind for event in registry.audit.events(MODEL)]
        assert kinds == ["version.built", "version.begun", "model.registered"]
        registry.audit.verify(MODEL)

    def test_also_one_that_would_be_refused_the_second_time(self, registry: SqlRegistry) -> None:
        """A rollback at a terminal has no run by which it would be known again."""
        promoted(registry, 1), promoted(registry, 2)
        with failing(registry, 1, committed=True) as done:
            assert registry.champions.rollback(MODEL, 1, ADA, "complaints").epoch == 3
        assert len(done) == 1
        assert len(registry.champions.promotions(MODEL)) == 3

    def test_an_answer_that_stays_lost_is_named_in_the_end(
        self, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("windvane.stores.sql.connection._PAUSE", 0.001)
        with failing(registry, 99, committed=False), pytest.raises(RegistryUnavailable, match="closed the connection"):
            built(registry, 1)
        assert registry.versions.all(MODEL) == []


class TestServer:
    def test_that_cuts_every_session_in_the_midst_loses_nothing(
        self, registry: SqlRegistry, server: PostgresServer
    ) -> None:
        done = threading.Event()

        def cut() -> None:
            for _ in range(6):  # one transaction is tried eight times
                while not done.wait(0.01) and not server.end_sessions():
                    pass

        cutting = threading.Thread(target=cut)
        cutting.start()
        try:
            numbers = [built(registry, 1, str(count)).version for count in range(15)]
        finally:
            done.set()
            cutting.join()
        assert numbers == list(range(1, 16))
        registry.audit.verify(MODEL)

    def test_that_comes_back_is_waited_for(self) -> None:
        with PostgresServer() as own:
            registry = SqlRegistry(own.database())
            registry.models.register(MODEL, "sha256:1", {}, SCHEDULE)
            own.stop("immediate")
            threading.Timer(0.5, own.start).start()
            assert built(registry, 1).version == 1
            registry.audit.verify(MODEL)

    def test_that_gives_a_lost_transactions_id_to_another_one_is_not_believed(self) -> None:
        """What crashed before any of it was on disk leaves no trace, and its id is free for whoever comes next."""
        with PostgresServer(durable=True, wal_writer_delay="10s") as own:
            registry = SqlRegistry(own.database())
            registry.models.register(MODEL, "sha256:1", {}, SCHEDULE)
            registry.models.register("trips", "sha256:1", {}, SCHEDULE)
            ids: list[str] = []

            def tell(connection: sa.Connection, model: str) -> None:
                lock(connection, model)
                registry.database.change(connection, model, SCHEDULE).tell("requested")
                ids.append(connection.execute(sa.text("SELECT pg_current_xact_id()::text")).scalar_one())

            def crash(connection: Any) -> None:
                commits.undo()
                own.stop("immediate")
                own.start()
                SqlRegistry(registry.database.backend.engine.url.render_as_string(False)).database.write(
                    lambda other: tell(other, "trips")
                )
                connection.commit()

            with pytest.MonkeyPatch.context() as commits:
                commits.setattr(registry.database.backend.engine.dialect, "do_commit", crash)
                registry.database.write(lambda connection: tell(connection, MODEL))
            assert ids[0] == ids[1], "the server gave the id to another one"
            assert [event.kind for event in registry.audit.events(MODEL)] == ["requested", "model.registered"]

    def test_that_stays_away_is_named_after_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("windvane.stores.sql.connection._PAUSE", 0.001)
        with PostgresServer() as own:
            registry = SqlRegistry(own.database())
            own.stop()
            with pytest.raises(RegistryUnavailable, match=r"registry postgresql://.* cannot be used") as caught:
                registry.models.all()
        assert PASSWORD not in str(caught.value)
        assert PASSWORD not in repr(caught.value.__cause__)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [(("/registry_", "/nothing_"), "does not exist"), (("windvane:", "nobody:"), "authentication")],
    )
    def test_that_refuses_for_good_is_named_at_once(self, place: Place, wrong: tuple[str, str], message: str) -> None:
        started = time.monotonic()
        with pytest.raises(RegistryUnavailable, match=message) as caught:
            SqlRegistry(place.url.replace(*wrong))
        assert time.monotonic() - started < 5
        assert PASSWORD not in str(caught.value)


class TestLocks:
    def test_held_too_long_are_named_and_nothing_is_changed(self, place: Place, registry: SqlRegistry) -> None:
        impatient = place.open(busy_timeout=0.2)
        with place.engine().begin() as other:
            other.execute(sa.text("SELECT * FROM models FOR UPDATE"))
            with pytest.raises(RegistryLocked, match="locked by another process"):
                built(impatient, 1)
        assert impatient.versions.all(MODEL) == []

    def test_of_one_model_do_not_hold_up_another(self, place: Place, registry: SqlRegistry) -> None:
        registry.models.register("trips", "sha256:1", {}, SCHEDULE)
        with place.engine().begin() as other:
            other.execute(sa.text("SELECT * FROM models WHERE name = 'trips' FOR UPDATE"))
            assert built(place.open(busy_timeout=0.2), 1).version == 1

    def test_that_lock_each_other_out_are_tried_again(self, registry: SqlRegistry) -> None:
        """PostgreSQL breaks a deadlock by failing one of the two; that one is tried again."""
        registry.models.register("trips", "sha256:1", {}, SCHEDULE)
        both = threading.Barrier(2)
        tries: list[str] = []

        def lock_both(first: str, second: str) -> None:
            def change(connection: sa.Connection) -> None:
                tries.append(first)
                lock(connection, first)
                if len(tries) <= 2:
                    both.wait(10)
                lock(connection, second)

            registry.database.write(change)

        threads = [threading.Thread(target=lock_both, args=pair) for pair in (("loans", "trips"), ("trips", "loans"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(tries) in (["loans", "loans", "trips"], ["loans", "trips", "trips"])


def test_a_reader_sees_one_moment(registry: SqlRegistry, place: Place) -> None:
    with registry.database.reading() as connection:
        before = connection.execute(sa.text("SELECT count(*) FROM versions")).scalar()
        evaluated(place.open(), 1)
        assert connection.execute(sa.text("SELECT count(*) FROM versions")).scalar() == before == 0
    assert len(registry.versions.all(MODEL)) == 1


def test_a_reader_cannot_write(registry: SqlRegistry) -> None:
    with pytest.raises(RegistryUnavailable, match="read-only transaction"), registry.database.reading() as connection:
        connection.execute(sa.text("UPDATE models SET owner = 'bob'"))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_urls_of_every_form_and_with_options_are_understood(place: Place, scheme: str) -> None:
    url = f"{scheme}{place.url.removeprefix('postgresql')}?sslmode=prefer&application_name=mine&options=-c%20geqo%3Doff"
    registry = SqlRegistry(url)
    with registry.database.reading() as connection:
        shown = [connection.execute(sa.text(f"SHOW {name}")).scalar() for name in ("application_name", "geqo")]
        assert shown == ["mine", "off"]
        assert connection.execute(sa.text("SHOW lock_timeout")).scalar() == "30s"
    assert (
        registry.url
        == f"postgresql://windvane:***@127.0.0.1:{sa.make_url(place.url).port}/{place.url.rpartition('/')[2]}"
    )
