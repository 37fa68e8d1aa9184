"""What `windvane init` guesses from a file, and that the guesses train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.cli.conftest import Init
from tests.unit.cli.samples import applications, assert_clean, guesses, left_out, saved


def test_columns_that_are_no_features_are_said_with_the_reason(init: Init) -> None:
    draw = np.random.default_rng(4)
    frame = applications()
    answer = init(
        "init",
        "odd",
        "--data",
        saved(
            frame.assign(
                constant=1,
                empty=np.nan,
                note=[f"note {number}" for number in range(len(frame))],
                city=draw.choice([f"c{number}" for number in range(80)], len(frame)),
                infinite=np.where(draw.random(len(frame)) < 0.1, np.inf, 1.0),
                closed=frame["at"] + pd.to_timedelta(draw.integers(1, 99, len(frame)), unit="h"),
                row_number=np.arange(len(frame)),
                leak=frame["y"] * 3.0 + draw.normal(0, 0.1, len(frame)),
                leak_by_absence=np.where(frame["y"] == 1, 1.0, np.nan),
                leak_word=np.where(frame["y"] == 1, "paid", "open"),
                nested=pd.Series([[1, 2]] * len(frame), dtype=object),
            )
        ),
        *("--target", "y", "--time", "at", "--json"),
    )
    message = left_out(answer)
    words = {
        "constant": "always",
        "empty": "empty",
        "note": "identifier",
        "city": "80 different values",
        "infinite": "infinite",
        "closed": "moment",
        "row_number": "identifier",
        "leak": "possible leak",
        "leak_by_absence": "possible leak",
        "leak_word": "possible leak",
        "nested": "nested",
    }
    assert {name: word for name, word in words.items() if word not in message.get(name, "")} == {}
    assert guesses(answer)["numbers"] == "score"
    assert guesses(answer)["categories"] == "kind"


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (lambda y: y, "binary"),
        (lambda y: y == 1, "binary"),
        (lambda y: np.where(y == 1, "Yes", "no"), "binary"),
        (lambda y: np.where(y == 1, 2, 1), "binary"),
        (lambda y: np.where(y == 1, "high", np.where(np.arange(len(y)) % 2, "low", "middle")), "multiclass"),
        (lambda y: y + np.arange(len(y)) % 3, "multiclass"),
        (lambda y: y + np.random.default_rng(1).random(len(y)), "regression"),
    ],
)
def test_the_task_is_guessed_and_trains(init: Init, target: Callable[[Any], Any], task: str) -> None:
    frame = applications()
    frame["y"] = target(frame["y"].to_numpy())
    answer = init("init", "odd", "--data", saved(frame), "--target", "y", "--time", "at", "--json")
    assert guesses(answer)["task"] == task
    assert_clean(Path.cwd())
    trained = init("run", "train", "odd", "--window", "2024-01")
    assert trained.code == 0, trained
    assert init("run", "monitor", "odd", "--window", "2024-02").code == 0


@pytest.mark.parametrize("kind", ["data.csv", "data.parquet"])
@pytest.mark.parametrize(
    ("change", "timezone"),
    [
        (lambda at: at, None),
        (lambda at: at.dt.tz_convert("Asia/Kolkata"), None),
        (lambda at: at.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"), None),
        (lambda at: at.dt.tz_localize(None), "Europe/Berlin"),
        (lambda at: at.dt.strftime("%Y-%m-%d %H:%M"), "Europe/Berlin"),
        (lambda at: at.dt.date, "UTC"),
    ],
)
def test_every_way_of_writing_times_is_read(
    init: Init, change: Callable[[Any], Any], timezone: str | None, kind: str
) -> None:
    frame = applications()
    data = saved(frame.assign(at=change(frame["at"])), kind)
    words = ["init", "odd", "--data", data, "--target", "y", "--time", "at", "--json"]
    if timezone:
        refused = init(*words)
        assert (refused.code, refused.json["error"]) == (1, "NaiveTimestamp")
        assert "--timezone" in refused.json["remedy"]
        words += ["--timezone", timezone]
    answer = init(*words)
    assert guesses(answer)["window"] == "month"
    assert_clean(Path.cwd())
    scored = init("run", "train", "odd", "--window", "2024-03", "--json")
    assert scored.code == 0, scored
    snapshot = init("show", "odd", "1", "--json").json
    assert snapshot["rows"] > 500


@pytest.mark.parametrize(
    ("rows", "minutes", "window"),
    [
        *[(4_000, 120, "month"), (4_000, 20, "week"), (4_000, 5, "day"), (4_000, 1, "6h"), (2_000, 0.2, "1h")],
        *[(1_300, 110, "2 weeks"), (1_500, 1440, "quarter"), (4_000, 1440, "year")],  # a row a day: 30 a month
    ],
)
def test_the_window_fits_the_span_of_the_rows(init: Init, rows: int, minutes: float, window: str) -> None:
    frame = applications(rows)
    frame["at"] = pd.date_range("2024-01-01", periods=rows, freq=f"{round(minutes * 60)}s", tz="UTC")
    answer = init("init", "odd", "--data", saved(frame), "--target", "y", "--time", "at", "--json")
    assert guesses(answer)["window"] == window
    assert init("check").code == 0


def test_a_long_file_is_looked_at_from_its_start_to_its_end(init: Init) -> None:
    rows = 450_000
    frame = applications(rows, at=pd.date_range("2022-01-01", periods=rows, freq="2min", tz="UTC"))
    path = Path.cwd() / "long.parquet"
    frame.to_parquet(path, index=False, row_group_size=50_000)
    found = guesses(init("init", "long", "--data", str(path), "--target", "y", "--time", "at", "--json"))
    assert found["rows"] == "199,998"
    assert (found["start"], found["end"]) == ("2022-01-01", "2023-09-18")
    frame.to_csv(path.with_suffix(".csv"), index=False)
    answer = init("init", "far", "--data", str(path.with_suffix(".csv")), "--target", "y", "--time", "at", "--json")
    assert "end" not in guesses(answer)


def test_the_key_is_said_or_guessed_or_asked_for(init: Init) -> None:
    frame = applications().rename(columns={"id": "reference"})
    frame["label"] = [f"x{number}" for number in range(len(frame))]
    data = saved(frame)
    words = ("init", "odd", "--data", data, "--target", "y", "--time", "at", "--json")
    refused = init(*words)
    assert (refused.code, refused.json["error"]) == (1, "MissingColumn")
    assert "reference, label" in refused.json["cause"]
    assert "--key" in refused.json["remedy"]
    assert init(*words, "--key", "kind").json["error"] == "DuplicateKey"
    assert init(*words, "--key", "y").json["error"] == "DuplicateKey"
    assert init(*words, "--key", "referenc").json["error"] == "MissingColumn"
    assert guesses(init(*words, "--key", "reference"))["key"] == "reference"


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_many_rows_get_trees_and_few_a_line(init: Init, task: str) -> None:
    frame = applications(30_000)
    frame["at"] = pd.date_range("2024-01-01", periods=len(frame), freq="10min", tz="UTC")
    if task == "regression":
        frame["y"] = frame["score"] + np.random.default_rng(1).normal(size=len(frame))
    for name, rows, kind in (("many", len(frame), "HistGradientBoosting"), ("few", 2_000, "Logistic")):
        data = saved(frame.iloc[:: len(frame) // rows])
        assert init("init", name, "--data", data, "--target", "y", "--time", "at").code == 0
        module = Path("include", "models", f"{name}.py").read_text(encoding="utf-8")
        assert (kind if task == "binary" or name == "many" else "Ridge") in module
        assert_clean(Path.cwd())
        assert init("run", "train", name, "--window", "2024-01", "--json").json["decision"] == "promote"


def test_codes_are_categories_and_protected_groups_are_told(init: Init) -> None:
    draw = np.random.default_rng(5)
    frame = applications()
    more: dict[str, Any] = {
        "store": draw.integers(1, 9, len(frame)),
        "race": draw.choice(["a", "b"], len(frame)),
        "fixed": 7,
    }
    data = saved(frame.assign(**more))
    answer = init("init", "odd", "--data", data, "--target", "y", "--time", "at", "--json")
    found = guesses(answer)
    assert "store" in found["categories"].split(", ")
    assert found["protected?"] == "race"
    assert left_out(answer)["fixed"] == "always 7"
    assert init("run", "train", "odd", "--window", answer.json["window"]).code == 0


def test_a_count_is_measured_where_the_task_says_so(init: Init) -> None:
    frame = applications()
    data = saved(frame.assign(y=np.random.default_rng(6).integers(0, 9, len(frame))))
    words = ("init", "odd", "--data", data, "--target", "y", "--time", "at", "--json")
    assert guesses(init(*words))["task"] == "multiclass"
    assert guesses(init(*words, "--task", "regression", "--force"))["task"] == "regression"
    assert init(*words, "--task", "binary", "--force").json["error"] == "WrongType"
    assert init(*words, "--task", "much", "--force").code == 2
