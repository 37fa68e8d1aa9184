"""Snapshots and scores as Parquet, and what a source's function returns."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.stores.examples import month, spec_of
from windvane import Source
from windvane.errors import CorruptArtifact, EmptyWindow, MissingArtifact, MissingColumn, SourceFailed, SpecError
from windvane.stores import MemoryArtifacts, datasets
from windvane.stores.datasets import read_chunks, read_scores, read_snapshot, read_source, write_scores, write_snapshot

JANUARY = month(1)
MODEL = spec_of(carry=("branch",))


def rows(count: int = 250) -> pd.DataFrame:
    """Rows of January in their normal form."""
    random = np.random.default_rng(3)
    zips = [["007", "10115", None, 'Ümläut "quoted"'][index] for index in random.integers(0, 4, count)]
    frame = pd.DataFrame(
        {
            "id": np.arange(count, dtype="int64"),
            "at": pd.date_range(JANUARY.start, periods=count, freq="2h").astype("datetime64[us, UTC]"),
            "income": random.normal(size=count),
            "zip": pd.Series(zips, dtype=object).astype("str"),
            "branch": pd.Series(["x"] * count).astype("str"),
            "late": random.choice([0.0, 1.0, np.nan], size=count),
        }
    )
    frame.loc[1, "income"] = np.nan
    return frame


@pytest.fixture
def artifacts() -> MemoryArtifacts:
    return MemoryArtifacts()


class TestSnapshots:
    def test_come_back_with_the_same_values_and_types(self, artifacts: MemoryArtifacts) -> None:
        taken = write_snapshot(rows(), MODEL, JANUARY, artifacts)
        pd.testing.assert_frame_equal(read_snapshot(taken, artifacts), rows())

    def test_say_what_they_hold(self, artifacts: MemoryArtifacts) -> None:
        taken = write_snapshot(rows(), MODEL, JANUARY, artifacts)
        assert (taken.rows, taken.outcomes) == (250, int(rows()["late"].notna().sum()))
        assert (taken.model, taken.window, taken.start, taken.end) == ("loans", "2013-01", JANUARY.start, JANUARY.end)
        assert list(taken.columns) == list(rows().columns)
        assert taken.columns["at"] == "timestamp[us, tz=UTC]"
        assert [part.digest for part in taken.parts] == list(artifacts.digests())
        assert taken.parts[0].bytes == len(artifacts.get(taken.parts[0].digest))

    def test_of_the_same_rows_are_the_same_in_another_process(self, artifacts: MemoryArtifacts) -> None:
        code = "from tests.unit.stores.test_datasets import *; "
        code += "print(write_snapshot(rows(), MODEL, JANUARY, MemoryArtifacts()).digest)"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "77"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd="/"
        )
        assert done.stdout.strip() == write_snapshot(rows(), MODEL, JANUARY, artifacts).digest

    def test_of_other_rows_are_others(self, artifacts: MemoryArtifacts) -> None:
        changed = rows()
        changed["income"] += 1e-12
        one, other = (write_snapshot(frame, MODEL, JANUARY, artifacts) for frame in (rows(), changed))
        assert one.digest != other.digest

    def test_do_not_keep_the_index_or_the_version_of_pandas(self, artifacts: MemoryArtifacts) -> None:
        moved = rows()
        moved.index += 5
        taken = write_snapshot(moved, MODEL, JANUARY, artifacts)
        assert taken.digest == write_snapshot(rows(), MODEL, JANUARY, artifacts).digest
        assert pd.__version__.encode() not in artifacts.get(taken.parts[0].digest)

    def test_of_many_rows_have_parts_and_row_groups(
        self, artifacts: MemoryArtifacts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(datasets, "PART_ROWS", 100)
        taken = write_snapshot(rows(), MODEL, JANUARY, artifacts)
        assert [part.rows for part in taken.parts] == [100, 100, 50]
        pd.testing.assert_frame_equal(read_snapshot(taken, artifacts), rows())

    def test_without_rows_keep_their_columns(self, artifacts: MemoryArtifacts) -> None:
        taken = write_snapshot(rows().iloc[:0], MODEL, JANUARY, artifacts)
        assert taken.rows == 0
        assert list(read_snapshot(taken, artifacts).columns) == list(rows().columns)

    def test_give_single_columns(self, artifacts: MemoryArtifacts) -> None:
        taken = write_snapshot(rows(), MODEL, JANUARY, artifacts)
        pd.testing.assert_frame_equal(read_snapshot(taken, artifacts, ["late"]), rows()[["late"]])

    def test_refuse_a_column_they_were_taken_without(self, artifacts: MemoryArtifacts) -> None:
        taken = write_snapshot(rows(), MODEL, JANUARY, artifacts)
        with pytest.raises(MissingColumn, match=r"has no column 'incme'.*did you mean 'income'"):
            read_snapshot(taken, artifacts, ["late", "incme"])

    def test_that_are_gone_are_missing_and_what_is_no_parquet_is_corrupt(self, artifacts: MemoryArtifacts) -> None:
        taken = write_snapshot(rows(), MODEL, JANUARY, artifacts)
        with pytest.raises(MissingArtifact):
            read_snapshot(taken, MemoryArtifacts())
        with pytest.raises(CorruptArtifact, match="no readable Parquet"):
            read_scores(artifacts.put(b"something else"), artifacts)


class TestScores:
    def test_come_back_as_they_were(self, artifacts: MemoryArtifacts) -> None:
        scored = rows()[["id", "at"]].assign(score=0.5, version=np.int64(3))
        digest = write_scores(scored, artifacts)
        pd.testing.assert_frame_equal(read_scores(digest, artifacts), scored)
        assert write_scores(scored, artifacts) == digest

    def test_of_several_classes_come_back_as_they_were(self, artifacts: MemoryArtifacts) -> None:
        scored = pd.DataFrame({"id": ["a", "b"], "predicted": ["x", "y"], "score_x": [0.9, 0.2], "score_y": [0.1, 0.8]})
        pd.testing.assert_frame_equal(read_scores(write_scores(scored, artifacts), artifacts), scored)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module `loans_source` whose functions a test sets."""
    module = ModuleType("loans_source")
    monkeypatch.setitem(sys.modules, "loans_source", module)
    return module


class TestCallables:
    model = spec_of(source={"kind": "callable", "path": "loans_source:rows"})

    def test_get_the_window_and_return_the_frame_as_it_is(self, source: Any) -> None:
        source.rows = lambda start, end: rows().assign(start=start, end=end)
        pd.testing.assert_frame_equal(
            read_source(self.model, JANUARY), rows().assign(start=JANUARY.start, end=JANUARY.end)
        )

    def test_that_raise_are_named_with_what_they_raised(self, source: Any) -> None:
        def broken(start: Any, end: Any) -> None:
            raise ConnectionError("the warehouse sleeps")

        source.rows = broken
        with pytest.raises(SourceFailed, match=r"loans 2013-01: .* raised ConnectionError: the warehouse") as caught:
            read_source(self.model, JANUARY)
        assert isinstance(caught.value.__cause__, ConnectionError)

    def test_may_raise_named_errors_of_their_own(self, source: Any) -> None:
        def empty(start: Any, end: Any) -> None:
            raise EmptyWindow("a strike", "wait")

        source.rows = empty
        with pytest.raises(EmptyWindow, match="a strike"):
            read_source(self.model, JANUARY)

    def test_that_return_no_frame_are_named(self, source: Any) -> None:
        source.rows = lambda start, end: [start, end]
        with pytest.raises(SourceFailed, match="returned a list"):
            read_source(self.model, JANUARY)

    def test_are_told_the_moment_where_they_are_declared_so(self, source: Any) -> None:
        asked: list[Any] = []

        def known(start: Any, end: Any, as_of: Any) -> pd.DataFrame:
            asked.append(as_of)
            return rows()

        source.rows = known
        model = spec_of(source=Source.callable("loans_source:rows", as_of=True))
        then = datetime(2013, 2, 3, 4, tzinfo=UTC)
        list(read_chunks(model, JANUARY, as_of=then))
        read_source(model, JANUARY)
        assert asked[0] == then
        assert abs(datetime.now(UTC) - asked[1]) < timedelta(minutes=1)

    def test_that_take_no_moment_are_not_told_any(self, source: Any) -> None:
        source.rows = lambda start, end: rows()
        assert len(list(read_chunks(self.model, JANUARY, as_of=datetime(2013, 2, 3, tzinfo=UTC)))) == 1
        assert Source.callable("loans_source:rows").model_dump() == self.model.source.model_dump()

    @pytest.mark.parametrize(
        ("options", "message"),
        [({"asof": True}, "did you mean 'as_of'"), ({"as_of": "2013-01-01"}, "as_of is True or False")],
    )
    def test_take_no_other_option(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(SpecError, match=message):
            Source.of("callable", "loans_source:rows", **options)

    def test_that_do_not_exist_are_named(self, source: Any) -> None:
        source.row = None
        with pytest.raises(SpecError, match="did you mean 'row'"):
            read_source(self.model, JANUARY)


def test_files_are_looked_for_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows().to_parquet(tmp_path / "loans.parquet")
    model = spec_of(source={"kind": "parquet", "path": "*.parquet"})
    monkeypatch.chdir(tmp_path)
    assert len(read_source(model, JANUARY)) == 250
    assert len(read_source(model, JANUARY, base=tmp_path)) == 250
