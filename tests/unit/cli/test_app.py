"""The way in and the way out: usage, unforeseen errors, interruptions, closed pipes, and how soon it starts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import ROOT, Command, Shop, done
from tests.waiting import until
from windvane.cli import main
from windvane.cli.output import clean, plain

HEAVY = {
    "airflow",
    "alembic",
    "boto3",
    "evidently",
    "great_expectations",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
}


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "PYTHONPATH": str(ROOT / "include"), **environment}
    return subprocess.run([sys.executable, "-c", code], env=known, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words", [["chek"], ["run", "train"], ["run", "train", "shop", "--windo", "x"], ["history", "shop", "--limit", "0"]]
)
def test_wrong_usage_is_two_lines_and_exit_code_2(windvane: Command, words: list[str]) -> None:
    answer = windvane(*words)
    assert (answer.code, answer.out) == (2, "")
    assert re.fullmatch(r"error: Usage: .+\nremedy: see `windvane[a-z ]* --help`\n", answer.err)
    message = windvane(*words, "--json")
    assert message.code == 2
    assert message.json["error"] == "Usage"


def test_a_timestamp_that_is_none_is_wrong_usage(windvane: Command) -> None:
    assert windvane("champion", "shop", "--as-of", "yesterday").code == 2
    assert windvane("init", "x", "--data", "x.csv", "--target", "y", "--time", "t", "--timezone", "Nowhere").code == 2


def test_no_verb_shows_the_help(windvane: Command) -> None:
    assert main([]) == 2
    assert main(["--help"]) == 0
    assert main(["run", "train", "--help"]) == 0
    assert main(["--version"]) == 0


def test_what_nobody_foresaw_is_one_line_of_cause_and_one_of_remedy(
    windvane: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division\nby zero \x1b[31m")

    monkeypatch.setattr("windvane.stores.open_stores", fail)
    answer = windvane("models")
    assert answer.code == 1
    assert answer.err == (
        "error: Unexpected: ZeroDivisionError: division by zero \\x1b[31m\n"
        "remedy: set WINDVANE_DEBUG=1 and run it again to see where this came from\n"
    )
    assert windvane("models", "--json").json["cause"].startswith("ZeroDivisionError")
    monkeypatch.setenv("WINDVANE_DEBUG", "1")
    assert "Traceback" in windvane("models").err


def test_a_spec_that_exits_is_an_error_and_not_the_end(shop: Shop, windvane: Command) -> None:
    code = shop.folder / "include" / shop.package / "rows.py"
    code.write_text("def rows(start, end):\n    raise SystemExit(0)\n", encoding="utf-8")
    answer = windvane("run", "train", "shop", "--window", "2024-01")
    assert answer.code == 1
    assert answer.err.startswith("error: ")


def test_an_interrupted_run_exits_130_without_a_traceback(shop: Shop) -> None:
    code = shop.folder / "include" / shop.package / "rows.py"
    started = shop.folder / "started"
    code.write_text(
        "import pathlib, time\n\n"
        f"def rows(start, end):\n    pathlib.Path({str(started)!r}).touch()\n    time.sleep(60)\n",
        encoding="utf-8",
    )
    process = shop.process("run", "train", "shop", "--window", "2024-01")
    until(lambda: started.exists() or process.poll() is not None, "the rows are read")
    process.send_signal(signal.SIGINT)
    answer = done(process)
    assert answer.code == 130
    assert answer.err.startswith("error: Interrupted: ")
    assert "Traceback" not in answer.err


def test_a_reader_that_leaves_is_no_error(shop: Shop, trained: Command) -> None:
    process = shop.process("history", "shop")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    answer = done(process)
    assert (answer.code, answer.err) == (0, "")


def test_a_full_disk_behind_stdout_is_named(shop: Shop, trained: Command) -> None:
    command = [sys.executable, "-m", "windvane.cli", "models"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "include")}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: StorageFailed: the answer could not be written")
    assert len(ended.stderr.splitlines()) == 2


def test_text_from_outside_is_neither_markup_nor_a_control_sequence(shop: Shop, windvane: Command) -> None:
    text = (shop.folder / "dags" / "shop.py").read_text(encoding="utf-8")
    hostile = text.replace('owner="tests"', r'owner="[red]x[/red] \x1b[2J \u202e :smile:"')
    (shop.folder / "dags" / "shop.py").write_text(hostile, encoding="utf-8")
    answer = windvane("check")
    assert r"[red]x[/red] \x1b[2J \u202e :smile:" in answer.out
    assert windvane("check", "--json").json["models"][0]["owner"] == "[red]x[/red] \x1b[2J \u202e :smile:"
    answer = windvane("show", "[bold]\x1b]0;title\x07")
    assert r"[bold]\x1b]0;title\x07" in answer.err


def test_a_terminal_that_knows_no_unicode_gets_escapes(shop: Shop, trained: Command) -> None:
    code = "import sys; from windvane.cli import main; sys.exit(main(['show', 'Größe']))"
    ended = python(code, PYTHONIOENCODING="ascii", WINDVANE_HOME=str(shop.home))
    assert ended.returncode == 1
    assert "Gr\\xf6\\xdfe" in ended.stderr


def test_json_has_no_numbers_that_json_does_not_know() -> None:
    assert plain({"a": float("nan"), "b": [float("inf"), 1.5]}) == {"a": None, "b": [None, 1.5]}
    assert clean("a\tb\x00\x7f\x9b\u2028é") == r"a\tb\x00\x7f\x9b\u2028é"


@pytest.mark.parametrize("words", [["--help"], ["check"], ["models"], ["versions", "shop"]])
def test_quick_verbs_import_nothing_heavy(shop: Shop, trained: Command, words: list[str]) -> None:
    code = (
        f"import sys; from windvane.cli import main; main({words!r}); heavy = {HEAVY!r} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    ended = python(code, WINDVANE_HOME=str(shop.home))
    assert ended.returncode == 0, ended.stderr
