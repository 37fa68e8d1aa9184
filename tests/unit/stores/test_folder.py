"""Artifacts in a folder: what only a folder can suffer, each call to the system failing in turn."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.faults import FailingDisk, Fault, Site
from windvane.errors import CorruptArtifact, MissingArtifact, StorageFailed, StorageFull
from windvane.stores import Leftover
from windvane.stores import folder as module
from windvane.stores.folder import FolderArtifacts

DATA = b"whatever a step keeps"
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> FolderArtifacts:
    return FolderArtifacts(tmp_path / "kept")


def path_of(folder: FolderArtifacts, digest: str) -> Path:
    name = digest.removeprefix("sha256:")
    return Path(folder.url) / "sha256" / name[:2] / name[2:]


def files(folder: FolderArtifacts) -> list[Path]:
    return [path for path in (Path(folder.url) / "sha256").rglob("*") if path.is_file()]


class TestFolder:
    def test_files_and_folders_are_their_owners_alone(self, folder: FolderArtifacts) -> None:
        path = path_of(folder, folder.put(DATA))
        assert path.stat().st_mode & 0o777 == 0o600
        assert {above.stat().st_mode & 0o777 for above in (path.parent, path.parent.parent)} == {0o700}

    def test_damaged_bytes_are_refused_with_both_digests(self, folder: FolderArtifacts) -> None:
        path_of(folder, folder.put(DATA)).write_bytes(DATA[:-1])
        with pytest.raises(CorruptArtifact, match=f"{DIGEST}.*{hashlib.sha256(DATA[:-1]).hexdigest()}"):
            folder.get(DIGEST)

    def test_putting_the_right_bytes_again_heals(self, folder: FolderArtifacts) -> None:
        path_of(folder, folder.put(DATA)).write_bytes(b"damage")
        folder.put(DATA)
        assert folder.get(DIGEST) == DATA

    def test_what_an_interrupted_write_left_is_not_listed(self, folder: FolderArtifacts) -> None:
        path = path_of(folder, folder.put(DATA))
        (path.parent / ".partial-x").write_bytes(DATA)
        (path.parent / path.name.upper()).write_bytes(DATA)
        assert list(folder.digests()) == [DIGEST]

    def test_outlives_the_process(self, folder: FolderArtifacts) -> None:
        folder.put(DATA)
        assert FolderArtifacts(Path(folder.url)).get(DIGEST) == DATA

    def test_many_writers_of_the_same_bytes_leave_one_whole_file(self, folder: FolderArtifacts) -> None:
        data = os.urandom(200_000)
        threads = [threading.Thread(target=folder.put, args=(data,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [path.read_bytes() for path in files(folder)] == [data]

    def test_a_file_in_the_way_is_a_failure_to_write(self, tmp_path: Path) -> None:
        (tmp_path / "kept").write_text("not a folder")
        with pytest.raises(StorageFailed, match=r"cannot write artifact .* exists"):
            FolderArtifacts(tmp_path / "kept").put(DATA)

    def test_a_folder_in_the_way_is_told_and_not_tried_again(self, folder: FolderArtifacts) -> None:
        path = path_of(folder, folder.put(DATA))
        path.unlink()
        path.mkdir()
        with pytest.raises(CorruptArtifact, match="is no regular file"):
            folder.get(DIGEST)

    def test_a_path_that_cannot_exist_is_a_failure_to_read(self, tmp_path: Path) -> None:
        with pytest.raises(StorageFailed, match="cannot read"):
            FolderArtifacts(tmp_path / ("x" * 300)).has(DIGEST)

    def test_a_write_that_fails_half_way_leaves_nothing(self, folder: FolderArtifacts) -> None:
        """The kernel refuses the second mebibyte of any file."""
        small = folder.put(DATA)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, before[1]))
        try:
            with pytest.raises(StorageFull, match=r"cannot write artifact .*File too large"):
                folder.put(bytes(2**21))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert files(folder) == [path_of(folder, small)]
        assert folder.get(folder.put(bytes(2**21))) == bytes(2**21)


def test_a_writer_waits_for_a_removal_that_has_looked(folder: FolderArtifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put(DATA)
    look, looked, waiting = module._moment, threading.Event(), threading.Event()
    locked = FolderArtifacts._locked

    def slowly(stat: os.stat_result) -> datetime:
        looked.set()
        waiting.wait(5)
        return look(stat)

    def waits(self: FolderArtifacts, how: int) -> Any:
        if how == fcntl.LOCK_SH:
            waiting.set()
        return locked(self, how)

    monkeypatch.setattr(module, "_moment", slowly)
    monkeypatch.setattr(FolderArtifacts, "_locked", waits)
    sweep = threading.Thread(target=folder.remove, args=(DIGEST, datetime.now(UTC) + timedelta(hours=1)))
    sweep.start()
    assert looked.wait(5)
    folder.put(DATA)
    sweep.join()
    assert folder.get(DIGEST) == DATA


FULL = """
import resource, sys
from pathlib import Path
from windvane.errors import StorageFull
from windvane.stores.folder import FolderArtifacts
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
folder = FolderArtifacts(Path(sys.argv[1]))
small = folder.put(b"small")
try:
    folder.put(bytes(1_000_000))
except StorageFull as error:
    print(error.cause)
kept = [path.name for path in (Path(sys.argv[1]) / "sha256").rglob("*") if path.is_file()]
assert kept == [small[9:]], kept
assert list(folder.digests()) == [small]
"""


def test_a_full_disk_is_named_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    """On a file system of 256 KiB where one can be mounted, else under the kernel's limit of a file's size."""
    script = [sys.executable, "-c", FULL, str(tmp_path)]
    command = [*script, "limited"]
    unshare = shutil.which("unshare")
    private = [unshare or "", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=256k tmpfs {tmp_path}"
    if unshare and subprocess.run([*private, mount], capture_output=True, check=False).returncode == 0:
        command = [*private, f'{mount} && exec "$@"', "sh", *script]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cannot write artifact sha256:" in done.stdout


def put_on(disk: FailingDisk, fault: Fault, root: Path, data: bytes) -> tuple[list[Site], str]:
    """Put bytes in a child whose disk fails; return what it wanted of the disk, and what it said."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            disk.enter()
            FolderArtifacts(root).put(data)
            said = "kept"
        except BaseException as error:  # noqa: BLE001  # told to the parent, which judges
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    sites = disk.watch(fault)
    os.waitpid(child, 0)
    with os.fdopen(read) as answer:
        return sites, answer.read()


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("before", ["nothing", "another", "damage", "the same"])
def test_every_call_that_changes_the_disk_may_fail(tmp_path: Path, error: int, before: str) -> None:
    """Each in turn: a named error, nothing visible but whole bytes, and the same again completes."""
    number, sites = -1, [Site("", "")]
    while number < len(sites):
        number += 1
        root = tmp_path / str(number)
        folder = FolderArtifacts(root)
        if before != "nothing":
            folder.put(b"another")
        if before in ("damage", "the same"):
            path_of(folder, folder.put(DATA)).write_bytes(b"damage" if before == "damage" else DATA)
        disk = FailingDisk(root.parent)
        sites, said = put_on(disk, Fault(number, error), root, DATA)
        disk.close()
        named = said.startswith("StorageFull: " if error == errno.ENOSPC else "StorageFailed: ")
        failed = number < len(sites)
        made = failed and sites[number].call == "mkdir" and (tmp_path / sites[number].path[1:]).is_dir()
        assert said == "kept" if made or not failed else named, (sites[number:], said)
        if before != "damage":
            assert all(folder.get(digest) in (DATA, b"another") for digest in folder.digests())
        assert folder.put(DATA) == DIGEST
        assert folder.get(DIGEST) == DATA
        assert list(folder.leftovers()) == []
    assert number >= (3 if before == "the same" else 5)


def test_what_a_killed_writer_left_is_a_leftover_and_no_artifact(folder: FolderArtifacts) -> None:
    path = path_of(folder, folder.put(b"another"))
    partial = path.parent / ".partial-killed"
    partial.write_bytes(DATA)
    (leftover,) = folder.leftovers()
    assert (leftover.name, leftover.bytes) == (f"sha256/{path.parent.name}/.partial-killed", len(DATA))
    folder.discard(leftover)
    folder.discard(leftover)
    assert not partial.exists()


@given(st.one_of(st.text(max_size=90), st.from_regex(r"sha256:([0-9a-f./]|\.\./|%2e){0,64}", fullmatch=True)))
def test_no_name_leads_out_of_the_folder(text: str) -> None:
    folder = FolderArtifacts(Path("/nowhere/kept"))
    if len(text) == 71 and set(text[7:]) <= set("0123456789abcdef"):
        return
    assert not folder.has(text)
    assert not folder.remove(text, datetime.now(UTC))
    with pytest.raises(MissingArtifact):
        folder.get(text)
    with pytest.raises(StorageFailed, match="is no leftover"):
        folder.discard(Leftover(text, 0, datetime.now(UTC)))
