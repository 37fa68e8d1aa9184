"""Render a proposal as the two files of a model; whatever the data are named, it stays quoted text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from windvane.cli.propose.baselines import Kind
from windvane.cli.propose.columns import Category, Number
from windvane.cli.propose.guess import Proposal
from windvane.cli.propose.pieces import Files, Rows
from windvane.cli.propose.tables import Table
from windvane.cli.propose.templates import LINE, MEAN, MODULE, SPEC, TREES

WIDTH = 120
LONG = 74


def spec_text(proposal: Proposal, project: Path) -> str:
    """Return the DAG file: the spec, and the one line that makes DAGs of it."""
    cut, start, end = proposal.cut, proposal.start, proposal.end
    rows = proposal.sample.files
    verb, arguments = _declared(rows, project)
    parts = proposal.key.columns
    key = _laid_out(parts[0] if len(parts) == 1 and parts[0] != proposal.sample.time else list(parts), "    key=", ",")
    metric = "mse" if proposal.task == "regression" else "log_loss"
    return SPEC.format(
        name=proposal.name,
        what=f"`{proposal.target}`" if re.fullmatch("[A-Za-z0-9_]{1,30}", proposal.target) else "a column",
        file=re.sub("[^A-Za-z0-9._-]", "_", _named(rows))[:30],
        numbers=filled([item.name for item in proposal.numbers], len("NUMBERS = ")),
        categories=filled([item.name for item in proposal.categories], len("CATEGORIES = ")),
        source=_source(verb, arguments, proposal.options, len(_note(rows, arguments))),
        path_note=_note(rows, arguments),
        time=literal(proposal.sample.time, 4),
        key_import="" if parts else "Key, ",
        key=key if parts else "Key.row()",
        target=literal(proposal.target, 4),
        owner=literal(proposal.owner, 4),
        task=proposal.task,
        window=cut.window,
        timezone=literal(proposal.timezone),
        start=f"date({start.year}, {start.month}, {start.day})",
        end=f"date({end.year}, {end.month}, {end.day})",
        min_rows=cut.min_rows,
        missing=proposal.missing_outcomes,
        metric=metric,
        monitor_rows=max(10, min(100, cut.typical // 3)),
    )


def module_text(proposal: Proposal, baseline: Kind | None = None) -> str:
    """Return the model's module: estimator and expectations.

    Args:
        proposal: What was guessed.
        baseline: The estimator; None is the proposal's.
    """
    ranges = {item.name: f"({number(item.low)}, {number(item.high)})" for item in proposal.numbers}
    values = {
        item.name: listed((literal(value, 8) for value in item.values), len(literal(item.name)) + 6)
        for item in proposal.categories
    }
    features: list[Number | Category] = [*proposal.numbers, *proposal.categories]
    present = {item.name: number(item.present) for item in features if item.present > 0}
    span = proposal.target_range
    return MODULE.format(
        name=proposal.name,
        target=f"\nTARGET = {literal(proposal.target)}\n" if span else "",
        ranges=mapped(ranges),
        values=mapped(values),
        present=mapped(present),
        pipeline=_pipeline(proposal, baseline or proposal.baseline),
        fewest=number(proposal.rows[0]),
        most=number(proposal.rows[1]),
        mean=MEAN.format(low=number(span[0]), high=number(span[1])) if span else "",
    )


def literal(text: str, indent: int = 0) -> str:
    """Return a Python string literal as the formatter would write it; nothing in the text can end it.

    Args:
        text: Any text.
        indent: Spaces before its line, for a text that is too long for one line and is written in pieces.
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    plain = _plain(text)
    pieces = [""]
    for one in text:
        escaped = _escaped(one, quote, plain=plain)
        pieces += [""] if len(pieces[-1]) + len(escaped) > LONG else []
        pieces[-1] += escaped
    if len(pieces) == 1:
        return f"{quote}{pieces[0]}{quote}"
    before = " " * indent
    inside = "".join(f"{before}    {quote}{piece}{quote}\n" for piece in pieces)
    return f"(\n{inside}{before})"


def filled(names: Iterable[str], before: int) -> str:
    """Return a list literal of names: on one line where it fits, otherwise as many a line as fit."""
    items = [literal(name, 4) for name in names]
    short = f"[{', '.join(items)}]"
    if before + len(short) <= WIDTH:
        return short
    rows = [""]
    for item in items:
        rows += [""] if len(rows[-1]) + len(item) + 6 > WIDTH else []
        rows[-1] += f" {item}," if rows[-1] else f"{item},"
    return "[\n" + "".join(f"    {row}\n" for row in rows if row) + "]  # fmt: skip"


def number(value: float) -> str:
    """Return a number literal, whole ones without a fraction, long ones grouped."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):_}" if abs(value) >= 10_000 else str(int(value))
    return repr(value)


def listed(items: Iterable[str], before: int) -> str:
    """Return a list literal: on one line where it fits after `before` characters, otherwise an item a line."""
    items = list(items)
    short = f"[{', '.join(items)}]"
    if before + len(short) + 1 <= WIDTH or not items:
        return short
    return "[\n" + "".join(f"        {item},\n" for item in items) + "    ]"


def mapped(items: Mapping[str, str]) -> str:
    """Return a dict literal of rendered values, an item a line."""
    if not items:
        return "{}"
    return "{\n" + "".join(f"    {literal(name, 4)}: {value},\n" for name, value in items.items()) + "}"


def _escaped(one: str, quote: str, *, plain: bool) -> str:
    if one in ("\\", quote):
        return f"\\{one}"
    return one if one.isprintable() and (one.isascii() or plain) else ascii(one)[1:-1]


def _plain(text: str) -> bool:
    """True when the text's letters cannot be mistaken for others: it is Latin, or has no ASCII letter in it."""
    foreign = [one for one in text if not one.isascii()]
    latin = all(one.isalpha() and ord(one) < 0x250 for one in foreign)
    return latin or (all(one.isalpha() for one in foreign) and not re.search("[A-Za-z]", text))


def _pipeline(proposal: Proposal, baseline: Kind) -> str:
    """Return the estimator's function."""
    regression = proposal.task == "regression"
    if baseline == "trees":
        return TREES.format(kind=f"HistGradientBoosting{'Regressor' if regression else 'Classifier'}")
    if regression:
        return LINE.format(title="ridge", kind="Ridge", settings="alpha=penalty")
    settings = "C=1 / penalty, max_iter=1_000"
    return LINE.format(title="logistic", kind="LogisticRegression", settings=settings)


def _declared(rows: Rows, project: Path) -> tuple[str, list[tuple[str, Any]]]:
    """Return which of `Source`'s verbs reads the rows, and what it is told first."""
    if isinstance(rows, Table):
        return "sql", [("", rows.connection), ("table", rows.table)]
    assert isinstance(rows, Files)
    if rows.pattern.startswith("s3://"):
        return "s3", [("", rows.pattern), *([("connection", rows.connection)] if rows.connection else [])]
    return rows.kind, [("", _data(rows.pattern, project))]


def _named(rows: Rows) -> str:
    """Return what the rows are called, without where they lie."""
    return rows.table if isinstance(rows, Table) else Path(str(rows)).name


def _note(rows: Rows, arguments: Sequence[tuple[str, Any]]) -> str:
    """Return what is to be said of a path."""
    here = isinstance(rows, Files) and not Path(arguments[0][1]).is_absolute() and "://" not in arguments[0][1]
    return "  # relative to the working folder" if here else ""


def _source(kind: str, arguments: Sequence[tuple[str, Any]], options: Mapping[str, Any], note: int) -> str:
    """Return the source, on one line where it fits with a note of this length."""
    said = [*arguments, *options.items()]
    short = ", ".join(f"{name}={_short(value)}" if name else _short(value) for name, value in said)
    if len(f"    source=Source.{kind}({short}),") + note <= WIDTH and "\n" not in short:
        return f"Source.{kind}({short})"
    lines = []
    for name, value in said:
        before = f"{name}=" if name else ""
        lines.append(f"        {before}{_laid_out(value, ' ' * 8 + before, ',')},\n")
    return f"Source.{kind}(\n{''.join(lines)}    )"


def _short(value: Any) -> str:
    """Return plain values as code on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_short(name)}: {_short(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_short, value)) + "]"
    return literal(value, 8) if isinstance(value, str) else repr(value)


def _laid_out(value: Any, before: str, after: str) -> str:
    """Return plain values as code, an item a line where they do not fit on one.

    Args:
        value: Text, numbers, lists and mappings of them.
        before: What stands before it on its line.
        after: What follows.
    """
    short = _short(value)
    if isinstance(value, str):
        return literal(value, len(before) - len(before.lstrip()))
    if ("\n" not in short and len(before) + len(short) + len(after) <= WIDTH) or not value:
        return short
    indent = " " * (len(before) - len(before.lstrip()) + 4)
    if isinstance(value, Mapping):
        pairs = ((f"{literal(name, len(indent))}: ", item) for name, item in value.items())
        inside = "".join(f"{indent}{name}{_laid_out(item, indent + name, ',')},\n" for name, item in pairs)
        return "{\n" + inside + indent[4:] + "}"
    inside = "".join(f"{indent}{_laid_out(item, indent, ',')},\n" for item in value)
    return "[\n" + inside + indent[4:] + "]"


def _data(pattern: str, project: Path) -> str:
    """Return how the source finds the data: from the working folder where that is the project, and they lie in it."""
    whole, root = Path(pattern).absolute(), project.resolve()
    whole = whole.parent.resolve() / whole.name if "*" not in str(whole.parent) else whole
    if whole.is_relative_to(root) and root == Path.cwd().resolve():
        return whole.relative_to(root).as_posix()
    return str(whole)
