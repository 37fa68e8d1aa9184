"""`windvane init`: from a file of data to a first spec, its DAG file, and expectations."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
    from windvane.cli.propose.look import Sample
    from windvane.cli.propose.pieces import Rows
    from windvane.cli.propose.questions import Question
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
            help="Past rows: a file, a folder or a pattern of CSV, Parquet, JSON lines, Feather or Excel; such "
            "objects, s3://bucket/prefix/*.parquet; or, with --connection, a table.",
        ),
    ],
    target: Annotated[str, typer.Option("--target", metavar="COLUMN", help="The column to predict.")],
    connection: Annotated[
        str | None,
        typer.Option("--connection", metavar="NAME", help="The connection of the table, or of the bucket."),
    ] = None,
    time: Annotated[
        list[str] | None,
        typer.Option(
            "--time",
            metavar="COLUMN",
            help="The column of the event time; repeated for its parts: a date and a clock time, or year and month.",
            show_default="guessed",
        ),
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
    ask = not yes and on_a_terminal()
    with rows_of(data, connection) as rows:
        said = _Said(tuple(time or ()), timezone, task)
        sample, said, questions = _seen(rows, target, said, ask=ask)
        proposal = propose(model, owner, sample, target=target, key=key or (), timezone=said.timezone, task=said.task)
    proposal = with_estimator(proposal)
    files = {module_file: module_text(proposal), spec_file: spec_text(proposal, project)}
    package = module_file.with_name("__init__.py")
    if not package.exists():
        files[package] = PACKAGE
    place(files)
    tried = _tried(replace(home, specs=spec_file.parent), model, proposal.cut.first) if run else []
    return _message(proposal, list(files), spec_file.parent, tried, questions)


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


@contextmanager
def rows_of(data: str, connection: str | None) -> Iterator[Rows]:
    """Give the rows that a user named: of files, of objects in a bucket, or of a table."""
    from windvane.cli.propose.pieces import files_of, objects_of
    from windvane.cli.propose.tables import Table

    if data.startswith("s3://"):
        with objects_of(data, connection) as found:
            yield found
    elif "://" in data:
        scheme = data.partition("://")[0]
        message = f"{scheme}://… is the address of a database; a command line keeps no secret"
        raise typer.BadParameter(f"{message}: set WINDVANE_CONNECTION_NAME to it, then --connection NAME --data TABLE")
    elif connection is not None:
        yield Table(connection, data)
    else:
        yield files_of(data)


@dataclass(frozen=True)
class _Said:
    """What the user said of the rows."""

    time: tuple[str, ...]
    timezone: str | None
    task: Task | None


def _seen(rows: Rows, target: str, said: _Said, *, ask: bool) -> tuple[Sample, _Said, list[dict[str, str]]]:
    """Look at the rows, and find out what they do not tell.

    Args:
        rows: The rows.
        target: The column to predict.
        said: What the user said already.
        ask: Whether somebody can be asked; otherwise what is proposed is taken, and told.
    """
    from windvane.cli.propose.look import look
    from windvane.cli.propose.outcomes import outcome_of
    from windvane.cli.propose.questions import which_task, which_time, which_zone

    asked: list[dict[str, str]] = []

    def answer(question: Question | None) -> str | None:
        if question is None:
            return None
        found = _asked(question) if ask else question.proposed
        asked.append({"about": question.about, "question": question.text, "answer": found})
        return found if ask else None

    sample = look(rows, target, said.time, said.timezone)
    time = answer(which_time(sample, said.time))
    if time is not None and time != sample.time:
        said = replace(said, time=(time,))
        sample = look(rows, target, said.time, said.timezone)
    timezone = answer(which_zone(sample, said.timezone, lambda text: zone(text) or "UTC"))
    if timezone is not None:
        said = replace(said, timezone=timezone)
        sample = sample if timezone == "UTC" else look(rows, target, sample.parts or sample.time, timezone)
    task = answer(which_task(outcome_of(sample.column(target, "target"), str(rows), said.task), said.task))
    return sample, replace(said, task="regression" if task == "regression" else said.task), asked


def _asked(question: Question) -> str:
    """Ask on the terminal until the answer can be."""

    def known(text: str) -> str:
        if question.check is not None:
            return question.check(text.strip())
        if text.strip() not in question.choices:
            raise typer.BadParameter(f"answer one of {', '.join(question.choices)}")
        return text.strip()

    found: str = typer.prompt(question.text, default=question.proposed, value_proc=known, err=True)
    return found


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


def _message(
    proposal: Proposal,
    files: list[Path],
    specs: Path,
    tried: list[TrainOutcome | Failure],
    questions: list[dict[str, str]],
) -> Answer:
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
        "questions": questions,
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
