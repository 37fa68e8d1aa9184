"""Verbs about versions on trial: compare two, explain one, and draw its card."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.commands.reading import Name, Number, number
from windvane.cli.explain import version_label
from windvane.cli.home import Home, moment, registered, requested
from windvane.cli.output import Answer, Plain, facts, line, table
from windvane.results import Comparison
from windvane.results.reason import cells as number_cells
from windvane.steps import Versus


@command(order=80)
def card(
    home: Home,
    model: Name,
    version: Number,
    html: Annotated[bool, typer.Option("--html", metavar="", help="As a page of HTML, instead of Markdown.")] = False,
) -> Answer:
    """Print the model card of a version: purpose, data, metrics, fairness, verdicts, approvals and limits."""
    from windvane import steps
    from windvane.lifecycle.document import markdown, page

    with home.stores() as stores:
        spec = registered(model, stores)
        requested_for = number(version, model)
        drawn = steps.card(spec, requested_for, stores)
    text = page(drawn) if html else markdown(drawn)
    form = "html" if html else "markdown"
    return Answer({"model": model, "version": requested_for, form: text}, [Plain(text)])


@command(order=90)
def explain(
    home: Home,
    model: Name,
    version: Number,
    shap: Annotated[
        bool, typer.Option("--shap", metavar="", help="Also SHAP values; needs the extra `explain`.")
    ] = False,
) -> Answer:
    """Measure what a version rests on: the loss that shuffling each column costs, with its interval."""
    from windvane import steps

    with home.stores() as stores:
        found = steps.explain(
            registered(model, stores), number(version, model), stores, requested(moment(None)), shap=shap
        )
    rows = [(item.feature, item.increase, _interval(item.low, item.high)) for item in found.importance]
    blocks: list[RenderableType] = [
        line(f"on {found.rows:,} rows held out, each column shuffled {found.repeats} times"),
        table(("column", f"{found.metric} grows by", "95 % interval"), rows),
    ]
    if found.shap_values:
        values = [(item.feature, item.mean, _interval(item.low, item.high)) for item in found.shap_values]
        blocks += [line(""), table(("column", "mean absolute SHAP value", "95 % interval"), values)]
    if found.disagreements:
        heads = ("row", "outcome", "score", f"score of {version_label(found.champion)}")
        shown = [(item.key, item.outcome, item.score, item.champion_score) for item in found.disagreements]
        blocks += [line(""), table(heads, shown)]
    return Answer(found, blocks)


@command(order=100)
def compare(
    home: Home,
    model: Name,
    version: Annotated[str, typer.Argument(metavar="A", help="A version's number.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The version it is compared with.")],
    score: Annotated[
        bool,
        typer.Option(
            "--score", metavar="", help="Score matured windows here that one of them did not score; nothing is kept."
        ),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="With --score: the newest windows, at most N.")] = 6,
) -> Answer:
    """Compare two versions on every matured window that both scored, on the same rows."""
    from windvane import steps

    with home.stores() as stores:
        numbers = number(version, model), number(other, model)
        found = steps.compare(registered(model, stores), *numbers, stores, anew=limit if score else 0)
    return Answer(found, _compared(found))


def _compared(found: Versus) -> list[RenderableType]:
    if not found.windows:
        message = f"v{found.version} and v{found.other} have no matured window that both scored"
        how = f"`windvane compare {found.model} {found.version} {found.other} --score` scores windows after both here"
        return [line(f"{found.model}: {message}; {how}, or declare shadow=1 so that challengers score too")]
    heads = ("window", "rows", f"v{found.version} less v{found.other}", "std. error", "outcome")
    rows = [
        (item.window, item.comparison.rows, _told(item.comparison), item.comparison.std_error, item.outcome)
        for item in found.windows
    ]
    together = {
        "together": _told(found.together),
        "one-sided 95 % bounds": _interval(found.low, found.high),
        "rows": found.together.rows,
    }
    return [table(heads, rows), line(""), facts(together)]


def _told(found: Comparison) -> str:
    """Return a difference as every page and gate sentence tells it: new minus old, with better or worse in words."""
    from windvane.lifecycle.difference import difference
    from windvane.spec.metrics import metric_of

    name, value, _, _ = number_cells(difference(found, metric_of(found.metric), 0.0, 0.0, 0.0))
    return f"{name}: {value}"


def _interval(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{low:.6g} to {high:.6g}"
