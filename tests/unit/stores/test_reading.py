"""Own data: dialects, types, zones and columns that come and go; the same rows are the same snapshot."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather

from tests.unit.stores.examples import month, spec_of
from windvane import Features, Key, Model, Source
from windvane.errors import (
    DataError,
    MissingColumn,
    MissingExtra,
    NaiveTimestamp,
    SourceFailed,
    SpecError,
    UnexpectedColumn,
    WindvaneError,
    WrongType,
)
from windvane.lifecycle.frames import check_chunks
from windvane.spec.reading import Reading
from windvane.stores import workbooks
from windvane.stores.artifacts import open_artifacts
from windvane.stores.connections import EnvironmentConnections
from windvane.stores.datasets import read_chunks, read_source, write_snapshot

JANUARY = month(1)
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
HEAD = "id,at,income,zip,late\n"
ROW = "{},2013-01-05T10:00:00Z,1.5,a,0\n"


def rows(count: int = 40) -> pd.DataFrame:
    """Rows whose values are awkward in one dialect or another."""
    draw = np.random.default_rng(0)
    at = pd.Timestamp("2013-01-02", tz="UTC") + pd.to_timedelta(np.arange(count) * 3_600.5, unit="s")
    words = ["NA", "None", "null", "007", "7", "a,b", "a;b", 'say "x"', "Käse", " b ", "true", None]
    return pd.DataFrame(
        {
            "id": [f"k{number:03}" for number in range(count)],
            "at": at.as_unit("us"),
            "income": np.where(np.arange(count) % 7, draw.normal(size=count) * 1e3, np.nan),
            "zip": np.resize(np.array(words, dtype=object), count),
            "late": np.resize([0, 1, 1], count),
        }
    )


def digest(model: Model, folder: Path) -> str:
    connections = EnvironmentConnections()
    chunks = check_chunks(read_chunks(model, JANUARY, folder, connections), model, JANUARY)
    return write_snapshot(chunks, model, JANUARY, open_artifacts(str(folder / "kept"))).digest


def _text(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(at=frame["at"].map(lambda moment: moment.isoformat()))


def _csv(**dialect: Any) -> Callable[[pd.DataFrame, Path], None]:
    return lambda frame, path: _text(frame).to_csv(path, index=False, **dialect)


def _arrow(change: Callable[[pa.Table], pa.Table], write: Any = pq.write_table) -> Callable[[pd.DataFrame, Path], None]:
    return lambda frame, path: write(change(pa.Table.from_pandas(frame, preserve_index=False)), path)


def _cast(kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        found = table["zip"].cast(pa.string())
        found = found.dictionary_encode() if pa.types.is_dictionary(kind) else found.cast(kind)
        return table.set_column(table.schema.get_field_index("zip"), "zip", found)

    return change


def _sqlite(frame: pd.DataFrame, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        _text(frame).to_sql("loans", connection, index=False)


def _lines(frame: pd.DataFrame, path: Path) -> None:
    plain = _text(frame).astype(object).where(frame.notna(), None).to_dict("records")
    path.write_text("".join(json.dumps(row) + "\n" for row in plain), encoding="utf-8")


def _duckdb(frame: pd.DataFrame, path: Path) -> None:
    with duckdb.connect() as connection:
        connection.register("loans", pa.Table.from_pandas(frame, preserve_index=False))
        connection.execute(f"COPY (SELECT * FROM loans) TO '{path}' (FORMAT parquet)")  # noqa: S608 (the test's own path)


_NUMBERS = ["year", "month", "day", "hour", "minute", "second", "rest"]
_FORMATS = ["%Y", "%m", "%d", "%H", "%M", "%S", "%f"]


def _parted(frame: pd.DataFrame, zone: str, **parts: str) -> pd.DataFrame:
    clock = frame["at"].dt.tz_convert(zone).dt
    return frame.assign(**{name: clock.strftime(form) for name, form in parts.items()}).drop(columns="at")


WRITTEN: dict[str, tuple[Source, str, Callable[[pd.DataFrame, Path], object]]] = {
    "csv": (Source.csv("a.csv"), "a.csv", _csv()),
    "csv with an index": (Source.csv("a.csv"), "a.csv", lambda frame, path: _text(frame).to_csv(path)),
    "csv of semicolons and decimal commas": (
        Source.csv("a.csv", separator=";", decimal=","),
        "a.csv",
        _csv(sep=";", decimal=","),
    ),
    "csv of tabs, latin-1, all quoted": (
        Source.csv("a.csv", separator="\t", encoding="latin-1"),
        "a.csv",
        _csv(sep="\t", encoding="latin-1", quoting=1),
    ),
    "csv without names": (
        Source.csv("a.csv", header=["id", "at", "income", "zip", "late"]),
        "a.csv",
        _csv(header=False),
    ),
    "csv with a mark, packed": (
        Source.csv("a.csv.gz"),
        "a.csv.gz",
        _csv(encoding="utf-8-sig", lineterminator="\r\n"),
    ),
    "csv with words for missing": (Source.csv("a.csv", missing=["?"]), "a.csv", _csv(na_rep="?")),
    "csv of seconds": (
        Source.csv("a.csv", unit="us"),
        "a.csv",
        lambda frame, path: frame.assign(at=frame["at"].astype("int64")).to_csv(path, index=False),
    ),
    "csv of clock times": (
        Source.csv("a.csv", zone="Europe/Berlin", format="%d.%m.%Y %H:%M:%S.%f"),
        "a.csv",
        lambda frame, path: frame.assign(
            at=frame["at"].dt.tz_convert("Europe/Berlin").dt.strftime("%d.%m.%Y %H:%M:%S.%f")
        ).to_csv(path, index=False),
    ),
    "csv of dates and clock times": (
        Source.csv("a.csv", parts={"at": ["day", "clock"]}, zone="Europe/Berlin", format="%d.%m.%Y %H:%M:%S.%f"),
        "a.csv",
        lambda frame, path: _parted(frame, "Europe/Berlin", day="%d.%m.%Y", clock="%H:%M:%S.%f").to_csv(
            path, index=False
        ),
    ),
    "parquet of years, months and the rest": (
        Source.parquet("a.parquet", parts={"at": _NUMBERS}, zone="UTC", format="%Y %m %d %H %M %S %f"),
        "a.parquet",
        lambda frame, path: (
            _parted(frame, "UTC", **dict(zip(_NUMBERS, _FORMATS, strict=True)))
            .astype(dict.fromkeys(_NUMBERS, "int32"))
            .to_parquet(path)
        ),
    ),
    "parquet of dates and times": (
        Source.parquet("a.parquet", parts={"at": ["day", "clock"]}, zone="UTC"),
        "a.parquet",
        lambda frame, path: (
            frame.assign(day=frame["at"].dt.date, clock=frame["at"].dt.time).drop(columns="at").to_parquet(path)
        ),
    ),
    "sqlite of dates and clock times": (
        Source.sql("own", table="loans", columns={"Day": "day"}, parts={"at": ["day", "clock"]}, zone="UTC"),
        "a.db",
        lambda frame, path: _parted(frame, "UTC", Day="%Y-%m-%d", clock="%H:%M:%S.%f").to_sql(
            "loans", sqlite3.connect(path), index=False
        ),
    ),
    "parquet": (Source.parquet("a.parquet"), "a.parquet", _arrow(lambda table: table)),
    "parquet of pandas, with a named index": (
        Source.parquet("a.parquet"),
        "a.parquet",
        lambda frame, path: frame.set_index("id").to_parquet(path),
    ),
    "parquet with a nameless index": (
        Source.parquet("a.parquet"),
        "a.parquet",
        lambda frame, path: frame.set_index(frame.index * 2).to_parquet(path),
    ),
    "parquet of DuckDB": (Source.parquet("a.parquet"), "a.parquet", _duckdb),
    "parquet of polars": (
        Source.parquet("a.parquet"),
        "a.parquet",
        lambda frame, path: pl.from_pandas(frame).write_parquet(path),
    ),
    "parquet of polars, by categories": (
        Source.parquet("a.parquet"),
        "a.parquet",
        lambda frame, path: pl.from_pandas(frame).with_columns(pl.col("zip").cast(pl.Categorical)).write_parquet(path),
    ),
    "feather of polars": (
        Source.feather("a.arrow"),
        "a.arrow",
        lambda frame, path: pl.from_pandas(frame).write_ipc(path),
    ),
    "parquet of dictionaries": (
        Source.parquet("a.parquet"),
        "a.parquet",
        _arrow(_cast(pa.dictionary(pa.int32(), pa.string()))),
    ),
    "parquet of views": (Source.parquet("a.parquet"), "a.parquet", _arrow(_cast(pa.string_view()))),
    "parquet of clock times": (
        Source.parquet("a.parquet", zone="America/New_York"),
        "a.parquet",
        lambda frame, path: frame.assign(
            at=frame["at"].dt.tz_convert("America/New_York").dt.tz_localize(None)
        ).to_parquet(path),
    ),
    "parquet of Spark's moments": (
        Source.parquet("a.parquet", zone="UTC"),
        "a.parquet",
        lambda frame, path: frame.assign(at=frame["at"].dt.tz_localize(None)).to_parquet(
            path, use_deprecated_int96_timestamps=True
        ),
    ),
    "parquet of other names": (
        Source.parquet("a.parquet", columns={"ID": "id", "when": "at"}, ignore=["more"]),
        "a.parquet",
        lambda frame, path: frame.rename(columns={"id": "ID", "at": "when"}).assign(more=1).to_parquet(path),
    ),
    "feather": (Source.feather("a.arrow"), "a.arrow", lambda frame, path: feather.write_feather(frame, path)),
    "json lines": (Source.json("a.jsonl"), "a.jsonl", _lines),
    "a json list": (
        Source.json("a.json"),
        "a.json",
        lambda frame, path: path.write_text(
            json.dumps(_text(frame).astype(object).where(frame.notna(), None).to_dict("records"))
        ),
    ),
    "sqlite": (Source.sql("own", table="loans"), "a.db", _sqlite),
    "sqlite of other names and seconds": (
        Source.sql("own", table="loans", columns={"when": "at"}, unit="us"),
        "a.db",
        lambda frame, path: (
            frame.assign(when=frame["at"].astype("int64"))
            .drop(columns="at")
            .to_sql("loans", sqlite3.connect(path), index=False)
        ),
    ),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_the_same_rows_are_the_same_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("WINDVANE_CONNECTION_OWN", f"sqlite:///{tmp_path}/a.db")
    rows().to_parquet(tmp_path / "plain.parquet", index=False)
    plain = digest(spec_of(source=Source.parquet("plain.parquet")), tmp_path)
    source, name, write = WRITTEN[written]
    write(rows(), tmp_path / name)
    assert digest(spec_of(source=source), tmp_path) == plain


@settings(deadline=None, max_examples=40)
@given(
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20),
    words=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1), min_size=1
    ),
)
def test_any_numbers_and_texts_come_back_from_csv(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], words: list[str]
) -> None:
    count = max(len(numbers), len(words))
    frame = rows(count).assign(income=np.resize(numbers, count), zip=np.resize(np.array(words, dtype=object), count))
    folder = tmp_path_factory.mktemp("own")
    _csv()(frame, folder / "a.csv")
    found = read_source(spec_of(source=Source.csv("a.csv")), JANUARY, folder)
    assert found["income"].astype(float).tolist() == frame["income"].tolist()
    assert found["zip"].tolist() == frame["zip"].tolist()


class TestRaggedLines:
    def read(self, folder: Path, text: str, **dialect: Any) -> pd.DataFrame:
        (folder / "a.csv").write_text(text)
        return read_source(spec_of(source=Source.csv("a.csv", **dialect)), JANUARY, folder)

    @pytest.mark.parametrize(
        ("line", "fields"),
        [
            ("2,2013-01-05T10:00:00Z,1,a,0,", 6),
            ("2,2013-01-05T10:00:00Z,1,a,b,0", 6),
            ("x,y,2013-01-05T10:00:00Z,1,a,0", 6),
            ("2,2013-01-05T10:00:00Z,1,a", 4),
            ("2,2013-02-05T10:00:0", 2),
            ("2", 1),
        ],
    )
    def test_is_refused_with_file_and_line(self, tmp_path: Path, line: str, fields: int) -> None:
        with pytest.raises(SourceFailed, match=rf"a\.csv, line 3 has {fields} field.*; the file has 5 columns"):
            self.read(tmp_path, HEAD + ROW.format(1) + line)

    def test_of_another_month_does_not_matter(self, tmp_path: Path) -> None:
        found = self.read(
            tmp_path, HEAD + ROW.format(1) + "2,2013-09-05T10:00:00Z,1,a,0,\n2,2013-09-05T10:00:00Z,1,a\n"
        )
        assert list(found["id"]) == ["1"]

    def test_counts_the_lines_of_quoted_fields(self, tmp_path: Path) -> None:
        with pytest.raises(SourceFailed, match="line 5 has 3 fields"):
            self.read(tmp_path, HEAD + '"1\n\n",2013-01-05T10:00:00Z,1,a,0\n1,2,3\n')

    @pytest.mark.parametrize("field", ['"a', 'a"b",c', '"a"b'])
    def test_a_quote_that_does_not_close_is_refused(self, tmp_path: Path, field: str) -> None:
        with pytest.raises(SourceFailed, match="line 2"):
            self.read(tmp_path, f"{HEAD}1,2013-01-05T10:00:00Z,1,{field},0\n")

    def test_a_quote_after_a_space_encloses_nothing_and_is_refused(self, tmp_path: Path) -> None:
        line = '2,2013-01-05T10:00:00Z,1, "a",0\n'
        with pytest.raises(SourceFailed, match="line 3: ' \"a\"' has a space before its quote"):
            self.read(tmp_path, HEAD + ROW.format(1) + line)
        assert self.read(tmp_path, HEAD + line, quote="")["zip"].tolist() == [' "a"']

    def test_files_that_were_put_together_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SourceFailed, match="line 3 begins with the mark of a file's beginning"):
            self.read(tmp_path, HEAD + ROW.format(1) + "\ufeff" + ROW.format(2))

    def test_a_carried_code_keeps_its_zeros(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(
            "id,at,income,zip,late,code,count\n"
            "1,2013-01-05T10:00:00Z,007,a,0,007,7\n2,2013-01-05T10:00:00Z,8,a,0,12,8\n"
        )
        found = read_source(spec_of(source=Source.csv("a.csv"), carry=("code", "count")), JANUARY, tmp_path)
        assert found["code"].tolist() == ["007", "12"]
        assert found["count"].tolist() == [7, 8]
        assert found["income"].tolist() == [7, 8]

    def test_a_part_of_the_key_that_is_a_number_to_learn_from_is_one(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(HEAD + ROW.format(1))
        model = spec_of(
            source=Source.csv("a.csv"),
            key=["id", "at"],
            features=Features(numbers=("income", "id"), categories=("zip",)),
        )
        found = next(check_chunks([read_source(model, JANUARY, tmp_path)], model, JANUARY))
        assert found["id"].tolist() == [1.0]

    def test_a_quote_may_be_a_letter_like_others(self, tmp_path: Path) -> None:
        found = self.read(tmp_path, f'{HEAD}1,2013-01-05T10:00:00Z,1,"a,0\n', quote="")
        assert found["zip"].tolist() == ['"a']

    def test_a_delimiter_after_every_line_and_name_is_no_column(self, tmp_path: Path) -> None:
        found = self.read(tmp_path, "id,at,income,zip,late,\n1,2013-01-05T10:00:00Z,1,a,0,\n")
        assert list(found.columns) == ["id", "at", "income", "zip", "late"]

    def test_a_nameless_column_with_values_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SourceFailed, match="after 'late' has no name, and holds 'x'"):
            self.read(tmp_path, "id,at,income,zip,late,\n1,2013-01-05T10:00:00Z,1,a,0,x\n")

    def test_a_name_that_comes_twice_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnexpectedColumn, match="two columns named 'income'"):
            self.read(tmp_path, "id,at,income,income,late\n" + ROW.format(1))

    def test_another_encoding_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes((HEAD + "1,2013-01-05T10:00:00Z,1,K\xe4se,0\n").encode("latin-1"))
        with pytest.raises(SourceFailed, match="is not UTF-8") as caught:
            read_source(spec_of(source=Source.csv("a.csv")), JANUARY, tmp_path)
        assert "encoding='latin-1'" in caught.value.remedy

    @pytest.mark.parametrize(("text", "number"), [("1.234.567,5", 1234567.5), ("12,25", 12.25), ("1.234", 1234.0)])
    def test_digits_may_be_grouped(self, tmp_path: Path, text: str, number: float) -> None:
        line = f"1;2013-01-05T10:00:00Z;{text};a;0\n"
        found = self.read(tmp_path, HEAD.replace(",", ";") + line, separator=";", decimal=",", thousands=".")
        assert found["income"].tolist() == [number]

    @pytest.mark.parametrize("text", ["1.5", "12.34,5", "1_000", "0x10", "१२"])
    def test_what_is_no_number_stays_text_for_the_check(self, tmp_path: Path, text: str) -> None:
        line = f"1;2013-01-05T10:00:00Z;{text};a;0\n"
        found = self.read(tmp_path, HEAD.replace(",", ";") + line, separator=";", decimal=",", thousands=".")
        assert found["income"].tolist() == [text]


class TestColumnsThatComeAndGo:
    def model(self, **reading: Any) -> Model:
        features = Features(numbers=("income", "new"), categories=("zip",))
        return spec_of(source=Source.parquet("*.parquet", **reading), features=features)

    def write(self, folder: Path, name: str, moment: str, **more: Any) -> None:
        frame = rows(2).assign(at=pd.Timestamp(moment, tz="UTC"), id=[f"{name}1", f"{name}2"], **more)
        frame.to_parquet(folder / f"{name}.parquet", index=False)

    def test_a_file_of_another_month_has_other_columns(self, tmp_path: Path) -> None:
        self.write(tmp_path, "a", "2013-01-05", new=1.0)
        self.write(tmp_path, "b", "2013-09-05", new=1.0, channel="web")
        assert len(read_source(self.model(), JANUARY, tmp_path)) == 2

    def test_files_of_one_window_have_the_same_columns(self, tmp_path: Path) -> None:
        self.write(tmp_path, "a", "2013-01-05", new=1.0)
        self.write(tmp_path, "b", "2013-01-05")
        with pytest.raises(SourceFailed, match=r"b\.parquet and .*a\.parquet do not have the same columns: new"):
            read_source(self.model(), JANUARY, tmp_path)

    @pytest.mark.parametrize(("reading", "value"), [({"optional": ["new"]}, None), ({"defaults": {"new": 3}}, 3.0)])
    def test_a_column_may_be_absent(self, tmp_path: Path, reading: dict[str, Any], value: float | None) -> None:
        self.write(tmp_path, "a", "2013-01-05", new=1.0)
        self.write(tmp_path, "b", "2013-01-06")
        model = self.model(**reading)
        found = next(check_chunks([read_source(model, JANUARY, tmp_path)], model, JANUARY))
        later = found["new"].tolist()[2:]
        assert later == [value] * 2 if value else found["new"].isna().tolist() == [False, False, True, True]

    def test_an_absent_column_of_csv_has_its_default(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(HEAD + ROW.format(1))
        features = Features(numbers=("income", "new"), categories=("zip",))
        model = spec_of(source=Source.csv("a.csv", defaults={"new": 3}), features=features)
        assert read_source(model, JANUARY, tmp_path)["new"].tolist() == [3]

    def test_all_that_is_not_declared_may_stay_where_it_is(self, tmp_path: Path) -> None:
        self.write(tmp_path, "a", "2013-01-05", new=1.0, channel="web")
        assert "channel" not in read_source(self.model(ignore=["*"]), JANUARY, tmp_path)

    def test_folders_may_be_columns(self, tmp_path: Path) -> None:
        (tmp_path / "zip=a%20b").mkdir()
        rows(2).drop(columns="zip").to_parquet(tmp_path / "zip=a%20b" / "a.parquet", index=False)
        found = read_source(spec_of(source=Source.parquet("*/*.parquet", hive=True)), JANUARY, tmp_path)
        assert found["zip"].tolist() == ["a b", "a b"]

    def test_a_new_name_that_is_taken_is_refused(self, tmp_path: Path) -> None:
        self.write(tmp_path, "a", "2013-01-05", new=1.0)
        with pytest.raises(UnexpectedColumn, match="has a column 'income', and 'new', which is to be called so"):
            read_source(self.model(columns={"new": "income"}), JANUARY, tmp_path)


class TestMoments:
    def read(self, folder: Path, texts: list[str], **reading: Any) -> list[pd.Timestamp]:
        (folder / "a.csv").write_text(HEAD + "".join(f"{number},{text},1,a,0\n" for number, text in enumerate(texts)))
        found = read_source(spec_of(source=Source.csv("a.csv", **reading)), JANUARY, folder)
        return list(found["at"])

    @pytest.mark.parametrize(
        ("text", "reading", "moment"),
        [
            ("1357376400", {"unit": "s"}, "2013-01-05T09:00:00"),
            ("1357376400.25", {"unit": "s"}, "2013-01-05T09:00:00.250"),
            ("1357376400123", {"unit": "ms"}, "2013-01-05T09:00:00.123"),
            ("01/05/2013", {"format": "%m/%d/%Y", "zone": "UTC"}, "2013-01-05T00:00:00"),
            ("2013", {"format": "%Y", "zone": "UTC"}, "2013-01-01T00:00:00"),
            ("20130105", {"format": "%Y%m%d", "zone": "Europe/Berlin"}, "2013-01-04T23:00:00"),
            ("2013-01-05 10:00", {"zone": "Europe/Berlin"}, "2013-01-05T09:00:00"),
            ("2013-01-05 10:00+05:00", {"zone": "Europe/Berlin"}, "2013-01-05T05:00:00"),
            ("05.01.2013 10:00 +0100", {"format": "%d.%m.%Y %H:%M %z"}, "2013-01-05T09:00:00"),
        ],
    )
    def test_are_read_as_the_source_says(self, tmp_path: Path, text: str, reading: Any, moment: str) -> None:
        assert self.read(tmp_path, [text], **reading) == [pd.Timestamp(moment, tz="UTC")]

    def test_of_an_hour_that_comes_twice_the_second_is_meant(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(HEAD + "1,2013-10-27 02:30,1,a,0\n")
        found = read_source(spec_of(source=Source.csv("a.csv", zone="Europe/Berlin")), month(10), tmp_path)
        assert list(found["at"]) == [pd.Timestamp("2013-10-27 01:30", tz="UTC")]

    def test_a_time_that_the_clocks_skipped_is_refused_in_its_own_window_only(self, tmp_path: Path) -> None:
        lines = ["1,2013-03-31 02:30,1,a,0\n", "2,0001-01-01,1,a,0\n", "3,2013-01-05,1,a,0\n"]
        (tmp_path / "a.csv").write_text(HEAD + "".join(lines))
        model = spec_of(source=Source.csv("a.csv", zone="Europe/Berlin"))
        assert list(read_source(model, JANUARY, tmp_path)["id"]) == ["3"]
        with pytest.raises(WrongType, match="skipped in 1 rows, first '2013-03-31 02:30:00' in row 1") as caught:
            read_source(model, month(3), tmp_path)
        assert "name the zone" in caught.value.remedy

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("20130105T100000Z", "2013-01-05T10:00:00"),
            ("20130105T1000+0530", "2013-01-05T04:30:00"),
            ("2013-01-05T10Z", "2013-01-05T10:00:00"),
            ("2013-01-05 10-03", "2013-01-05T13:00:00"),
        ],
    )
    def test_that_name_their_offset_are_not_of_the_sources_zone(self, tmp_path: Path, text: str, moment: str) -> None:
        assert self.read(tmp_path, [text], zone="Europe/Berlin") == [pd.Timestamp(moment, tz="UTC")]

    def test_a_name_of_winters_clocks_is_not_read_as_summers(self, tmp_path: Path) -> None:
        form = {"format": "%Y-%m-%d %H:%M %Z"}
        assert self.read(tmp_path, ["2013-01-05 10:00 CET"], **form) == [pd.Timestamp("2013-01-05 09:00", tz="UTC")]
        with pytest.raises(WrongType, match="winter's clocks in summer in 1 rows, first '2013-07-05 10:00 CET'"):
            self.read(tmp_path, ["2013-01-05 10:00 CET", "2013-07-05 10:00 CET"], **form)

    @pytest.mark.parametrize("form", ["%d %m", "%Y-Q%q", "%s", "%Y %Y", "%G-W%V", "%Y-%W", "%G-%m-%d"])
    def test_a_format_by_which_nothing_can_be_read_is_refused_when_declared(self, form: str) -> None:
        with pytest.raises(SpecError, match="format: "):
            Source.csv("a.csv", format=form)

    @pytest.mark.parametrize("form", ["%G-W%V-%u", "%Y-%j", "%A %d %B %y %I:%M %p %%", "%Y-%m-%d %H:%M:%S.%f %z", "%c"])
    def test_a_format_by_which_moments_can_be_read_is_taken(self, form: str) -> None:
        assert Source.csv("a.csv", format=form).reading.format == form

    @pytest.mark.parametrize(
        ("text", "reading", "error", "remedy"),
        [
            ("now", {"zone": "UTC"}, WrongType, "write moments"),
            ("today", {"zone": "UTC", "format": "%Y-%m-%d"}, WrongType, "%Y-%m-%d"),
            ("2013-Q1", {"zone": "UTC"}, WrongType, "its first day"),
            ("2013-W02", {"zone": "UTC"}, WrongType, "its first day"),
            ("2013-01-05 10:00:00 PST", {}, WrongType, "format='%Y-%m-%d %H:%M:%S PST', zone='"),
            ("1357376400", {}, WrongType, "unit='s'"),
            ("2013-01-05 10:00", {}, NaiveTimestamp, "zone='UTC'"),
            ("01/05/2013", {"format": "%m/%d/%Y"}, NaiveTimestamp, "zone='UTC'"),
            ("31/12/2013", {"format": "%m/%d/%Y", "zone": "UTC"}, WrongType, "%m/%d/%Y"),
            ("soon", {"unit": "s"}, WrongType, "numbers in s"),
        ],
    )
    def test_that_do_not_fit_are_refused_with_what_helps(
        self, tmp_path: Path, text: str, reading: Any, error: type[WindvaneError], remedy: str
    ) -> None:
        with pytest.raises(error) as caught:
            self.read(tmp_path, [text], **reading)
        assert remedy in caught.value.remedy

    @pytest.mark.parametrize("kind", ["int32", "int64", "float64"])
    def test_are_found_in_numbers_of_any_width(self, tmp_path: Path, kind: str) -> None:
        frame = rows(3)
        frame.assign(at=(frame["at"].astype("int64") // 1_000_000).astype(np.dtype(kind))).to_parquet(
            tmp_path / "a.parquet"
        )
        assert len(read_source(spec_of(source=Source.parquet("a.parquet", unit="s")), JANUARY, tmp_path)) == 3

    def test_of_a_sqlite_table_in_seconds_are_not_silently_nowhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WINDVANE_CONNECTION_OWN", f"sqlite:///{tmp_path}/a.db")
        with sqlite3.connect(tmp_path / "a.db") as connection:
            rows(3).assign(at=1357376400).to_sql("loans", connection, index=False)
        with pytest.raises(WrongType, match="is a number, such as 1357376400"):
            read_source(spec_of(source=Source.sql("own", table="loans")), JANUARY, tmp_path)
        assert len(read_source(spec_of(source=Source.sql("own", table="loans", unit="s")), JANUARY, tmp_path)) == 3
        query = "SELECT * FROM loans WHERE at >= :start AND at < :end"
        assert len(read_source(spec_of(source=Source.sql("own", query=query, unit="s")), JANUARY, tmp_path)) == 3

    def test_further_columns_are_moments_too(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id,at,income,zip,late,due\n1,2013-01-05 10:00,1,a,0,2013-02-05 10:00\n")
        source = Source.csv("a.csv", zone="UTC", moments=["due"])
        found = read_source(spec_of(source=source, carry=("due",)), JANUARY, tmp_path)
        assert list(found["due"]) == [pd.Timestamp("2013-02-05 10:00", tz="UTC")]


class TestJson:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"id": 1}\n{"id": 2\n', r"a\.jsonl, line 2 is no JSON"),
            ('{"id": 1}\n[1]\n', "line 2 is a list, no object"),
            ('{"id": 1, "id": 2}', "a name stands twice"),
            ('[{"id": 1}, 3]', "item 2 is a int, no object"),
        ],
    )
    def test_what_is_no_row_is_refused_by_line(self, tmp_path: Path, text: str, message: str) -> None:
        (tmp_path / "a.jsonl").write_text(text)
        with pytest.raises((SourceFailed, MissingColumn), match=message):
            read_source(spec_of(source=Source.json("a.jsonl")), JANUARY, tmp_path)


class TestKeys:
    def model(self, key: Any, **fields: Any) -> Model:
        return spec_of(source=Source.csv("a.csv"), key=key, **fields)

    def keys(self, folder: Path, model: Model, text: str) -> list[Any]:
        (folder / "a.csv").write_text(text)
        return list(next(check_chunks([read_source(model, JANUARY, folder)], model, JANUARY))[model.key])

    def test_of_several_columns_is_one(self, tmp_path: Path) -> None:
        text = "shop,at,income,zip,late\nx|y,2013-01-05T10:00Z,1,a,0\nx,2013-01-05T10:00Z,1,a,0\n"
        model = self.model(["shop", "at"])
        assert (model.key, model.delivered[:2]) == ("shop+at", ("shop", "at"))
        found = self.keys(tmp_path, model, text)
        assert set(found) == {"x\\|y|2013-01-05T10:00:00+00:00", "x|2013-01-05T10:00:00+00:00"}

    def test_a_part_may_be_a_feature(self, tmp_path: Path) -> None:
        found = self.keys(tmp_path, self.model(["id", "zip"]), HEAD + ROW.format("007"))
        assert found == ["007|a"]

    def test_a_part_without_a_value_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(WrongType, match="part of the key and has no value"):
            self.keys(tmp_path, self.model(["id", "zip"]), HEAD + "1,2013-01-05T10:00Z,1,,0\n")

    def test_the_position_in_the_file_is_one(self, tmp_path: Path) -> None:
        text = "at,income,zip,late\n2013-01-05T10:00Z,1,a,0\n2013-09-05T10:00Z,1,a,0\n2013-01-06T10:00Z,1,a,0\n"
        assert self.keys(tmp_path, self.model(Key.row()), text) == ["a.csv:1", "a.csv:3"]

    def test_the_position_in_a_parquet_file_is_one(self, tmp_path: Path) -> None:
        (tmp_path / "2013").mkdir()
        moments = pd.to_datetime(["2013-09-05", "2013-01-05"], utc=True)
        rows(2).drop(columns="id").assign(at=moments).to_parquet(tmp_path / "2013" / "a.parquet")
        model = spec_of(source=Source.parquet("*/*.parquet"), key=Key.row())
        assert read_source(model, JANUARY, tmp_path)["row"].tolist() == ["2013/a.parquet:2"]

    def test_whole_numbers_may_be_declared(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(HEAD + ROW.format(7))
        model = spec_of(source=Source.csv("a.csv", integers=["id"]))
        assert read_source(model, JANUARY, tmp_path)["id"].tolist() == [7]
        (tmp_path / "a.csv").write_text(HEAD + ROW.format("A7"))
        with pytest.raises(SourceFailed, match="'id' is no whole number in 1 rows, first 'A7'"):
            read_source(model, JANUARY, tmp_path)

    def test_a_stored_spec_has_the_same_key(self) -> None:
        model = self.model(["id", "zip"])
        assert Model.from_stored(model.model_dump(mode="json")) == model
        assert "key_parts" not in self.model("id").model_dump(mode="json")


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused_by_name(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("own")
    for name, source in (
        ("a.csv", Source.csv("a.csv")),
        ("a.jsonl", Source.json("a.jsonl")),
        ("a.parquet", Source.parquet("a.parquet")),
        ("a.arrow", Source.feather("a.arrow")),
    ):
        (folder / name).write_bytes(HEAD.encode() + content if name == "a.csv" else content)
        model = spec_of(source=source)
        with contextlib.suppress(DataError):
            list(check_chunks(read_chunks(model, JANUARY, folder), model, JANUARY))


def test_a_workbook_without_its_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(MissingExtra, match="workbooks are read by openpyxl") as caught:
        read_source(spec_of(source=Source.excel("a.xlsx", zone="UTC")), JANUARY, tmp_path)
    assert caught.value.remedy == "install windvane[excel]"


def test_the_cells_of_a_workbook_are_rows() -> None:
    lines = [("a note",), ("id", "at", None), ("x", 1, None), (None, None, None), ("-", None), ("y", 2.5, None)]
    frames = list(workbooks.rows_of(iter(lines), "here", Reading(skip=1, missing=("-",)), 3))
    found = pd.concat(frames)
    assert list(found.columns) == ["id", "at"]
    assert [None if pd.isna(value) else value for value in found["id"]] == ["x", None, "y"]
    assert list(found.index) == [0, 1, 2]
    with pytest.raises(SourceFailed, match="a column without a name holds 'z'"):
        list(workbooks.rows_of(iter([("id",), ("x", "z")]), "here", Reading(), 3))


def test_a_workbook_is_read_as_its_rows_are(tmp_path: Path) -> None:
    frame = rows().assign(at=rows()["at"].dt.tz_localize(None).dt.floor("s"), income=rows()["income"].round(3))
    frame.to_parquet(tmp_path / "a.parquet")
    with pd.ExcelWriter(tmp_path / "a.xlsx") as writer:
        pd.DataFrame({"notes": ["see the other sheet"]}).to_excel(writer, sheet_name="first", index=False)
        frame.to_excel(writer, sheet_name="loans", index=False)
    sheet = Source.excel("a.xlsx", sheet="loans", zone="UTC")
    assert digest(spec_of(source=sheet), tmp_path) == digest(
        spec_of(source=Source.parquet("a.parquet", zone="UTC")), tmp_path
    )
    with pytest.raises(SourceFailed, match=r"no sheet 'loan'; did you mean 'loans'\?"):
        read_source(spec_of(source=Source.excel("a.xlsx", sheet="loan", zone="UTC")), JANUARY, tmp_path)


def test_a_file_that_is_no_workbook_is_refused_by_name(tmp_path: Path) -> None:
    for content in (b"", b"PK", b"id,at\n1,2\n", bytes(range(256)) * 40):
        (tmp_path / "a.xlsx").write_bytes(content)
        with pytest.raises(SourceFailed):
            read_source(spec_of(source=Source.excel("a.xlsx", zone="UTC")), JANUARY, tmp_path)


YES = {"late": {"no": 0, "yes": 1}}


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(late=frame["late"].map({0: "no", 1: "yes"}))


@pytest.mark.parametrize("kind", ["csv", "parquet", "json", "sqlite"])
def test_words_that_stand_for_values_give_the_same_snapshot(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = rows()
    frame.loc[3, "late"] = None
    monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", f"sqlite:///{tmp_path / 'a.db'}")
    plain, worded = tmp_path / "plain.parquet", _worded(frame)
    frame.to_parquet(plain, index=False)
    sources: dict[str, tuple[Source, str, Callable[[pd.DataFrame, Path], object]]] = {
        "csv": (Source.csv("a.csv", values=YES), "a.csv", _csv()),
        "parquet": (Source.parquet("a.parquet", values=YES), "a.parquet", lambda frame, path: frame.to_parquet(path)),
        "json": (Source.json("a.jsonl", values=YES), "a.jsonl", _lines),
        "sqlite": (Source.sql("warehouse", "loans", values=YES), "a.db", _sqlite),
    }
    source, name, write = sources[kind]
    write(worded, tmp_path / name)
    model = spec_of(source=Source.parquet("plain.parquet"), features=Features(numbers=["income"], categories=["zip"]))
    assert digest(model.revised(source=source), tmp_path) == digest(model, tmp_path)


def test_a_word_that_is_not_named_is_refused_where_the_window_has_it(tmp_path: Path) -> None:
    frame = _worded(rows())
    frame.loc[5, "late"] = "Yes"
    later = frame.assign(at=frame["at"] + pd.Timedelta(days=40), late="perhaps")
    _csv()(pd.concat([frame, later]), tmp_path / "a.csv")
    model = spec_of(source=Source.csv("a.csv", values=YES), features=Features(numbers=["income"], categories=["zip"]))
    with pytest.raises(WrongType, match=r"'late' holds a value .* in 1 rows, first 'Yes' in row 6; did you mean 'yes'"):
        digest(model, tmp_path)


def test_values_of_a_column_that_is_not_declared_are_refused() -> None:
    with pytest.raises(WindvaneError, match="values: unknown column 'lat'; did you mean 'late'"):
        spec_of(source=Source.csv("a.csv", values={"lat": {"no": 0}}))
    with pytest.raises(WindvaneError, match="'late' names no words"):
        Source.csv("a.csv", values={"late": {}})


def test_an_event_time_that_is_unique_is_a_key(tmp_path: Path) -> None:
    frame = rows().drop(columns="id")
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    model = spec_of(
        source=Source.parquet("a.parquet"), key=["at"], features=Features(numbers=["income"], categories=["zip"])
    )
    assert model.key == "at_key"
    read = check_chunks(read_chunks(model, JANUARY, tmp_path, EnvironmentConnections()), model, JANUARY)
    keys = pd.concat(list(read))["at_key"]
    assert keys.is_unique
    assert keys.iloc[0] == "2013-01-02T00:00:00+00:00"
