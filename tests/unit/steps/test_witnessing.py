"""A trail with witnesses: what was cut, put back or written anew is found, though the chain is whole in itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.steps.conftest import open_home
from windvane import Model, steps
from windvane.errors import StorageFailed, UnknownSigner, UnusableKey
from windvane.pipeline import runner
from windvane.results import Finding, Run
from windvane.steps.witnessing import witness_daily
from windvane.stores import Stores
from windvane.stores.signing import Keys, Signer
from windvane.stores.witnesses import FolderPlace, Witness, open_place, witness_of

Make = Callable[..., Model]


def key(folder: Path, name: str = "own") -> tuple[Signer, Keys]:
    """Make a key as the documents say, with openssl."""
    folder.mkdir(exist_ok=True)
    private, public = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(private)], check=True)
    subprocess.run(["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)], check=True)
    return Signer.load(str(private)), Keys.load(str(public))


@pytest.fixture
def witnessed(make: Make, tmp_path: Path, run: Run) -> Path:
    """A home whose model was trained, and witnessed in a folder once after each of two windows."""
    model, home = make(), tmp_path / "home"
    signer, _ = key(tmp_path / "keys")
    stores = open_home(home)
    for window in ("2020-01", "2020-02"):
        runner.run_train(model, model.cadence.window(window), stores, run)
        steps.checkpoint("loans", [FolderPlace(tmp_path / "place")], signer, stores, run)
        if window == "2020-01":
            stores.registry.close()
            shutil.copytree(home, tmp_path / "older")
            stores = open_home(home)
    stores.registry.close()
    return home


def against(home: Path, place: Path, keys: Keys) -> list[Finding]:
    stores = open_home(home)
    try:
        assert steps.verify("loans", stores, everything=True).problems == ()  # in itself it is whole
        return steps.verify_against("loans", [FolderPlace(place)], keys, stores)
    finally:
        stores.registry.close()


def test_a_trail_as_it_was_witnessed_has_nothing_wrong(witnessed: Path, tmp_path: Path, make: Make, run: Run) -> None:
    keys = Keys.load(str(tmp_path / "keys"))
    assert against(witnessed, tmp_path / "place", keys) == []
    stores = open_home(witnessed)
    model = make()
    runner.run_score(model, model.cadence.window("2020-03"), stores, run)  # what came later needs no witness
    stores.registry.close()
    assert against(witnessed, tmp_path / "place", keys) == []


def test_an_old_copy_that_was_put_back_is_found(witnessed: Path, tmp_path: Path) -> None:
    (found,) = against(tmp_path / "older", tmp_path / "place", Keys.load(str(tmp_path / "keys")))
    assert found.error == "AuditLogBroken"
    assert "it was cut, or an old copy was put back" in found.cause


def test_a_trail_that_was_written_anew_is_found(witnessed: Path, tmp_path: Path, make: Make, run: Run) -> None:
    own, forged = open_home(witnessed), open_home(tmp_path / "forged")
    identity = own.registry.identity.get()
    own.registry.close()
    forged.registry.close()
    shutil.rmtree(tmp_path / "forged")
    forged = _with_id(tmp_path / "forged", identity or "")
    model = make()
    for window in ("2020-01", "2020-02"):  # the same story, and somebody else did it
        forger = run.model_copy(update={"actor": "airflow:ceo"})
        runner.run_train(model, model.cadence.window(window), forged, forger)
    forged.registry.close()
    found = against(tmp_path / "forged", tmp_path / "place", Keys.load(str(tmp_path / "keys")))
    assert len(found) == 2
    assert all("the trail was written anew" in item.cause for item in found)


def test_another_registry_in_its_place_is_found(witnessed: Path, tmp_path: Path, make: Make, run: Run) -> None:
    other = open_home(tmp_path / "another")
    model = make()
    runner.run_train(model, model.cadence.window("2020-01"), other, run)
    other.registry.close()
    (found,) = against(tmp_path / "another", tmp_path / "place", Keys.load(str(tmp_path / "keys")))
    assert "of another registry" in found.cause
    (found,) = against(witnessed, tmp_path / "empty", Keys.load(str(tmp_path / "keys")))
    assert "has none" in found.cause


def test_statements_count_only_from_keys_that_do(witnessed: Path, tmp_path: Path) -> None:
    place = tmp_path / "place" / "loans"
    _, others = key(tmp_path / "others", "mallory")
    found = against(witnessed, tmp_path / "place", others)
    assert [item.error for item in found] == ["UnknownSigner", "UnknownSigner", "AuditLogBroken"]
    keys = Keys.load(str(tmp_path / "keys"))
    first, second = sorted(place.iterdir())
    second.write_text(second.read_text().replace("2021-06-01", "2021-06-02"))
    first.rename(place / f"{7:012}-{'0' * 16}.json")
    (place / f"{8:012}-{'0' * 16}.json").write_text("{}")
    causes = " ".join(item.cause for item in against(witnessed, tmp_path / "place", keys))
    assert "its signature is not one of" in causes
    assert "it is no statement" in causes
    assert "it says loans/" in causes


def test_the_monitor_writes_one_a_day(
    make: Make, stores: Stores, tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    model = make()
    signer, _ = key(tmp_path / "keys")
    place = FolderPlace(tmp_path / "place")
    kept = replace(stores, witness=lambda: Witness((place,), signer))
    runner.run_train(model, model.cadence.window("2020-01"), kept, run)
    runner.run_score(model, model.cadence.window("2020-02"), kept, run)
    assert place.names("loans") == []
    runner.run_monitor(model, model.cadence.window("2020-02"), kept, run, retrain=False)
    assert len(place.names("loans")) == 1
    runner.run_score(model, model.cadence.window("2020-03"), kept, run)
    runner.run_monitor(model, model.cadence.window("2020-03"), kept, run, retrain=False)
    assert len(place.names("loans")) == 1
    later = run.model_copy(update={"as_of": run.as_of + timedelta(days=1)})
    assert witness_daily("loans", kept, later) is not None
    assert len(place.names("loans")) == 2
    assert witness_daily("loans", stores, later) is None  # nobody said where to
    (tmp_path / "file").write_text("")
    away = replace(stores, witness=lambda: Witness((FolderPlace(tmp_path / "file"),), signer))
    with caplog.at_level("WARNING"):
        assert witness_daily("loans", away, later) is None  # no run fails for that
    assert "loans: the audit log was not witnessed: StorageFailed" in caplog.text


def test_a_file_that_is_signed_says_who_vouches_for_it(make: Make, stores: Stores, tmp_path: Path, run: Run) -> None:
    model = make()
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    signer, keys = key(tmp_path / "keys")
    _, others = key(tmp_path / "others", "mallory")
    file = tmp_path / "loans.tar"
    assert steps.export_model("loans", file, stores, None, signer, run).signer == signer.id
    assert steps.import_model(file, open_home(tmp_path / "a"), keys=keys).signer == "own"
    for trust in (others, None):
        there = open_home(tmp_path / "b")
        with pytest.raises(UnknownSigner, match="do not count here"):
            steps.import_model(file, there, keys=trust)
        assert there.registry.models.all() == []
    taken = open_home(tmp_path / "c")
    assert steps.import_model(file, taken, keys=others, unsigned=True).signer == ""
    assert taken.registry.versions.is_foreign("loans", 1)
    assert not open_home(tmp_path / "a").registry.versions.is_foreign("loans", 1)  # a key that counts vouches for it
    with file.open("ab") as more:
        more.write(b"\0" * 512)
    with pytest.raises(UnknownSigner, match="is not the file that"):
        steps.import_model(file, open_home(tmp_path / "d"), keys=keys, unsigned=True)
    file.with_name("loans.tar.sig").unlink()
    with pytest.raises(UnknownSigner, match="nobody signed it"):
        steps.import_model(file, open_home(tmp_path / "d"), keys=keys)


def test_keys_and_places_that_are_none_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.pem").write_text("no key")
    subprocess.run(["openssl", "genrsa", "-out", str(tmp_path / "rsa.pem"), "1024"], check=True, capture_output=True)
    for given in (str(tmp_path / "absent"), str(tmp_path), str(tmp_path / "text.pem"), str(tmp_path / "rsa.pem")):
        with pytest.raises(UnusableKey):
            Signer.load(given)
    with pytest.raises(UnusableKey, match="the signing key") as raised:
        Signer.load("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----")
    assert "secret" not in str(raised.value)
    for given in (str(tmp_path / "absent"), str(tmp_path), str(tmp_path / "text.pem")):
        with pytest.raises(UnusableKey):
            Keys.load(given)
    for url in ("", "ftp://host/place", "s3:///prefix", "s3://user:word@bucket"):
        with pytest.raises(StorageFailed, match="no place for statements"):
            open_place(url)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed):
        FolderPlace(tmp_path / "file").put(f"loans/{1:012}-{'0' * 16}.json", b"")
    with pytest.raises(StorageFailed, match="no name of a statement"):
        FolderPlace(tmp_path).put("../loans.json", b"")
    monkeypatch.delenv("WINDVANE_CHECKPOINTS", raising=False)
    assert witness_of(None, None) is None


def _with_id(home: Path, identity: str) -> Stores:
    """Open new stores that claim to be others: who can write the database can do that."""
    from windvane.stores import FolderArtifacts
    from windvane.stores.sql import SqlRegistry

    home.mkdir()
    registry = SqlRegistry(f"sqlite:///{home / 'registry.db'}")
    registry.identity.take(identity)
    registry.close()
    FolderArtifacts(home / "artifacts").identify(identity)
    return open_home(home)
