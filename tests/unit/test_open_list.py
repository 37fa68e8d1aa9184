"""Open lists: what an entry point may name, whose kind stays, and what is said of the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from windvane.cli.commanding import COMMANDS
from windvane.errors import BrokenPlugin, DuplicateKind, UnknownKind
from windvane.open_list import OpenList
from windvane.spec.checks import CHECKS
from windvane.spec.estimators import ESTIMATORS
from windvane.spec.metrics import METRICS
from windvane.spec.rules import Rule
from windvane.spec.rules.kinds import RULES
from windvane.spec.source import SOURCES, SourceKind
from windvane.stores.artifacts import ARTIFACT_STORES
from windvane.stores.model_formats import FORMATS
from windvane.web.page import PAGES

ROOT = Path(__file__).resolve().parents[2]
LISTS = (RULES, METRICS, CHECKS, SOURCES, ARTIFACT_STORES, FORMATS, ESTIMATORS, PAGES, COMMANDS)


def kind_of(item: object) -> str | None:
    return (item.name or None) if isinstance(item, type) and issubclass(item, SourceKind) else None


UNREADABLE = """from windvane.spec.source import SourceKind

class Feed(SourceKind):
    name = {name!r}
"""
RULE = """
from typing import Literal
from windvane.spec.rules import Rule

class Size(Rule):
    kind: Literal["size"] = "size"

    def judge(self, case):
        return None
"""


def installed(folder: Path, name: str, module: str, text: str, group: str = "windvane.sources") -> Path:
    """Lay out a package with one module and one entry point, as an installer leaves it."""
    (folder / f"{module}.py").write_text(text, encoding="utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{group}]\none = {module}\n", encoding="utf-8")
    return folder


def source(name: str) -> str:
    return UNREADABLE.format(name=name) + "    @classmethod\n    def read(cls, *given):\n        return iter(())\n"


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenList[type[SourceKind]]:
    """A list of sources that has not been read yet, in a path with a folder of further packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return OpenList("windvane.sources", "source", kind_of, "windvane.sources")


@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: str(listed.group))
def test_the_built_in_kinds_come_in_by_the_entry_point_of_their_group(listed: OpenList[object]) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert declared[listed.group] == {"builtin": listed.own}
    assert list(listed)
    assert all(listed.package_of(name).startswith("windvane ") for name in listed)


def test_a_kind_of_another_package_is_one_of_the_list(fresh: OpenList[type[SourceKind]], tmp_path: Path) -> None:
    installed(tmp_path, "feeds", "feeds_a", source("feed"))
    assert fresh.get("feed").name == "feed"
    assert fresh.package_of("feed") == "feeds 1.0"
    with pytest.raises(UnknownKind, match="source 'feeed' is not known; did you mean 'feed'"):
        fresh.get("feeed")


def test_two_kinds_of_one_name_are_named_with_both_packages(fresh: OpenList[type[SourceKind]], tmp_path: Path) -> None:
    installed(tmp_path, "feeds", "feeds_b", source("csv"))
    with pytest.raises(DuplicateKind, match=r"two packages bring the source 'csv': windvane .* and feeds 1\.0"):
        fresh.get("csv")
    kinds, problems = fresh.usable()
    assert kinds["csv"].__module__ == "windvane.sources.files"
    assert len(problems) == 1


def test_a_kind_that_is_the_module_of_its_name_is_imported_alone() -> None:
    code = (
        "import sys\n"
        "from windvane import rule\n"
        "rule.size(5)\n"
        "print(*sorted(name for name in sys.modules if name.startswith('windvane.lifecycle.rules.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kinds = {f"windvane.lifecycle.rules.{kind}" for kind in RULES}
    assert kinds & set(done.stdout.split()) == {"windvane.lifecycle.rules.size"}


def test_a_kind_is_the_same_alone_and_among_all() -> None:
    alone: OpenList[type[Rule]] = OpenList(RULES.group, RULES.noun, RULES._name_of, RULES.own)
    for kind, found in RULES.items().items():
        assert kind in alone
        assert alone.get(kind) is found
        assert alone.package_of(kind) == RULES.package_of(kind)
    for name in ("case", "margin", "no_such", "Size", "", "a.b", "__init__", "../size"):
        assert name not in alone
        with pytest.raises(UnknownKind):
            alone.get(name)


@pytest.mark.parametrize(("name", "broken"), [("size", False), ("csv", True)])
def test_what_is_wrong_with_a_package_is_told_whichever_kind_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, broken: bool
) -> None:
    """A kind that is the module of its name could be had without a look at other packages: they are looked at."""
    listed: OpenList[Any] = RULES if name == "size" else SOURCES
    text = "raise RuntimeError('half-way')\n" if broken else RULE
    installed(tmp_path, "others", f"others_{name}", text, listed.group)
    monkeypatch.syspath_prepend(str(tmp_path))
    fresh: OpenList[object] = OpenList(listed.group, listed.noun, listed._name_of, listed.own)
    with pytest.raises(BrokenPlugin if broken else DuplicateKind, match=r"others 1\.0"):
        fresh.get(name)


def test_a_package_that_the_path_has_twice_counts_as_it_is_found_first(
    fresh: OpenList[type[SourceKind]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, module in ((first, "feeds_first"), (second, "feeds_second")):
        folder.mkdir()
        installed(folder, "feeds", module, source(module))
    for folder in (second, first):
        monkeypatch.syspath_prepend(str(folder))
    assert {"feeds_first", "feeds_second"} & set(fresh) == {"feeds_first"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise RuntimeError('half-way')\n", "RuntimeError: half-way"),
        ("x = 1\n", "which is no source"),
        (UNREADABLE.format(name="feed"), "the source 'feed', which does not say how to read"),
    ],
)
def test_a_package_that_is_broken_or_brings_nothing_is_named(
    fresh: OpenList[type[SourceKind]], tmp_path: Path, text: str, message: str
) -> None:
    installed(tmp_path, "feeds", f"feeds_{len(text)}", text)
    with pytest.raises(BrokenPlugin, match=message):
        fresh.get("csv")
    assert "csv" in fresh.usable()[0]


def test_on_the_path_and_not_installed_the_built_in_kinds_are_there(tmp_path: Path) -> None:
    """As in an image that only mounts the folder: Windvane has no metadata, and so no entry points."""
    info = tmp_path / "windvane-0.dist-info"  # hides the metadata of the tests' own installation
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: windvane\nVersion: 0\n", encoding="utf-8")
    code = "from windvane.spec.source import SOURCES\nprint(list(SOURCES))"
    path = os.pathsep.join((str(tmp_path), str(ROOT / "include")))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['callable', 'csv', 'excel', 'feather', 'json', 'parquet', 'query', 'table']\n"


def test_every_built_in_kind_says_how_to_do_what_it_is_for() -> None:
    for listed in LISTS:
        for name, kind in listed.items().items():
            assert not getattr(kind, "__abstractmethods__", ()), (listed.noun, name)


def test_a_metric_that_can_be_neither_summed_nor_measured_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from windvane.lifecycle.metrics import losses
    from windvane.lifecycle.metrics.sample import Sample
    from windvane.spec.metrics import MetricKind

    monkeypatch.setattr(losses, "kind_of_metric", lambda name: type("Empty", (MetricKind,), {"name": name}))
    sample = Sample("binary", np.array([0.0, 1.0]), np.array([0.1, 0.9]), None)
    with pytest.raises(BrokenPlugin, match="neither what a row loses nor how to measure it"):
        losses.losses("empty", sample)
