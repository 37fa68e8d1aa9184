"""Verbs that only look: models, versions, show, history, champion, report."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.commands.run import timestamp
from windvane.cli.explain import model_page, version_data, version_label, version_page
from windvane.cli.home import Home, moment, registered, requested
from windvane.cli.output import Answer, facts, line, table
from windvane.cli.reasons import number_table
from windvane.errors import InvalidWindow, NoChampion, UnknownVersion
from windvane.results import Champion, Event
from windvane.spec import Model, check_label

Name = Annotated[str, typer.Argument(metavar="MODEL", help="A model that the registry knows.")]
Number = Annotated[str, typer.Argument(metavar="VERSION", help="A version's number, such as 3 or v3.")]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="Show at most this many, the newest first.")]


@command(order=30)
def models(home: Home) -> Answer:
    """List the models of the registry, with their champions."""
    data: list[dict[str, object]] = []
    cells = []
    with home.stores() as stores:
        called = stores.registry.models.called()
        for row in stores.registry.models.all():
            champion = stores.registry.champions.current(row.name)
            message = {"model": called[row.name], "owner": row.owner, "task": row.task}
            where = {
                "epoch": champion.epoch if champion else 0,
                "window": champion.window if champion else None,
                "at": champion.at if champion else None,
            }
            number = champion.version if champion else None
            known = {"description": row.description, "digest": row.spec_digest, "recorded_as": row.name}
            data.append({**message, **known, "champion": number, **where})
            cells.append([*message.values(), version_label(number), *where.values()])
    if not cells:
        return Answer(data, [line("no model yet; `windvane run train MODEL --window KEY` registers one")])
    return Answer(data, [table(("model", "owner", "task", "champion", "epoch", "window", "since"), cells)])


@command(order=50)
def versions(home: Home, model: Name) -> Answer:
    """List the versions of a model, the newest first."""
    with home.stores() as stores:
        stores.registry.models.get(model)
        found = stores.registry.versions.all(model)
    columns = ("version", "state", "window", "rows", "decision", "at", "actor")
    cells = [
        (
            version_label(item.version),
            item.state,
            item.window,
            item.rows,
            item.gate and item.gate.decision,
            item.created_at,
            item.actor,
        )
        for item in found
    ]
    return Answer([version_data(item) for item in found], [table((*columns[:5], "built", "actor"), cells)])


@command(order=40)
def show(
    home: Home,
    model: Name,
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help="A version's number, such as 3 or v3.")
    ] = None,
) -> Answer:
    """Explain a model, or one version: what it was made from, how good it is, what each rule said."""
    with home.stores() as stores:
        if version is None:
            return model_page(model, stores)
        return version_page(model, number(version, model), stores)


@command(order=60)
def history(home: Home, model: Name, limit: Limit = 20) -> Answer:
    """Tell what happened to a model: every change of state, with who and why."""
    with home.stores() as stores:
        stores.registry.models.get(model)
        events = stores.registry.audit.events(model, limit=limit)
    data = [_message(item) for item in events]
    cells = [
        (
            item.seq,
            item.at,
            item.kind,
            version_label(message["version"]),
            f"{version_label(message['from']) or 'none'} to {version_label(message['to'])}" if message["to"] else None,
            message["epoch"],
            item.actor,
            item.run_id,
            _what(item, message["reasons"]),
        )
        for item, message in zip(events, data, strict=True)
    ]
    columns = ("seq", "at", "event", "version", "champion", "epoch", "actor", "run", "what")
    return Answer(data, [table(columns, cells)])


@command(order=70)
def champion(
    home: Home,
    model: Name,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="TIME",
            callback=timestamp,
            help="At this moment, with its offset; a date is the beginning of that day in the model's time zone.",
            show_default="now",
        ),
    ] = None,
    for_window: Annotated[
        str | None,
        typer.Option("--for-window", metavar="KEY", help="The one that may score this window.", show_default=False),
    ] = None,
) -> Answer:
    """Name the version that scores: now, at any past moment, or for a window.

    For a window that is the last champion which was trained on earlier windows only.
    """
    from windvane import steps

    if as_of is not None and for_window is not None:
        raise typer.BadParameter("--as-of and --for-window ask two things; give one of them")
    with home.stores() as stores:
        spec = registered(model, stores)
        then = _moment_or_day(as_of, spec) if as_of else None
        found: Champion | None
        if for_window is not None:
            found = steps.may_score(spec, spec.cadence.window(for_window), stores)
            when = f" for window {for_window}"
        else:
            found = stores.registry.champions.current(model, then)
            when = f" at {then:%Y-%m-%d %H:%M} UTC" if then else ""
    if found is None:
        cause = f"{model} had no champion{when}" if then else f"{model} has no champion{when}"
        raise NoChampion(cause, f"see `windvane versions {model}`; promote one, or train a window")
    data = found.model_dump(mode="json")
    data["champion"] = data["version"]
    shown = {
        "model": model,
        "champion": version_label(found.version),
        "epoch": found.epoch,
        "window": found.window,
        "since": found.at,
    }
    return Answer(data, [facts(shown)])


@command(order=120)
def report(
    home: Home,
    model: Name,
    window: Annotated[
        str | None,
        typer.Option("--window", metavar="KEY", help="One window, with its checks.", show_default=False),
    ] = None,
    limit: Limit = 24,
    evidently: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the window's Evidently report, as HTML.", show_default=False),
    ] = None,
) -> Answer:
    """Report on the monitored windows of a model: each decision, why, and what the scores lost.

    Evidently's report is drawn now where none is kept. Names and values in it are as the data has them: open it only
    when you trust the data's origin. The Models pages show it in a sandbox.
    """
    from windvane import steps
    from windvane.stores.scratch import keep_file

    if evidently is not None and window is None:
        raise InvalidWindow(f"{model}: an Evidently report is of one window", "name it: --window KEY")
    with home.stores() as stores:
        stores.registry.models.get(model)
        found = stores.registry.monitoring.results(model, window_key=window, limit=limit)
        kept = stores.registry.monitoring.reports(model, window)
        if evidently is not None and window is not None:
            spec = registered(model, stores)
            page = steps.asked_report(spec, spec.cadence.window(window), stores, requested(moment(None)))
            keep_file(evidently, page)
            kept = stores.registry.monitoring.reports(model, window)
    cells = [
        (
            item.window,
            item.decision,
            version_label(item.version),
            item.loss,
            item.first_loss,
            item.reasons[0].headline if item.reasons else None,
        )
        for item in found
    ]
    drawn: list[RenderableType] = [table(("window", "decision", "version", "loss", "loss of the first", "why"), cells)]
    if not found:
        drawn = [line(f"{model}: window {window} was not monitored" if window else f"{model}: nothing monitored yet")]
    elif window is not None:
        checks = [(check_label(item.check), item.outcome, item.headline) for item in found[0].checks]
        drawn += [line(""), table(("check", "outcome", "answer"), checks)]
        numbers = [(check_label(item.check), number) for item in found[0].checks for number in item.numbers]
        drawn += [line(""), number_table(numbers)] if numbers else []
        drawn += [line(""), line(f"report {kept[window]}")] if window in kept else []
    data = [
        item.model_dump(mode="json") | {"headline": item.headline, "report": kept.get(item.window)} for item in found
    ]
    return Answer(data, drawn)


def number(text: str, model: str) -> int:
    """Read `3` or `v3`.

    Raises:
        UnknownVersion: When it is neither.
    """
    digits = text.removeprefix("v")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        raise UnknownVersion(f"{model}: {text!r} is no version number", f"see `windvane versions {model}`")
    return int(digits)


def _moment_or_day(text: str, spec: Model) -> datetime:
    """Return a moment; of a date, its beginning in the model's calendar."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return moment(text)
    return moment(datetime.combine(day, time(), ZoneInfo(spec.timezone)).isoformat())


def _message(event: Event) -> dict[str, Any]:
    """Return an event's facts under the words of the vocabulary; `from` and `to` are of the champion."""
    payload = event.payload
    moved = "epoch" in payload and "from_version" in payload
    reason = payload.get("reason")
    return {
        **event.model_dump(mode="json", exclude={"hash", "rows"}),
        "digest": event.hash,
        "window": payload.get("window"),
        "version": payload.get("version"),
        "from": payload["from_version"] if moved else None,
        "to": payload.get("version") if moved else None,
        "epoch": payload.get("epoch"),
        "reasons": payload.get("reasons") or ([reason] if reason else []),
    }


def _what(event: Event, reasons: list[str]) -> list[str] | str:
    """Return why an event happened, and that the gate was overridden where it was; else what its payload says."""
    over = event.payload.get("gate_overridden")
    return [*reasons, *([f"gate overridden: {over}"] if over else [])] or _gist(event)


def _gist(event: Event) -> str:
    """Return what an event's payload says in few words: its plain values, digests shortened."""
    message = []
    for name, value in event.payload.items():
        if isinstance(value, str | int | float) and value != "":
            message.append(f"{name}={str(value)[:15] if str(value).startswith('sha256:') else value}")
    return ", ".join(message)
