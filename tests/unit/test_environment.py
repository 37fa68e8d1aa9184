"""The set-up installs once, notices what changed, starts over after an interruption, and fails loudly."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import environment, secrets_file

ROOT = Path(__file__).resolve().parents[2]

# A project whose build backend stands in its own folder: installing it needs no network.
TINY_PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1.0"
dependencies = []

[project.optional-dependencies]
dev = []

[tool.ruff]
line-length = 80
"""
TINY_BACKEND = '''\
"""The smallest backend that can be installed in place."""

import zipfile


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\nProvides-Extra: dev\\n"
    tag = "Wheel-Version: 1.0\\nGenerator: tiny\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("tiny.py", "INSTALLED = True\\n")
        wheel.writestr("tiny-1.0.dist-info/METADATA", metadata)
        wheel.writestr("tiny-1.0.dist-info/WHEEL", tag)
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return name
'''


def write_tiny(folder: Path) -> Path:
    """Write a project that installs in seconds and without a network."""
    (folder / "pyproject.toml").write_text(TINY_PROJECT, encoding="utf-8")
    (folder / "backend.py").write_text(TINY_BACKEND, encoding="utf-8")
    (folder / "constraints.txt").write_text("tiny==1.0\n", encoding="utf-8")
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "environment.py", folder / "scripts")
    return folder


def start_setup(project: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(project / "scripts" / "environment.py"), "setup"]
    with_pip = {**os.environ, environment.INSTALLER: "pip"}
    return subprocess.Popen(command, env=with_pip, stderr=subprocess.PIPE, text=True)


def setup(project: Path) -> tuple[int, str]:
    """Return the exit code of a set-up, and what it said."""
    process = start_setup(project)
    said = process.communicate(timeout=120)[1]
    return process.returncode, said


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is set up."""
    project = write_tiny(tmp_path_factory.mktemp("tiny"))
    code, said = setup(project)
    assert code == 0, said
    assert "environment in .venv is ready" in said
    return project


def imports_tiny(project: Path) -> bool:
    return environment.starts([str(project / ".venv" / "bin" / "python"), "-c", "import tiny"])


def test_setup_installs_once_and_again_when_what_it_installs_changed(tiny: Path) -> None:
    assert imports_tiny(tiny)
    assert "up to date" in setup(tiny)[1]

    with (tiny / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mypy]\nstrict = true\n")
    assert "up to date" in setup(tiny)[1], "a tool's settings install nothing"

    with (tiny / "constraints.txt").open("a", encoding="utf-8") as file:
        file.write("other==2.0\n")
    assert "installing" in setup(tiny)[1]
    assert "up to date" in setup(tiny)[1]


def test_setup_starts_over_after_an_interruption(tiny: Path) -> None:
    left = tiny / ".venv" / "left-by-an-interrupted-installation"
    left.touch()
    (tiny / ".venv" / ".windvane-unfinished").touch()
    (tiny / ".venv" / ".windvane-stamp").unlink()
    code, said = setup(tiny)
    assert code == 0, said
    assert "starting over" in said
    assert not left.exists()
    assert imports_tiny(tiny)


def test_two_setups_at_once_start_over_once_when_the_python_is_gone(tiny: Path) -> None:
    (tiny / ".venv" / "bin" / "python").unlink()
    both = [start_setup(tiny) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    for phrase in ("starting over", "up to date", "waiting for it"):
        assert sum(phrase in lines for lines in said) == 1, said
    assert imports_tiny(tiny)


def test_a_failed_installation_is_named_and_not_taken_for_done(tmp_path: Path) -> None:
    broken = write_tiny(tmp_path)
    (broken / "backend.py").write_text("raise RuntimeError('the backend is broken')\n", encoding="utf-8")
    code, said = setup(broken)
    assert code == 1
    assert "the backend is broken" in said
    assert said.splitlines()[-1].startswith("setup: the installation failed")
    assert not (broken / ".venv" / ".windvane-stamp").exists()


def test_a_browser_is_found_only_if_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, works = tmp_path / "chromium", tmp_path / "google-chrome"
    broken.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    works.write_text("#!/bin/sh\necho Chromium 1\n", encoding="utf-8")
    for program in (broken, works):
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(environment, "BROWSERS", ("chromium", "google-chrome"))
    assert environment.find_browser(tmp_path) == works


def test_an_unknown_verb_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert environment.main(["instal"]) == 2
    assert "usage:" in capsys.readouterr().err


def test_secrets_are_random_private_and_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("# why\nA=\nB=\nFERNET_KEY=\nPORT=8080\n", encoding="utf-8")
    assert secrets_file.main(tmp_path) == 0
    written = tmp_path / ".env"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    values = dict(line.split("=", 1) for line in written.read_text(encoding="utf-8").splitlines()[1:])
    assert values["PORT"] == "8080"
    assert len(values["A"]) == 48
    assert values["A"] != values["B"]
    assert len(values["FERNET_KEY"]) == 44
    before = written.read_bytes()
    assert secrets_file.main(tmp_path) == 1
    assert written.read_bytes() == before
