"""Moments whose parts are columns of their own, and what other programs keep that is not what it seems."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # it has no types
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from tests.unit.stores.examples import spec_of
from tests.unit.stores.test_reading import JANUARY, rows
from windvane import Source
from windvane.errors import MissingColumn, SourceFailed, SpecError, UnexpectedColumn, WindvaneError, WrongType
from windvane.stores.datasets import read_source


def test_a_formula_that_was_never_computed_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "at", "income", "zip", "late"], ["1", datetime(2013, 1, 5), "=1+1", "a", 0]):  # noqa: DTZ001 (a workbook's clock)
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SourceFailed, match=r"line 2: the formula '=1\+1' was never computed"):
        read_source(spec_of(source=Source.excel("a.xlsx", zone="UTC")), JANUARY, tmp_path)


@pytest.mark.parametrize("write", [pq.write_table, feather.write_feather])
def test_periods_of_pandas_are_what_people_read(tmp_path: Path, write: Any) -> None:
    frame = rows(3).assign(zip=pd.Series(pd.PeriodIndex(["2013-01", None, "2013-02"], freq="M")))
    kind = "parquet" if write is pq.write_table else "feather"
    write(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / f"a.{kind}")
    found = read_source(spec_of(source=getattr(Source, kind)(f"a.{kind}")), JANUARY, tmp_path)
    assert found["zip"].tolist()[::2] == ["2013-01", "2013-02"]
    assert found["zip"].isna().tolist() == [False, True, False]


class TestPartsOfMoments:
    def read(self, folder: Path, text: str, **reading: Any) -> pd.DataFrame:
        (folder / "a.csv").write_text(text)
        said = {"parts": {"at": ["day", "clock"]}, "zone": "UTC", **reading}
        return read_source(spec_of(source=Source.csv("a.csv", **said)), JANUARY, folder)

    def test_that_are_not_declared_stay_behind(self, tmp_path: Path) -> None:
        found = self.read(tmp_path, "id,day,clock,income,zip,late\n1,2013-01-05,10:00,1,a,0\n")
        assert list(found.columns) == ["id", "income", "zip", "late", "at"]
        assert found["at"].tolist() == [pd.Timestamp("2013-01-05T10:00Z")]

    @pytest.mark.parametrize(
        ("text", "error", "message"),
        [
            ("id,day,clok,income,zip,late\n1,2013-01-05,10:00,1,a,0\n", MissingColumn, "did you mean 'clok'"),
            ("id,at,day,clock,income,zip,late\n1,x,2013-01-05,10:00,1,a,0\n", UnexpectedColumn, "to be made of"),
            ("id,day,clock,income,zip,late\n1,2013-01-05,25:00,1,a,0\n", WrongType, "first '2013-01-05 25:00'"),
        ],
    )
    def test_that_make_no_moment_are_refused(
        self, tmp_path: Path, text: str, error: type[WindvaneError], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            self.read(tmp_path, text)

    def test_of_a_fraction_are_refused(self, tmp_path: Path) -> None:
        frame = rows(2).assign(year=2013, day=[5.5, 6.0]).drop(columns="at")
        frame.to_parquet(tmp_path / "a.parquet")
        source = Source.parquet("a.parquet", parts={"at": ["year", "day"]}, format="%Y %j", zone="UTC")
        with pytest.raises(WrongType, match=r"'day', a part of a moment, holds 5\.5 in row 1"):
            read_source(spec_of(source=source), JANUARY, tmp_path)

    @pytest.mark.parametrize(
        "parts", [{"at": ["day"]}, {"at": ["day", "day"]}, {"at": ["at", "day"]}, {"at": "day"}, {}]
    )
    def test_are_two_columns_at_the_least(self, parts: dict[str, Any]) -> None:
        if not parts:
            with pytest.raises(SpecError, match="neither the event time nor one of moments"):
                spec_of(source=Source.csv("a.csv", parts={"when": ["day", "clock"]}))
            return
        with pytest.raises(SpecError, match="parts: "):
            Source.csv("a.csv", parts=parts)
