"""`python -m benchmarks.installing`: what an installation of the wheel takes, beside one of Airflow alone.

Each is made in a fresh environment from the package index that the machine is set up with, and without a cache. Then
the first command of a newcomer runs in it. What resolves without constraints is what the index has on that day.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALONE = "apache-airflow"
EXAMPLE = ROOT / "examples" / "credit.parquet"


def main() -> int:
    """Install in every way that was asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", nargs="+", default=["3.11", "3.12", "3.13"], help="interpreters on the path")
    parser.add_argument("--with", dest="tools", nargs="+", default=["uv", "pip"], choices=["uv", "pip"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        wheel = _wheel(place)
        print(
            "| Python | by | constraints | seconds, of them Airflow alone | MB, of them Airflow alone | a first train |"
        )
        print("|---|---|---|---|---|---|", flush=True)
        failed = 0
        for version in options.python:
            for tool in options.tools:
                for bound in (True, False):
                    alone = _installed(place / "alone", version, tool, ALONE, bound)
                    whole = _installed(place / "whole", version, tool, str(wheel), bound)
                    works = _first(place / "whole", place / "project")
                    failed += works != "works"
                    row = (
                        version,
                        tool,
                        "yes" if bound else "no",
                        _pair(whole[0], alone[0]),
                        _pair(whole[1], alone[1]),
                        works,
                    )
                    print(f"| {' | '.join(row)} |", flush=True)
    return 1 if failed else 0


def _pair(whole: float, alone: float) -> str:
    return f"{whole:.0f}, {alone:.0f}"


def _wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def _installed(place: Path, version: str, tool: str, what: str, bound: bool) -> tuple[float, float]:
    """Install something in a fresh environment; return the seconds and the megabytes."""
    shutil.rmtree(place, ignore_errors=True)
    interpreter = shutil.which(f"python{version}") or f"python{version}"
    subprocess.run([interpreter, "-m", "venv", str(place)], check=True, capture_output=True)
    before = _megabytes(place)
    python = str(place / "bin" / "python")
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", python]
    command = uv if tool == "uv" else [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")] if bound else []
    began = time.perf_counter()
    subprocess.run([*command, "--no-cache", *constraints, what], check=True, capture_output=True)
    return time.perf_counter() - began, _megabytes(place) - before


def _megabytes(place: Path) -> float:
    return sum(file.stat().st_size for file in place.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6


def _first(place: Path, project: Path) -> str:
    """Begin with a file as a newcomer does: `init` runs the first window itself. Return what came of it."""
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir()
    command = [str(place / "bin" / "windvane"), "init", "credit"]
    command += ["--data", str(EXAMPLE), "--target", "default", "--yes"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return "works" if done.returncode == 0 else f"ends with {done.returncode}: {(done.stderr or done.stdout)[-300:]!r}"


if __name__ == "__main__":
    sys.exit(main())
