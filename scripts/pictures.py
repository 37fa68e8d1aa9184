"""Take the pictures of docs/pictures anew: `python scripts/pictures.py` after `CI=true make demo`.

The flights are those that the demo left behind; `WINDVANE_HOME=.demo/windvane windvane replay flights --keep` adds what
training on every window would have come to. The refused version is of `loans`, trained here without Airflow: first
as dags/loans.py declares it, then as it was before what makes it fair.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from windvane import Estimator, Model, steps
from windvane.loading import find_spec
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores, open_stores
from windvane.web.app import create_app
from windvane.web.host import Host, OpenToRead
from windvane.web.local import listen

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SHOTS = (
    ("model", "flights", "/models/flights", 900),
    ("version", "flights", "/models/flights/versions/3", 900),
    ("window", "flights", "/models/flights/windows/2013-11#heat-h", 900),
    ("over-time", "flights", "/models/flights/over-time?column=origin", 900),
    ("audit-log", "flights", "/models/flights/audit-log?verify=yes", 700),
    ("decision", "loans", "/models/loans/versions/2", 1000),
)
"""A picture's name, whose registry, its address, and its height in pixels."""


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=ROOT / ".demo" / "windvane", help="the demo's WINDVANE_HOME")
    demo = parser.parse_args().demo
    if not (demo / "registry.db").exists():
        print(f"{demo} has no registry: run `CI=true make demo` first", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        homes = {"flights": demo, "loans": Path(folder)}
        loans(homes["loans"])
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_arguments())
        for name, home in homes.items():
            _shoot(browser, home, [shot for shot in SHOTS if shot[1] == name])
        browser.close()
    return 0


def loans(home: Path) -> None:
    """Train the two versions of `loans`: one that a person approved, and one that the gate refuses."""
    fair = find_spec("loans", ROOT / "dags")
    plain = Model.model_validate(
        {
            **fair.model_dump(),
            "estimator": Estimator("models.loans:pipeline", C=1.0),
            "training_weights": None,
        }
    )
    stores = _opened(home)
    asked = Run(actor="ada", as_of=datetime(1990, 6, 1, tzinfo=UTC), reason="the first version")
    runner.run_train(fair, fair.cadence.window("1990-01"), stores, asked)
    yes = asked.model_copy(update={"actor": "grace", "reason": "denials differ little, and few are denied"})
    steps.answer_open(fair, 1, True, stores, yes)
    again = asked.model_copy(update={"reason": "a more accurate one"})
    runner.run_train(plain, plain.cadence.window("1990-02"), stores, again)


def _opened(home: Path) -> Stores:
    return open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))


def _shoot(browser: Browser, home: Path, shots: list[tuple[str, str, str, int]]) -> None:
    stores = _opened(home)
    app = create_app(Host(lambda: stores, OpenToRead()))
    listening = listen(0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    for name, _, path, height in shots:
        page = browser.new_page(viewport={"width": 1280, "height": height}, locale="en-GB", timezone_id="UTC")
        page.goto(url + path, wait_until="networkidle")
        page.screenshot(path=PICTURES / f"{name}.png")
        page.close()
    server.should_exit = True
    thread.join()


def _arguments() -> list[str]:
    """Return what Chromium needs to start as root."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


if __name__ == "__main__":
    sys.exit(main())
