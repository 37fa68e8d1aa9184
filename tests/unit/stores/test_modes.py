"""Files and folders that we make: their owner's alone, unless it is configured otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from windvane.errors import CorruptArtifact, InvalidText, StorageFailed
from windvane.results import Publication
from windvane.stores import modes, open_stores
from windvane.stores.archive import new_file
from windvane.stores.delivered_files import deliver_file
from windvane.stores.folder import FolderArtifacts
from windvane.stores.s3_client import S3Settings
from windvane.stores.scratch import keep_file


@pytest.mark.parametrize(
    ("said", "file", "folder"), [(None, 0o600, 0o700), ("0640", 0o640, 0o750), ("644", 0o644, 0o755)]
)
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_registry_and_its_artifacts_are_as_private_as_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, file: int, folder: int, mask: int
) -> None:
    if said:
        monkeypatch.setenv("WINDVANE_FILE_MODE", said)
    before = os.umask(mask)
    try:
        stores = open_stores(f"sqlite:///{tmp_path / 'a' / 'b' / 'registry.db'}", str(tmp_path / "c" / "d"))
        stores.artifacts.put(b"rows")
        stores.registry.close()
    finally:
        os.umask(before)
    made = [path for path in tmp_path.rglob("*") if path.name != ".lock"]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {file}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {folder}
    assert not (tmp_path / "c" / "d" / ".lock").stat().st_mode & 0o777 & ~file


def test_folders_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    modes.make_folders(tmp_path / "new")
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("said", ["600", "0x180", "0444", "0755", "9", "rw", "07777"])
def test_permissions_that_are_none_are_named(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_FILE_MODE", said)
    if said == "600":
        assert modes.file_mode() == 0o600
        return
    with pytest.raises(InvalidText, match="WINDVANE_FILE_MODE"):
        modes.file_mode()


def test_a_link_under_the_name_of_a_draft_or_a_lock_is_not_followed(tmp_path: Path) -> None:
    """Who may write where others deliver or export knows the names: nothing of theirs is overwritten or emptied."""
    other, place, lock = tmp_path / "other", tmp_path / "out.parquet", tmp_path / ".out.parquet.lock"
    other.write_bytes(b"mine")
    for name in (f".out.parquet.{os.getpid()}.draft", ".out.tar.partial", f".out.csv.{os.getpid()}"):
        (tmp_path / name).symlink_to(other)
    with new_file(tmp_path / "out.tar") as file:
        file.write(b"an export")
    keep_file(tmp_path / "out.csv", b"scores")
    deliver(place)
    assert not any(path.is_symlink() for path in (place, tmp_path / "out.tar", tmp_path / "out.csv"))
    assert other.read_bytes() == b"mine"
    lock.unlink()
    lock.symlink_to(other)
    with pytest.raises(StorageFailed, match="cannot write"):
        deliver(place)
    assert other.read_bytes() == b"mine"


def deliver(place: Path) -> None:
    facts = {"model": "loans", "window": "2020-03", "version": 1, "snapshot": "", "artifact": "", "rows": 1}
    published = Publication(**facts, mean_score=0.5, publication=1, actor="os:1000")
    deliver_file(str(place), published, pd.DataFrame({"key": ["a"], "score": [0.5]}), place.parent, S3Settings)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_regular_file_is_refused_at_once_and_replaced_by_who_writes(tmp_path: Path, kind: str) -> None:
    artifacts = FolderArtifacts(tmp_path)
    digest = artifacts.put(b"rows")
    file = tmp_path / "sha256" / digest[7:9] / digest[9:]
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    else:
        file.mkdir()
    with pytest.raises((CorruptArtifact, StorageFailed)):
        artifacts.get(digest, at_most=2**20)
    if kind != "folder":
        assert artifacts.put(b"rows") == digest
        assert artifacts.get(digest) == b"rows"
