"""Render a proposal as the two files of a model; whatever the data are named, it stays quoted text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from windvane.cli.propose.columns import Category, Number
from windvane.cli.propose.guess import Proposal
from windvane.cli.propose.templates import ALL, CUT, FLAGGED, LINE, LOCAL, MEAN, MODULE, PARSED, SOME, SPEC, TREES

WIDTH = 120
LONG = 74
MANY_ROWS = 3_000


def spec_text(proposal: Proposal) -> str:
    """Return the DAG file: the spec, and the one line that makes DAGs of it."""
    end = proposal.end
    return SPEC.format(
        name=proposal.name,
        what=f"`{proposal.target}`" if re.fullmatch("[A-Za-z0-9_]{1,30}", proposal.target) else "a column",
        file=re.sub("[^A-Za-z0-9._-]", "_", proposal.sample.path.name)[:30],
        numbers=filled([item.name for item in proposal.numbers], len("NUMBERS = ")),
        categories=filled([item.name for item in proposal.categories], len("CATEGORIES = ")),
        time=literal(proposal.time, 4),
        key=literal(proposal.key, 4),
        target=literal(proposal.target, 4),
        owner=literal(proposal.owner, 4),
        task=proposal.task,
        window=proposal.window,
        timezone=literal(proposal.times.timezone),
        start=f"date({proposal.start.year}, {proposal.start.month}, {proposal.start.day})",
        end=f"    end=date({end.year}, {end.month}, {end.day}),  # the file ends here\n" if end else "",
        parameter=_pipeline(proposal)[1],
        min_rows=proposal.min_rows,
        missing=proposal.missing_outcomes,
        metric="mse" if proposal.task == "regression" else "log_loss",
        monitor_rows=proposal.monitor_rows,
    )


def module_text(proposal: Proposal, project: Path) -> str:
    """Return the model's module: reading, estimator, expectations."""
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
        data=_data(proposal.sample.path, project),
        key=literal(proposal.key),
        time=literal(proposal.time),
        target=literal(proposal.target),
        ranges=mapped(ranges),
        values=mapped(values),
        present=mapped(present),
        imports=_imports(_reading(proposal)),
        reading=_reading(proposal),
        pipeline=_pipeline(proposal)[0],
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


def _pipeline(proposal: Proposal) -> tuple[str, str]:
    """Return the estimator's function and the parameter that the spec names: trees for many rows, else a line."""
    regression = proposal.task == "regression"
    if proposal.typical >= MANY_ROWS:
        kind = f"HistGradientBoosting{'Regressor' if regression else 'Classifier'}"
        return TREES.format(kind=kind, leaf=min(300, proposal.typical // 40)), "learning_rate=0.05"
    if regression:
        return LINE.format(title="ridge", kind="Ridge", settings="alpha=penalty"), "penalty=1.0"
    settings = "C=1 / penalty, max_iter=1_000"
    return LINE.format(title="logistic", kind="LogisticRegression", settings=settings), "penalty=1.0"


def _imports(reading: str) -> str:
    """Return the imports that the reading needs."""
    known = {"pd.": "    import pandas as pd\n", "pq.": "    import pyarrow.parquet as pq\n"}
    return "".join(line for used, line in known.items() if used in reading)


def _reading(proposal: Proposal) -> str:
    form, kind = proposal.times.form, proposal.sample.kind
    flagged = FLAGGED.format(positive=_value(proposal.positive)) if proposal.positive is not None else ""
    if form == "aware" and kind == "parquet":
        text = SOME + flagged
        return (text + "    return frame") if flagged else text.replace("frame = ", "return ").rstrip()
    local = LOCAL.format(timezone=literal(proposal.times.timezone)) if form.startswith("naive") else ""
    return ALL[kind] + PARSED[form] + local + flagged + CUT


def _value(value: object) -> str:
    return literal(value) if isinstance(value, str) else repr(value)


def _data(path: Path, project: Path) -> str:
    """Return how the module finds the data: from its own place when they lie inside the project."""
    whole, root = path.resolve(), project.resolve()
    if whole.is_relative_to(root):
        return f"Path(__file__).resolve().parents[2] / {literal(whole.relative_to(root).as_posix())}"
    found = literal(str(whole))
    return f"Path{found}" if found.startswith("(") else f"Path({found})"
