"""Loading the plugin, as every process of Airflow does, costs nothing; what it adds to Airflow is well-formed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import windvane
from windvane.orchestration.plugin import LazyPages, WindvanePlugin

ROOT = Path(__file__).resolve().parents[2]
LOADS = """
import sys
import airflow.plugins_manager
import windvane.orchestration.plugin
heavy = ("windvane.web", "windvane.stores", "windvane.steps", "pandas", "sklearn", "alembic")
print([name for name in sys.modules if name.startswith(heavy)])
"""


def test_loading_it_imports_no_page_and_opens_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_pages_are_mounted_where_airflow_allows_it_and_shown_by_an_address_that_is_relative() -> None:
    (app,) = WindvanePlugin.fastapi_apps
    assert isinstance(app["app"], LazyPages)
    reserved = ("/api/v2", "/ui", "/execution", "/auth", "/pluginsv2")  # airflow.api_fastapi.app drops these in silence
    assert app["url_prefix"].startswith("/")
    assert not app["url_prefix"].startswith(reserved)
    views = WindvanePlugin.external_views
    for view in views:
        assert not view["href"].startswith(("/", "http"))
        assert f"/{view['href']}".startswith(f"{app['url_prefix']}/")
    assert len({view["url_route"] for view in views}) == len(views), "Airflow drops a view of a known route"


def test_a_tab_of_each_of_airflows_own_pages_names_what_the_person_stands_on() -> None:
    tabs = {str(view["destination"]): str(view["href"]) for view in WindvanePlugin.external_views}
    assert set(tabs) == {"nav", "dag", "dag_run", "task_instance"}
    filled = {"dag": ["DAG_ID"], "dag_run": ["DAG_ID", "RUN_ID"]}
    filled["task_instance"] = [*filled["dag_run"], "TASK_ID", "MAP_INDEX"]
    for destination, names in filled.items():
        assert re.findall(r"\{(\w+)\}", tabs[destination]) == names


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages into which the wheel was installed, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheel")]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    with zipfile.ZipFile(next((folder / "wheel").glob("*.whl"))) as wheel:
        wheel.extractall(folder / "packages")
    return folder / "packages"


def airflow(tmp_path: Path, *arguments: str, path: Path, plugins: Path | None = None) -> tuple[Any, str]:
    """Run a command of Airflow with Windvane found at a path; return what it lists, and what it says beside."""
    empty = tmp_path / "plugins"
    empty.mkdir(exist_ok=True)
    env = {
        **os.environ,
        "PYTHONPATH": str(path),
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins or empty),
    }
    command = [sys.executable, "-m", "airflow", *arguments, "--output", "json"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def own_plugins(tmp_path: Path, path: Path, plugins: Path | None = None) -> tuple[list[Any], str]:
    """Return the plugins of Windvane that Airflow lists, those of other installed providers left out."""
    listed, said = airflow(tmp_path, "plugins", path=path, plugins=plugins)
    return [one for one in listed if one["name"] == "windvane"], said


def test_installing_the_wheel_is_enough_and_airflow_lists_windvane_as_a_provider(
    installed: Path, tmp_path: Path
) -> None:
    (plugin,), _ = own_plugins(tmp_path, installed)
    assert plugin["source"].startswith(f"windvane=={windvane.__version__}: EntryPoint(")
    assert [app["url_prefix"] for app in plugin["fastapi_apps"]] == ["/windvane"]
    providers, _ = airflow(tmp_path, "providers", "list", path=installed)
    assert [one["version"] for one in providers if one["package_name"] == "windvane"] == [windvane.__version__]


def test_the_file_beside_the_installed_plugin_registers_nothing_twice(installed: Path, tmp_path: Path) -> None:
    (plugin,), said = own_plugins(tmp_path, installed, ROOT / "plugins")
    assert "EntryPoint(" in plugin["source"]
    assert "already registered" not in said


def test_the_file_brings_the_plugin_where_windvane_is_on_the_path_and_not_installed(
    installed: Path, tmp_path: Path
) -> None:
    """As in an image that only mounts the folder: no metadata of Windvane, hence no entry point."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "windvane").symlink_to(installed / "windvane")
    (bare / "windvane-0.dist-info").mkdir()  # hides the metadata of the tests' own installation
    (bare / "windvane-0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: windvane\nVersion: 0\n")
    (plugin,), said = own_plugins(tmp_path, bare, ROOT / "plugins")
    assert "windvane_plugin.py" in plugin["source"]
    assert "already registered" not in said
