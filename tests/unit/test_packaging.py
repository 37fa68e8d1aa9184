"""What is declared in pyproject.toml, constraints.txt and requirements.txt holds, and agrees."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PYTHONS = ("3.11", "3.12", "3.13")
DECLARED = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
REQUIREMENTS = [Requirement(line) for line in DECLARED if not line.startswith("windvane")]


def pins(python: str) -> dict[str, str]:
    """The versions that constraints.txt gives to one Python on Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux"}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines]
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in wanted
        if one.marker is None or one.marker.evaluate(environment)
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the declared backend."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"windvane", f"windvane-{PROJECT['version']}.dist-info"}
    package = ROOT / "include" / "windvane"
    written = [file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert {file.relative_to(package.parent).as_posix() for file in written} <= set(names)
    assert not [name for name in names if "__pycache__" in name]
    assert "windvane/py.typed" in names, "the classifier says Typed"


def test_the_wheel_carries_the_command_the_licence_and_the_supported_pythons(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        folder = f"windvane-{PROJECT['version']}.dist-info"
        commands = archive.read(f"{folder}/entry_points.txt").decode()
        metadata = archive.read(f"{folder}/METADATA").decode()
        licence = archive.read(f"{folder}/licenses/LICENSE").decode()
    assert "windvane = windvane.cli:main" in commands
    assert "License-Expression: Apache-2.0" in metadata
    assert "END OF TERMS AND CONDITIONS" in licence
    supported = SpecifierSet(PROJECT["requires-python"])
    assert [minor for minor in range(20) if f"3.{minor}.0" in supported] == [11, 12, 13]
    assert all(f"Programming Language :: Python :: {python}" in PROJECT["classifiers"] for python in PYTHONS)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_every_requirement_has_a_lower_bound(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators & {">=", "==", "~="}, f"{requirement} would let a resolver fall back to any old version"


def test_every_requirement_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    silent = [line for line in DECLARED if not re.search(rf'^\s*"{re.escape(line)}",\s+# \S', text, re.MULTILINE)]
    assert not silent, f"no reason stands beside {silent}"


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_pin_every_requirement_within_its_bounds(python: str) -> None:
    pinned = pins(python)
    for requirement in REQUIREMENTS:
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"constraints.txt does not pin {requirement.name} for Python {python}"
        assert requirement.specifier.contains(version), f"{requirement} excludes the pinned {version}"


def test_constraints_are_plain_pins_with_no_address_in_them() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pin = re.compile(r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.+!-]*( ; [a-z_]+ (==|!=|<|>=|<=|>) .+)?")
    assert [line for line in lines if not pin.fullmatch(line)] == []
    assert lines == sorted(lines, key=lambda line: re.split(r"[ =]", line)[0])


def test_the_astro_image_gets_what_the_package_needs() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    wanted = [line for line in PROJECT["dependencies"] if not line.startswith("apache-airflow")]
    assert listed == wanted + EXTRAS["examples"]


def test_the_changelog_has_an_entry_for_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['version']}]" in changelog
