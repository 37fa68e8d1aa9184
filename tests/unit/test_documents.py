"""What the documents name is there: pages, headings, verbs of the command line, decisions, layers."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

from windvane import rule
from windvane.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = ROOT / "docs" / "decisions"

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CALL = re.compile(r"(?:`|\$ )windvane (?:--\w+ \S+ )*([a-z]+)([^`\n]*)")


def named(document: Path) -> str:
    """A document's place as a person would say it."""
    return document.relative_to(ROOT).as_posix()


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", document.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        place, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (document.parent / place).resolve() if place else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("document", [item for item in DOCUMENTS if item.name != "cli.md"], ids=named)
def test_every_verb_and_option_is_one_of_the_command_line(document: Path) -> None:
    root: Any = typer.main.get_command(app)
    shared = {option for parameter in root.params for option in parameter.opts} | {"--help"}
    for verb, rest in _CALL.findall(document.read_text(encoding="utf-8")):
        assert verb in root.commands, f"windvane {verb}"
        command = root.commands[verb]
        parts = [command, *getattr(command, "commands", {}).values()]
        known = shared | {option for part in parts for parameter in part.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z][\w-]*", rest)) <= known, f"windvane {verb}{rest}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_gate_rule_exists(document: Path) -> None:
    rules = re.findall(r"\brule\.(\w+)\(", document.read_text(encoding="utf-8"))
    assert set(rules) <= set(rule.__all__)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_lines_are_no_longer_than_those_of_the_code(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    written = text.split("<!-- written by")[0] if document.name in ("cli.md", "pages.md") else text
    assert [line for line in written.splitlines() if len(line) > 120 and not line.startswith(("|", "!["))] == []


def test_decisions_have_one_number_each_and_stand_in_the_index() -> None:
    pages = sorted(DECISIONS.glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    for number, page in enumerate(pages, start=1):
        title = page.read_text(encoding="utf-8").splitlines()[0]
        assert title.startswith(f"# {number}. ")
        assert f"- [{number}]({page.name}) {title.removeprefix(f'# {number}. ')}\n" in index


def test_every_runbook_stands_in_the_guide() -> None:
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    for runbook in (ROOT / "docs" / "runbooks").glob("*.md"):
        assert f"(runbooks/{runbook.name})" in guide


def test_contributors_are_told_every_verb_of_make() -> None:
    helped = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    verbs = {line.split()[1] for line in helped.stdout.splitlines()}
    message = set(re.findall(r"`make ([a-z0-9-]+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert message == verbs


def test_the_layers_that_are_told_are_the_layers_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = " > ".join(contracts[0]["layers"])
    for document in ("CONTRIBUTING.md", "docs/design.md"):
        assert f"\n{layers}\n" in (ROOT / document).read_text(encoding="utf-8")
