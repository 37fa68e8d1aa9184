"""Files made to fill the memory: refused by name, before what they claim is written out."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from tests.unit.stores.examples import month, spec_of
from windvane import Source
from windvane.errors import SourceFailed
from windvane.stores import columnar, delimited
from windvane.stores.datasets import read_source

JANUARY = month(1)
HEAD = "id,at,income,zip,late\n"


def rows(count: int) -> pd.DataFrame:
    times = pd.date_range("2013-01-02", periods=count, freq="s", tz="UTC")
    return pd.DataFrame({"id": [f"k{n}" for n in range(count)], "at": times, "income": 1.0, "late": 0})


def test_a_line_without_an_end_is_refused_before_it_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "rows.csv").open("w") as file:
        file.write(HEAD + "1,2013-01-02T00:00Z,1,a,0\n2,2013-01-02T00:00Z,1,")
        for _ in range(60):
            file.write("a" * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceFailed, match=r"rows\.csv, line 3 has more than 4,194,304 characters"):
        read_source(spec_of(source=Source.csv("*.csv")), JANUARY, tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KiB


def test_a_line_as_long_as_allowed_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "1,2013-01-02T00:00Z,1,a,0\n"
    monkeypatch.setattr(delimited, "MAX_LINE", len(line))
    (tmp_path / "rows.csv").write_text(HEAD + line + "2,2013-01-02T00:00Z,1,b,1")
    assert len(read_source(spec_of(source=Source.csv("*.csv")), JANUARY, tmp_path)) == 2


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_too_many_columns_are_refused(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_COLUMNS", 10)
    monkeypatch.setattr(columnar, "MAX_COLUMNS", 10)
    frame = rows(3).assign(zip="a", **{f"c{n}": 1 for n in range(10)})
    frame.to_csv(tmp_path / "rows.csv", index=False) if kind == "csv" else frame.to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(SourceFailed, match="has 15 columns, more than 10"):
        read_source(spec_of(source=getattr(Source, kind)(f"*.{kind}")), JANUARY, tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_a_text_that_is_said_once_and_pointed_at_often_is_refused(tmp_path: Path, kind: str) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(4000, dtype="int32")), pa.array(["a" * 1_000_000]))
    table = pa.Table.from_pandas(rows(4000)).append_column("zip", texts)
    if kind == "parquet":
        pq.write_table(table, tmp_path / "rows.parquet", compression="zstd", store_schema=False)
    else:
        feather.write_feather(table, tmp_path / "rows.feather")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceFailed, match="4,000 rows comes to 4,000,000,000 bytes of text"):
        read_source(spec_of(source=getattr(Source, kind)(f"*.{kind}")), JANUARY, tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB


def test_a_row_group_that_claims_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "MAX_GROUP", 100)
    rows(100).assign(zip="a").to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(SourceFailed, match=r"a row group says to have [\d,]+ bytes, more than 100"):
        read_source(spec_of(source=Source.parquet("*.parquet")), JANUARY, tmp_path)
