"""The runbooks: every command is one that its program takes, and every error they name is one that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from tests.cluster.runbooks import PAGES, RUNBOOKS, commands, in_words
from windvane import errors
from windvane.cli.app import app
from windvane.lifecycle import health

WORDS = {"MODEL": "m", "WINDOW": "2024-01", "FROM": "2024-01-01", "TO": "2024-02-01", "VERSION": "1", "NEW": "aws://"}
EVERY = [(page, command) for page in sorted(PAGES.glob("*.md")) for command in commands(page)]


@pytest.mark.parametrize(("page", "command"), EVERY, ids=[f"{page.stem}: {command[:40]}" for page, command in EVERY])
def test_a_command_of_a_runbook_is_one_that_its_program_takes(page: Path, command: str) -> None:
    program, *arguments = in_words(command, WORDS)
    if program == "windvane":
        _windvane(arguments)
    else:
        assert program == "airflow"
        from airflow.cli.cli_parser import get_parser

        get_parser().parse_args(arguments)  # ends the test where it does not take them


def _windvane(arguments: list[str]) -> None:
    while arguments[0].startswith("--"):  # where the registry is, and the like
        arguments = arguments[2:]
    verb, *rest = arguments
    found = typer.main.get_command(app).commands[verb]  # type: ignore[attr-defined]  # a group, as every app with verbs
    found.make_context(verb, rest, resilient_parsing=False).close()


def test_an_error_that_a_runbook_names_is_one_that_there_is() -> None:
    known = {name for name in vars(errors) if isinstance(getattr(errors, name), type)}
    ours = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`")
    for page in PAGES.glob("*.md"):
        named = set(ours.findall(page.read_text(encoding="utf-8")))
        assert named <= known, f"{page.name}: {named - known}"


def test_a_page_that_health_leads_to_is_there() -> None:
    source = Path(health.__file__).read_text(encoding="utf-8")
    for page in set(re.findall(r'runbook="([a-z-]+)"', source)):
        assert (PAGES / f"{page}.md").is_file()


def test_a_drill_follows_a_page_that_has_commands() -> None:
    for drill in RUNBOOKS:
        assert commands(PAGES / f"{drill.page}.md"), drill.page
