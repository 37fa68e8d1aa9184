"""`windvane init`: from a file of data to a first spec, its DAG file, and expectations."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, Failure, facts, line
from windvane.cli.progress import progress
from windvane.cli.reasons import reason_blocks
from windvane.errors import SpecError, WindvaneError
from windvane.spec import Model, Task

if TYPE_CHECKING:
    from windvane.cli.propose.guess import Proposal
    from windvane.pipeline.runner import TrainOutcome


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
    home: Home,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The new model's name, such as credit.")],
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Past rows: CSV, Parquet, JSON lines, Feather or Excel; or a pattern of such files.",
        ),
    ],
    target: Annotated[str, typer.Option("--target", metavar="COLUMN", help="The column to predict.")],
    time: Annotated[
        str | None,
        typer.Option("--time", metavar="COLUMN", help="The column of the event time.", show_default="guessed"),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            metavar="COLUMN",
            help="The column that identifies a row; may be repeated for several together.",
            show_default="guessed",
        ),
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
    yes: Annotated[
        bool, typer.Option("--yes", metavar="", help="Ask nothing, on a terminal either: take what is proposed.")
    ] = False,
    run: Annotated[
        bool,
        typer.Option(
            "--run/--no-run", metavar="", help="Try the first window, keeping nothing, and say what came out."
        ),
    ] = True,
) -> Answer:
    """Read a file of past rows and write a first model from it: a spec, its DAG file, and expectations.

    Everything that was guessed is said; the files are yours to correct. At the end the first window is tried: trained,
    evaluated and judged, in a registry that is thrown away.
    """
    from windvane.cli.propose.guess import propose
    from windvane.cli.propose.look import look
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
    sample = look(data, target, time, timezone)
    if sample.form.naive and timezone is None and not yes and on_a_terminal():
        timezone = _asked_zone(sample.time)
        sample = sample if timezone == "UTC" else look(data, target, sample.time, timezone)
    proposal = propose(model, owner, sample, target=target, key=key or (), timezone=timezone, task=task)
    proposal = with_estimator(proposal)
    files = {module_file: module_text(proposal), spec_file: spec_text(proposal, project)}
    package = module_file.with_name("__init__.py")
    if not package.exists():
        files[package] = PACKAGE
    place(files)
    tried = _tried(replace(home, specs=spec_file.parent), model, proposal.cut.first) if run else []
    return _message(proposal, list(files), spec_file.parent, tried)


def with_estimator(proposal: Proposal) -> Proposal:
    """Return a proposal with the better one of two baselines."""
    from windvane.cli.propose.baselines import Kind, compared
    from windvane.cli.propose.render import module_text

    kinds: tuple[Kind, ...] = ("line", "trees")
    modules = {kind: module_text(proposal, kind) for kind in kinds}
    categories = [item.name for item in proposal.categories]
    rows = proposal.sample.frame[[*(item.name for item in proposal.numbers), *categories]]
    known = proposal.outcome.known
    found = compared(modules, rows, known, proposal.sample.moments, proposal.task, categories)
    return proposal.with_baseline(found.kind, found.why)


def on_a_terminal() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked_zone(column: str) -> str:
    """Ask for the zone of times that name none."""
    question = f"The times in {column!r} name no zone. Whose clock is it (such as UTC or Europe/Berlin)?"

    def known(text: str) -> str:
        return zone(text.strip()) or "UTC"

    answer: str = typer.prompt(question, default="UTC", value_proc=known, err=True)
    return answer


def _tried(home: Home, model: str, windows: Sequence[str]) -> list[TrainOutcome | Failure]:
    """Train windows as `windvane run train` does, into a registry that is thrown away, until one is good enough.

    So nothing is registered before the guesses were corrected; the same command then comes to the same.
    """
    from windvane.stores.temporary import temporary_folder

    found: list[TrainOutcome | Failure] = []
    try:
        spec = home.declared(model)
        for window in windows:
            with temporary_folder() as folder:
                tried = replace(home, registry=f"sqlite:///{folder / 'registry.db'}", artifacts=str(folder / "kept"))
                outcome = _trained(tried, spec, window)
            found.append(outcome)
            if outcome.decision != "reject":
                break
    except WindvaneError as error:
        again = f"windvane run train {model} --window {windows[len(found)]}"
        remedy = f"{error.remedy}; the files are written: correct them, then {again}"
        found.append(Failure(error.name, error.cause, remedy))
    return found


def _trained(home: Home, spec: Model, window: str) -> TrainOutcome:
    from windvane.pipeline import runner

    with home.stores() as stores, progress() as say:
        run = requested(moment(None), "tried by init")
        return runner.run_train(spec, spec.cadence.window(window), stores, run, say)


def refuse_name(name: str) -> None:
    """Refuse a name that cannot be both a model's and a Python module's.

    Raises:
        SpecError: Saying what a name may be.
    """
    if not re.fullmatch("[a-z][a-z0-9_]{0,62}", name) or keyword.iskeyword(name):
        message = "a name starts with a lower-case letter, holds a-z, 0-9 and _, and is no word of Python"
        raise SpecError(f"model {name!r}", [message])


def _message(proposal: Proposal, files: list[Path], specs: Path, tried: list[TrainOutcome | Failure]) -> Answer:
    outcomes = [one for one in tried if not isinstance(one, Failure)]
    failures = [one for one in tried if isinstance(one, Failure)]
    good = [one.window for one in outcomes if one.decision != "reject"]
    window = (good or proposal.cut.first)[0]
    guesses = [{"guess": item.what, "value": item.value, "why": item.why} for item in proposal.guesses]
    data = {
        "model": proposal.name,
        "window": window,
        "files": [str(path) for path in files],
        "guesses": guesses,
        "tried": [
            {"window": one.window, "decision": one.decision, "reasons": [item.headline for item in one.reasons]}
            for one in outcomes
        ],
    }
    blocks: list[RenderableType] = [
        *(line(f"wrote {path}") for path in files),
        line(""),
        facts([(item.what, f"{item.value}: {item.why}") for item in proposal.guesses]),
        line(""),
    ]
    for one in outcomes:
        told = f"Tried on window {one.window}, keeping nothing: the gate decides {one.decision}."
        blocks += [line(told), *reason_blocks(one.reasons), line("")]
    if not failures:
        blocks += [
            line("Correct what is wrong in these files, then:"),
            line(f"  windvane check {specs}"),
            line(f"  windvane run train {proposal.name} --window {window} --specs {specs}"),
        ]
    return Answer(data, blocks, failures)
