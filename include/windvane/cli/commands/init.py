"""`windvane init`: from a file of data to a first spec, its DAG file, and expectations."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, facts, line
from windvane.errors import SpecError
from windvane.spec import Task

if TYPE_CHECKING:
    from windvane.cli.propose.guess import Proposal


def zone(text: str | None) -> str | None:
    """Refuse an unknown time zone as a mistake of usage."""
    from windvane.windows import Cadence

    try:
        if text is not None:
            Cadence.parse("day", text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


@command(order=10)
def init(
    home: Home,  # noqa: ARG001 - a proposal needs no registry; verbs share a signature
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The new model's name, such as credit.")],
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="A CSV or Parquet file of past rows.")],
    target: Annotated[str, typer.Option("--target", metavar="COLUMN", help="The column to predict.")],
    time: Annotated[str, typer.Option("--time", metavar="COLUMN", help="The column of the event time.")],
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="COLUMN", help="The column that identifies a row.", show_default="guessed"),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            "--timezone",
            metavar="ZONE",
            callback=zone,
            help="The calendar of the windows, and the zone of times that name none.",
            show_default="the file's, or UTC",
        ),
    ] = None,
    task: Annotated[
        Task | None,
        typer.Option("--task", metavar="TASK", help="binary, multiclass or regression.", show_default="guessed"),
    ] = None,
    project: Annotated[
        Path, typer.Option("--project", metavar="FOLDER", help="Write into its dags/ and include/models/.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", metavar="", help="Replace files that are there.")] = False,
) -> Answer:
    """Look at a file of data and write a first model from it: a spec, its DAG file, and expectations.

    Everything that was guessed is said; the files are yours to correct.
    """
    from windvane.cli.propose.guess import propose
    from windvane.cli.propose.look import read_sample
    from windvane.cli.propose.place import place, refuse_existing
    from windvane.cli.propose.render import module_text, spec_text
    from windvane.cli.propose.templates import PACKAGE
    from windvane.stores.person import at_terminal

    refuse_name(model)
    spec_file, module_file = project / "dags" / f"{model}.py", project / "include" / "models" / f"{model}.py"
    files = {module_file: "", spec_file: ""}
    if not force:
        refuse_existing(files)
    owner = at_terminal().rpartition("/")[2]
    sample = read_sample(data)
    proposal = propose(model, owner, sample, target=target, time=time, key=key, timezone=timezone, task=task)
    files = {module_file: module_text(proposal, project), spec_file: spec_text(proposal)}
    package = module_file.with_name("__init__.py")
    if not package.exists():
        files[package] = PACKAGE
    place(files)
    return _message(proposal, list(files), spec_file.parent)


def refuse_name(name: str) -> None:
    """Refuse a name that cannot be both a model's and a Python module's.

    Raises:
        SpecError: Saying what a name may be.
    """
    if not re.fullmatch("[a-z][a-z0-9_]{0,62}", name) or keyword.iskeyword(name):
        message = "a name starts with a lower-case letter, holds a-z, 0-9 and _, and is no word of Python"
        raise SpecError(f"model {name!r}", [message])


def _message(proposal: Proposal, files: list[Path], specs: Path) -> Answer:
    guesses = [{"guess": item.what, "value": item.value, "why": item.why} for item in proposal.guesses]
    data = {
        "model": proposal.name,
        "window": proposal.first_window,
        "files": [str(path) for path in files],
        "guesses": guesses,
    }
    run = f"windvane run train {proposal.name} --window {proposal.first_window} --specs {specs}"
    blocks: list[RenderableType] = [
        *(line(f"wrote {path}") for path in files),
        line(""),
        facts([(item.what, f"{item.value}: {item.why}") for item in proposal.guesses]),
        line(""),
        line("Correct what is wrong in these files, then:"),
        line(f"  windvane check {specs}"),
        line(f"  {run}"),
    ]
    return Answer(data, blocks)
