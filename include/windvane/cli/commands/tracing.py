"""`windvane lineage` and `windvane reproduce`: where a prediction comes from, and a version made again."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from windvane.cli.commanding import command
from windvane.cli.commands.reading import Name, Number, number
from windvane.cli.commands.run import timestamp
from windvane.cli.explain import version_label
from windvane.cli.home import Home, moment
from windvane.cli.output import Answer, Failure, cell, clean, facts
from windvane.errors import NotReproduced, SpecError, UnknownModel
from windvane.lifecycle.wording import elsewhere, refitted, trained_until
from windvane.results import Approval, Lineage, Origin, Promotion, Published, TracedSnapshot

Key = Annotated[str | None, typer.Option("--key", metavar="K", help="A prediction's key.", show_default=False)]
Within = Annotated[
    str | None,
    typer.Option("--window", metavar="KEY", help="The window, such as 2013-03.", show_default="the last scored"),
]
Version = Annotated[
    str | None,
    typer.Option("--version", metavar="VERSION", help="A version instead of a prediction.", show_default=False),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", callback=timestamp, help="What was current then, UTC.", show_default="now"),
]


@command(order=110)
def lineage(
    home: Home, model: Name, key: Key = None, window: Within = None, version: Version = None, as_of: AsOf = None
) -> Answer:
    """Trace a prediction to the version that made it, its rows, code, judgement, and who let it through.

    With --window alone, the window's published scores are traced; with --version, a version; with neither, the
    champion. Every publication of the window is shown, with the one that is current, or was at --as-of.
    """
    from windvane import steps

    if version is not None and (key is not None or window is not None):
        raise typer.BadParameter("--version names a version by itself; leave out --key and --window")
    chosen = number(version, model) if version is not None else None
    with home.stores() as stores:
        found = steps.lineage(
            model, stores, key=key, window=window, version=chosen, as_of=moment(as_of) if as_of else None
        )
    data = found.model_dump(mode="json")
    data |= {"version": found.origin.version.version, "digest": found.origin.version.artifact}
    data["window"] = found.scores.window if found.scores else found.origin.version.window
    return Answer(data, [_tree(found)])


@command(order=210)
def reproduce(home: Home, model: Name, version: Number) -> Answer:
    """Train a version again from its recorded snapshots, spec and seed, and compare digests. Nothing is kept.

    What is not as it was then, such as code or a library's version, is named.
    """
    from windvane import steps

    home.make_importable()
    try:
        declared = home.declared(model)
    except (UnknownModel, SpecError):
        declared = None
    with home.stores() as stores:
        declared = declared and steps.as_recorded(declared, stores)
        found = steps.reproduce(model, number(version, model), stores, home.import_roots(), declared)
    shown = {
        "model": found.model,
        "version": version_label(found.version),
        "digest": found.digest,
        "again": found.again,
        "same": "yes" if found.same else "no",
        "differs": found.differs or None,
    }
    failures = []
    if not found.same:
        cause = f"{model} v{found.version} came out as {found.again}, not {found.digest}"
        remedy = f"make it with what it was made with: {'; '.join(found.differs)}"
        failures.append(Failure(NotReproduced.__name__, cause, remedy))
    return Answer(found, [facts(shown)], failures)


def _tree(found: Lineage) -> Tree:
    root = Tree(_named("prediction" if found.key is not None else "lineage", found.key or found.model))
    if found.prediction is not None:
        _leaves(root, found.prediction)
    under = root
    if found.scores is not None:
        under = root.add(_named("scores", f"{found.model} {found.scores.window}, {found.scores.rows:,} rows"))
        for item in found.publications:
            _publication(under, item, found)
    if found.snapshot:
        under.add(_snapshot("scored rows", found.snapshot))
    _origin(under, found.origin)
    return root


def _publication(under: Tree, item: Published, found: Lineage) -> None:
    told = item.publication
    when = "" if found.as_of is None else f" at {cell(found.as_of)} UTC"
    name = f"publication {told.publication}{f', current{when}' if item.current else ''}"
    run = f", run {told.run_id}" if told.run_id else ""
    reason = f": {told.reason}" if told.reason else ""
    staged = f" and v{told.staged}" if told.staged else ""
    here = under.add(_named(name, f"by v{told.version}{staged}, {cell(told.at)} UTC, {told.actor}{run}{reason}"))
    own = list((item.prediction or {}).items())[2:]  # without key and event time
    said = {name: value for name, value in own if name == "version" or name.startswith("score")}
    missing = "this key has no row in it" if found.key is not None and item.prediction is None else None
    _leaves(here, {"digest": told.artifact, "rows": f"{told.rows:,}", **said, "prediction": missing})


def _origin(under: Tree, origin: Origin) -> None:
    version = origin.version
    here = under.add(_named("version", f"{version.model} v{version.version} of {version.window}, {version.state}"))
    _leaves(here, {"digest": version.artifact, "built": version.created_at, "by": version.actor, "run": version.run_id})
    rows = here.add(_named("trained on", f"{version.rows:,} rows until {cell(trained_until(version))} UTC"))
    if version.elsewhere:
        here.add(_named("made elsewhere", elsewhere(version)))
        rows = here.add(_named("judged on", f"rows of {version.window}, beside a baseline of these snapshots"))
    _leaves(here, {"scores with": refitted(version)})
    for snapshot in origin.snapshots:
        rows.add(_snapshot(snapshot.window, snapshot))
    libraries = ", ".join(f"{name} {known}" for name, known in sorted(version.environment.items()))
    made = {"spec": version.spec_digest, "code": version.code_digest, "environment": libraries, "seed": version.seed}
    _leaves(here, made)
    if origin.evaluation is not None:
        message = f"{origin.evaluation.rows:,} rows held out of {origin.evaluation.snapshot}"
        judged = here.add(_named("evaluation", f"{version.evaluation}: {message}"))
        _leaves(judged, {item.metric: item.value for item in origin.evaluation.metrics})
    _leaves(here, {"explanation": origin.explanation})
    if version.gate is not None:
        gate = here.add(_named("gate", version.gate.decision))
        for verdict in version.gate.verdicts:
            gate.add(_named(verdict.outcome, verdict.headline))
    for requested in origin.approvals:
        here.add(_approval(requested))
    let_in = here.add(_named("promoted", None if origin.promotions else "it was never champion"))
    for promotion in origin.promotions:
        let_in.add(_promotion(promotion))


def _approval(requested: Approval) -> Text:
    message = f"{requested.state}, asked {cell(requested.requested_at)} UTC by {requested.requested_by}"
    if requested.answered_at is not None:
        said = requested.answer or "nothing"
        message += f"; {requested.actor} said {said} at {cell(requested.answered_at)} UTC: {requested.reason}"
    return _named("approval", message)


def _promotion(promotion: Promotion) -> Text:
    before = f"from {version_label(promotion.from_version)} " if promotion.from_version else ""
    run = f", run {promotion.run_id}" if promotion.run_id else ""
    return _named(
        promotion.kind,
        f"{before}at epoch {promotion.epoch}, {cell(promotion.at)} UTC, by {promotion.actor}{run}: {promotion.reason}",
    )


def _snapshot(name: str, snapshot: TracedSnapshot) -> Text:
    return _named(name, f"{snapshot.rows:,} rows, {snapshot.outcomes:,} outcomes, {snapshot.digest}")


def _leaves(under: Tree, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if value not in (None, ""):
            under.add(_named(name, value))


def _named(name: str, value: object) -> Text:
    text = Text(clean(name), style="bold")
    return text if value is None else text.append(" ").append(cell(value).plain, style="default")
