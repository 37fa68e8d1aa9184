"""`windvane init`: what is written passes its own checks and really works, whatever the data are named."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.cli.conftest import ROOT, Answer, Init
from tests.unit.cli.samples import CREDIT, NAMED, RUFF, applications, assert_clean, guesses, saved
from windvane.errors import TooFewRows


def test_the_walk_through_of_the_readme_works(project: Path, init: Init) -> None:
    (project / "examples").mkdir()
    shutil.copy(CREDIT, project / "examples")
    answer = init("init", "credit", "--data", "examples/credit.parquet", *NAMED)
    assert (answer.code, answer.err) == (0, "")
    told = ("loan_id", "month", "campaign", "collection_fee", "possible leak", "windvane check dags", "age (by name)")
    for words in (*told, "8 full ones with about 1,122 rows; the gate judges on the last 30%, 336, and needs 50"):
        assert words in answer.out
    assert "the gate decides promote" in answer.out
    assert init("champion", "credit").code == 1  # what was tried was not kept
    assert "windvane run train credit --window 2024-01" in answer.out
    assert_clean(project)
    assert len((project / "dags" / "credit.py").read_text(encoding="utf-8").splitlines()) <= 40
    assert str(project) not in (project / "include" / "models" / "credit.py").read_text(encoding="utf-8")
    assert init("check").code == 0
    trained = init("run", "train", "credit", "--window", "2024-01", "--json").json
    assert (trained["decision"], trained["champion"]) == ("promote", 1)
    # In July three months show what changed in May; a probe in May itself has too few of its rows to be sure.
    for window, decision in (("2024-02", "hold"), ("2024-07", "retrain")):
        assert init("run", "score", "credit", "--window", window).code == 0
        assert init("run", "monitor", "credit", "--window", window, "--json").json["decision"] == decision
    assert "verdicts" in init("show", "credit", "1").out
    assert init("champion", "credit", "--json").json["champion"] == 2


def test_the_example_data_are_those_its_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_credit", ROOT / "examples" / "make_credit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pd.testing.assert_frame_equal(module.applications(), pd.read_parquet(CREDIT))


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
def test_hostile_names_and_values_stay_text(project: Path, init: Init, kind: str) -> None:
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
def test_what_cannot_be_declared_is_named_and_nothing_is_written(project: Path, init: Init, case: str) -> None:
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
def test_a_file_that_cannot_be_read_is_named(init: Init, name: str, content: bytes | None) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    answer = init("init", "odd", "--data", name, "--target", "y", "--time", "at")
    assert answer.code == 1
    assert answer.err.startswith(f"error: SourceFailed: {name}")
    assert len(answer.err.splitlines()) == 2


@pytest.mark.parametrize("name", ["Loans", "class", "../loans", "loans\n", "", "9lives", "x" * 64])
def test_a_name_that_cannot_be_a_models_is_refused(init: Init, name: str) -> None:
    answer = init("init", name, "--data", str(CREDIT), *NAMED)
    assert answer.code == 1
    assert answer.err.startswith("error: SpecError: ")


def test_files_that_are_there_are_kept_unless_forced(project: Path, init: Init) -> None:
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


def test_all_files_are_written_or_none(project: Path, init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("init", "odd", "--data", saved(applications()), "--target", "y", "--time", "at")
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        answer = init(*words)
    assert answer.code == 1
    assert answer.err.startswith("error: StorageFull: ")
    assert not (project / "dags").exists()
    assert not (project / "include").exists()


def test_a_folder_in_the_way_is_named(project: Path, init: Init) -> None:
    (project / "include" / "models" / "odd.py").mkdir(parents=True)
    answer = init("init", "odd", "--data", saved(applications()), "--target", "y", "--time", "at", "--force")
    assert answer.code == 1
    assert answer.err.startswith("error: StorageFailed: ")
    assert not (project / "dags").exists()


def test_another_project_is_written_to_when_named(tmp_path: Path, init: Init) -> None:
    data = saved(applications())
    other = tmp_path / "other"
    answer = init("init", "odd", "--data", data, "--target", "y", "--time", "at", "--project", str(other))
    assert answer.code == 0
    assert init("check", str(other / "dags")).code == 0
    written = (other / "dags" / "odd.py").read_text(encoding="utf-8")
    (source,) = [
        node for node in ast.walk(ast.parse(written)) if isinstance(node, ast.keyword) and node.arg == "source"
    ]
    assert isinstance(source.value, ast.Call)
    assert ast.literal_eval(source.value.args[0]) == data  # not relative: the working folder is another one


def test_an_analysts_file_is_tried_from_its_dialect_to_a_promotion(project: Path, init: Init) -> None:
    frame = applications().assign(
        amount=lambda rows: rows["score"] * 1_000, y=lambda rows: rows["y"].map({0: "nein", 1: "ja"})
    )
    frame["at"] = frame["at"].dt.strftime("%d.%m.%Y %H:%M")
    frame.rename(columns={"kind": "Größe"}).to_csv("data.csv", index=False, sep=";", decimal=",", encoding="latin-1")
    answer = init("init", "odd", "--data", "data.csv", "--target", "y", "--json")
    assert answer.json["tried"] == [{"window": "2024-01", "decision": "promote", "reasons": [*_reasons(answer)]}]
    assert _reasons(answer)[0] == "log_loss better than the baseline: pass"
    assert guesses(answer)["time"] == "at"
    assert_clean(project)
    spec = (project / "dags" / "odd.py").read_text(encoding="utf-8")
    for words in (
        'separator=";"',
        'decimal=","',
        'encoding="latin-1"',
        'values={"y": {"ja": 1, "nein": 0}}',
        '"data.csv"',
    ):
        assert words in spec
    assert init("run", "train", "odd", "--window", answer.json["window"], "--json").json["decision"] == "promote"


def _reasons(answer: Answer) -> list[str]:
    found: list[str] = answer.json["tried"][0]["reasons"]
    return found


def test_a_later_window_is_tried_where_the_first_is_no_evidence(init: Init) -> None:
    draw = np.random.default_rng(11)
    frame = applications()
    frame["y"] = (draw.random(len(frame)) < 1 / (1 + np.exp(-0.35 * frame["score"]))).astype(int)
    answer = init("init", "odd", "--data", saved(frame), "--target", "y", "--time", "at", "--json")
    tried = answer.json["tried"]
    assert [item["decision"] for item in tried[:-1]] == ["reject"] * (len(tried) - 1)
    assert len(tried) > 1
    assert answer.json["window"] == (tried[-1]["window"] if tried[-1]["decision"] == "promote" else tried[0]["window"])


def test_a_zone_is_asked_for_on_a_terminal(init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = applications().assign(at=lambda rows: rows["at"].dt.strftime("%Y-%m-%d %H:%M"))
    words = ("init", "odd", "--data", saved(frame), "--target", "y", "--time", "at", "--json", "--no-run", "--force")
    asked: list[str] = []

    def answered(question: str, **_: Any) -> str:
        asked.append(question)
        return "Asia/Tokyo"

    monkeypatch.setattr("windvane.cli.commands.init.on_a_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", answered)
    assert guesses(init(*words))["timezone"] == "Asia/Tokyo"
    assert len(asked) == 1
    assert guesses(init(*words, "--yes"))["timezone"] == "UTC"
    assert guesses(init(*words, "--timezone", "UTC"))["timezone"] == "UTC"
    assert len(asked) == 1


def test_what_the_trial_meets_is_told_and_the_files_stay(
    project: Path, init: Init, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise TooFewRows("odd: 12 rows", "use a longer window")

    monkeypatch.setattr("windvane.cli.commands.init._trained", refused)
    answer = init("init", "odd", "--data", saved(applications()), "--target", "y", "--time", "at")
    assert answer.code == 1
    assert answer.err.startswith("error: TooFewRows: odd: 12 rows\nremedy: use a longer window; the files are written")
    assert answer.err.endswith("windvane run train odd --window 2024-01\n")
    assert (project / "dags" / "odd.py").exists()
