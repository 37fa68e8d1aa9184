"""`windvane init-registry`, and what the other verbs say where registry and artifacts do not belong together."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.unit.cli.conftest import Command, Shop


def test_makes_both_and_tells_their_id_and_changes_nothing_again(shop: Shop, windvane: Command) -> None:
    first = windvane("init-registry", "--json").json
    assert set(first) == {"registry", "artifacts", "id", "schema"}
    assert json.loads((shop.home / "artifacts" / "identity.json").read_text()) == {"registry": first["id"]}
    assert windvane("init-registry", "--json").json == first
    assert first["id"] in windvane("init-registry").out


@pytest.mark.parametrize(
    "words",
    [("run", "score", "shop", "--window", "2024-03"), ("models",), ("verify",), ("init-registry",), ("sweep", "--yes")],
)
def test_a_registry_that_was_lost_stops_every_verb(shop: Shop, trained: Command, words: tuple[str, ...]) -> None:
    """Until now the next run made an empty one beside the artifacts, and a second history began."""
    kept = shop.kept()
    shutil.move(shop.home / "registry.db", shop.home / "backup.db")
    for _ in range(2):
        answer = trained(*words)
        assert answer.code == 1
        assert "error: RegistryLost: " in answer.err
        assert "remedy: restore the registry from its backup" in answer.err
    assert shop.kept() == kept
    shutil.move(shop.home / "backup.db", shop.home / "registry.db")
    assert trained("verify").code == 0


def test_an_export_may_come_back_beside_its_own_artifacts_when_a_person_says_so(shop: Shop, trained: Command) -> None:
    file = str(shop.folder / "shop.tar")
    assert trained("export", "shop", "--to", file).code == 0
    (shop.home / "registry.db").unlink()
    assert trained("import", file).code == 1
    assert trained("init-registry", "--start-anew").code == 0
    assert trained("import", file).code == 0
    assert trained("verify").code == 0
