"""Snapshots of rows that come in pieces: the same bytes whatever the pieces, and problems between pieces by name."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.stores.examples import month, spec_of
from windvane.errors import DuplicateKey, EmptyWindow, StorageFailed, StorageFull, WrongType
from windvane.lifecycle.frames import check_chunks, check_frame
from windvane.stores import MemoryArtifacts, datasets, spill
from windvane.stores.datasets import read_snapshot, write_snapshot
from windvane.stores.spill import regrouped, spilling

JANUARY = month(1)
MODEL = spec_of(carry=("branch", "paid", "since"))


def rows(count: int, seed: int = 3, text_keys: bool = False) -> pd.DataFrame:
    """Rows of January in no order; some moments are shared, some values missing."""
    random = np.random.default_rng(seed)
    keys = random.permutation(count)
    hours = random.integers(0, 24 * 30, count)
    frame = pd.DataFrame(
        {
            "id": [f"k{key}é" for key in keys] if text_keys else keys,
            "at": JANUARY.start + pd.to_timedelta(hours, unit="h"),
            "income": random.normal(size=count).round(3),
            "zip": [["007", None, "10115", "Ümläut"][index] for index in random.integers(0, 4, count)],
            "branch": [[None, "x"][index] for index in random.integers(0, 2, count)],
            "paid": [[np.nan, 1.5][index] for index in random.integers(0, 2, count)],
            "since": [[None, JANUARY.start][index] for index in random.integers(0, 2, count)],
            "late": random.choice([0.0, 1.0, np.nan], size=count),
        }
    )
    frame.loc[frame.index % 7 == 0, "income"] = np.nan
    return frame


def pieces_of(frame: pd.DataFrame, cuts: list[int]) -> Iterator[pd.DataFrame]:
    bounds = [0, *sorted(cut % (len(frame) + 1) for cut in cuts), len(frame)]
    for start, end in pairwise(bounds):
        yield frame.iloc[start:end]


def digest_of(frames: Any) -> str:
    return write_snapshot(check_chunks(frames, MODEL, JANUARY), MODEL, JANUARY, MemoryArtifacts()).digest


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and files of a few rows, merged two at a time."""
    monkeypatch.setattr(spill, "BLOCK_ROWS", 7)
    monkeypatch.setattr(spill, "FAN_IN", 2)
    monkeypatch.setattr(datasets, "PART_ROWS", 25)


@pytest.mark.usefixtures("small")
class TestPieces:
    @settings(max_examples=25, deadline=None)
    @given(
        cuts=st.lists(st.integers(0, 120), max_size=9),
        order=st.randoms(use_true_random=False),
        text_keys=st.booleans(),
        count=st.integers(1, 120),
    )
    def test_give_the_same_bytes_however_they_are_cut_and_ordered(
        self, cuts: list[int], order: Any, text_keys: bool, count: int
    ) -> None:
        frame = rows(count, text_keys=text_keys)
        pieces = list(pieces_of(frame, cuts))
        order.shuffle(pieces)
        assert digest_of(pieces) == digest_of([frame])

    def test_come_back_as_the_whole(self) -> None:
        artifacts = MemoryArtifacts()
        pieces = check_chunks(pieces_of(rows(101), [10, 20, 90]), MODEL, JANUARY)
        taken = write_snapshot(pieces, MODEL, JANUARY, artifacts)
        assert [part.rows for part in taken.parts] == [25, 25, 25, 25, 1]
        pd.testing.assert_frame_equal(read_snapshot(taken, artifacts), check_frame(rows(101), MODEL, JANUARY))

    def test_leave_no_temporary_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        digest_of(pieces_of(rows(60), [20, 40]))
        broken = [rows(60), rows(60).assign(paid="text", id=range(60, 120))]
        with pytest.raises(WrongType):
            digest_of(broken)
        assert list(tmp_path.iterdir()) == []

    def test_may_not_share_a_key(self) -> None:
        frame = rows(60)
        frame["id"] = [*range(50), 3, 3, *range(52, 60)]
        message = "loans 2013-01: column 'id' repeats a key in 2 of 60 rows, first 3"
        with pytest.raises(DuplicateKey, match=message):
            digest_of(pieces_of(frame, [20, 40, 51]))

    def test_may_not_mix_kinds_of_values(self) -> None:
        frame = rows(60)
        with pytest.raises(WrongType, match="column 'paid' holds float64 in some rows and str in others"):
            digest_of([frame.iloc[:30], frame.iloc[30:].assign(paid="text")])
        with pytest.raises(WrongType, match="column 'id' holds int64 in some rows and str in others"):
            digest_of([frame.iloc[:30], frame.iloc[30:].assign(id=lambda some: some["id"].astype("str"))])

    def test_without_a_value_have_the_kind_of_the_others(self) -> None:
        frame = rows(60)
        frame.loc[:29, ["paid", "since", "branch", "zip"]] = None
        assert digest_of([frame.iloc[:30], frame.iloc[30:]]) == digest_of([frame])

    def test_without_a_row_are_no_pieces(self) -> None:
        frame = rows(60)
        assert digest_of([frame.iloc[:0], frame, pd.DataFrame()]) == digest_of([frame])
        for nothing in ([], [frame.iloc[:0]], [pd.DataFrame(), frame.iloc[:0]]):
            with pytest.raises(EmptyWindow):
                digest_of(nothing)


@pytest.mark.parametrize("block", [64, 100])
def test_many_more_runs_than_are_merged_at_once_lose_and_gain_no_row(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "BLOCK_ROWS", block)
    frame = check_frame(rows(1_500), MODEL, JANUARY)
    types = {name: str(frame[name].dtype) for name in frame.columns}
    with spilling() as place:
        runs = [place.write([frame.iloc[start::20]]) for start in range(20)]
        found = list(place.merged(runs, ["at", "id"], types))
    assert all(len(piece) for piece in found)
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), frame)


def test_an_empty_batch_in_the_middle_of_a_run_loses_nothing(tmp_path: Path) -> None:
    """Arrow writes one at times."""
    frame = pd.DataFrame({"id": range(6)})
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with (tmp_path / "run").open("wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        for start, end in ((0, 2), (2, 2), (2, 6)):
            writer.write_batch(pa.RecordBatch.from_pandas(frame.iloc[start:end], preserve_index=False))
    with spilling() as place:
        other = place.write([frame + 10])
        found = pd.concat(list(place.merged([tmp_path / "run", other], ["id"], {"id": "int64"})))
    assert found["id"].tolist() == [*range(6), *range(10, 16)]


def test_wide_rows_come_in_smaller_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "PART_VALUES", 80)
    taken = write_snapshot(check_frame(rows(25), MODEL, JANUARY), MODEL, JANUARY, MemoryArtifacts())
    assert [part.rows for part in taken.parts] == [10, 10, 5]


def test_a_temporary_folder_that_is_full_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with spilling() as place:
        monkeypatch.setattr(Path, "open", full)
        with pytest.raises(StorageFull, match=r"temporary folder .*No space left") as caught:
            place.write([rows(3)])
    assert "TMPDIR" in caught.value.remedy


def test_a_temporary_folder_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "no-folder").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no-folder"))
    with pytest.raises(StorageFailed, match=r"cannot make a temporary folder: Not a directory .*no-folder") as caught:
        write_snapshot(check_frame(rows(3), MODEL, JANUARY), MODEL, JANUARY, MemoryArtifacts())
    assert "TMPDIR" in caught.value.remedy


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(1, 9))
def test_regrouped_rows_are_the_same_rows_in_pieces_of_one_size(lengths: list[int], size: int) -> None:
    ends = np.cumsum([0, *lengths])
    frames = [pd.DataFrame({"n": range(a, b)}) for a, b in pairwise(ends)]
    found = list(regrouped(frames, size))
    assert [number for frame in found for number in frame["n"]] == list(range(sum(lengths)))
    assert all(len(frame) == size for frame in found[:-1])
    assert len(found) == (-(-sum(lengths) // size) or (1 if lengths else 0))
