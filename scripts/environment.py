"""Set up what `make demo` and `make test` run in: a virtual environment in `.venv`, and a browser.

It uses the standard library alone, because it runs before anything is installed:

    python3 scripts/environment.py setup      # .venv, as constraints.txt pins it; a second call does nothing
    python3 scripts/environment.py browser    # a Chromium that starts; its path is the last line printed
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = "dev"
LOWEST, HIGHEST = (3, 11), (3, 13)
INSTALLER = "WINDVANE_INSTALLER"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TRUST_THE_SYSTEM = (
    "UV_SYSTEM_CERTS",
    "UV_NATIVE_TLS",
)  # a company's proxy signs with a certificate of its own
DEBIAN_BROWSER = ("chromium", "fonts-liberation")  # without a font, pages are drawn with empty boxes


class SetupError(Exception):
    """Something the set-up needs is missing or failed; the message says what to do."""


def main(arguments: Sequence[str]) -> int:
    """Run one verb.

    Returns:
        The exit code: 0 done, 1 failed with a named cause, 2 usage, 130 interrupted.
    """
    verbs = {"setup": lambda: setup(ROOT), "browser": lambda: print(ensure_browser(ROOT))}
    if len(arguments) != 1 or arguments[0] not in verbs:
        print(f"usage: environment.py {{{','.join(verbs)}}}", file=sys.stderr)
        return 2
    try:
        verbs[arguments[0]]()
    except SetupError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{arguments[0]}: interrupted; call it again, it starts over if it must", file=sys.stderr)
        return 130
    return 0


def setup(root: Path) -> None:
    """Make `root/.venv` what pyproject.toml and constraints.txt ask for; return at once if it is already."""
    venv, began = root / ".venv", time.monotonic()
    with locked(root / ".venv.lock"):
        wanted = fingerprint(root)
        stamp, unfinished = venv / ".windvane-stamp", venv / ".windvane-unfinished"
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and interpreter_works(venv):
            say("environment in .venv is up to date")
            return
        if unfinished.exists() or (venv.exists() and not interpreter_works(venv)):
            say("the environment in .venv is broken or was interrupted; starting over")
            shutil.rmtree(venv)
        fresh = not venv.exists()
        venv.mkdir(exist_ok=True)
        unfinished.touch()
        if fresh:
            create(venv)
            unfinished.touch()
        stamp.unlink(missing_ok=True)
        install(root, venv)
        stamp.write_text(wanted, encoding="utf-8")
        unfinished.unlink()
    say(f"environment in .venv is ready ({time.monotonic() - began:.0f} s)")


def fingerprint(root: Path) -> str:
    """Return a digest of all that decides what is installed, and of the folder: a moved .venv is broken."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    decides = {
        "build": project["build-system"],
        "project": project["project"],
        "hatch": project.get("tool", {}).get("hatch"),
        "constraints": (root / "constraints.txt").read_text(encoding="utf-8"),
        "extras": EXTRAS,
        "folder": str(root),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest() + "\n"


def interpreter_works(venv: Path) -> bool:
    """Tell whether the environment's Python starts and is of a supported version."""
    supported = f"import sys; sys.exit(not {LOWEST} <= sys.version_info[:2] <= {HIGHEST})"
    return starts([str(venv / "bin" / "python"), "-c", supported])


def create(venv: Path) -> None:
    """Create an empty environment with the Python that runs this."""
    say(f"creating .venv with Python {'.'.join(map(str, sys.version_info[:3]))}")
    if run([sys.executable, "-m", "venv", str(venv)], quiet=True):
        return
    shutil.rmtree(venv, ignore_errors=True)  # Debian's python3 without python3-venv leaves half of one
    uv = shutil.which("uv")
    if not (uv and run([uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(venv)])):
        message = f"{sys.executable} has no working venv module; install it (Debian: python3-venv), or uv"
        raise SetupError(message)


def install(root: Path, venv: Path) -> None:
    """Install the project, editable, with everything at the versions of constraints.txt."""
    python, constraints = str(venv / "bin" / "python"), str(root / "constraints.txt")
    wanted = ["--constraint", constraints, "--editable", f"{root}[{EXTRAS}]"]
    uv = find_uv(venv, constraints)
    if uv:
        say("installing with uv at the versions of constraints.txt")
        if run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *wanted]):
            return
        say("uv could not; trying pip, which reads other settings (a mirror, a proxy)")
    else:
        say("installing with pip at the versions of constraints.txt; this takes some minutes")
    if not run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]):
        raise SetupError("the installation failed, for the cause above; mend it and call this again")


def find_uv(venv: Path, constraints: str) -> str | None:
    """Return uv from PATH or the environment, else get it from the package index, else None for pip."""
    if os.environ.get(INSTALLER) == "pip":
        return None
    inside = venv / "bin" / "uv"
    found = shutil.which("uv") or (str(inside) if inside.exists() else None)
    if found:
        return found
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return str(inside) if run([*pip, "--constraint", constraints, "uv"], quiet=True) else None


def find_browser(root: Path = ROOT) -> Path | None:
    """Return a Chromium that starts: one on PATH, else the one that Playwright downloaded, else None."""
    on_path = (shutil.which(name) for name in BROWSERS)
    for candidate in (*on_path, playwright_browser(root)):
        if candidate and starts([candidate, "--version"]):
            return Path(candidate)
    return None


def ensure_browser(root: Path) -> Path:
    """Return a Chromium that starts, fetched from Playwright or from Debian if there is none yet."""
    if found := find_browser(root):
        return found
    if download_browser(root) and (found := find_browser(root)):
        return found
    if install_debian_browser() and (found := find_browser(root)):
        return found
    message = (
        "no Chromium starts here, and neither Playwright's download nor apt-get gave one; "
        "install Chromium so that `chromium --version` works, and call it again"
    )
    raise SetupError(message)


def playwright_browser(root: Path) -> str | None:
    """Return where Playwright keeps its Chromium, there or not, or None without Playwright."""
    code = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
    inside = root / ".venv" / "bin" / "python"
    python = str(inside) if inside.exists() else sys.executable
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def download_browser(root: Path) -> bool:
    """Let Playwright download its own Chromium, where its host can be reached."""
    say("no Chromium on PATH; asking Playwright for its own")
    python = str(root / ".venv" / "bin" / "python")
    return run([python, "-m", "playwright", "install", "chromium"], quiet=True)


def install_debian_browser() -> bool:
    """Install Debian's Chromium, where this runs as root on a Debian."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return False
    say("Playwright's is not to be had here; installing Debian's")
    options = ["--quiet", "--yes", "--no-install-recommends"]
    return run([apt, "update"], quiet=True) and run([apt, "install", *options, *DEBIAN_BROWSER], quiet=True)


def run(command: Sequence[str], *, quiet: bool = False) -> bool:
    """Run a command with none of the caller's Python settings; show what a quiet one printed if it fails.

    Returns:
        Whether it exited with 0.
    """
    leaking = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_REQUIRE_VIRTUALENV")
    environment = {name: value for name, value in os.environ.items() if name not in leaking}
    environment |= {"DEBIAN_FRONTEND": "noninteractive", "PIP_NO_INPUT": "1"}
    for name in TRUST_THE_SYSTEM:
        environment.setdefault(name, "true")
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else sys.stderr,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode and quiet:
        print("\n".join(done.stdout.splitlines()[-6:]), file=sys.stderr)
    return done.returncode == 0


def starts(command: Sequence[str]) -> bool:
    """Tell whether a program can be started at all: it exists, finds its libraries and exits with 0."""
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that a second set-up waits for, so that two of them never install into one folder."""
    with path.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(line: str) -> None:
    """Print one line of progress, to stderr: stdout is for what another program may read."""
    print(f"windvane: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
