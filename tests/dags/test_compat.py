"""Private Airflow is imported in one module alone, which knows the tested versions and refuses others by name."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import airflow.sdk
import pytest
from packaging.requirements import Requirement

from windvane.errors import UntestedAirflow
from windvane.orchestration import compat

ROOT = Path(__file__).resolve().parents[2]
COMPAT = ROOT / "include" / "windvane" / "orchestration" / "compat.py"
FOLDERS = ("include/windvane", "plugins", "dags")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path != COMPAT)

PUBLIC = {
    # "For an exhaustive list of available classes, decorators, and functions, check airflow.sdk.__all__."
    "airflow.sdk": frozenset(airflow.sdk.__all__),
    # "Public Exceptions": airflow.exceptions hands these on, and warns that this is their place.
    "airflow.sdk.exceptions": frozenset(
        {"AirflowException", "AirflowFailException", "AirflowNotFoundException", "AirflowSkipException"}
    ),
    # "Plugins": the class to derive from is documented with this import.
    "airflow.plugins_manager": frozenset({"AirflowPlugin"}),
    # The OpenLineage provider, "Implementing OpenLineage in Operators": what an operator's method returns.
    "airflow.providers.openlineage.extractors": frozenset({"OperatorLineage"}),
}
"""What Airflow's page "Public Interface for Airflow 3.0+" allows, module by module."""


def private_imports(source: str) -> list[str]:
    """Return what a module imports of Airflow beyond PUBLIC: anywhere in it, and by name in any string."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names if _of_airflow(one.name)]
        elif isinstance(node, ast.ImportFrom) and not node.level and _of_airflow(node.module or ""):
            allowed = PUBLIC.get(str(node.module), frozenset())
            found += [f"{node.module}.{one.name}" for one in node.names if one.name not in allowed]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _names_code(node.value):
            found.append(node.value)
    return found


def _of_airflow(module: str) -> bool:
    return module.partition(".")[0] == "airflow"


def _names_code(text: str) -> bool:
    """True for the import path of a module of Airflow, or of something in one (`module.name`, `module:name`)."""
    if not _of_airflow(text) or not all(part.isidentifier() for part in text.replace(":", ".").split(".")):
        return False
    return text == "airflow" or _exists(text) or _exists(text.replace(":", ".").rpartition(".")[0])


def _exists(module: str) -> bool:
    if module == "airflow":  # `airflow.plugins` is an entry point's group: being below `airflow` is not enough
        return False
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_but_compat_imports_private_airflow(path: Path) -> None:
    assert private_imports(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import airflow",
        "import airflow.sdk",
        "import airflow.models.dag as anything",
        "from airflow import settings",
        "from airflow.sdk import execution_time",
        "from airflow.sdk.timezone import utcnow",
        "from airflow.sdk.exceptions import TaskAwaitingInput",
        "from airflow.providers.standard.operators.hitl import ApprovalOperator",
        "def late():\n    from airflow.models.dag import DagModel",
        "if TYPE_CHECKING:\n    from airflow.sdk.types import TaskInstanceKey",
        "import importlib\nimportlib.import_module('airflow.models.dag')",
        "NAME = 'airflow.models.dag.DagModel'",
        "NAME = 'airflow.models.dag:DagModel'",
        "__import__('airflow')",
    ],
)
def test_a_private_import_is_found_wherever_it_stands(source: str) -> None:
    assert len(private_imports(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from airflow.sdk import DAG, BaseOperator, conf",
        "def late():\n    from airflow.sdk.exceptions import AirflowException",
        "from airflow.plugins_manager import AirflowPlugin",
        "GROUP = 'airflow.plugins'",
        "TEXT = 'airflow.models is private'",
        "from windvane.orchestration.compat import DagModel",
    ],
)
def test_a_public_import_is_let_pass(source: str) -> None:
    assert private_imports(source) == []


def _typed() -> Iterator[tuple[str, str]]:
    """What compat imports for type checkers, as (module, name)."""
    for node in ast.walk(ast.parse(COMPAT.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If):
            for line in node.body:
                if isinstance(line, ast.ImportFrom):
                    yield from ((str(line.module), one.name) for one in line.names)


def test_every_private_name_has_a_reason_a_type_and_is_there_in_this_airflow() -> None:
    listed = [(private.module, name) for private in compat.PRIVATE for name in private.names]
    assert sorted(_typed()) == sorted(listed)
    assert all(len(private.why) > 20 for private in compat.PRIVATE)
    for module, name in listed:
        assert name in compat.__all__
        if name != "SUPERVISOR_COMMS":  # Airflow sets it when a task runs
            assert getattr(compat, name) is getattr(importlib.import_module(module), name)


def test_every_private_name_is_used() -> None:
    used = {
        one.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "windvane.orchestration.compat"
        for one in node.names
    }
    assert used == {name for private in compat.PRIVATE for name in private.names}


def test_a_private_name_that_this_airflow_lacks_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(compat._MODULE_OF, "Gone", "airflow.models.dag")
    monkeypatch.setitem(compat._MODULE_OF, "Moved", "airflow.models.no_such_module")
    for name in ("Gone", "Moved"):
        with pytest.raises(UntestedAirflow, match=rf"{compat.airflow_version} has no airflow\.models\S+{name}"):
            getattr(compat, name)
    with pytest.raises(AttributeError):
        getattr(compat, "NeverListed")  # noqa: B009 (mypy would refuse the name)


@pytest.mark.parametrize("version", [*compat.TESTED, "3.3.9", "3.3.12", "3.3.2+astro.1"])
def test_a_tested_version_and_its_later_patches_are_taken(version: str) -> None:
    assert compat.refusal(version) is None


@pytest.mark.parametrize("version", ["3.3.1", "3.3.0", "3.2.9", "3.4.0", "3.4.0rc1", "3.30.2", "4.0.0", "2.11.0", "?"])
def test_any_other_version_is_refused_with_the_remedy_unless_the_setting_says_allow(version: str) -> None:
    refused = compat.refusal(version)
    assert refused is not None
    assert version in refused.cause
    assert compat.TESTED[0] in refused.cause
    assert "WINDVANE_UNTESTED_AIRFLOW=allow" in refused.remedy
    assert compat.refusal(version, "yes") is not None
    assert compat.refusal(version, "allow") is None


def test_the_requirement_the_constraints_and_what_compat_says_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (required,) = [one for one in map(Requirement, project["dependencies"]) if one.name == "apache-airflow"]
    for version in ("2.11.0", "3.2.9", "3.3.1", "3.3.2", "3.3.9", "3.3.99", "3.4.0", "3.5.1", "4.0.0"):
        assert required.specifier.contains(version) == (compat.refusal(version) is None)
    pinned = [
        line for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("apache-airflow==")
    ]
    assert pinned[0].removeprefix("apache-airflow==") in compat.TESTED
    assert compat.airflow_version in compat.TESTED, "the tests run on a version that TESTED does not name"


BUILDS = "from windvane.orchestration import build_airflow_dags as build\nfrom dags import flights"
OPERATOR = "from windvane.orchestration import TrainOperator"
PLUGIN = "import windvane.orchestration.plugin"


@pytest.fixture
def other_airflow(tmp_path: Path) -> dict[str, str]:
    """An environment whose Airflow is another version, and has almost nothing of what Windvane imports."""
    package = tmp_path / "airflow"
    package.mkdir()
    (package / "__init__.py").write_text('__version__ = "3.4.0"\n', encoding="utf-8")
    (package / "plugins_manager.py").write_text("class AirflowPlugin:\n    pass\n", encoding="utf-8")
    path = os.pathsep.join(map(str, (tmp_path, ROOT / "include", ROOT)))
    return {**os.environ, "PYTHONPATH": path}


def run(code: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program in that environment."""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [BUILDS, OPERATOR, PLUGIN])
def test_another_airflow_is_named_when_a_dag_file_or_the_plugin_is_read(
    code: str, other_airflow: dict[str, str]
) -> None:
    done = run(code, other_airflow)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("windvane.errors.UntestedAirflow: Windvane was tested on Airflow 3.3.2")
    assert "not on 3.4.0" in last
    assert "ImportError" not in done.stderr


def test_another_airflow_is_taken_with_a_warning_when_the_setting_allows_it(other_airflow: dict[str, str]) -> None:
    code = "from windvane.orchestration import compat\nprint(compat.airflow_version)\ncompat.DagModel"
    done = run(code, {**other_airflow, "WINDVANE_UNTESTED_AIRFLOW": "allow"})
    assert done.stdout == "3.4.0\n"
    assert "not on 3.4.0; WINDVANE_UNTESTED_AIRFLOW=allow lets it in" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        "windvane.errors.UntestedAirflow: Airflow 3.4.0 has no airflow.models"
    )


def test_reading_specs_does_not_ask_for_airflow(other_airflow: dict[str, str]) -> None:
    code = "import sys\nfrom pathlib import Path\nfrom windvane.loading import load_specs\n"
    code += "specs, problems = load_specs(Path('dags'))\n"
    code += "print([one.model.name for one in specs], problems, 'airflow' in sys.modules)"
    done = run(code, other_airflow)
    assert done.stdout == "['flights', 'loans'] [] False\n"


def test_the_tested_airflow_is_taken_without_a_word() -> None:
    done = run("from windvane.orchestration import compat\nprint(compat.airflow_version)", dict(os.environ))
    assert done.stdout.strip() in compat.TESTED
    assert "WINDVANE_UNTESTED_AIRFLOW" not in done.stderr
