"""Guess a spec from a sample: task, key, windows, features, expectations; every guess says why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from windvane.cli.propose.columns import (
    Category,
    LeftOut,
    Number,
    is_named_like_a_key,
    kind_of,
    protected_names,
    snake,
    sort_columns,
    unique_columns,
)
from windvane.cli.propose.look import Sample, Times, read_times
from windvane.errors import DuplicateKey, EmptyColumn, MissingColumn, MissingOutcomes, OneClass, WrongType
from windvane.lifecycle.wording import shown
from windvane.spec import Task
from windvane.windows import Cadence

MOST_CLASSES = 20
_CALENDAR = ("year", "quarter", "month", "2 weeks", "week", "day")
_COARSER = {"year": 4, "quarter": 4, "2 weeks": 4}
"""Windows that are proposed only where finer ones have too few rows, and how many there must be."""
_MONDAY = pd.Timestamp("1969-12-29")
"""From which weeks are counted in twos, as windows are."""
LEAST_WINDOW = 170
"""Rows of a window whose holdout, 30 %, has the 50 rows that a gate asks for."""
MOST_NUMBERED_CLASSES = 10
TRUE_WORDS = ("1", "y", "yes", "t", "true", "bad", "default", "positive")


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
    times: Times
    time: str
    key: str
    target: str
    task: Task
    positive: object
    """The target value that counts as 1; None when the target is 0 and 1 already."""
    numbers: tuple[Number, ...]
    categories: tuple[Category, ...]
    window: str
    start: date
    end: date | None
    """None when the end of the file was not seen."""
    rows: tuple[int, int]
    """Fewest and most rows expected in a window."""
    typical: int
    """Rows of a middling window."""
    min_rows: int
    monitor_rows: int
    missing_outcomes: float
    target_range: tuple[float, float] | None
    first_window: str
    """A window worth training on first."""
    guesses: tuple[Guess, ...]


def propose(
    name: str,
    owner: str,
    sample: Sample,
    *,
    target: str,
    time: str,
    key: str | None,
    timezone: str | None,
    task: Task | None = None,
) -> Proposal:
    """Guess everything about a model from a sample of its data.

    Raises:
        MissingColumn, WrongType, NaiveTimestamp, DuplicateKey, OneClass, MissingOutcomes, EmptyColumn: The file cannot
            be declared as it is; the error says what to do.
    """
    times = read_times(sample, time, timezone)
    outcome = sample.column(target, "target")
    guessed, positive, why_task = _task(outcome, sample) if task != "regression" else _measured(outcome, sample)
    if task is not None and task != guessed:
        cause = f"{sample.path}, target {target!r}: {why_task}, so it is no {task} target"
        if task == "binary" or positive is not None or guessed == "regression":
            raise WrongType(cause, f"take --task out, or --task {guessed}")
        why_task = "you said so"
    task = task or guessed
    frame = sample.frame
    key, why_key = _key(name, sample, key, {target, time})
    known = _outcome_numbers(outcome, task, positive)
    numbers, categories, left_out = sort_columns(frame.drop(columns=list({key, target, time})), known, task)
    if not numbers and not categories:
        raise EmptyColumn(f"{sample.path} has no column that could be a feature", "add columns known beforehand")
    window, counts, why_window = _window(times, sample)
    zone = ZoneInfo(times.timezone)
    first, last = (moment.astimezone(zone).date() for moment in times.span)
    typical = int(counts.median())
    missing = float(outcome.isna().mean())
    guesses = [
        Guess("task", task, why_task),
        Guess("key", key, why_key),
        Guess("window", window, why_window),
        Guess("timezone", times.timezone, _why_zone(times)),
        Guess("start", str(first), "the first row"),
        Guess("outcome_after", "0d", "nothing in a file tells when outcomes become known; correct it"),
        Guess("owner", owner, "you"),
        Guess("numbers", _names(numbers), "numeric columns; ranges with slack around those seen"),
        Guess("categories", _names(categories), "text columns with few values"),
    ]  # fmt: skip
    if positive is not None:
        guesses.append(Guess("outcome 1", str(positive), f"of the two values of {target!r}; the other one is 0"))
    end = last + timedelta(days=1) if sample.whole or sample.kind == "parquet" else None
    if end is not None:
        guesses.insert(5, Guess("end", str(end), "the day after the last row; take it out when rows keep coming"))
    groups = protected_names(str(column) for column in frame.columns if column not in (key, target, time))
    if groups:
        why = "named like groups that decisions must be fair to: list them under protected, or leave them out"
        guesses.append(Guess("protected?", ", ".join(groups), why))
    if not sample.whole:
        guesses.append(Guess("rows", f"{len(frame):,}", "all this rests on a sample; the file has more"))
    left_out += [LeftOut(name, "nested") for name in sample.nested]
    guesses += [Guess("left out", item.name, item.why) for item in left_out]
    return Proposal(
        name=name,
        owner=owner,
        sample=sample,
        times=times,
        time=time,
        key=key,
        target=target,
        task=task,
        positive=positive,
        numbers=tuple(numbers),
        categories=tuple(categories),
        window=window,
        start=first,
        end=end,
        rows=(int(counts.min()) // 3, math.ceil(counts.max() * 3)),
        typical=typical,
        min_rows=_min_rows(window, times, sample, missing),
        monitor_rows=max(10, min(100, typical // 3)),
        missing_outcomes=min(0.99, max(0.1, math.ceil(missing * 150) / 100)),
        target_range=_target_range(known, task),
        first_window=_first_window(window, times),
        guesses=tuple(guesses),
    )


def _names(features: Sequence[Number | Category]) -> str:
    return ", ".join(item.name for item in features) or "none"


def _task(outcome: pd.Series, sample: Sample) -> tuple[Task, object, str]:
    """Return the task, the value that counts as 1 where the target has two others, and why."""
    where = f"{sample.path}, target {outcome.name!r}"
    values = outcome.dropna()
    if values.empty:
        raise MissingOutcomes(f"{where}: no row has an outcome", "name a target that is known for past rows")
    kind, distinct = kind_of(values), values.nunique()
    if distinct == 1:
        raise OneClass(f"{where}: always {shown(values.iloc[0])}", "a model needs outcomes that differ")
    if kind not in ("number", "text"):
        raise WrongType(f"{where}: neither number nor text", "name a target that is a number, or a class")
    if distinct == 2:
        two = sorted(values.unique().tolist(), key=str)
        if kind == "number" and {float(value) for value in two} == {0.0, 1.0}:
            return "binary", None, f"{outcome.name!r} is 0 or 1"
        return "binary", _positive(two, values), f"{outcome.name!r} is {two[0]!r} or {two[1]!r}"
    if kind == "text":
        if distinct > MOST_CLASSES:
            cause = f"{where}: text with {distinct:,} different values"
            raise WrongType(cause, f"name a target that is a number, or one of at most {MOST_CLASSES} classes")
        return "multiclass", None, f"{outcome.name!r} is one of {distinct} words"
    numbers = values.astype(float)
    if distinct <= MOST_NUMBERED_CLASSES and (numbers % 1 == 0).all():
        return "multiclass", None, f"{outcome.name!r} is one of {distinct} whole numbers; regression, if they measure"
    return "regression", None, f"{outcome.name!r} is a number with {distinct:,} different values"


def _measured(outcome: pd.Series, sample: Sample) -> tuple[Task, object, str]:
    """Return that the target is a number, as the user said."""
    where = f"{sample.path}, target {outcome.name!r}"
    values = outcome.dropna()
    if values.empty:
        raise MissingOutcomes(f"{where}: no row has an outcome", "name a target that is known for past rows")
    if kind_of(values) != "number":
        raise WrongType(f"{where}: {shown(values.iloc[0])} is no number", "name a target that is, or another --task")
    if values.nunique() == 1:
        raise OneClass(f"{where}: always {shown(values.iloc[0])}", "a model needs outcomes that differ")
    return "regression", None, "you said so"


def _positive(two: list[object], values: pd.Series) -> object:
    """Return the value that means yes; without such a word, the rarer one."""
    named = [value for value in two if str(value).lower() in TRUE_WORDS]
    if len(named) == 1:
        return named[0]
    return two[1] if (values == two[1]).mean() <= 0.5 else two[0]


def _outcome_numbers(outcome: pd.Series, task: Task, positive: object) -> pd.Series:
    """Return the target as the proposed source will deliver it."""
    if task == "multiclass":
        return outcome.astype(str).where(outcome.notna())
    if positive is not None:
        return (outcome == positive).astype(float).where(outcome.notna())
    return outcome.astype(float)


def _key(name: str, sample: Sample, given: str | None, taken: set[str]) -> tuple[str, str]:
    if given is not None:
        values = sample.column(given, "key")
        if given in taken:
            raise DuplicateKey(
                f"{sample.path}: the key {given!r} is the target or the event time", "name another column"
            )
        missing = int(values.isna().sum())
        if missing:
            cause = f"{sample.path}, key {given!r}: {missing} rows have none"
            raise WrongType(cause, "name a column without missing values, or number the rows")
        if not values.is_unique:
            first = values[values.duplicated()].iloc[0]
            cause = (
                f"{sample.path}, key {given!r}: {int(values.duplicated().sum())} rows repeat one, the first {first!r}"
            )
            raise DuplicateKey(cause, "name a column that identifies a row, or join several into one")
        return given, "you said so; it is unique"
    found = list(unique_columns(sample.frame.drop(columns=list(taken))))
    named = sorted((one for one in found if _key_rank(one, name) < 9), key=lambda one: (_key_rank(one, name), one))
    if named:
        return named[0], f"unique in all {len(sample.frame):,} rows seen, and named like a key"
    seen = f"; unique are: {', '.join(found)}" if found else ""
    cause = f"{sample.path}: no column is unique and named like a key{seen}"
    raise MissingColumn(cause, "say which column identifies a row: --key COLUMN; or add one, such as a row number")


def _key_rank(column: str, model: str) -> int:
    """Return how much a name looks like the key's, 0 the most, 9 not at all."""
    word, one = snake(column), model.rstrip("s")
    exact = ["id", f"{model}_id", f"{one}_id", f"{one}id", "key", "uuid"]
    if word in exact:
        return exact.index(word)
    return 8 if is_named_like_a_key(column) else 9


def _window(times: Times, sample: Sample) -> tuple[str, pd.Series, str]:
    """Return the cadence, rows in each full window, and why."""
    share = 1.0 if sample.rows is None else sample.rows / len(sample.frame)
    durations = ("6h", "1h") if times.timezone == "UTC" else ()  # they are counted in UTC
    options = {unit: _counts(times, unit) * share for unit in (*_CALENDAR, *durations)}
    many = [unit for unit, counts in options.items() if len(counts) >= 4 and unit not in _COARSER]
    chosen = many[0] if many else list(options)[-1]
    for coarser in reversed(list(options)[: list(options).index(chosen)]):
        if options[chosen].median() < LEAST_WINDOW and len(options[coarser]) >= _COARSER.get(coarser, 2):
            chosen = coarser
    counts = options[chosen]
    return chosen, counts, f"{len(counts)} of them with about {int(counts.median()):,} rows each"


def _counts(times: Times, unit: str) -> pd.Series:
    """Return the rows in each window, without the first and the last one where others are left."""
    local = times.moments.dt.tz_convert(times.timezone).dt.tz_localize(None)
    period = {"year": "Y", "quarter": "Q", "month": "M", "week": "W-SUN", "day": "D"}.get(unit)
    cut: pd.Series
    if unit == "2 weeks":
        cut = (local - _MONDAY).dt.days // 14
    else:
        cut = local.dt.to_period(period).astype("int64") if period else local.dt.floor(unit)
    counts = cut.value_counts().sort_index()
    whole = counts.iloc[1:-1] if len(counts) > 2 else counts
    return pd.Series(whole.to_numpy(dtype=float))


def _first_window(window: str, times: Times) -> str:
    """Return the first window that the rows cover from its beginning, or nearly."""
    cadence = Cadence.parse(window, times.timezone)
    first = cadence.window_at(times.span[0])
    late = times.span[0] - first.start > (first.end - first.start) / 10
    return (cadence.next(first) if late else first).key


def _min_rows(window: str, times: Times, sample: Sample, missing: float) -> int:
    """Return the fewest rows to train on: a little fewer than the first window's first 70 % with outcomes."""
    cadence = Cadence.parse(window, times.timezone)
    first = cadence.window(_first_window(window, times))
    share = 1.0 if sample.rows is None else sample.rows / len(sample.frame)
    rows = int(((times.moments >= first.start) & (times.moments < first.end)).sum()) * share
    return max(20, min(200, int(0.6 * rows * (1 - missing))))


def _why_zone(times: Times) -> str:
    if times.form in ("naive", "naive_text"):
        return "you said so; times in an hour that the clock shows twice count as the second"
    return "the calendar that windows follow"


def _target_range(known: pd.Series, task: Task) -> tuple[float, float] | None:
    """Return what the target's mean is expected to stay between, for targets that have one."""
    if task == "multiclass":
        return None
    mean = float(known.mean())
    if task == "binary":
        return float(f"{mean / 4:.1g}"), float(f"{1 - (1 - mean) / 2:.2g}")
    spread = float(known.std())
    return float(f"{mean - spread:.2g}"), float(f"{mean + spread:.2g}")
