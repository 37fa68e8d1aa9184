"""Finding specs in a folder: every file is read, every mistake is listed, nothing of Airflow is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from windvane.errors import SpecError, UnknownModel
from windvane.loading import collecting, find_spec, load_specs

GOOD = '''
"""An airflow dag family."""
from windvane import Estimator, Features, Model, Source
from windvane.orchestration import build_airflow_dags

build_airflow_dags(Model(
    name="{name}", owner="o", source=Source.csv("x.csv"), event_time="t", key="k", target="y", task="{task}",
    features=Features(numbers=["a"]), estimator=Estimator("sklearn.linear_model:LogisticRegression"),
))
'''


EXITS = "import windvane\nexit(3)"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def test_specs_are_found_by_name_and_other_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, b=GOOD.format(name="beta", task="binary"), a=GOOD.format(name="alpha", task="regression"))
    write(tmp_path, other="raise SystemExit('not ours')")
    specs, problems = load_specs(tmp_path)
    assert [spec.model.name for spec in specs] == ["alpha", "beta"]
    assert problems == []
    assert find_spec("beta", tmp_path).task == "binary"
    assert not collecting()


def test_every_mistake_of_every_file_is_listed(tmp_path: Path) -> None:
    write(tmp_path, good=GOOD.format(name="good", task="binary"), bad=GOOD.format(name="Bad", task="binry"))
    write(tmp_path, syntax="import windvane\nthis is not python", raises="import windvane\n1 / 0", exits=EXITS)
    specs, problems = load_specs(tmp_path)
    assert [spec.model.name for spec in specs] == ["good"]
    message = {problem.path.stem: problem.cause for problem in problems}
    assert set(message) == {"bad", "syntax", "raises", "exits"}
    assert len([problem for problem in problems if problem.path.stem == "bad"]) == 2
    assert "ZeroDivisionError" in message["raises"]
    assert all(problem.remedy and "\n" not in problem.cause for problem in problems)


def test_a_model_declared_twice_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, one=GOOD.format(name="same", task="binary"), two=GOOD.format(name="same", task="binary"))
    assert "declared more than once" in load_specs(tmp_path)[1][0].cause


def test_a_model_that_no_dags_are_built_of_is_a_problem(tmp_path: Path) -> None:
    text = GOOD.format(name="idle", task="binary").replace("build_airflow_dags(Model(", "spec = (Model(")
    write(tmp_path, a=text, b=GOOD.format(name="busy", task="binary"))
    specs, problems = load_specs(tmp_path)
    assert [spec.model.name for spec in specs] == ["busy"]
    assert [problem.cause for problem in problems] == ["model 'idle' is declared, and no DAGs are built of it"]
    assert "build_airflow_dags" in problems[0].remedy


def test_a_model_that_another_file_builds_is_none(tmp_path: Path) -> None:
    text = GOOD.format(name="one", task="binary")
    write(tmp_path, a=text.replace("build_airflow_dags(Model(", "spec = (Model("), b=text)
    assert load_specs(tmp_path)[1] == []


def test_an_unknown_model_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, good=GOOD.format(name="flights", task="binary"))
    with pytest.raises(UnknownModel, match="did you mean 'flights'"):
        find_spec("flight", tmp_path)
    write(tmp_path, broken=GOOD.format(name="broken", task="x"))
    with pytest.raises(SpecError, match="binary"):
        find_spec("broken", tmp_path)


def test_a_folder_that_is_none_is_a_problem(tmp_path: Path) -> None:
    assert "is not a folder" in load_specs(tmp_path / "nowhere")[1][0].cause


def test_reading_specs_imports_nothing_heavy(tmp_path: Path) -> None:
    write(tmp_path, good=GOOD.format(name="flights", task="binary"))
    code = (
        "import sys; from pathlib import Path; from windvane.loading import load_specs\n"
        f"assert load_specs(Path({str(tmp_path)!r}))[0]\n"
        "heavy = {'airflow', 'pandas', 'numpy', 'sklearn', 'great_expectations', 'evidently', 'boto3', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
