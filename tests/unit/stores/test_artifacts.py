"""Artifacts: one contract for every backend, and what only a folder can suffer."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from windvane.errors import CorruptArtifact, MissingArtifact, StorageFailed, StorageFull
from windvane.stores.artifacts import Artifacts, FolderArtifacts, MemoryArtifacts, open_artifacts

DATA = b"whatever a step keeps"
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "memory"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    return FolderArtifacts(tmp_path / "kept") if request.param == "folder" else MemoryArtifacts()


@pytest.fixture
def folder(tmp_path: Path) -> FolderArtifacts:
    return FolderArtifacts(tmp_path / "kept")


def path_of(folder: FolderArtifacts, digest: str) -> Path:
    name = digest.removeprefix("sha256:")
    return Path(folder.url) / "sha256" / name[:2] / name[2:]


def files(folder: FolderArtifacts) -> list[Path]:
    return [path for path in Path(folder.url).rglob("*") if path.is_file()]


class TestEveryBackend:
    def test_names_bytes_by_their_hash_and_gives_them_back(self, artifacts: Artifacts) -> None:
        assert artifacts.put(DATA) == DIGEST
        assert artifacts.get(DIGEST) == DATA
        assert artifacts.has(DIGEST)

    def test_keeps_the_same_bytes_once(self, artifacts: Artifacts) -> None:
        assert artifacts.put(DATA) == artifacts.put(DATA[:3] + DATA[3:])
        assert list(artifacts.digests()) == [DIGEST]

    def test_keeps_nothing_at_all_too(self, artifacts: Artifacts) -> None:
        assert artifacts.get(artifacts.put(b"")) == b""

    def test_lists_digests_in_order(self, artifacts: Artifacts) -> None:
        put = {artifacts.put(bytes([number])) for number in range(20)}
        assert list(artifacts.digests()) == sorted(put)

    def test_knows_what_it_does_not_have(self, artifacts: Artifacts) -> None:
        assert not artifacts.has(DIGEST)
        assert list(artifacts.digests()) == []
        with pytest.raises(MissingArtifact, match=DIGEST):
            artifacts.get(DIGEST)

    @pytest.mark.parametrize(
        "digest", ["", "sha256:../../etc/passwd", "sha256:" + "A" * 64, DIGEST + "/x", DIGEST + "\n"]
    )
    def test_has_nothing_under_what_is_no_digest(self, artifacts: Artifacts, digest: str) -> None:
        artifacts.put(DATA)
        assert not artifacts.has(digest)
        with pytest.raises(MissingArtifact):
            artifacts.get(digest)


class TestFolder:
    def test_files_may_be_read_by_everyone_and_written_by_their_owner(self, folder: FolderArtifacts) -> None:
        assert path_of(folder, folder.put(DATA)).stat().st_mode & 0o777 == 0o644

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

    def test_a_folder_in_the_way_is_a_failure_to_read(self, folder: FolderArtifacts) -> None:
        path = path_of(folder, folder.put(DATA))
        path.unlink()
        path.mkdir()
        with pytest.raises(StorageFailed, match=r"cannot read artifact .* directory"):
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


FULL = """
import resource, sys
from pathlib import Path
from windvane.errors import StorageFull
from windvane.stores.artifacts import FolderArtifacts
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
folder = FolderArtifacts(Path(sys.argv[1]))
small = folder.put(b"small")
try:
    folder.put(bytes(1_000_000))
except StorageFull as error:
    print(error.cause)
kept = [path.name for path in Path(sys.argv[1]).rglob("*") if path.is_file()]
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


class TestOpening:
    def test_a_path_a_home_path_and_a_file_url_are_folders(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        assert open_artifacts(str(tmp_path / "a")).url == str(tmp_path / "a")
        assert open_artifacts("~/a").url == str(tmp_path / "a")
        assert open_artifacts(f"file://{tmp_path}/with%20space").url == str(tmp_path / "with space")

    def test_a_relative_path_does_not_follow_the_working_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        artifacts = open_artifacts("kept")
        artifacts.put(DATA)
        monkeypatch.chdir("/")
        assert artifacts.get(DIGEST) == DATA

    @pytest.mark.parametrize("url", ["s3://key:secret@bucket/prefix", "", "  ", "file://server/share"])
    def test_other_forms_are_refused_and_secrets_are_not_shown(self, url: str) -> None:
        with pytest.raises(StorageFailed, match="cannot be opened") as caught:
            open_artifacts(url)
        assert "secret" not in str(caught.value)
        assert "file:///" in caught.value.remedy
