"""`windvane ui` serves on the loopback address alone, to whoever asks it by its own name, and changes nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from windvane.web.local import listen


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running verb, and where it says it is."""
    env = {**os.environ, "WINDVANE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "windvane.cli", "ui", "--port", "0"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        message = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", message)
        assert found, message
        yield process, found[0]
        process.kill()


def test_it_serves_the_pages_read_only_until_it_is_stopped(served: tuple[subprocess.Popen[str], str]) -> None:
    process, address = served
    with httpx.Client(base_url=address, trust_env=False) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "No model is registered yet." in page.text
        assert client.post("/models/x/do/rollback").status_code in (403, 404)
        for foreign in ("evil.example", "127.0.0.1.evil.example"):
            assert client.get("/", headers={"host": foreign}).status_code == 400
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (0, 130)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with listen(0) as taken:
        command = [sys.executable, "-m", "windvane.cli", "ui", "--port", str(taken.getsockname()[1])]
        env = {**os.environ, "WINDVANE_HOME": str(tmp_path)}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "another program has it" in done.stderr
    assert "choose another with --port" in done.stderr
