"""A registry and its artifacts know each other: what is refused, what is made, and what a person may decide."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.stores.examples import MODEL, SCHEDULE, draft_of
from windvane.errors import CorruptArtifact, OtherArtifacts, RegistryLost, StorageFailed
from windvane.stores import Stores, open_stores
from windvane.stores.artifacts import Entry, MemoryArtifacts
from windvane.stores.pairing import paired
from windvane.stores.sql import SqlRegistry

ID = "identity.json"


def opened(registry: Path, artifacts: Path, start_anew: bool = False) -> Stores:
    return open_stores(f"sqlite:///{registry}", str(artifacts), start_anew=start_anew)


def id_of(registry: Path, artifacts: Path) -> tuple[str | None, str | None]:
    stores = opened(registry, artifacts)
    with closing(stores.registry):
        return stores.registry.identity.get(), stores.artifacts.identity()


def forget(registry: Path) -> None:
    """Make it a registry of a release that knew no ids."""
    with closing(sqlite3.connect(registry)) as connection:
        (guard,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'windvane_identity_id'").fetchone()
        connection.execute("DROP TRIGGER windvane_identity_id")
        connection.execute("UPDATE identity SET id = ''")
        connection.execute(guard)
        connection.commit()


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def lived(registry: Path, artifacts: Path) -> str:
    """A registry with a version, and its artifact; the id of both."""
    stores = opened(registry, artifacts)
    with closing(stores.registry):
        stores.registry.models.register(MODEL, "sha256:1", {"owner": "risk", "task": "binary"}, SCHEDULE)
        model = stores.artifacts.put(b"a model")
        draft = draft_of(1).model_copy(update={"artifact": model})
        stores.registry.versions.add(draft, SCHEDULE)
        found = stores.registry.identity.get()
    assert found
    return found


def test_an_empty_home_gets_one_id_and_keeps_it(registry: Path, artifacts: Path) -> None:
    first, beside = id_of(registry, artifacts)
    assert first is not None
    assert first == beside
    assert id_of(registry, artifacts) == (first, first)


def test_a_lost_registry_is_not_taken_for_a_new_installation(
    lived: str, registry: Path, artifacts: Path, tmp_path: Path
) -> None:
    moved = shutil.move(registry, tmp_path / "backup.db")
    kept = sorted(artifacts.rglob("*"))
    for _ in range(2):  # the empty file that the first try leaves is refused as well
        with pytest.raises(RegistryLost, match=f"is empty, and the artifacts at .* are those of the registry {lived}"):
            opened(registry, artifacts)
    assert sorted(artifacts.rglob("*")) == kept
    shutil.copy(moved, registry)
    assert id_of(registry, artifacts) == (lived, lived)


def test_a_lost_registry_beside_artifacts_of_before_ids_is_refused_too(
    lived: str, registry: Path, artifacts: Path
) -> None:
    registry.unlink()
    (artifacts / ID).unlink()
    with pytest.raises(RegistryLost, match="hold what another registry wrote"):
        opened(registry, artifacts)
    assert not (artifacts / ID).exists()


def test_a_pair_of_two_ids_is_refused_whatever_is_asked_for(lived: str, registry: Path, tmp_path: Path) -> None:
    other, _ = id_of(tmp_path / "other.db", tmp_path / "others")
    for anew in (False, True):
        with pytest.raises(OtherArtifacts, match=f"has the id {lived}, and the artifacts at .* have {other}"):
            opened(registry, tmp_path / "others", anew)


def test_a_registry_of_before_ids_takes_one_with_its_own_artifacts(lived: str, registry: Path, artifacts: Path) -> None:
    forget(registry)
    (artifacts / ID).unlink()
    found, beside = id_of(registry, artifacts)
    assert found is not None
    assert found == beside != lived


def test_a_backup_of_before_ids_takes_the_id_of_its_artifacts(lived: str, registry: Path, artifacts: Path) -> None:
    forget(registry)
    assert id_of(registry, artifacts) == (lived, lived)


@pytest.mark.parametrize("other", ["empty", "full", "another registry's"])
def test_a_registry_of_before_ids_refuses_artifacts_that_hold_nothing_of_it(
    lived: str, registry: Path, tmp_path: Path, other: str
) -> None:
    forget(registry)
    if other == "another registry's":
        id_of(tmp_path / "other.db", tmp_path / "others")
    elif other == "full":
        shutil.copytree(registry.parent / "artifacts" / "sha256", tmp_path / "others" / "sha256")
        next(file for file in (tmp_path / "others").rglob("*") if file.is_file()).rename(tmp_path / "others" / "else")
    with pytest.raises(OtherArtifacts, match="hold nothing of what the registry"):
        opened(registry, tmp_path / "others")


def test_a_process_that_died_between_the_two_is_made_up_for(registry: Path, artifacts: Path) -> None:
    found, _ = id_of(registry, artifacts)
    (artifacts / ID).unlink()
    assert id_of(registry, artifacts) == (found, found)


def test_artifacts_that_were_restored_without_their_id_get_it_back(lived: str, registry: Path, artifacts: Path) -> None:
    (artifacts / ID).unlink()
    assert id_of(registry, artifacts) == (lived, lived)


def test_lost_artifacts_are_refused_until_a_person_begins_with_empty_ones(
    lived: str, registry: Path, artifacts: Path
) -> None:
    shutil.rmtree(artifacts)
    with pytest.raises(OtherArtifacts, match=r"have no id, and hold nothing of what the registry .* refers to"):
        opened(registry, artifacts)
    opened(registry, artifacts, start_anew=True).registry.close()
    assert id_of(registry, artifacts) == (lived, lived)


def test_a_person_may_begin_a_new_history_beside_artifacts(lived: str, registry: Path, artifacts: Path) -> None:
    registry.unlink()
    opened(registry, artifacts, start_anew=True).registry.close()
    assert id_of(registry, artifacts) == (lived, lived)


@pytest.mark.parametrize("text", ["", "{}", '{"registry": 3}', '{"registry": ""}', '["x"]', "\udcff"])
def test_an_id_that_is_none_is_named(lived: str, registry: Path, artifacts: Path, text: str) -> None:
    (artifacts / ID).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(CorruptArtifact, match=r"identity\.json in .* holds no id of a registry"):
        opened(registry, artifacts)


class Far(MemoryArtifacts):
    """Artifacts that answer only once they are reached."""

    reached = False

    def identity(self, patience: float | None = None) -> str | None:
        self.asked = patience
        if not self.reached:
            raise StorageFailed("no answer", "wait")
        return super().identity(patience)

    def entries(self) -> Iterator[Entry]:
        if not self.reached:
            raise StorageFailed("no answer", "wait")
        return super().entries()


@pytest.mark.parametrize("other", [False, True])
def test_artifacts_that_do_not_answer_are_held_against_the_registry_when_they_are_used(
    registry: Path, other: bool
) -> None:
    far = Far()
    with closing(SqlRegistry(f"sqlite:///{registry}")) as known:
        with pytest.raises(StorageFailed):
            paired(known, far)  # no id yet: nobody can tell what is there
        assert known.identity.get() is None
        mine = known.identity.take("1")
        far.identify("2" if other else mine)
        found = paired(known, far)
        assert far.asked is not None
        far.reached = True
        uses = (
            lambda: found.put(b"x"),
            lambda: found.has("sha256:0"),
            lambda: list(found.entries()),
            lambda: list(found.digests()),
            lambda: list(found.leftovers()),
            lambda: found.remove("sha256:0", datetime.now(UTC)),
        )
        for use in uses:
            if other:
                with pytest.raises(OtherArtifacts):
                    use()
            else:
                use()


def test_a_store_that_keeps_no_id_is_named(registry: Path) -> None:
    class Nameless:
        url = "shelf://a"

    with closing(SqlRegistry(f"sqlite:///{registry}")) as known, pytest.raises(StorageFailed, match="keeps no id"):
        paired(known, Nameless())  # type: ignore[arg-type]  # it lacks what the protocol asks for
