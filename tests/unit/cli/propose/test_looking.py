"""What is seen of files of data: how they are written, when the rows happened, what identifies them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from windvane.cli.propose import look as looking
from windvane.cli.propose.cadence import cadence_of
from windvane.cli.propose.distinct import Distinct
from windvane.cli.propose.look import Sample, look
from windvane.cli.propose.row_key import key_of
from windvane.errors import MissingColumn, NaiveTimestamp, SourceFailed, TooFewRows, WindvaneError, WrongType


def orders(rows: int = 400, freq: str = "8h") -> pd.DataFrame:
    draw = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "number": np.arange(rows) + 1_000,
            "at": pd.date_range("2021-01-20", periods=rows, freq=freq, tz="UTC"),
            "amount": draw.normal(2_000, 500, rows).round(2),
            "shop": draw.choice(["Käse", "Brot"], rows),
            "y": draw.integers(0, 2, rows),
        }
    )


def _csv(**said: Any) -> Callable[[pd.DataFrame, Path], None]:
    return lambda frame, path: frame.to_csv(path, index=False, **said)


def _grouped(frame: pd.DataFrame, path: Path) -> None:
    german = frame["amount"].map(lambda value: f"{value:,.2f}".translate(str.maketrans(",.", ".,")))
    frame.assign(amount=german).to_csv(path, index=False, sep=";")


def _questioned(frame: pd.DataFrame, path: Path) -> None:
    frame.assign(amount=frame["amount"].astype(object).where(frame.index % 9 > 0, "?")).to_csv(path, index=False)


def _named_index(frame: pd.DataFrame, path: Path) -> None:
    frame.assign(number=frame["number"] * 7 % 4_001).set_index("number").to_parquet(path)


def _lines(frame: pd.DataFrame, path: Path) -> None:
    frame.to_json(path, orient="records", lines=True, date_format="iso")


def _workbook(frame: pd.DataFrame, path: Path) -> None:
    frame.assign(at=frame["at"].dt.tz_localize(None)).to_excel(path, index=False)


WRITTEN: dict[str, tuple[str, Callable[[pd.DataFrame, Path], object], dict[str, Any]]] = {
    "csv": ("a.csv", _csv(), {}),
    "csv of semicolons": ("a.csv", _csv(sep=";"), {"separator": ";"}),
    "csv of decimal commas": ("a.csv", _csv(sep=";", decimal=","), {"separator": ";", "decimal": ","}),
    "csv of grouped numbers": ("a.csv", _grouped, {"separator": ";", "decimal": ",", "thousands": "."}),
    "csv of tabs": ("a.tsv", _csv(sep="\t"), {"separator": "\t"}),
    "csv of pipes": ("a.csv", _csv(sep="|"), {"separator": "|"}),
    "csv of latin-1": ("a.csv", _csv(encoding="latin-1"), {"encoding": "latin-1"}),
    "csv of utf-16": ("a.csv", _csv(encoding="utf-16"), {"encoding": "utf-16"}),
    "csv, packed": ("a.csv.gz", _csv(), {}),
    "csv with question marks": ("a.csv", _questioned, {"missing": ["?"]}),
    "parquet": ("a.parquet", lambda frame, path: frame.to_parquet(path), {}),
    "parquet with a named index": ("a.parquet", _named_index, {}),
    "parquet with an index": ("a.parquet", lambda frame, path: frame.iloc[::-1].to_parquet(path), {}),
    "feather": ("a.feather", lambda frame, path: frame.to_feather(path), {}),
    "json lines": ("a.jsonl", _lines, {}),
    "excel": ("a.xlsx", _workbook, {}),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_files_of_every_kind_are_seen_alike(tmp_path: Path, case: str) -> None:
    name, write, told = WRITTEN[case]
    frame = orders()
    write(frame, tmp_path / name)
    found = look(str(tmp_path / name), "y", None, None)
    assert found.files.options == told
    assert (found.rows, found.time) == (400, "at")
    assert found.frame["amount"].dropna().between(100, 5_000).all()
    assert set(found.frame["shop"]) == {"Käse", "Brot"}
    assert [moment.isoformat() for moment in found.span] == ["2021-01-20T00:00:00+00:00", "2021-06-02T00:00:00+00:00"]
    assert key_of("orders", found, (), "y").columns == ("number",)


def test_a_sign_for_missing_that_comes_late_is_told_to_the_source(tmp_path: Path) -> None:
    frame = orders(1_000, "8h")
    amounts = frame["amount"].astype(object).where(frame.index < 900, ".")
    frame.assign(amount=amounts).to_csv(tmp_path / "a.csv", index=False)
    found = look(str(tmp_path / "a.csv"), "y", None, None)
    assert found.files.options == {"missing": ["."]}
    assert found.frame["amount"].isna().sum() == 100
    assert found.frame["amount"].dtype == float


@pytest.mark.parametrize("name", ["start_year", "YR", "yr_built"])
def test_a_column_called_a_year_is_a_time(tmp_path: Path, name: str) -> None:
    orders().assign(at=lambda rows: rows["at"].dt.year).rename(columns={"at": name}).to_csv(tmp_path / "a.csv")
    assert look(str(tmp_path / "a.csv"), "y", None, None).time == name


FORMS: dict[str, tuple[Callable[[pd.Series[Any]], Any], dict[str, str]]] = {
    "american": (lambda at: at.dt.strftime("%m/%d/%Y"), {"format": "%m/%d/%Y", "zone": "UTC"}),
    "european": (lambda at: at.dt.strftime("%d/%m/%Y %H:%M"), {"format": "%d/%m/%Y %H:%M", "zone": "UTC"}),
    "german": (lambda at: at.dt.strftime("%d.%m.%Y"), {"format": "%d.%m.%Y", "zone": "UTC"}),
    "afternoon": (lambda at: at.dt.strftime("%m/%d/%y %I:%M %p"), {"format": "%m/%d/%y %I:%M %p", "zone": "UTC"}),
    "spelled": (lambda at: at.dt.strftime("%b %d %Y"), {"format": "%b %d %Y", "zone": "UTC"}),
    "month": (lambda at: at.dt.strftime("%Y-%m"), {"format": "%Y-%m", "zone": "UTC"}),
    "date": (lambda at: at.dt.strftime("%Y-%m-%d"), {"zone": "UTC"}),
    "number of a day": (lambda at: at.dt.strftime("%Y%m%d").astype(int), {"format": "%Y%m%d", "zone": "UTC"}),
    "number of a month": (lambda at: at.dt.strftime("%Y%m").astype(int), {"format": "%Y%m", "zone": "UTC"}),
    "seconds": (lambda at: at.astype("int64") // 10**6, {"unit": "s"}),
    "milliseconds": (lambda at: at.astype("int64") // 10**3, {"unit": "ms"}),
    "with an offset": (lambda at: at.map(lambda moment: moment.isoformat()), {}),
}


@pytest.mark.parametrize("case", FORMS)
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_every_way_of_writing_moments_is_found(tmp_path: Path, case: str, name: str) -> None:
    change, told = FORMS[case]
    frame = orders()
    frame["at"] = frame["at"].astype("datetime64[us, UTC]")
    frame = frame.assign(at=change(frame["at"]))
    frame.to_csv(tmp_path / name, index=False) if name == "a.csv" else frame.to_parquet(tmp_path / name)
    found = look(str(tmp_path / name), "y", "at", None)
    assert {"zone": "UTC", **found.form.options} == {"zone": "UTC", **told}
    assert f"{found.span[0]:%Y-%m}" == "2021-01"


@pytest.mark.parametrize(("years", "form"), [("2001.0", "%Y"), ("1989", "%Y"), ("87", "%y")])
def test_years_are_calendar_numbers(tmp_path: Path, years: str, form: str) -> None:
    orders().drop(columns="at").assign(year=years).to_csv(tmp_path / "a.csv", index=False)
    assert look(str(tmp_path / "a.csv"), "y", None, None).form.options["format"] == form


def test_of_two_ways_that_fit_the_one_in_the_order_of_time_is_taken(tmp_path: Path) -> None:
    frame = orders(366, "1D")
    frame = frame[frame["at"].dt.day <= 12].sort_values("at")
    for form in ("%m/%d/%Y", "%d/%m/%Y"):
        frame.assign(at=frame["at"].dt.strftime(form)).to_csv(tmp_path / "a.csv", index=False)
        found = look(str(tmp_path / "a.csv"), "y", "at", None)
        assert found.form.options["format"] == form
        assert found.form.day_or_month


def test_a_form_that_the_last_row_does_not_fit_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = orders()
    frame["at"] = ["03/04/2021"] * 399 + ["13/04/2021"]
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert look(str(tmp_path / "a.csv"), "y", "at", None).form.options["format"] == "%d/%m/%Y"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda frame: frame.assign(at=np.arange(400)), WrongType),
        (lambda frame: frame.assign(at="soon"), WrongType),
        (lambda frame: frame.assign(at=["2021-01-20T00:00:00Z"] * 399 + ["2021-01-20T00:00:00"]), NaiveTimestamp),
        (lambda frame: frame.assign(at=frame["at"].where(frame.index > 2)), WrongType),
        (lambda frame: frame.head(50), TooFewRows),
        (lambda frame: frame.rename(columns={"at": "moment"}), MissingColumn),
    ],
)
def test_what_has_no_moments_is_refused_by_name(
    tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], error: type[WindvaneError]
) -> None:
    change(orders()).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(error):
        look(str(tmp_path / "a.csv"), "y", "at", None)


def test_several_files_are_one(tmp_path: Path) -> None:
    frame = orders()
    frame.head(100).to_csv(tmp_path / "1.csv", index=False)
    frame.tail(300).to_csv(tmp_path / "2.csv", index=False)
    assert look(str(tmp_path / "*.csv"), "y", "at", None).rows == 400
    frame.head(1).assign(more=1).to_csv(tmp_path / "3.csv", index=False)
    with pytest.raises(SourceFailed, match="do not have the same columns: more"):
        look(str(tmp_path / "*.csv"), "y", "at", None)


def test_a_sample_is_drawn_from_all_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "SAMPLE_ROWS", 1_000)
    monkeypatch.setattr("windvane.cli.propose.pieces.PIECE", 700)
    orders(10_000, "1h").to_parquet(tmp_path / "a.parquet", index=False)
    found = look(str(tmp_path / "a.parquet"), "y", "at", None)
    assert (found.rows, found.whole) == (10_000, False)
    assert len(found.frame) == 1_000
    tenths = np.bincount(found.frame["number"] // 1_000 - 1, minlength=10)
    assert tenths.min() > 60
    assert found.frame["number"].is_monotonic_increasing
    assert sum(found.form.hours.values()) == 10_000


def test_many_values_are_compared_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("windvane.cli.propose.distinct.MOST", 1_000)
    seen, repeated = Distinct(), Distinct()
    for start in range(0, 20_000, 500):
        seen.add(pd.Series(range(start, start + 500)))
        repeated.add(pd.Series(range(start // 2, start // 2 + 500)))
    assert seen.unique
    assert seen._count <= 1_500
    assert not repeated.unique


def _seen(tmp_path: Path, rows: int, freq: str) -> Sample:
    orders(rows, freq).to_parquet(tmp_path / "a.parquet", index=False)
    return look(str(tmp_path / "a.parquet"), "y", "at", None)


@pytest.mark.parametrize(
    ("rows", "freq", "window", "full"),
    [(4_000, "2h", "month", 10), (4_000, "5min", "day", 13), (1_500, "1D", "quarter", 15), (4_000, "1D", "year", 11)],
)
def test_windows_are_as_long_as_the_gate_asks(tmp_path: Path, rows: int, freq: str, window: str, full: int) -> None:
    found = cadence_of(_seen(tmp_path, rows, freq), "UTC")
    assert found.window == window
    assert found.why.startswith(f"{full} full ones with about {found.typical:,} rows; the gate judges on the last")
    assert found.why.endswith("and needs 50")


def test_rows_that_no_window_has_enough_of_are_refused_with_the_arithmetic(tmp_path: Path) -> None:
    with pytest.raises(
        TooFewRows, match=r"120 rows .* are too few: the longest window, .* has at most .* a gate needs 50"
    ):
        cadence_of(_seen(tmp_path, 120, "365D"), "UTC")
    orders().assign(at="2021-01-01").to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(TooFewRows, match="all rows are of one moment"):
        cadence_of(look(str(tmp_path / "b.csv"), "y", "at", None), "UTC")


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    at = frame["at"].dt
    return frame.assign(day=at.strftime("%d.%m.%Y"), time=at.strftime("%H:%M")).drop(columns="at")


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    at = frame["at"].dt
    return frame.assign(year=at.year, month=at.month, day=at.day, hr=at.hour).drop(columns="at")


def _spelled(frame: pd.DataFrame) -> pd.DataFrame:
    at = frame["at"].dt
    return frame.assign(Year=at.year, Month=at.strftime("%b"), mday=at.day).drop(columns="at")


def _hourly(frame: pd.DataFrame) -> pd.DataFrame:
    at = frame["at"].dt
    return frame.assign(dteday=at.strftime("%Y-%m-%d"), hr=at.hour, yr=at.year - 2024).drop(columns="at")


PARTED: dict[str, tuple[Any, str, str]] = {
    "a date and a clock time": (_dated, "day + time", "%d.%m.%Y %H:%M"),
    "numbers of the calendar": (_numbered, "year + month + day + hr", "%Y %m %d %H"),
    "names of months": (_spelled, "Year + Month + mday", "%Y %b %d"),
    "a date and an hour": (_hourly, "dteday + hr", "%Y-%m-%d %H"),
}


@pytest.mark.parametrize("case", PARTED)
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_time_of_several_columns_is_found(tmp_path: Path, case: str, name: str) -> None:
    change, time, form = PARTED[case]
    whole = orders(freq="9h")
    frame = change(whole)
    frame.to_csv(tmp_path / name, index=False) if name == "a.csv" else frame.to_parquet(tmp_path / name)
    told = tuple(time.split(" + "))
    for given in (None, told):
        found = look(str(tmp_path / name), "y", given, None)
        assert (found.parts, found.form.options["format"]) == (told, form)
        assert found.form.options["parts"] == {"at": list(told)}
        assert found.span[0] == whole["at"].min().floor("1D" if case == "names of months" else "1h")


def test_columns_that_count_years_or_only_name_a_part_are_no_times(tmp_path: Path) -> None:
    frame = orders().drop(columns="at").assign(yr=lambda rows: rows.index % 2, month=lambda rows: rows.index % 12 + 1)
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(MissingColumn):
        look(str(tmp_path / "a.csv"), "y", None, None)


def test_columns_that_are_no_parts_of_a_moment_are_refused(tmp_path: Path) -> None:
    orders().to_parquet(tmp_path / "a.parquet")
    with pytest.raises(WrongType, match="are no parts of one moment"):
        look(str(tmp_path / "a.parquet"), "y", ("at", "amount"), None)


def test_of_folders_that_name_values_the_columns_are_seen(tmp_path: Path) -> None:
    for shop, part in orders().groupby("shop"):
        folder = tmp_path / "data" / f"shop={shop}"
        folder.mkdir(parents=True)
        part.drop(columns="shop").to_parquet(folder / "part.parquet", index=False)
    found = look(str(tmp_path / "data"), "y", None, None)
    assert found.files.options == {"hive": True}
    assert str(found.files).endswith("data/**/*.parquet")
    assert set(found.frame["shop"]) == {"Käse", "Brot"}


def test_a_folder_of_several_kinds_is_refused_by_name(tmp_path: Path) -> None:
    orders().to_parquet(tmp_path / "a.parquet")
    orders().to_csv(tmp_path / "a.csv")
    with pytest.raises(SourceFailed, match=r"several kinds: \.csv, \.parquet"):
        look(str(tmp_path), "y", None, None)
