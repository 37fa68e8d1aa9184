"""The reference page of the command line is the command line's own."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import typer.main

from tests.unit.cli.conftest import ROOT
from windvane.actions import ACTIONS
from windvane.cli.app import app, main
from windvane.cli.reference import page

if TYPE_CHECKING:
    import pytest


def test_every_verb_is_documented() -> None:
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == page(), "stale; run: python -m windvane.cli.reference > docs/cli.md"


def test_the_page_holds_every_verb_and_option() -> None:
    root: Any = typer.main.get_command(app)
    run = root.commands["run"]
    named = [name for name in root.commands if name != "run"] + [f"run {name}" for name in run.commands]
    message = page()
    for name in named:
        assert f"## `windvane {name}`\n" in message
    for command in [*root.commands.values(), *run.commands.values()]:
        assert command.help
        for parameter in command.params:
            assert parameter.opts[0] in message or parameter.param_type_name == "argument"


def test_the_page_prints_itself() -> None:
    command = [sys.executable, "-m", "windvane.cli.reference"]
    environment = {"PYTHONPATH": str(ROOT / "include"), "PATH": ""}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == page()


def test_public_verbs_of_the_design_are_there() -> None:
    root: Any = typer.main.get_command(app)
    verbs = {
        "check",
        "run",
        "models",
        "show",
        "versions",
        "history",
        "champion",
        "verify",
        "replay",
        "report",
        "lineage",
        "reproduce",
        "sweep",
        "erase",
        "export",
        "import",
        "ui",
        "card",
        "compare",
        "explain",
        "scores",
        "rename",
        "checkpoint",
        "grants",
        "status",
        "ci",
        "try",
        "watch",
    }
    actions = {"promote", "rollback", "approve", "reject", "retrain", "pause", "resume", "withdraw"}
    assert actions <= set(ACTIONS)
    assert verbs | {"init", "init-registry", *ACTIONS} == set(root.commands)


def test_the_help_page_has_its_verbs_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    heads = re.findall(r"╭─ ([^─]+) ─", text)
    assert heads == ["Options", "Begin", "See what is there", "Decide, in your name", "Keep", "Run a window"]
    listed = {head: text.split(f"╭─ {head} ─")[1].split("╰")[0] for head in heads[1:]}
    for head, names in {
        "Begin": ("init", "check", "ci"),
        "See what is there": ("status", "show", "report", "replay", "try"),
        "Decide, in your name": tuple(ACTIONS),
        "Keep": ("verify", "export", "ui"),
        "Run a window": ("run",),
    }.items():
        assert all(re.search(rf"│ {name}\s", listed[head]) for name in names), head
