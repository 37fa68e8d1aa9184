"""How a function becomes a verb: the shared options, a clean stdout, and named errors instead of tracebacks."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from windvane.cli.home import Home
from windvane.cli.output import Answer, Failure, clean, write_blocks, write_failures, write_json
from windvane.errors import WindvaneError
from windvane.redaction import redacted

DEBUG = "WINDVANE_DEBUG"
INTERRUPTED = 130

Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON value on stdout, and nothing else.")]
Registry = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The registry; by default an embedded one.", show_default=False),
]
Artifacts = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The artifacts; by default an embedded folder.", show_default=False),
]
Specs = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="The DAG files that declare the models.", show_default="dags"),
]
SHARED: dict[str, tuple[Any, Any]] = {
    "registry": (Registry, None),
    "artifacts": (Artifacts, None),
    "specs": (Specs, None),
    "as_json": (Json, False),
}


def verb(
    app: typer.Typer, name: str | None = None, panel: str | None = None
) -> Callable[[Callable[..., Answer]], Callable[..., None]]:
    """Register `function(home, …) -> Answer` as a verb of an app.

    The verb takes the shared options after its name too; those given there come first.
    """

    def register(function: Callable[..., Answer]) -> Callable[..., None]:
        def command(ctx: typer.Context, **given: Any) -> None:
            shared = {option: given.pop(option) for option in SHARED}
            for option, value in (ctx.find_root().obj or {}).items():
                shared[option] = shared[option] or value
            specs = shared["specs"] or Path(os.environ.get("WINDVANE_SPECS") or "dags")
            home = Home(shared["registry"], shared["artifacts"], specs)
            code = carry_out(lambda: function(home, **given), as_json=shared["as_json"])
            if code:
                raise typer.Exit(code)

        hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name])
            for parameter in inspect.signature(function).parameters.values()
            if parameter.name != "home"
        ]
        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        added = [
            inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for option, (annotation, default) in SHARED.items()
        ]
        parameters = [context, *own, *added]
        command.__doc__ = function.__doc__
        command.__name__ = function.__name__
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
        app.command(name or function.__name__.removesuffix("_"), rich_help_panel=panel)(command)
        return command

    return register


def carry_out(work: Callable[[], Answer], *, as_json: bool) -> int:
    """Do a verb's work, print its answer or its error, and return the exit code."""
    out = sys.stdout
    try:
        with _noted_warnings() as notes, _prints_kept_apart():
            answer = work()
        if as_json:
            write_json(answer.data, out)
        elif answer.live:
            answer.live(out)
            return 0
        else:
            write_blocks(answer.blocks, out)
            write_failures(answer.failures, sys.stderr)
        for note in notes:
            sys.stderr.write(f"warning: {clean(note)}\n")
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        failure = Failure(
            "Interrupted", "stopped from the keyboard", "run it again; a run that was cut short starts over"
        )
        return _fail(failure, INTERRUPTED, as_json=as_json)
    except (Exception, SystemExit) as error:  # the outermost layer: whatever it is, a person reads one line of it
        if is_usage(error):
            raise
        if os.environ.get(DEBUG):
            sys.stderr.write(redacted("".join(traceback.format_exception(error)), longest=None))
        return _fail(failure_of(error), 1, as_json=as_json)
    else:
        return 1 if answer.failures else 0


def failure_of(error: BaseException) -> Failure:
    """Return an error as one line of cause and one line of remedy."""
    if isinstance(error, WindvaneError):
        return Failure(error.name, error.cause, error.remedy)
    message = redacted(" ".join(str(error).split()))
    if isinstance(error, MemoryError):
        cause = f"the memory is not enough: {message}" if message else "the memory is not enough"
        remedy = "use a shorter window or history, fewer columns or categories, or a machine with more memory"
        return Failure("OutOfMemory", cause, remedy)
    cause = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return Failure("Unexpected", cause, f"set {DEBUG}=1 and run it again to see where this came from")


def is_usage(error: BaseException) -> bool:
    """True for what the parser raises about the command line itself."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _fail(failure: Failure, code: int, *, as_json: bool) -> int:
    if as_json:
        write_json(failure.data(), sys.stdout)
    else:
        write_failures([failure], sys.stderr)
    return code


@contextmanager
def _prints_kept_apart() -> Iterator[None]:
    """Send to stderr what specs, sources and libraries print: stdout carries the answer alone."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
        os.dup2(2, 1)  # what a program started by a source prints goes there too
    except OSError:  # one of the two is closed
        kept = None
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)


@contextmanager
def _noted_warnings() -> Iterator[list[str]]:
    """Collect Python warnings as single lines, each once, instead of printing them with a line of source."""
    notes: list[str] = []

    def note(message: Warning | str, category: type[Warning], *_: Any) -> None:
        message = redacted(f"{category.__name__}: {' '.join(str(message).split())}")
        if message not in notes:
            notes.append(message)

    with warnings.catch_warnings():
        warnings.showwarning = note  # type: ignore[assignment]  # fewer named parameters are enough
        yield notes
