"""Work in a process of its own: its value comes back, and what goes wrong there is told here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from windvane.stores.apart import apart, is_gone, this_process


def test_the_value_comes_back_whatever_its_size() -> None:
    found = apart(lambda: {"long": "x" * 300_000}, seconds=60)
    assert (found.value, found.problem) == ({"long": "x" * 300_000}, "")
    assert found.seconds > 0
    assert found.megabytes > 1


def test_what_raises_is_named_without_its_secrets() -> None:
    def fails() -> None:
        raise RuntimeError("postgresql://ada:secret@host/db is away")

    found = apart(fails, seconds=60)
    assert found.problem.startswith("RuntimeError: postgresql://")
    assert "secret" not in found.problem


def test_what_hangs_is_ended_with_all_that_it_started() -> None:
    begun = {child.pid for child in psutil.Process().children(recursive=True)}

    def hangs() -> None:
        subprocess.run(["sleep", "600"], check=False)

    found = apart(hangs, seconds=1)
    assert found.problem == "it took more than 1 s, and was ended"
    left = {child.pid for child in psutil.Process().children(recursive=True)} - begun
    assert not left


def test_what_is_killed_is_told() -> None:
    found = apart(lambda: os.kill(os.getpid(), signal.SIGKILL), seconds=60)
    assert found.problem == "its process was ended by SIGKILL, as for want of memory"


def test_a_process_that_ended_is_gone_and_one_of_another_machine_is_unknown() -> None:
    assert not is_gone(this_process())
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = psutil.Process(child.pid).create_time()
    assert began < time.time() + 60
    node, own, ticks = this_process().split(":")
    assert is_gone(f"{node}:{own}:{int(ticks) - 1}"), "the number was given to another process since"
    child.communicate(b"\n")
    assert is_gone(f"{node}:{child.pid}:1")
    assert not is_gone(f"elsewhere:{child.pid}:1")


@pytest.mark.parametrize("text", ["", "x", "a:b:c", ":::"])
def test_a_text_that_names_no_process_tells_nothing(text: str) -> None:
    assert not is_gone(text)
