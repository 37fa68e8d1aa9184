"""`windvane check`: hold every spec of a folder to the rules, and list every mistake at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, Failure, line, table
from windvane.cli.paths import broken, lacks_argument
from windvane.errors import WindvaneError
from windvane.spec import Model

if TYPE_CHECKING:
    from windvane.lifecycle.evolution import Difference
    from windvane.lifecycle.reach import Reach
    from windvane.loading import LoadedSpec, Problem
    from windvane.steps import Remark

COLUMNS = ("model", "task", "window", "owner", "file")


@command(order=20)
def check(
    home: Home,
    folder: Annotated[
        Path | None, typer.Argument(help="The folder of DAG files.", show_default="--specs, or dags")
    ] = None,
) -> Answer:
    """Check all specs of a folder: every mistake of every file, with a remedy each.

    The import paths that specs name are looked up in the source files; the libraries behind them are not imported.
    An estimator of your own is fitted on made-up rows and stored, so that no training ends with a model that cannot be.
    Where a registry is there, each spec is held against the one that its model's last run registered: what differs,
    and what that means for its history. It is also told whether the gate can judge the windows
    recorded so far. That is how many holdout rows it needs, and how many of the latest windows they are of.
    """
    from windvane.loading import Problem, load_specs

    home = Home(home.registry, home.artifacts, folder or home.specs)
    home.make_importable()
    specs, problems = load_specs(home.specs)
    for spec in specs:
        found = lost_paths(spec.model, home.import_roots())
        lost = [Problem(spec.path, "SpecError", f"{spec.model.name}: {cause}", remedy) for cause, remedy in found]
        problems += lost or _not_kept(spec)
    if not specs and not problems:
        cause, remedy = f"no file in {home.specs} declares a model", "name the folder of the DAG files"
        problems = [Problem(home.specs, "SpecError", cause, remedy)]
    changed, remarks, reached, unread = _registered(home, [spec.model for spec in specs])
    problems += [
        Problem(spec.path, "VersionMismatch", f"{spec.model.name}: {_told(item)}", item.remedy)
        for spec in specs
        for item in changed.get(spec.model.name, ())
        if item.meaning == "another model"
    ]
    problems += [
        Problem(spec.path, "SpecError", f"{spec.model.name}: {item.cause}", item.remedy)
        for spec in specs
        for item in remarks
        if item.wrong and item.model == spec.model.name
    ]
    problems.sort(key=lambda problem: str(problem.path))
    models = [
        {
            "model": spec.model.name,
            "task": spec.model.task,
            "window": spec.model.window,
            "owner": spec.model.owner,
            "digest": spec.model.digest,
            "path": str(spec.path),
            "changes": [{**item._asdict(), "says": item.says} for item in changed.get(spec.model.name, ())],
            "holdout": _reached(reached.get(spec.model.name)),
        }
        for spec in specs
    ]
    message = [
        {"path": str(item.path), "error": item.error, "cause": item.cause, "remedy": item.remedy} for item in problems
    ]
    failures = [Failure(item.error, f"{item.path}: {item.cause}", item.remedy) for item in problems]
    good = table(COLUMNS, [(*(str(model[name]) for name in COLUMNS[:-1]), str(model["path"])) for model in models])
    told = [
        row
        for name, items in changed.items()
        for item in items
        if item.meaning != "another model"  # those are told as mistakes
        for row in _row(name, item)
    ]
    for remark in remarks:
        if not remark.wrong:
            told += [line(f"{remark.model}: {remark.cause}"), line(f"    {remark.remedy}", style="dim")]
    told += [row for name, found in reached.items() if found for row in _judged(name, found)]
    missed = [line(f"not compared with what was registered: {unread}", style="yellow")] if unread else []
    return Answer(
        {
            "models": models,
            "problems": message,
            "names": [item._asdict() for item in remarks],
            "not_compared": unread,
        },
        [*([good] if models else []), *told, *missed, _verdict(len(models), failures)],
        failures,
    )


def _not_kept(spec: LoadedSpec) -> list[Problem]:
    """Return why no version of a model could be stored; scikit-learn's own estimators always can."""
    from windvane.loading import Problem
    from windvane.steps.trying import unstorable

    path = spec.model.estimator.path
    searched = _not_searched(spec)
    if searched:
        return searched
    if path.partition(".")[0] == "sklearn" or ":" not in path:
        return []
    error = unstorable(spec.model)
    if error is None:
        return []
    cause = error.cause if error.cause.startswith(spec.model.name) else f"{spec.model.name}: {error.cause}"
    return [Problem(spec.path, error.name, cause, error.remedy)]


def _not_searched(spec: LoadedSpec) -> list[Problem]:
    """Return what of a spec's search its estimators do not have."""
    from windvane.loading import Problem
    from windvane.steps.trying import unsearchable

    remedy = "correct the names under tune"
    return [
        Problem(spec.path, "SpecError", f"{spec.model.name}: {cause}", remedy) for cause in unsearchable(spec.model)
    ]


def _registered(
    home: Home, models: Sequence[Model]
) -> tuple[dict[str, list[Difference]], list[Remark], dict[str, Reach | None], str]:
    """Return what is declared otherwise than before, what is to be said of names, how far holdouts reach, and why not.

    The last one is why none of these is known; empty where they are.
    """
    from windvane import steps
    from windvane.steps.reaching import reaching
    from windvane.stores import is_made

    if not models or not is_made(home.registry):
        return {}, [], {}, ""
    try:
        with home.stores() as stores:
            changed = {model.name: steps.changes(steps.as_recorded(model, stores), stores) for model in models}
            reached = {model.name: reaching(steps.as_recorded(model, stores), stores) for model in models}
            return changed, steps.remarks(models, stores), reached, ""
    except WindvaneError as error:
        return {}, [], {}, f"{error.name}: {error}"


def _reached(found: Reach | None) -> dict[str, int | bool] | None:
    return {**asdict(found), "enough": found.enough} if found else None


def _judged(name: str, found: Reach) -> Iterator[Text]:
    """Yield what is to be said of windows that the gate cannot judge, or judges several at once."""
    needs = f"{name}: the gate needs {found.needed:,} holdout rows"
    if not found.enough:
        yield line(f"{needs}; of a history of {found.rows:,} rows {found.held:,} are held out", style="yellow")
        yield line("    use longer windows, such as window='2 weeks', or a longer history", style="dim")
    elif found.windows > 1:
        yield line(f"{needs}: they are of the last {found.windows} windows")


def _told(item: Difference) -> str:
    return f"{item.field} was {item.then}, and is now {item.now}: {item.says}"


def _row(name: str, item: Difference) -> Iterator[Text]:
    yield line(f"{name}: {item.meaning}: {_told(item)}")
    if item.remedy:
        yield line(f"    {item.remedy}", style="dim")


def lost_paths(model: Model, roots: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yield a cause and a remedy for each import path of a spec that leads nowhere."""
    named = {
        "source": model.source.code,
        "features.make": model.features.make,
        "estimator": model.estimator.code,
        "expect": model.expect,
    }
    for name, branch in (model.tune.branches if model.tune else {}).items():
        named[f"tune.branches[{name!r}]"] = branch.estimator.code
    for field, path in named.items():
        cause = broken(path, roots) if path else None
        if cause:
            where = " and ".join(str(root) for root in roots)
            yield f"{field} {cause}", f"correct the import path; project modules are looked for in {where}"
    source = model.source.code
    if source and model.source.options.get("as_of") and lacks_argument(source, "as_of", roots):
        cause = f"source {source!r} is declared with as_of=True, and the function takes no argument 'as_of'"
        yield cause, "write it as rows(start, end, as_of), or take as_of=True out"


def _verdict(models: int, failures: Sequence[Failure]) -> Text:
    declared = f"{models} model{'' if models == 1 else 's'} declared"
    if failures:
        found = f"{len(failures)} mistake{'' if len(failures) == 1 else 's'} found"
        return line(f"{declared}, {found}", style="bold red")
    return line(f"{declared}, no mistake found", style="green")
