"""A file that is of another form than its source declares is refused by that form, with a remedy that helps."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # it has no types
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.stores.examples import month, spec_of
from windvane import Features, Source
from windvane.errors import InvalidTarget, MissingColumn, SourceFailed
from windvane.lifecycle.frames import check_chunks
from windvane.stores.connections import EnvironmentConnections
from windvane.stores.datasets import read_chunks

JANUARY = month(1)
HEAD = "id,at,income,zip,late\n"
ROWS = HEAD + "1,2013-01-05T10:00:00Z,1.5,a,0\n2,2013-01-06T10:00:00Z,2.5,b,1\n"


def read(source: Source, folder: Path) -> pd.DataFrame:
    model = spec_of(source=source, features=Features(numbers=("income",), categories=("zip",)))
    chunks = check_chunks(read_chunks(model, JANUARY, folder, EnvironmentConnections()), model, JANUARY)
    return pd.concat(list(chunks))


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "source", "cause", "remedy"),
    [
        (gzip.compress(ROWS.encode()), Source.csv, "packed by gzip", "rows.csv.gz"),
        (zipped(rows=ROWS), Source.csv, "a zip archive", "Source.excel"),
        (parquet(), Source.csv, "a Parquet file", "Source.parquet"),
        (parquet(), Source.feather, "a Parquet file", "Source.parquet"),
        (ROWS.encode("utf-16"), Source.csv, "begins as UTF-16 does", "encoding='utf-16'"),
        (ROWS.encode("utf-16"), Source.json, "begins as UTF-16 does", "encoding='utf-16'"),
        (b"\x28\xb5\x2f\xfd" + bytes(20), Source.csv, "packed by zstd", "gzip"),
        (b"FEA1" + bytes(20) + b"FEA1", Source.feather, "the first version of Feather", "version=2"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), Source.excel, "the old form", ".xlsx"),
    ],
)
def test_a_file_of_another_form_is_called_what_it_is(
    tmp_path: Path, content: bytes, source: Callable[[str], Source], cause: str, remedy: str
) -> None:
    (tmp_path / "rows").write_bytes(content)
    with pytest.raises(SourceFailed, match=cause) as caught:
        read(source("rows"), tmp_path)
    assert remedy in caught.value.remedy


def test_a_column_may_be_called_as_a_form_begins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS.replace("id,", "PAR1,"))
    assert list(read(Source.csv("a.csv", columns={"PAR1": "id"}), tmp_path)["id"]) == ["1", "2"]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_another_separator_is_named_and_helps(tmp_path: Path, sign: str) -> None:
    (tmp_path / "a.csv").write_text(ROWS.replace(",", sign))
    with pytest.raises(MissingColumn) as caught:
        read(Source.csv("a.csv"), tmp_path)
    assert caught.value.remedy == f"tell the source its separator, separator={sign!r}"
    assert len(read(Source.csv("a.csv", separator=sign), tmp_path)) == 2


def test_the_mark_of_a_files_beginning_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\ufeff" + ROWS)
    (tmp_path / "a.jsonl").write_text(
        '\ufeff{"id": "1", "at": "2013-01-05T10:00:00Z", "income": 1, "zip": "a", "late": 0}'
    )
    assert len(read(Source.csv("a.csv", encoding="utf-8"), tmp_path)) == 2
    assert len(read(Source.json("a.jsonl", encoding="utf-8"), tmp_path)) == 1


@pytest.mark.parametrize("line", ["# exported on Monday\n", "sep=,\n"])
def test_a_line_before_the_names_can_be_left_out(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.csv").write_text(line + ROWS)
    with pytest.raises(SourceFailed, match=r"line 2 has 5 fields; the file has [12] column") as caught:
        read(Source.csv("a.csv"), tmp_path)
    assert "skip=1" in caught.value.remedy
    assert len(read(Source.csv("a.csv", skip=1), tmp_path)) == 2


def test_the_names_inside_a_file_are_no_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS + HEAD)
    with pytest.raises(SourceFailed, match="line 4 is the line of names once more"):
        read(Source.csv("a.csv"), tmp_path)


def test_what_a_mac_adds_to_an_archive_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv.zip").write_bytes(zipped(**{"a.csv": ROWS, "__MACOSX/._a.csv": "x"}))
    assert len(read(Source.csv("a.csv.zip"), tmp_path)) == 2


def test_another_case_of_a_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS.replace("id,at,income,zip,late", "ID,AT,Income,ZIP,Late"))
    with pytest.raises(MissingColumn, match="did you mean 'AT'"):
        read(Source.csv("a.csv"), tmp_path)


def test_the_sheet_and_the_lines_before_names_are_asked_for(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book["Sheet"].append(["read me"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(MissingColumn) as caught:
        read(Source.excel("a.xlsx"), tmp_path)
    assert "sheet=" in caught.value.remedy


@pytest.mark.parametrize(("no", "yes"), [("N", "Y"), ("no", "yes"), ("1", "2"), ("-1", "1")])
def test_two_labels_can_be_said_to_be_0_and_1_as_the_remedy_says(tmp_path: Path, no: str, yes: str) -> None:
    (tmp_path / "a.csv").write_text(ROWS.replace("a,0\n", f"a,{no}\n").replace("b,1\n", f"b,{yes}\n"))
    with pytest.raises(InvalidTarget) as caught:
        read(Source.csv("a.csv"), tmp_path)
    values = {"late": {no: 0, yes: 1}}
    assert f"values={values}" in caught.value.remedy
    assert list(read(Source.csv("a.csv", values=values), tmp_path)["late"]) == [0.0, 1.0]
