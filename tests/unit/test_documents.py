"""What the documents name is there: pages, headings, verbs of the command line, decisions, layers."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
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
_NO_PROSE = re.compile(
    r"^ *(?:\d+\. )?```[\s\S]*?^ *```$"
    r"|<!-- written by.*-->\n(?:\n|[|-].*\n)*"
    r"|(?<=\n\n) {4}\S.*$",
    re.MULTILINE,
)
"""What is no prose: code blocks, and the lists that a program wrote."""
_START = re.compile(r"(?:[-*>]|\d+\.|#+) ")
_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)[\"'*_)]*\s+(?=[^a-z])")
"""The end of a sentence, but not after an initial, nor where it goes on in lower case ("et al. show")."""
_LONGEST = 30
_CALL = re.compile(r"(?:`|\$ )windvane (?:--\w+ \S+ )*([a-z]+(?:-[a-z]+)*)([^`\n]*)")


def named(document: Path) -> str:
    """A document's place as a person would say it."""
    return document.relative_to(ROOT).as_posix()


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", document.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(text: str) -> Iterator[str]:
    """Yield the paragraphs, list items, headings and table cells of a document, each on one line."""
    block: list[str] = []
    for line in [*map(str.strip, _NO_PROSE.sub("\n", text).splitlines()), ""]:
        if not line or line.startswith("|") or _START.match(line):
            yield " ".join(block)
            block = []
        if line.startswith("|"):
            yield from re.split(r"(?<!\\)\|", line)
        else:
            block.append(_START.sub("", line, count=1) if _START.match(line) else line)


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield each sentence of a document with its words; a link counts by its text, code by its words."""
    for block in blocks(text):
        prose = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", block)
        prose = re.sub(r"`[^`]*`", lambda code: " ".join("Code" for _ in code[0].split()), prose)
        for sentence in _END.split(prose):
            yield len(re.findall(r"\S*\w\S*", sentence)), sentence


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
    assert set(rules) <= set(dir(rule))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_lines_are_no_longer_than_those_of_the_code(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    written = text.split("<!-- written by")[0] if document.name in ("cli.md", "pages.md") else text
    assert [line for line in written.splitlines() if len(line) > 120 and not line.startswith(("|", "!["))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_no_sentence_is_longer_than_thirty_words(document: Path) -> None:
    counted = list(sentences(document.read_text(encoding="utf-8")))
    assert counted
    assert [(words, sentence) for words, sentence in counted if words > _LONGEST] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One two.\nThree four five! Six?", [2, 3, 1]),
        ("As A. Author et al. show, this is one.", [9]),
        ("- one two\n  three\n- four\n1. five six", [3, 1, 2]),
        ("| one two | [three four](five/six.md) |\n|---|---|\n| `seven eight` |", [2, 2, 2]),
        ("See [the page](a.md#b-c). `code. More code` ends it.", [3, 5]),
        ("One\n\n```\ntwo three\n```\n\n    four five\n\nsix", [1, 1]),
        ("1. ```console\n   $ two three\n   ```\n   four five", [2]),
        ("<!-- written by `x` -->\n\n| a b |\n\n- **C**: d\n\nThe end.", [2]),
        (" ".join(["word"] * 31), [31]),
    ],
)
def test_the_words_of_each_sentence_are_counted(text: str, words: list[int]) -> None:
    assert [count for count, _ in sentences(text) if count] == words


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
        written = (ROOT / document).read_text(encoding="utf-8").replace("\n  > ", " > ")
        assert f"\n{layers}\n" in written
