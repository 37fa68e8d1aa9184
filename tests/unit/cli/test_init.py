"""`windvane init`: what is written passes its own checks and really works, whatever the data are named."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cli.conftest import ROOT, Answer
from windvane.cli.propose.render import filled, literal, mapped

LOANS = ROOT / "examples" / "loans.parquet"
NAMED = ("--target", "default", "--time", "applied_at")
RUFF = str(Path(sys.executable).parent / "ruff")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the house's rules, and a home of its own."""
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(ROOT / "pyproject.toml", folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WINDVANE_SPECS", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "models"]:
        monkeypatch.delitem(sys.modules, name)
    return folder


@pytest.fixture
def init(project: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run any command line in the project."""
    from windvane.cli import main

    def run(*words: str) -> Answer:
        capfd.readouterr()
        code = main(list(words))
        return Answer(code, *capfd.readouterr())

    return run


def applications(rows: int = 2_000, **columns: Any) -> pd.DataFrame:
    draw = np.random.default_rng(3)
    at = pd.date_range("2024-01-01", periods=rows, freq="2h", tz="UTC")
    score = draw.normal(size=rows)
    frame = {
        "id": np.arange(rows),
        "at": at,
        "score": score,
        "kind": draw.choice(["a", "b"], rows),
        "y": (draw.random(rows) < 1 / (1 + np.exp(-2 * score))).astype(int),
    }
    return pd.DataFrame({**frame, **columns})


def saved(frame: pd.DataFrame, name: str = "data.parquet") -> str:
    path = Path.cwd() / name
    if name.endswith(".csv"):
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return str(path)


def guesses(answer: Answer) -> dict[str, str]:
    assert answer.code == 0, answer
    return {item["guess"]: item["value"] for item in answer.json["guesses"]}


def left_out(answer: Answer) -> dict[str, str]:
    return {item["value"]: item["why"] for item in answer.json["guesses"] if item["guess"] == "left out"}


def assert_clean(project: Path) -> None:
    for verb in (["check"], ["format", "--check"]):
        ended = subprocess.run(
            [RUFF, *verb, "dags", "include"], cwd=project, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout


def test_the_walk_through_of_the_readme_works(project: Path, init: Callable[..., Answer]) -> None:
    (project / "examples").mkdir()
    shutil.copy(LOANS, project / "examples")
    answer = init("init", "loans", "--data", "examples/loans.parquet", *NAMED)
    assert (answer.code, answer.err) == (0, "")
    for words in ("loan_id", "month", "campaign", "collection_fee", "possible leak", "windvane check dags"):
        assert words in answer.out
    assert "windvane run train loans --window 2024-01" in answer.out
    assert_clean(project)
    assert len((project / "dags" / "loans.py").read_text(encoding="utf-8").splitlines()) <= 40
    assert str(project) not in (project / "include" / "models" / "loans.py").read_text(encoding="utf-8")
    assert init("check").code == 0
    trained = init("run", "train", "loans", "--window", "2024-01", "--json").json
    assert (trained["decision"], trained["champion"]) == ("promote", 1)
    for window, decision in (("2024-02", "hold"), ("2024-05", "retrain")):
        assert init("run", "score", "loans", "--window", window).code == 0
        assert init("run", "monitor", "loans", "--window", window, "--json").json["decision"] == decision
    assert "verdicts" in init("show", "loans", "1").out
    assert init("champion", "loans", "--json").json["champion"] == 2


def test_the_example_data_are_those_its_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_loans", ROOT / "examples" / "make_loans.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pd.testing.assert_frame_equal(module.loans(), pd.read_parquet(LOANS))


HOSTILE = {
    '"]; raise SystemExit(7) #': 1.0,
    'a\\\'b\n"""': 2.0,
    "größe": 3.0,
    "mixеd": 4.0,  # a Cyrillic letter among Latin ones
    "w" * 130: 5.0,
    "many words " * 12: 6.0,
    "{name}": 7.0,
}


@pytest.mark.parametrize("kind", ["data.csv", "data.parquet"])
def test_hostile_names_and_values_stay_text(project: Path, init: Callable[..., Answer], kind: str) -> None:
    draw = np.random.default_rng(5)
    numbers = {name: draw.normal(scale, 1, 2_000) for name, scale in HOSTILE.items()}
    words = draw.choice(['a"""', "\u202eevil", "\x1b[31m", "{}", "%s", "it's", "ж", "\\"], 2_000)
    frame = (
        applications()
        .assign(**numbers, **{"'''kind": words})
        .rename(columns={"id": 'the "id"', "at": "the\ttime", "y": "y{}"})
    )
    answer = init("init", "odd", "--data", saved(frame, kind), "--target", "y{}", "--time", "the\ttime", "--json")
    assert guesses(answer)["key"] == 'the "id"'
    ended = subprocess.run([RUFF, "check", "dags", "include"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert init("check").code == 0
    assert init("run", "train", "odd", "--window", "2024-02").code == 0
    assert set(HOSTILE) <= set(init("show", "odd", "--json").json["spec"]["features"]["numbers"])


@given(st.text())
def test_a_literal_is_the_text_and_one_line_or_pieces(text: str) -> None:
    written = literal(text, 4)
    assert ast.literal_eval(written) == text
    assert all(row.isprintable() and len(row) < 120 for row in written.split("\n"))


@given(st.lists(st.text(min_size=1), max_size=30, unique=True))
def test_lists_and_mappings_of_any_names_are_code(names: list[str]) -> None:
    assert ast.literal_eval(filled(names, 10)) == names
    assert ast.literal_eval(mapped(dict.fromkeys(names, "(0, 1)"))) == dict.fromkeys(names, (0, 1))


def test_columns_that_are_no_features_are_said_with_the_reason(init: Callable[..., Answer]) -> None:
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
    told = left_out(answer)
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
    assert {name: word for name, word in words.items() if word not in told.get(name, "")} == {}
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
def test_the_task_is_guessed_and_trains(init: Callable[..., Answer], target: Callable[[Any], Any], task: str) -> None:
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
    init: Callable[..., Answer], change: Callable[[Any], Any], timezone: str | None, kind: str
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
    [(4_000, 120, "month"), (4_000, 20, "week"), (4_000, 5, "day"), (4_000, 1, "6h"), (2_000, 0.2, "1h")],
)
def test_the_window_fits_the_span_of_the_rows(
    init: Callable[..., Answer], rows: int, minutes: float, window: str
) -> None:
    frame = applications(rows)
    frame["at"] = pd.date_range("2024-01-01", periods=rows, freq=f"{round(minutes * 60)}s", tz="UTC")
    answer = init("init", "odd", "--data", saved(frame), "--target", "y", "--time", "at", "--json")
    assert guesses(answer)["window"] == window
    assert init("check").code == 0


def test_a_long_file_is_looked_at_from_its_start_to_its_end(init: Callable[..., Answer]) -> None:
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


def test_the_key_is_said_or_guessed_or_asked_for(init: Callable[..., Answer]) -> None:
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


BAD: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "no such target": ("MissingColumn", lambda frame: frame.rename(columns={"y": "yy"})),
    "no such time": ("MissingColumn", lambda frame: frame.rename(columns={"at": "moment"})),
    "numbers for times": ("WrongType", lambda frame: frame.assign(at=range(len(frame)))),
    "words for times": ("WrongType", lambda frame: frame.assign(at="soon")),
    "times missing": ("WrongType", lambda frame: frame.assign(at=frame["at"].where(frame.index > 2))),
    "impossible times": ("WrongType", lambda frame: frame.assign(at="2024-02-31T00:00:00Z")),
    "one class": ("OneClass", lambda frame: frame.assign(y=1)),
    "no outcome": ("MissingOutcomes", lambda frame: frame.assign(y=np.nan)),
    "free text to predict": ("WrongType", lambda frame: frame.assign(y=[f"t{number}" for number in range(len(frame))])),
    "moments to predict": ("WrongType", lambda frame: frame.assign(y=frame["at"])),
    "few rows": ("TooFewRows", lambda frame: frame.head(50)),
    "nothing to learn from": ("EmptyColumn", lambda frame: frame[["id", "at", "y"]]),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_declared_is_named_and_nothing_is_written(
    project: Path, init: Callable[..., Answer], case: str
) -> None:
    name, change = BAD[case]
    answer = init("init", "odd", "--data", saved(change(applications())), "--target", "y", "--time", "at")
    assert answer.code == 1, answer
    assert answer.err.startswith(f"error: {name}: ")
    assert len(answer.err.splitlines()) == 2
    assert not (project / "dags").exists()
    assert not (project / "include").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.csv", None),
        ("notes.txt", b"x"),
        ("broken.parquet", b"PAR1 not really"),
        ("empty.csv", b""),
        ("bytes.csv", b"\xff\xfe\x00\x81\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(init: Callable[..., Answer], name: str, content: bytes | None) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    answer = init("init", "odd", "--data", name, "--target", "y", "--time", "at")
    assert answer.code == 1
    assert answer.err.startswith(f"error: SourceFailed: {name}")
    assert len(answer.err.splitlines()) == 2


@pytest.mark.parametrize("name", ["Loans", "class", "../loans", "loans\n", "", "9lives", "x" * 64])
def test_a_name_that_cannot_be_a_models_is_refused(init: Callable[..., Answer], name: str) -> None:
    answer = init("init", name, "--data", str(LOANS), *NAMED)
    assert answer.code == 1
    assert answer.err.startswith("error: SpecError: ")


def test_files_that_are_there_are_kept_unless_forced(project: Path, init: Callable[..., Answer]) -> None:
    words = ("init", "odd", "--data", saved(applications()), "--target", "y", "--time", "at")
    (project / "dags").mkdir()
    mine = project / "dags" / "odd.py"
    mine.write_text("mine\n", encoding="utf-8")
    answer = init(*words)
    assert answer.code == 1
    assert answer.err.startswith("error: WouldOverwrite: ")
    assert mine.read_text(encoding="utf-8") == "mine\n"
    assert not (project / "include").exists()
    assert init(*words, "--force").code == 0
    assert "build_airflow_dags" in mine.read_text(encoding="utf-8")


def test_all_files_are_written_or_none(
    project: Path, init: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    words = ("init", "odd", "--data", saved(applications()), "--target", "y", "--time", "at")
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    answer = init(*words)
    monkeypatch.undo()
    assert answer.code == 1
    assert answer.err.startswith("error: StorageFull: ")
    assert not (project / "dags").exists()
    assert not (project / "include").exists()


def test_a_folder_in_the_way_is_named(project: Path, init: Callable[..., Answer]) -> None:
    (project / "include" / "models" / "odd.py").mkdir(parents=True)
    answer = init("init", "odd", "--data", saved(applications()), "--target", "y", "--time", "at", "--force")
    assert answer.code == 1
    assert answer.err.startswith("error: StorageFailed: ")
    assert not (project / "dags").exists()


def test_another_project_is_written_to_when_named(tmp_path: Path, init: Callable[..., Answer]) -> None:
    data = saved(applications())
    other = tmp_path / "other"
    answer = init("init", "odd", "--data", data, "--target", "y", "--time", "at", "--project", str(other))
    assert answer.code == 0
    assert init("check", str(other / "dags")).code == 0
    written = (other / "include" / "models" / "odd.py").read_text(encoding="utf-8")
    (path,) = [node.value for node in ast.parse(written).body if isinstance(node, ast.Assign)][:1]
    assert isinstance(path, ast.Call)
    assert ast.literal_eval(path.args[0]) == data
