"""The rules of the house bite: what must not be imported is refused, and every verb of the Makefile works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
LAYERS = (
    *(
        "orchestration",
        "cli",
        "notebook",
        "web",
        "actions",
        "pipeline",
        "steps",
        "artifact_stores",
        "estimators",
        "formats",
        "publishers",
        "samplers",
        "sources",
        "lifecycle",
        "stores",
        "loading",
        "results",
        "spec",
        "windows",
        "open_list",
        "redaction",
    ),
    "errors",
)
HEAVY = ("boto3", "evidently", "great_expectations", "numpy", "pandas", "scipy", "sklearn")
READS_BY_EXECUTING = ("cloudpickle", "dill", "joblib", "pickle")


def refused(path: str, source: str) -> set[str]:
    """The rules that ruff, as configured here, finds broken by a source that would stand at a path."""
    command = [str(BIN / "ruff"), "check", "--output-format", "concise", "--stdin-filename", path, "-"]
    text = f'"""A module."""\n\n{source}\n'
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    return set(re.findall(r": ([A-Z]+[0-9]+) ", done.stdout)) & {"TID251", "TID253"}


@pytest.mark.parametrize("library", HEAVY)
@pytest.mark.parametrize(
    "path",
    [
        "dags/flights.py",
        "plugins/windvane_plugin.py",
        "include/windvane/__init__.py",
        "include/windvane/spec/model.py",
        "include/windvane/steps/train.py",
        "include/windvane/orchestration/operators.py",
        "include/windvane/cli/__init__.py",
    ],
)
def test_nothing_heavy_is_imported_where_a_dag_file_or_the_command_line_would_pay(path: str, library: str) -> None:
    assert refused(path, f"import {library}\n\nUSED = {library}") == {"TID253"}
    inside = f"def use() -> None:\n    import {library}\n\n    print({library})"
    assert refused(path, inside) == set()


@pytest.mark.parametrize("path", ["include/windvane/lifecycle/drift.py", "include/windvane/stores/datasets.py"])
def test_what_works_on_frames_imports_its_libraries_in_the_open(path: str) -> None:
    assert refused(path, "import pandas as pd\n\nUSED = pd") == set()


@pytest.mark.parametrize("library", READS_BY_EXECUTING)
@pytest.mark.parametrize("path", ["include/windvane/stores/artifacts.py", "include/models/flights.py"])
def test_what_executes_on_load_is_refused_everywhere(path: str, library: str) -> None:
    inside = f"def use() -> None:\n    import {library}\n\n    print({library})"
    assert "TID251" in refused(path, inside)


def test_the_package_has_one_name() -> None:
    assert refused("tests/unit/test_x.py", "from include.windvane import spec\n\nUSED = spec") == {"TID251"}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        (None, None),
        ("spec", "import airflow"),
        ("cli", "import airflow.sdk"),
        ("web", "import airflow"),
        ("web", "import windvane.orchestration"),
        ("notebook", "import windvane.cli"),
        ("lifecycle", "import sqlalchemy"),
        ("lifecycle", "import windvane.stores"),
        ("steps", "import windvane.orchestration"),
        ("spec", "import windvane.results"),
        ("errors", "import windvane.windows"),
        ("helpers", "import json"),
    ],
)
def test_the_layers_refuse_what_reaches_up_or_out(tmp_path: Path, module: str | None, line: str | None) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "windvane"
    package.mkdir()
    (package / "__init__.py").touch()
    for layer in LAYERS:
        (package / f"{layer}.py").touch()
    (package / "orchestration.py").write_text("import airflow\nimport windvane.steps\n", encoding="utf-8")
    if module and line:
        (package / f"{module}.py").write_text(f"{line}\n", encoding="utf-8")
    check = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())",
    ]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if module else 0), done.stdout + done.stderr


def test_every_module_of_the_package_is_kept_from_airflow_but_orchestration() -> None:
    contracts = {contract["name"]: contract for contract in TOOLS["importlinter"]["contracts"]}
    kept = set(contracts["airflow is imported by orchestration alone"]["source_modules"])
    package = ROOT / "include" / "windvane"
    there = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert {f"windvane.{name}" for name in there - {"__init__", "__main__", "orchestration"}} == kept
    assert not [contract for contract in contracts.values() if any("ignore" in key for key in contract)]


def test_make_lists_every_verb_and_knows_each() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    public = re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE)
    assert {"setup", "demo", "test", "lint", "types", "imports", "unit", "e2e", "bench", "clean"} <= set(public)
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[1] for line in listed.splitlines()] == public
    dry = subprocess.run(["make", "--dry-run", *public], cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry.returncode == 0, dry.stderr


def test_every_folder_of_tests_is_run_by_a_verb() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    there = {f"tests/{path.relative_to(ROOT / 'tests').parts[0]}" for path in ROOT.glob("tests/*/**/test_*.py")}
    of_test = set(re.findall(r"^LONGEST_FIRST := (.*)$", makefile, re.MULTILINE)[0].split())
    assert there == of_test | {"tests/simulations"}
    assert "pytest tests/simulations" in makefile


def test_make_says_in_one_line_that_there_is_no_python_it_supports(tmp_path: Path) -> None:
    for program in ("make", "sh", "awk"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    command = [str(tmp_path / "make"), "setup"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "No Python 3.11, 3.12 or 3.13 starts here" in done.stderr
