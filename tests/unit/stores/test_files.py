"""CSV and Parquet sources: cut to the window, types as declared, and every unreadable file by its name."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.stores.examples import month, spec_of
from windvane import Model, Source
from windvane.errors import DataError, MissingColumn, NaiveTimestamp, SourceFailed, WrongType
from windvane.stores import files
from windvane.stores.datasets import read_source

JANUARY, FEBRUARY = month(1), month(2)
HEAD = "id,at,income,zip,late\n"


def csv(pattern: str = "*.csv", **fields: Any) -> Model:
    return spec_of(source=Source.csv(pattern), **fields)


def parquet(pattern: str = "*.parquet", **fields: Any) -> Model:
    return spec_of(source=Source.parquet(pattern), **fields)


class TestCsv:
    def read(self, folder: Path, text: str, model: Model | None = None) -> pd.DataFrame:
        (folder / "loans.csv").write_text(HEAD + text)
        return read_source(model or csv(), JANUARY, folder)

    def test_takes_the_rows_of_the_window(self, tmp_path: Path) -> None:
        text = "1,2012-12-31T23:59:59Z,1,a,0\n2,2013-01-01T00:00:00Z,2,a,0\n"
        text += "3,2013-01-31T23:59:59.999999Z,3,a,1\n4,2013-02-01T00:00:00Z,4,a,1\n"
        frame = self.read(tmp_path, text)
        assert list(frame["id"]) == ["2", "3"]
        assert list(frame.columns) == ["id", "at", "income", "zip", "late"]
        assert str(frame["at"].dtype) == "datetime64[us, UTC]"

    def test_reads_moments_with_any_offset(self, tmp_path: Path) -> None:
        moments = ["2013-01-05 10:00+01:00", "2013-01-05T10:00:00-0500", "2013-01-05 09:00:00 UTC", "2013-01-05T09:00Z"]
        frame = self.read(tmp_path, "".join(f"{index},{moment},1,a,0\n" for index, moment in enumerate(moments)))
        assert list(frame["at"].dt.hour) == [9, 15, 9, 9]

    @pytest.mark.parametrize("moment", ["2013-01-05", "2013-01-05 10:00:00", "2013-01-05T10:00:00.123", "20130105"])
    def test_refuses_moments_without_an_offset(self, tmp_path: Path, moment: str) -> None:
        with pytest.raises(NaiveTimestamp, match=rf"no time zone in 1 rows, first '{moment}' in row 2"):
            self.read(tmp_path, f"1,2013-01-05T10:00Z,1,a,0\n2,{moment},1,a,0\n")

    @pytest.mark.parametrize("moment", ["yesterday", "05/01/2013 10:00Z", "2013-13-01T00:00Z", "1357376400"])
    def test_refuses_what_is_no_moment(self, tmp_path: Path, moment: str) -> None:
        with pytest.raises(WrongType, match="cannot be read in 1 rows"):
            self.read(tmp_path, f"1,{moment},1,a,0\n")

    def test_leaves_a_missing_moment_for_the_check(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "1,,1,a,0\n2,2013-01-05T10:00Z,1,a,0\n")["at"].isna().tolist() == [True, False]

    def test_keeps_text_as_it_is_written(self, tmp_path: Path) -> None:
        frame = self.read(tmp_path, "007,2013-01-05T10:00Z,1,0123,0\n008,2013-01-05T10:00Z,1,,0\n")
        assert list(frame["id"]) == ["007", "008"]
        assert frame["zip"].tolist()[0] == "0123"
        assert frame["zip"].isna().tolist() == [False, True]

    def test_reads_numbers_and_booleans(self, tmp_path: Path) -> None:
        frame = self.read(tmp_path, "1,2013-01-05T10:00Z,1.5,a,true\n2,2013-01-05T10:00Z,NA,a,False\n")
        assert frame["income"].tolist()[0] == 1.5
        assert frame["income"].isna().tolist() == [False, True]
        assert frame["late"].tolist() == [True, False]

    def test_leaves_text_in_a_number_for_the_check(self, tmp_path: Path) -> None:
        frame = self.read(tmp_path, "1,2013-01-05T10:00Z,1,a,0\n2,2013-01-05T10:00Z,much,a,true\n")
        assert frame["income"].tolist() == ["1", "much"]
        assert frame["late"].tolist() == ["0", "true"]

    def test_keeps_the_labels_of_several_classes_as_text(self, tmp_path: Path) -> None:
        frame = self.read(tmp_path, "1,2013-01-05T10:00Z,1,a,01\n", csv(task="multiclass"))
        assert frame["late"].tolist() == ["01"]

    def test_gives_an_empty_frame_when_no_row_is_of_the_window(self, tmp_path: Path) -> None:
        frame = self.read(tmp_path, "1,2013-02-05T10:00Z,1,a,0\n")
        assert frame.empty
        assert list(frame.columns) == ["id", "at", "income", "zip", "late"]

    def test_is_the_same_whatever_the_size_of_its_chunks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        text = "".join(f"{n},2013-0{1 + n % 2}-05T10:00Z,{'x' if n == 8 else n},0{n},1\n" for n in range(10))
        whole = self.read(tmp_path, text)
        monkeypatch.setattr(files, "CHUNK_ROWS", 3)
        pd.testing.assert_frame_equal(self.read(tmp_path, text), whole)
        assert len(whole) == 5

    def test_reads_a_compressed_file(self, tmp_path: Path) -> None:
        (tmp_path / "loans.csv.gz").write_bytes(gzip.compress((HEAD + "1,2013-01-05T10:00Z,1,a,0\n").encode()))
        assert len(read_source(csv("*.csv.gz"), JANUARY, tmp_path)) == 1

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00binary", b"a,b\n1,2,3\n4,5,6,7\n"])
    def test_names_a_file_that_cannot_be_read(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "loans.csv").write_bytes(content)
        with pytest.raises(DataError, match=r"loans 2013-01: .*loans\.csv"):
            read_source(csv(), JANUARY, tmp_path)


class TestParquet:
    def write(self, path: Path, unit: str = "us", zone: str | None = "UTC") -> None:
        moments = pd.to_datetime(["2012-12-31T23:59Z", "2013-01-01T00:00Z", "2013-01-31T23:59Z", "2013-02-01T00:00Z"])
        frame = pd.DataFrame({"id": range(4), "at": moments, "income": 1.0, "zip": "a", "late": [0, 1, 0, 1]})
        frame["at"] = (
            frame["at"].dt.tz_convert(zone).astype(f"datetime64[{unit}, {zone}]" if zone else f"datetime64[{unit}]")
        )
        frame.to_parquet(path)

    @pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_takes_the_rows_of_the_window_whatever_its_zone_and_unit(
        self, tmp_path: Path, unit: str, zone: str
    ) -> None:
        self.write(tmp_path / "loans.parquet", unit, zone)
        assert list(read_source(parquet(), JANUARY, tmp_path)["id"]) == [1, 2]

    def test_refuses_moments_without_a_zone(self, tmp_path: Path) -> None:
        self.write(tmp_path / "loans.parquet", zone=None)
        with pytest.raises(NaiveTimestamp, match="without a time zone"):
            read_source(parquet(), JANUARY, tmp_path)

    def test_refuses_what_is_no_moment(self, tmp_path: Path) -> None:
        pd.DataFrame({"id": [1], "at": ["2013-01-05T10:00Z"]}).to_parquet(tmp_path / "loans.parquet")
        with pytest.raises(WrongType, match="stored as large_string"):
            read_source(parquet(), JANUARY, tmp_path)

    def test_leaves_a_missing_moment_for_the_check(self, tmp_path: Path) -> None:
        moments = pd.Series([pd.NaT, pd.Timestamp("2013-01-05", tz="UTC")])
        pd.DataFrame({"id": [1, 2], "at": moments}).to_parquet(tmp_path / "loans.parquet")
        assert len(read_source(parquet(), JANUARY, tmp_path)) == 2

    def test_does_not_read_row_groups_of_other_windows(self, tmp_path: Path) -> None:
        """A damaged page of February does not stop January from being read."""
        moments = pd.date_range("2013-01-01", periods=59, freq="D", tz="UTC")
        table = pa.table({"id": pa.array(range(59)), "at": pa.array(moments)})
        path = tmp_path / "loans.parquet"
        pq.write_table(table, path, row_group_size=31, compression="none")
        last = pq.ParquetFile(path).metadata.row_group(1).column(0)
        data = bytearray(path.read_bytes())
        at = last.dictionary_page_offset or last.data_page_offset
        data[at : at + 40] = b"\xff" * 40
        path.write_bytes(data)
        assert len(read_source(parquet(), JANUARY, tmp_path)) == 31
        with pytest.raises(SourceFailed, match="cannot read"):
            read_source(parquet(), FEBRUARY, tmp_path)

    def test_names_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "loans.parquet").write_bytes(b"PAR1 not really")
        with pytest.raises(SourceFailed, match=r"cannot read .*loans\.parquet: Arrow"):
            read_source(parquet(), JANUARY, tmp_path)


class TestPatterns:
    def put(self, path: Path, *ids: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + "".join(f"{one},2013-01-05T10:00Z,1,a,0\n" for one in ids))

    def test_files_come_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        for one in (7, 3, 9, 1, 5, 8, 2, 6, 4):
            self.put(tmp_path / f"{one}.csv", one)
        (tmp_path / "folder.csv").mkdir()
        assert list(read_source(csv(), JANUARY, tmp_path)["id"]) == list("123456789")

    def test_may_reach_into_folders_upwards_and_be_absolute(self, tmp_path: Path) -> None:
        self.put(tmp_path / "data/2013/a.csv", 1)
        (tmp_path / "work").mkdir()
        for pattern in ("../data/**/*.csv", str(tmp_path / "data/*/*.csv"), "../data/2013/a.csv"):
            assert len(read_source(csv(pattern), JANUARY, tmp_path / "work")) == 1

    def test_brackets_in_the_working_folder_are_only_a_name(self, tmp_path: Path) -> None:
        self.put(tmp_path / "[work]" / "a.csv", 1)
        assert len(read_source(csv(), JANUARY, tmp_path / "[work]")) == 1

    def test_that_match_nothing_are_named_with_their_folder(self, tmp_path: Path) -> None:
        with pytest.raises(SourceFailed, match=rf"no file matches {tmp_path}/\*\.csv"):
            read_source(csv(), JANUARY, tmp_path)

    def test_files_without_the_event_time_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id,att\n1,2013-01-05T10:00Z\n")
        with pytest.raises(MissingColumn, match="no event time column 'at'; did you mean 'att'"):
            read_source(csv(), JANUARY, tmp_path)

    def test_files_with_other_columns_than_the_first_are_refused(self, tmp_path: Path) -> None:
        self.put(tmp_path / "a.csv", 1)
        (tmp_path / "b.csv").write_text("id,at,extra\n2,2013-01-05T10:00Z,1\n")
        with pytest.raises(SourceFailed, match=r"do not have the same columns: extra, income, late, zip"):
            read_source(csv(), JANUARY, tmp_path)

    def test_files_of_other_windows_do_not_change_the_types(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"id": [1], "at": [pd.Timestamp("2013-01-05", tz="UTC")], "income": [1]})
        frame.to_parquet(tmp_path / "a.parquet")
        frame.assign(at=pd.Timestamp("2013-02-05", tz="UTC"), income=["text"]).to_parquet(tmp_path / "b.parquet")
        assert str(read_source(parquet(), JANUARY, tmp_path)["income"].dtype) == "int64"
