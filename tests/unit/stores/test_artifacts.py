"""Artifacts: one contract for every backend, and what a place may be called."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.waiting import until
from windvane.errors import CorruptArtifact, MissingArtifact, StorageFailed
from windvane.stores import Artifacts, Leftover, open_artifacts
from windvane.stores.pointers import Pointers

DATA = b"whatever a step keeps"
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()
LONG = os.urandom(11 * 2**20)
"""Three parts of an upload."""


POINTER = "models/loans/scores/2013-02/current.json"


class TestPointers:
    def test_are_replaced_whole_and_listed(self, artifacts: Artifacts) -> None:
        assert isinstance(artifacts, Pointers)
        assert artifacts.pointer(POINTER) is None
        assert list(artifacts.pointers()) == []
        for data in (b"one", b"another"):
            artifacts.point(POINTER, data)
            assert artifacts.pointer(POINTER) == data
        artifacts.point("models/loans/scores/2013-02-28T06:00:00/current.json", b"of six hours")
        assert set(artifacts.pointers()) == {POINTER, "models/loans/scores/2013-02-28T06:00:00/current.json"}

    def test_are_no_artifacts(self, artifacts: Artifacts) -> None:
        assert isinstance(artifacts, Pointers)
        artifacts.point(POINTER, DATA)
        assert list(artifacts.digests()) == []
        assert list(artifacts.leftovers()) == []
        assert not artifacts.has(DIGEST)

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "current.json",
            "models/../../etc/passwd",
            f"/{POINTER}",
            f"{POINTER}\n",
            "models/a/scores/../current.json",
        ],
    )
    def test_have_names_that_lead_nowhere_else(self, artifacts: Artifacts, name: str) -> None:
        assert isinstance(artifacts, Pointers)
        with pytest.raises(StorageFailed, match="is no pointer"):
            artifacts.point(name, DATA)
        with pytest.raises(StorageFailed, match="is no pointer"):
            artifacts.pointer(name)


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

    def test_keeps_long_bytes(self, artifacts: Artifacts) -> None:
        assert artifacts.get(artifacts.put(LONG)) == LONG
        assert artifacts.put(LONG) == "sha256:" + hashlib.sha256(LONG).hexdigest()
        assert list(artifacts.leftovers()) == []

    def test_reads_nothing_longer_than_is_expected(self, artifacts: Artifacts) -> None:
        artifacts.put(DATA)
        assert artifacts.get(DIGEST, at_most=len(DATA)) == DATA
        with pytest.raises(CorruptArtifact, match=rf"has {len(DATA)} bytes, more than the {len(DATA) - 1} it may"):
            artifacts.get(DIGEST, at_most=len(DATA) - 1)

    def test_tells_length_and_age(self, artifacts: Artifacts) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)
        put = {artifacts.put(bytes(length)): length for length in (0, 1, 1000)}
        entries = {entry.digest: entry for entry in artifacts.entries()}
        assert {digest: entry.bytes for digest, entry in entries.items()} == put
        assert all(before < entry.put_at <= datetime.now(UTC) for entry in entries.values())

    def test_removes_what_is_old_enough_and_nothing_else(self, artifacts: Artifacts) -> None:
        other = artifacts.put(b"other")
        artifacts.put(DATA)
        now = datetime.now(UTC)
        assert not artifacts.remove(DIGEST, now - timedelta(hours=1))
        assert artifacts.has(DIGEST)
        assert artifacts.remove(DIGEST, now + timedelta(hours=1))
        assert list(artifacts.digests()) == [other]
        assert not artifacts.remove(DIGEST, now + timedelta(hours=1))
        assert not artifacts.remove("sha256:../../etc/passwd", now + timedelta(hours=1))
        assert artifacts.put(DATA) == DIGEST
        assert artifacts.get(DIGEST) == DATA

    def test_putting_again_makes_it_young(self, artifacts: Artifacts) -> None:
        artifacts.put(DATA)
        first = next(iter(artifacts.entries())).put_at
        cut = first + timedelta(seconds=0.1)

        def younger() -> bool:
            artifacts.put(DATA)
            return next(iter(artifacts.entries())).put_at > cut

        until(younger, "it becomes younger, in a store that may count in seconds", seconds=10)
        assert not artifacts.remove(DIGEST, cut)
        assert artifacts.get(DIGEST) == DATA

    def test_what_a_writer_has_put_outlives_every_sweep_beside_it(self, artifacts: Artifacts) -> None:
        """Sweeps remove whatever is older than their start, without end; a put that returned is not undone by them."""
        stop, problems = threading.Event(), list[str]()

        def sweep() -> None:
            while not stop.is_set():
                artifacts.remove(DIGEST, datetime.now(UTC) + timedelta(seconds=-1.5))

        def write() -> None:
            for _ in range(12):
                begun = datetime.now(UTC)
                artifacts.put(DATA)
                if not artifacts.has(DIGEST) and datetime.now(UTC) - begun < timedelta(seconds=1.5):
                    problems.append("gone")

        sweeps = [threading.Thread(target=sweep) for _ in range(2)]
        writers = [threading.Thread(target=write) for _ in range(3)]
        for thread in (*sweeps, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        stop.set()
        for thread in sweeps:
            thread.join()
        assert problems == []

    def test_discards_only_its_own_leftovers(self, artifacts: Artifacts) -> None:
        artifacts.put(DATA)
        for name in (f"sha256/{DIGEST[7:9]}/{DIGEST[9:]}", "../.partial-x", "/etc/passwd", "x?uploadId=1"):
            with pytest.raises(StorageFailed, match="is no leftover"):
                artifacts.discard(Leftover(name, 0, datetime.now(UTC)))
        assert artifacts.has(DIGEST)


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


def test_an_id_is_kept_once_and_is_no_artifact(artifacts: Artifacts) -> None:
    assert artifacts.identity() is None
    assert artifacts.identity(patience=1.0) is None
    assert (artifacts.identify("1"), artifacts.identify("2"), artifacts.identity()) == ("1", "1", "1")
    assert (list(artifacts.entries()), list(artifacts.leftovers())) == ([], [])


def test_of_many_who_give_an_id_at_once_one_wins(artifacts: Artifacts) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(artifacts.identify, [str(number) for number in range(8)]))
    assert found == {artifacts.identity()}
