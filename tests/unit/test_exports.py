"""Every name that a package says it has is there."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import windvane

FOUND = [found.name for found in pkgutil.iter_modules(windvane.__path__) if found.ispkg]
PACKAGES = ["windvane", *(f"windvane.{name}" for name in FOUND if name != "orchestration")]  # that one needs Airflow


@pytest.mark.parametrize("name", PACKAGES)
def test_what_a_package_exports_is_there(name: str) -> None:
    package = importlib.import_module(name)
    missing = [item for item in getattr(package, "__all__", ()) if not hasattr(package, item)]
    assert missing == []


def test_star_imports_work() -> None:
    code = "from windvane import *; from windvane.spec import *; Model, Source, limit, rule"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
