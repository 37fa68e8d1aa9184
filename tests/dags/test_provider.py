"""The metadata of Windvane as a provider is what Airflow's schema wants, and names what is there."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from windvane import __version__
from windvane.orchestration import operators
from windvane.orchestration.provider import get_provider_info

SCHEMA = json.loads((files("airflow") / "provider_info.schema.json").read_text(encoding="utf-8"))


def test_it_meets_airflows_schema_and_names_no_field_that_the_schema_does_not_know() -> None:
    info = get_provider_info()
    jsonschema.validate(info, SCHEMA)
    assert set(info) - set(SCHEMA["properties"]) == {"versions"}, "an old field, which the schema passes over"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**info, "extra-links": "windvane"}, SCHEMA)


def test_it_names_the_package_and_its_version() -> None:
    info = get_provider_info()
    assert info["package-name"] == "windvane"
    assert info["versions"] == [__version__]


def test_it_names_every_module_of_operators_and_every_link() -> None:
    info = get_provider_info()
    (entry,) = info["operators"]
    modules = {path.stem for path in Path(operators.__path__[0]).glob("*.py")} - {"__init__"}
    assert {name.rpartition(".")[2] for name in entry["python-modules"]} == modules
    assert all(importlib.import_module(name) for name in entry["python-modules"])
    used = {
        type(link).__name__
        for name in entry["python-modules"]
        for one in vars(importlib.import_module(name)).values()
        for link in getattr(one, "operator_extra_links", ())
        if isinstance(one, type) and type(link).__module__ == "windvane.orchestration.links"
    }
    assert {link.rpartition(".")[2] for link in info["extra-links"]} == used
    for link in info["extra-links"]:
        module, _, name = link.rpartition(".")
        assert getattr(importlib.import_module(module), name).xcom_key.startswith("windvane_link_")


def test_reading_it_imports_nothing_else_since_every_process_of_airflow_reads_it() -> None:
    code = (
        "import sys\nfrom windvane.orchestration.provider import get_provider_info\nget_provider_info()\n"
        "own = [name for name in sys.modules if name.startswith('windvane')]\n"
        "known = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(own), 'pydantic' in known, 'airflow' in known)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['windvane', 'windvane.orchestration', 'windvane.orchestration.provider'] False False\n"
