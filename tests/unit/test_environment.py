"""The set-up script installs once, notices what changed, starts over after an interruption, and fails loudly."""

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


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that installs in seconds and without a network."""
    monkeypatch.setenv(environment.INSTALLER, "pip")
    (tmp_path / "pyproject.toml").write_text(TINY_PROJECT, encoding="utf-8")
    (tmp_path / "backend.py").write_text(TINY_BACKEND, encoding="utf-8")
    (tmp_path / "constraints.txt").write_text("tiny==1.0\n", encoding="utf-8")
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "environment.py", tmp_path / "scripts")
    return tmp_path


def setup(project: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "scripts" / "environment.py"), "setup"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def imports_tiny(project: Path) -> bool:
    return environment.starts([str(project / ".venv" / "bin" / "python"), "-c", "import tiny"])


def test_setup_installs_once_and_again_when_what_it_installs_changed(tiny: Path) -> None:
    first = setup(tiny)
    assert first.returncode == 0, first.stderr
    assert "environment in .venv is ready" in first.stderr
    assert imports_tiny(tiny)

    assert "up to date" in setup(tiny).stderr

    with (tiny / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mypy]\nstrict = true\n")
    assert "up to date" in setup(tiny).stderr, "a tool's settings install nothing"

    with (tiny / "constraints.txt").open("a", encoding="utf-8") as file:
        file.write("other==2.0\n")
    assert "installing" in setup(tiny).stderr
    assert "up to date" in setup(tiny).stderr


def test_setup_starts_over_after_an_interruption(tiny: Path) -> None:
    setup(tiny)
    left = tiny / ".venv" / "left-by-an-interrupted-installation"
    left.touch()
    (tiny / ".venv" / ".windvane-unfinished").touch()
    (tiny / ".venv" / ".windvane-stamp").unlink()
    again = setup(tiny)
    assert again.returncode == 0, again.stderr
    assert "starting over" in again.stderr
    assert not left.exists()
    assert imports_tiny(tiny)


def test_setup_starts_over_when_its_python_is_gone(tiny: Path) -> None:
    setup(tiny)
    (tiny / ".venv" / "bin" / "python").unlink()
    assert "starting over" in setup(tiny).stderr
    assert imports_tiny(tiny)


def test_a_failed_installation_is_named_and_not_taken_for_done(tiny: Path) -> None:
    (tiny / "backend.py").write_text("raise RuntimeError('the backend is broken')\n", encoding="utf-8")
    for _ in range(2):
        failed = setup(tiny)
        assert failed.returncode == 1
        assert "the backend is broken" in failed.stderr
        assert failed.stderr.splitlines()[-1].startswith("setup: the installation failed")
        assert not (tiny / ".venv" / ".windvane-stamp").exists()


def test_two_setups_at_once_install_once(tiny: Path) -> None:
    command = [sys.executable, str(tiny / "scripts" / "environment.py"), "setup"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted("up to date" in lines for lines in said) == [False, True]
    assert sum("waiting for it" in lines for lines in said) == 1


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
    assert stat.S_IMODE(os.stat(written).st_mode) == 0o600
    values = dict(line.split("=", 1) for line in written.read_text(encoding="utf-8").splitlines()[1:])
    assert values["PORT"] == "8080"
    assert len(values["A"]) == 48
    assert values["A"] != values["B"]
    assert len(values["FERNET_KEY"]) == 44
    before = written.read_bytes()
    assert secrets_file.main(tmp_path) == 1
    assert written.read_bytes() == before
