"""skops' lists of harmless types, kept so that nobody searches all of scikit-learn for them."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

from windvane.stores import skops_names

_LISTS = """
import importlib, json, sys
from windvane.stores import skops_names
if len(sys.argv) > 1:
    skops_names._versions = lambda: {"skops": "another"}
skops_names.skops_io()
given = sys.modules.pop("skops.io._trusted_types")
searched = "sklearn.neural_network" in sys.modules
own = importlib.import_module("skops.io._trusted_types")
names = [name for name in vars(own) if name.endswith("_NAMES")]
same = {name: sorted(getattr(given, name)) == sorted(getattr(own, name)) for name in names}
print(json.dumps({"searched": searched, "same": same, "in_place": given is not own}))
"""


def _lists(*arguments: str) -> dict[str, object]:
    command = [sys.executable, "-W", "ignore", "-c", _LISTS, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_kept_lists_are_those_that_skops_finds_and_no_search_is_needed() -> None:
    """Where this fails for new versions, write the file anew as the module says."""
    found = _lists()
    assert found["same"]
    assert all(found["same"].values())  # type: ignore[attr-defined]  # it is a dictionary
    assert not found["searched"]


def test_skops_finds_its_lists_itself_with_other_versions() -> None:
    assert _lists("other")["searched"]


def test_what_stands_for_the_lists_has_each_of_them() -> None:
    skops_names.skops_io()
    own = importlib.import_module("skops.io._trusted_types")
    made = skops_names._known(skops_names.found()["names"])
    names = [name for name in vars(own) if name.endswith("_NAMES")]
    assert names
    assert {name: sorted(getattr(made, name)) for name in names} == {name: sorted(getattr(own, name)) for name in names}
