"""The app: its shared options, its verbs in the order of the help page, and the way out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from windvane import __version__
from windvane.cli.commanding import COMMANDS, about
from windvane.cli.output import Failure, clean, tolerant, write_failures, write_json
from windvane.cli.verbs import INTERRUPTED, SHARED, Artifacts, Json, Registry, Specs, is_usage, verb
from windvane.errors import KindError
from windvane.redaction import redacted

USAGE = 2

_GROUPS = {"run": "Run a chain of steps for one window, in this process and without Airflow."}

app = typer.Typer(
    name="windvane",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"windvane {__version__}")
        raise typer.Exit


@app.callback()
def shared(
    ctx: typer.Context,
    registry: Registry = None,
    artifacts: Artifacts = None,
    specs: Specs = None,
    as_json: Json = False,
    version: Annotated[  # noqa: ARG001 - the callback answers it
        bool,
        typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Keep machine-learning models good, window by window, with every decision recorded and reversible."""
    ctx.obj = dict(zip(SHARED, (registry, artifacts, specs, as_json), strict=True))


def _add_verbs() -> tuple[KindError, ...]:
    """Add every verb in the order of the help page; return what is wrong with packages whose verbs are missing."""
    functions, problems = COMMANDS.usable()
    groups: dict[str, typer.Typer] = {}
    for function in sorted(functions.values(), key=lambda one: (about(one).order, about(one).words)):
        known = about(function)
        if known.group and known.group not in groups:
            groups[known.group] = typer.Typer(no_args_is_help=True, help=_GROUPS.get(known.group))
            app.add_typer(groups[known.group], name=known.group, rich_help_panel=known.panel)
        verb(groups[known.group] if known.group else app, known.name, None if known.group else known.panel)(function)
    return problems


PROBLEMS = _add_verbs()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 a named error, 2 wrong usage, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        tolerant(stream)
    for problem in PROBLEMS:  # its verbs are missing; every other one works
        sys.stderr.write(redacted(clean(f"warning: {problem.name}: {problem.cause}; {problem.remedy}")) + "\n")
    try:
        code = app(args=arguments, prog_name="windvane", standalone_mode=False)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if not is_usage(error):
            raise
        return _misused(error, as_json="--json" in arguments)
    return code if isinstance(code, int) else 0


def _misused(error: Exception, *, as_json: bool) -> int:
    """Tell what is wrong with the command line itself."""
    message = error.format_message()  # type: ignore[attr-defined]  # see is_usage
    if message:  # empty after the help page, which a group without a verb prints by itself
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "windvane"
        failure = Failure("Usage", redacted(" ".join(message.split())), f"see `{command} --help`")
        if as_json:
            write_json(failure.data(), sys.stdout)
        else:
            write_failures([failure], sys.stderr)
    return USAGE
