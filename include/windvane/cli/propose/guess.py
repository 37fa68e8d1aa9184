"""Guess a spec from a sample: task, key, windows, features, expectations; every guess says why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from windvane.cli.propose.baselines import Kind
from windvane.cli.propose.cadence import Cut, cadence_of
from windvane.cli.propose.columns import Category, LeftOut, Number, sort_columns
from windvane.cli.propose.groups import protected_groups
from windvane.cli.propose.look import Sample
from windvane.cli.propose.outcomes import Outcome, outcome_of
from windvane.cli.propose.row_key import RowKey, key_of
from windvane.errors import EmptyColumn
from windvane.spec import Task
from windvane.windows import Cadence


@dataclass(frozen=True)
class Guess:
    """One thing that was guessed: what, which value, and why."""

    what: str
    value: str
    why: str


@dataclass(frozen=True)
class Proposal:
    """All that the files of a new model are rendered from."""

    name: str
    owner: str
    sample: Sample
    target: str
    outcome: Outcome
    key: RowKey
    cut: Cut
    timezone: str
    numbers: tuple[Number, ...]
    categories: tuple[Category, ...]
    start: date
    end: date
    missing_outcomes: float
    target_range: tuple[float, float] | None
    groups: tuple[str, ...]
    guesses: tuple[Guess, ...] = ()
    baseline: Kind = "line"
    options: dict[str, Any] = field(default_factory=dict)
    """What the source is told."""

    @property
    def task(self) -> Task:
        """What the target is."""
        return self.outcome.task

    @property
    def rows(self) -> tuple[int, int]:
        """Fewest and most rows expected in a window."""
        return self.cut.rows[0] // 3, math.ceil(self.cut.rows[1] * 3)

    def with_baseline(self, kind: Kind, why: str) -> Proposal:
        """Return it with an estimator that was chosen."""
        word = "a regression line" if self.task == "regression" else "logistic regression"
        guess = Guess("estimator", "boosted trees" if kind == "trees" else word, why)
        return replace(self, baseline=kind, guesses=(*self.guesses, guess))


def propose(
    name: str,
    owner: str,
    sample: Sample,
    *,
    target: str,
    key: Sequence[str],
    timezone: str | None,
    task: Task | None = None,
) -> Proposal:
    """Guess everything about a model from a sample of its data but for the estimator.

    Raises:
        MissingColumn, WrongType, DuplicateKey, OneClass, MissingOutcomes, EmptyColumn, TooFewRows: The file cannot be
            declared as it is; the error says what to do.
    """
    frame = sample.frame
    outcome = outcome_of(sample.column(target, "target"), str(sample.files), task)
    found = key_of(name, sample, key, target)
    single = found.columns if len(found.columns) == 1 else ()
    rest = frame.drop(columns=list({target, sample.time, *single}))
    numbers, categories, left_out = sort_columns(
        rest, outcome.known, outcome.task, time=sample.moments, key=found.columns
    )
    if not numbers and not categories:
        raise EmptyColumn(f"{sample.files} has no column that could be a feature", "add columns known beforehand")
    zone = timezone or sample.form.zone
    cut = cadence_of(sample, zone)
    late = _begun_late(sample, cut, zone)
    named = [*(one.name for one in numbers), *(one.name for one in categories)]
    if not late.keys() >= set(named):
        left_out += [LeftOut(name, late[name]) for name in named if name in late]
        numbers = [one for one in numbers if one.name not in late]
        categories = [one for one in categories if one.name not in late]
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in sample.span)
    left_out += [LeftOut(one, "nested") for one in sample.files.nested]
    groups = protected_groups(rest)
    form = sample.form.options
    proposal = Proposal(
        name=name,
        owner=owner,
        sample=sample,
        target=target,
        outcome=outcome,
        key=found,
        cut=cut,
        timezone=zone,
        numbers=tuple(numbers),
        categories=tuple(categories),
        start=first,
        end=last + timedelta(days=1),
        missing_outcomes=min(0.99, max(0.1, math.ceil(cut.missing * 125) / 100)),
        target_range=_target_range(outcome),
        groups=tuple(groups),
        options=sample.files.options
        | form
        | ({"values": {target: outcome.words}} if outcome.words else {})
        | ({} if sample.files.kind == "table" else {"ignore": ["*"]}),
    )
    return replace(proposal, guesses=tuple(_guesses(proposal, left_out, groups, timezone)))


def _begun_late(sample: Sample, cut: Cut, zone: str) -> dict[str, str]:
    """Return the columns without any value until the first training, which could learn nothing of them, and why."""
    end = Cadence.parse(cut.window, zone).window(cut.first[0]).end
    early = sample.frame[(sample.moments < end).to_numpy()]
    named = f"has no value up to window {cut.first[0]}, the first to train on; take it in when all windows have it"
    return {str(name): named for name in early.columns[early.isna().all()]} if len(early) else {}


def _guesses(
    proposal: Proposal, left_out: list[LeftOut], groups: dict[str, str], timezone: str | None
) -> list[Guess]:  # fmt: skip
    sample, cut = proposal.sample, proposal.cut
    found = [
        Guess("rows", f"{sample.rows:,}", "all of them were read" + _sampled(sample)),
        Guess("task", proposal.task, proposal.outcome.why),
        Guess("time", " + ".join(sample.parts) or sample.time, _how_written(sample)),
        Guess("key", proposal.key.shown, proposal.key.why),
        Guess("window", cut.window, cut.why),
        Guess("timezone", proposal.timezone, _why_zone(sample, timezone)),
        Guess("start", str(proposal.start), "the first row"),
        Guess("end", str(proposal.end), "the day after the last row; take it out when rows keep coming"),
        Guess("outcome_after", "0d", "nothing in a file tells when outcomes become known; correct it"),
        Guess("owner", proposal.owner, "you"),
        Guess("numbers", _names(proposal.numbers), "numeric columns; ranges with slack around those seen"),
        Guess("categories", _names(proposal.categories), "columns with few values that are names"),
    ]
    if sample.files.options:
        told = ", ".join(f"{name}={value!r}" for name, value in sample.files.options.items())
        found.insert(1, Guess("dialect", told, "how the file is written"))
    if proposal.outcome.words:
        one = next(name for name, value in proposal.outcome.words.items() if value)
        found.append(Guess("outcome 1", one, f"of the two values of {proposal.target!r}; the other one is 0"))
    codes = [item.name for item in proposal.categories if item.code]
    if codes:
        found.append(Guess("codes", ", ".join(codes), "whole numbers that are names: categories, not amounts"))
    if groups:
        said = ", ".join(f"{name} ({why})" for name, why in groups.items())
        why = "tell of groups that decisions must be fair to: list them under protected, or leave them out"
        found.append(Guess("protected?", ", ".join(groups), f"{said}: {why}"))
    return [*found, *(Guess("left out", item.name, item.why) for item in left_out)]


def _sampled(sample: Sample) -> str:
    return "" if sample.whole else f"; columns were judged by {len(sample.frame):,}, drawn from beginning to end"


def _how_written(sample: Sample) -> str:
    options = sample.form.options
    if sample.parts:
        said = f", joined and read as {options['format']}" if "format" in options else ""
        return f"parts of one moment, {sample.time!r}{said}"
    if "unit" in options:
        return f"numbers, {options['unit']} since 1970"
    if "format" not in options:
        return "moments" if sample.form.naive else "moments that name their zone"
    said = f"written as {options['format']}"
    if sample.form.day_or_month:
        said += "; if day and month are the other way round, correct format"
    return said


def _names(features: Sequence[Number | Category]) -> str:
    return ", ".join(item.name for item in features) or "none"


def _why_zone(sample: Sample, given: str | None) -> str:
    if given:
        return "you said so"
    if sample.form.naive:
        return "proposed: the times name none; if their clock is another one, correct zone and timezone"
    return "the calendar that windows follow"


def _target_range(outcome: Outcome) -> tuple[float, float] | None:
    """Return what the target's mean is expected to stay between, for targets that have one."""
    if outcome.task == "multiclass":
        return None
    known: pd.Series[Any] = outcome.known
    mean = float(known.mean())
    if outcome.task == "binary":
        return float(f"{mean / 4:.1g}"), float(f"{1 - (1 - mean) / 2:.2g}")
    spread = float(known.std())
    return float(f"{mean - spread:.2g}"), float(f"{mean + spread:.2g}")
