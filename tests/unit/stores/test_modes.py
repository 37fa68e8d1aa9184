"""Files and folders that we make: their owner's alone, unless it is configured otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from windvane.errors import InvalidText
from windvane.stores import modes, open_stores


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
