"""`windvane watch`: on a real terminal, in a pipe, and looked at once."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

from tests.unit.cli.conftest import ROOT, Command, Shop
from tests.waiting import until

if TYPE_CHECKING:
    import pytest

OVERDUE = "More than 24 windows not scored, since 2024-03"


def test_once_is_what_status_says(trained: Command) -> None:
    once, status = trained("watch", "--once"), trained("status")
    assert (once.code, once.out, once.err) == (status.code, status.out, status.err)
    assert trained("watch", "shop", "--json").json["level"] == "bad"
    assert trained("watch", "shpo", "--once").code == 1
    assert trained("watch", "--every", "0").code == 2


def test_a_terminal_of_80_columns_shows_the_newest_look_until_ctrl_c(trained: Command, shop: Shop) -> None:
    terminal, inner = pty.openpty()
    termios.tcsetwinsize(inner, (24, 80))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environment |= {"PYTHONPATH": str(ROOT / "include"), "NO_COLOR": "1", "TERM": "xterm"}
    command = [sys.executable, "-m", "windvane.cli", *shop.arguments("watch", "--every", "1")]
    started = subprocess.Popen(command, stdout=inner, stderr=inner, env=environment, cwd=shop.folder)
    os.close(inner)
    seen = bytearray()

    def looks(count: int) -> bool:
        while select.select([terminal], [], [], 0)[0]:
            seen.extend(os.read(terminal, 65536))
        return seen.count(b"Ctrl-C ends it") >= count

    try:
        until(lambda: looks(2), "it looked twice", seconds=60)
        started.send_signal(signal.SIGINT)
        assert started.wait(30) == 0
    finally:
        started.kill()
        os.close(terminal)
    text = seen.decode()
    assert OVERDUE in text
    assert "\x1b[H\x1b[J" in text, "each look takes the place of the one before"
    assert "Traceback" not in text
    colours = [part for part in text.split("\x1b[")[1:] if part[:2] in ("31", "32", "33")]
    assert colours == []
    plain = re.sub(r"\x1b\[[0-9]*[HJm]", "", text)
    assert max(map(len, plain.splitlines())) <= 80


def test_a_pipe_gets_a_look_when_something_else_is_wrong_and_no_control_characters(
    trained: Command, shop: Shop
) -> None:
    with shop.process("watch", "--every", "1") as started:
        assert started.stdout is not None
        lines = [started.stdout.readline()]
        while OVERDUE not in lines[-1]:
            lines.append(started.stdout.readline())
        trained("pause", "shop", "--reason", "a holiday")
        while "Automation is paused" not in lines[-1]:
            assert lines[-1], "it ended"
            lines.append(started.stdout.readline())
        started.send_signal(signal.SIGINT)
        assert started.wait(30) == 0
    text = "".join(lines)
    assert "\x1b" not in text
    assert sum(line.endswith(" UTC\n") for line in lines) == 2


def test_a_look_at_which_nothing_changed_is_not_written(trained: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("windvane.cli.commands.watch.time.sleep", sleep)
    answer = trained("watch", "--every", "7")
    assert (answer.code, slept) == (0, [7, 7, 7])
    assert answer.out.count(OVERDUE) == 1


def test_it_ends_when_nobody_reads_any_more(trained: Command, shop: Shop) -> None:
    with shop.process("watch", "--every", "1") as started:
        assert started.stdout is not None
        assert started.stdout.readline().endswith(" UTC\n")
        started.stdout.close()
        trained("pause", "shop", "--reason", "so that there is something to write")
        assert started.wait(30) == 0
