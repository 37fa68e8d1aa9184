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
        *("--target", "y", "--time", "at", "--json", "--no-run"),
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


def test_a_column_that_begins_after_the_first_training_is_left_out_and_the_rest_trains(init: Init) -> None:
    frame = applications()
    middle = frame["at"].sort_values().iloc[len(frame) // 2]
    later = np.where(frame["at"] > middle, np.random.default_rng(2).normal(size=len(frame)), np.nan)
    answer = init("init", "odd", "--data", saved(frame.assign(asked_later=later)), "--target", "y", "--time", "at",
                  "--json")  # fmt: skip
    assert "has no value up to window" in left_out(answer)["asked_later"]
    assert guesses(answer)["numbers"] == "score"
    assert answer.code == 0, answer


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
        (lambda at: at.dt.tz_localize(None), "Asia/Kolkata"),
        (lambda at: at.dt.strftime("%Y-%m-%d %H:%M"), "Asia/Kolkata"),
        (lambda at: at.dt.date, "UTC"),
    ],
)
def test_every_way_of_writing_times_is_read(
    init: Init, change: Callable[[Any], Any], timezone: str | None, kind: str
) -> None:
    frame = applications()
    data = saved(frame.assign(at=change(frame["at"])), kind)
    words = ["init", "odd", "--data", data, "--target", "y", "--time", "at", "--json"]
    words.append("--no-run")
    if timezone:
        proposed = init(*words)
        (why,) = [item["why"] for item in proposed.json["guesses"] if item["guess"] == "timezone"]
        assert guesses(proposed)["timezone"] == "UTC"
        assert "proposed" in why
        words += ["--timezone", timezone, "--force"]
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
    answer = init("init", "odd", "--data", saved(frame), "--target", "y", "--time", "at", "--json", "--no-run")
    assert guesses(answer)["window"] == window
    assert init("check").code == 0


def test_a_long_file_is_looked_at_from_its_start_to_its_end(init: Init) -> None:
    rows = 250_000
    frame = applications(rows, at=pd.date_range("2022-01-01", periods=rows, freq="2min", tz="UTC"))
    frame.loc[frame.index[-1], "id"] = 0
    for name in ("long.parquet", "far.csv"):
        model = name.partition(".")[0]
        words = ("init", model, "--data", saved(frame, name), "--target", "y", "--time", "at", "--json", "--no-run")
        answer = init(*words)
        found = guesses(answer)
        assert (found["rows"], found["start"], found["end"]) == ("250,000", "2022-01-01", "2022-12-15")
        (told,) = [item["why"] for item in answer.json["guesses"] if item["guess"] == "rows"]
        assert "200,000" in told
        assert found["key"] == "at"  # the last row repeats an id


def test_the_key_is_said_or_guessed(init: Init) -> None:
    frame = applications().rename(columns={"id": "reference"})
    frame["label"] = [f"x{number}" for number in range(len(frame))]
    words = ("init", "odd", "--data", saved(frame), "--target", "y", "--time", "at", "--json", "--no-run", "--force")
    assert guesses(init(*words))["key"] == "reference"
    assert init(*words, "--key", "kind").json["error"] == "DuplicateKey"
    assert init(*words, "--key", "y").json["error"] == "DuplicateKey"
    assert init(*words, "--key", "referenc").json["error"] == "MissingColumn"
    assert guesses(init(*words, "--key", "label"))["key"] == "label"
    assert guesses(init(*words, "--key", "kind", "--key", "label"))["key"] == "kind + label"


def _shops(**columns: Any) -> pd.DataFrame:
    """Ten shops a day, and no column that is unique."""
    frame = applications().drop(columns="id")
    at = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(len(frame)) // 10, unit="D")
    return frame.assign(**{"at": at, "shop": np.arange(len(frame)) % 10, **columns})


@pytest.mark.parametrize(
    ("frame", "key", "written"),
    [
        (applications().drop(columns="id"), "at", 'key=["at"]'),
        (_shops(), "shop + at", 'key=["shop", "at"]'),
        (_shops(shop=3), "position in the file", "key=Key.row()"),
    ],
)
def test_without_a_unique_column_the_key_is_the_time_or_several_or_the_row(
    init: Init, frame: pd.DataFrame, key: str, written: str
) -> None:
    words = ("init", "odd", "--data", saved(frame, "data.csv"), "--target", "y", "--time", "at", "--json")
    answer = init(*words)
    assert guesses(answer)["key"] == key
    assert written in Path("dags", "odd.py").read_text(encoding="utf-8")
    assert answer.json["tried"][-1]["decision"] == "promote"
    assert_clean(Path.cwd())


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_better_baseline_on_later_rows_is_proposed(init: Init, task: str) -> None:
    draw = np.random.default_rng(1)
    frame = applications(6_000, at=pd.date_range("2024-01-01", periods=6_000, freq="30min", tz="UTC"))
    bent = np.sin(3 * frame["score"]) * 3
    for name, truth, kind in (("bent", bent, "HistGradientBoosting"), ("straight", frame["score"] * 2, "Regression")):
        noise = draw.normal(size=len(frame)) if task == "regression" else draw.logistic(size=len(frame))
        frame["y"] = truth + noise if task == "regression" else (truth + noise > 0).astype(int)
        answer = init("init", name, "--data", saved(frame), "--target", "y", "--time", "at", "--json")
        assert answer.json["tried"][-1]["decision"] == "promote"
        module = Path("include", "models", f"{name}.py").read_text(encoding="utf-8")
        assert (kind if task == "binary" or name == "bent" else "Ridge") in module
        assert "min_samples_leaf" not in module
        assert_clean(Path.cwd())


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
    assert answer.json["tried"][-1]["decision"] == "promote"


def test_a_count_is_measured_where_the_task_says_so(init: Init) -> None:
    frame = applications()
    data = saved(frame.assign(y=np.random.default_rng(6).integers(0, 9, len(frame))))
    words = ("init", "odd", "--data", data, "--target", "y", "--time", "at", "--json", "--no-run")
    assert guesses(init(*words))["task"] == "multiclass"
    assert guesses(init(*words, "--task", "regression", "--force"))["task"] == "regression"
    assert init(*words, "--task", "binary", "--force").json["error"] == "WrongType"
    assert init(*words, "--task", "much", "--force").code == 2
