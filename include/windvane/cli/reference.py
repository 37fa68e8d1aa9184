"""The reference of the command line, made from the app itself: `python -m windvane.cli.reference > docs/cli.md`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

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


def page() -> str:
    """Return the whole page as Markdown."""
    root: Any = typer.main.get_command(app)
    shared = [parameter for parameter in root.params if parameter.name in SHARED]
    sections = [INTRODUCTION.format(shared=_options(shared))]
    for path, command in _commands(root, "windvane"):
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        options = [one for one in command.params if one.param_type_name == "option" and _own(one)]
        usage = " ".join([path, *map(_usage, arguments), *(_usage(one) for one in options if one.required)])
        section = [f"## `{path}`", f"```console\n$ {usage}{_more(options)}\n```", inspect.cleandoc(command.help or "")]
        rows = [*arguments, *options]
        sections.append("\n\n".join([*section, *([_options(rows)] if rows else [])]) + "\n")
    return "\n".join(sections)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _own(option: Any) -> bool:
    return option.name not in SHARED and option.name != "help"


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "option":
        return f"{parameter.opts[0]} {parameter.metavar}"
    name = (parameter.metavar or parameter.name.upper()).strip("[]")
    return name if parameter.required else f"[{name}]"


def _more(options: list[Any]) -> str:
    return " [OPTIONS]" if any(not option.required for option in options) else ""


def _options(parameters: list[Any]) -> str:
    rows = ["| | |", "|---|---|"]
    for one in parameters:
        if one.param_type_name == "argument":
            name = _usage(one)
        else:
            name = "/".join([one.opts[-1], *one.secondary_opts]) + (f" {one.metavar}" if one.metavar else "")
        rows.append(f"| `{name}` | {one.help}{_default(one)} |")
    return "\n".join(rows)


def _default(parameter: Any) -> str:
    if isinstance(parameter.show_default, str):
        return f" Default: {parameter.show_default}."
    flag = isinstance(parameter.default, bool)
    if parameter.required or not parameter.show_default or parameter.default in (None, "") or flag:
        return ""
    return f" Default: `{parameter.default}`."


if __name__ == "__main__":
    sys.stdout.write(page())
