"""The reference of the command line, as Typer writes it: `python -m windvane.cli.reference > docs/cli.md`."""

from __future__ import annotations

import html
import re
import sys
import textwrap
from typing import Any

import typer
import typer.cli
import typer.main

from windvane.cli.app import app
from windvane.cli.verbs import SHARED

INTRODUCTION = """\
# The command line

This page is made from the command itself (`python -m windvane.cli.reference > docs/cli.md`); a test fails when it is
stale.

Every verb takes these options, before its name or after it:

{shared}

| setting | stands for |
|---|---|
| `WINDVANE_REGISTRY` | `--registry` |
| `WINDVANE_ARTIFACTS` | `--artifacts` |
| `WINDVANE_SPECS` | `--specs` |
| `WINDVANE_HOME` | the folder of the embedded registry and artifacts; `~/.windvane` by default |
| `WINDVANE_FILE_MODE` | permissions of files that are made: `0600` by default |
| `WINDVANE_ISOLATE` | when set, every stored model is kept in the box; see [threats](threats.md) |
| `WINDVANE_BOX_MEMORY` | MiB of memory that a model in the box may have: 4096 by default |
| `WINDVANE_BOX_SECONDS` | seconds that a model in the box has for an answer: 300 by default |
| `WINDVANE_SOURCE_SECONDS` | seconds that a database has to deliver a window's rows: 3,600 by default |
| `WINDVANE_MAX_CATEGORIES` | different values that a category may have in a window: 20,000 by default |
| `WINDVANE_DEBUG` | when set, an error prints its traceback too |

With `--json`, stdout holds one object (or a list of them) and nothing else. Its words are `model`, `window`, `version`,
`digest`, `decision`, `reasons`, `champion`, `epoch`, `actor` and `at`; moments are ISO 8601 in UTC. An error is an
object with `error`, `cause` and `remedy`.

| exit code | means |
|---|---|
| 0 | done; a version that the gate rejects is an answer, not an error |
| 1 | refused or failed: two lines on stderr, `error: NAME: CAUSE` and `remedy: …` |
| 2 | wrong usage |
| 130 | interrupted |
"""

_OPTION = re.compile(r"\* `(--\w+)")


def page() -> str:
    """Return the whole page as Markdown: what all verbs share once, and of each verb what is its own."""
    root: Any = typer.main.get_command(app)
    text = html.unescape(typer.cli.get_docs_for_click(obj=root, ctx=typer.Context(root), name="windvane"))
    text = re.sub(r"\{([A-Z]+)\}|\[\[([A-Z]+)\]\]", lambda found: found[1] or f"[{found[2]}]", text)
    head, *verbs = re.split(r"(?m)^(?=##+ `windvane )", text)
    everywhere = {parameter.opts[0] for parameter in root.params if parameter.name in SHARED}
    shared = [line for line in head.splitlines() if (found := _OPTION.match(line)) and found[1] in everywhere]
    known = {*shared, "* `--help`: Show this message and exit."}
    own = (_without("".join(line for line in verb.splitlines(True) if line.strip() not in known)) for verb in verbs)
    return INTRODUCTION.format(shared="\n".join(shared)) + "\n" + "\n\n".join(own) + "\n"


def _without(section: str) -> str:
    """Take away headings of options with none left, and lists of verbs, whose sections follow; wrap long lines."""
    short = re.sub(r"\*\*Options\*\*:\s*(?=\*\*Commands|\Z)|\*\*Commands\*\*:.*", "", section, flags=re.DOTALL).strip()
    return "\n".join(textwrap.fill(line, 120, subsequent_indent="  ") for line in short.splitlines())


if __name__ == "__main__":
    sys.stdout.write(page())
