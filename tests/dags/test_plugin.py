"""Loading the plugin, as every process of Airflow does, costs nothing; what it adds to Airflow is well-formed."""

from __future__ import annotations

import subprocess
import sys

from windvane.orchestration.plugin import LazyPages, WindvanePlugin

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
    (view,) = WindvanePlugin.external_views
    assert view["url_route"]
    assert not view["href"].startswith(("/", "http"))
    assert f"/{view['href']}".startswith(f"{app['url_prefix']}/")
