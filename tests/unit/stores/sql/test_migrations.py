"""Migrations: from every baseline that was released, and from this one to the next, with nothing lost on the way."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.stores.examples import MODEL, SCHEDULE, snapshot_of
from tests.unit.stores.sql.places import Place
from tests.unit.stores.sql.test_audit_log import everything
from windvane.errors import SchemaTooNew, Unguarded
from windvane.stores.registry import AuditLogCheck
from windvane.stores.sql import SqlRegistry, schema

BASELINES = sorted((Path(__file__).parent / "baselines").glob("*.sql"))
"""A registry with a row in every table, as each released baseline wrote it: `sqlite3 registry.db .dump`."""

PRESENT = schema.HEAD
FOLLOWING = f"{int(PRESENT) + 1:04}"
"""The revision after the present one."""

NEXT = f"""
import sqlalchemy as sa
from alembic import op

revision = "{FOLLOWING}"
down_revision = "{PRESENT}"


def upgrade() -> None:
    with op.batch_alter_table("snapshots") as batch:
        batch.add_column(sa.Column("note", sa.Text()))
"""


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be the Windvane of the next release, which has one more revision."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema._FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "v9999_next.py").write_text(NEXT)
    monkeypatch.setattr(schema, "_FOLDER", folder)
    monkeypatch.setattr(schema, "HEAD", FOLLOWING)


def written_by(baseline: Path, file: Path) -> Place:
    """Write a baseline's registry down again."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(baseline.read_text())
    return Place(f"sqlite:///{file}")


def filled(place: Place) -> list[tuple[str, int]]:
    """Return how many rows each table has."""
    names = [name for name in sa.inspect(place.engine()).get_table_names() if name != schema.VERSION_TABLE]
    return [(name, int(place.execute(f"SELECT count(*) FROM {name}")[0][0])) for name in sorted(names)]  # noqa: S608 (our own tables)


def brought_up_to_date(place: Place) -> list[tuple[str, int]]:
    """Return what `filled` says of a registry of the first baseline once it is migrated: nothing is lost."""
    told = place.execute("SELECT count(*) FROM events WHERE kind = 'scores.published'")[0][0]
    return sorted(
        [
            *filled(place),
            ("publications", int(told)),
            ("barriers", 0),
            ("judgements", 0),
            ("identity", 1),
            ("received", 0),
            ("names", 0),
            ("erased", 0),
            ("studies", 0),
            ("trials", 0),
            ("verifications", 0),
        ]
    )


def revision(place: Place) -> list[tuple[str]]:
    return place.execute("SELECT version_num FROM windvane_schema")


def test_every_revision_that_was_released_has_a_baseline() -> None:
    assert [file.stem for file in BASELINES] == ["0001"]


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda file: file.stem)
def test_a_released_registry_opens_whole_verifies_and_goes_on(baseline: Path, file: Path) -> None:
    place = written_by(baseline, file)
    before = filled(place)
    expected = brought_up_to_date(place)
    assert all(count for _, count in before), "a row in every table"
    with closing(place.open()) as registry:
        assert filled(place) == expected
        assert registry.audit.verify(MODEL) == AuditLogCheck(44, 32)
        registry.audit.verify_guards()
        registry.snapshots.add(snapshot_of(9), True, SCHEDULE)
        registry.audit.verify(MODEL)
    assert revision(place) == [(schema.HEAD,)]


@pytest.mark.usefixtures("next_release")
@pytest.mark.parametrize("baseline", BASELINES, ids=lambda file: file.stem)
def test_a_released_registry_is_migrated_to_the_next_revision_with_its_guards(baseline: Path, file: Path) -> None:
    place = written_by(baseline, file)
    before = brought_up_to_date(place)
    with closing(place.open()) as registry:
        registry.audit.verify(MODEL)
        guards_of_the_next_release(registry)
    assert (filled(place), revision(place)) == (before, [(FOLLOWING,)])
    assert place.execute("SELECT DISTINCT note FROM snapshots") == [(None,)]


def test_a_registry_is_migrated_by_one_of_eight_processes(
    registry: SqlRegistry, place: Place, request: pytest.FixtureRequest
) -> None:
    everything(registry)
    before, checked = filled(place), registry.audit.verify(MODEL)
    registry.close()
    request.getfixturevalue("next_release")
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert pool.map(verified, [place] * 8, chunksize=1) == [checked] * 8
    assert (filled(place), revision(place)) == (before, [(FOLLOWING,)])


def verified(place: Place) -> AuditLogCheck:
    with closing(place.open()) as registry:
        guards_of_the_next_release(registry)
        return registry.audit.verify(MODEL)


def guards_of_the_next_release(registry: SqlRegistry) -> None:
    """Hold the guards: all stand, and what comes after them is the column that this release does not know."""
    with pytest.raises(Unguarded, match=r"column snapshots\.note is none of Windvane's"):
        registry.audit.verify_guards()


def test_the_release_before_refuses_what_the_next_one_wrote(
    place: Place, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    request.getfixturevalue("next_release")
    place.open().close()
    monkeypatch.setattr(schema, "HEAD", PRESENT)
    with pytest.raises(SchemaTooNew, match=f"has schema {FOLLOWING}; this Windvane knows up to {PRESENT}"):
        place.open()


def test_publications_of_before_they_were_numbered_are_told_by_the_audit_log(file: Path) -> None:
    place = written_by(BASELINES[0], file)
    with closing(place.open()) as registry:
        found = registry.scores.publications(MODEL)
        assert [(item.window, item.publication) for item in reversed(found)] == numbered(registry)
        assert registry.scores.current(MODEL, found[0].window) == found[0]
        assert (found[0].actor, found[0].run_id) == (SCHEDULE.actor, SCHEDULE.run_id)


def numbered(registry: SqlRegistry) -> list[tuple[str, int]]:
    """Return window and number of each publication, as the events tell them."""
    counts: dict[str, int] = {}
    said = []
    for event in reversed(registry.audit.events(MODEL)):
        if event.kind == "scores.published":
            counts[event.payload["window"]] = counts.get(event.payload["window"], 0) + 1
            said.append((event.payload["window"], counts[event.payload["window"]]))
    return said
