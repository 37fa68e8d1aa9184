"""What the target is: the task, and which of its values is 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from windvane.cli.propose.kinds import kind_of
from windvane.errors import MissingOutcomes, OneClass, WrongType
from windvane.lifecycle.wording import shown
from windvane.spec import Task
from windvane.stores.translating import word

MOST_CLASSES = 20
MOST_NUMBERED_CLASSES = 10
TRUE_WORDS = ("1", "y", "yes", "t", "true", "bad", "default", "positive", "ja", "oui", "si", "sí", "sim", "tak", "da")


@dataclass(frozen=True)
class Outcome:
    """The task, and why.

    Args:
        task: What the target is.
        words: What two words stand for, 0 and 1; empty where the target is numbers, or several labels.
        why: One reason.
        known: The target as the source delivers it, missing where unknown.
    """

    task: Task
    words: dict[str, int]
    why: str
    known: pd.Series[Any]
    may_count: bool = False
    """Whether its few whole numbers may be amounts."""


def outcome_of(values: pd.Series[Any], where: str, said: Task | None) -> Outcome:
    """Say what a target is.

    Args:
        values: The sample's target.
        where: The files, for messages.
        said: The task, where the user said.

    Raises:
        MissingOutcomes, OneClass, WrongType: It can be no target, or none of this task.
    """
    where = f"{where}, target {values.name!r}"
    known = values.dropna()
    if known.empty:
        raise MissingOutcomes(f"{where}: no row has an outcome", "name a target that is known for past rows")
    if kind_of(known) not in ("number", "text"):
        raise WrongType(f"{where}: neither number nor text", "name a target that is a number, or a class")
    if known.nunique() == 1:
        raise OneClass(f"{where}: always {shown(known.iloc[0])}", "a model needs outcomes that differ")
    if said == "regression":
        if kind_of(known) != "number":
            raise WrongType(f"{where}: {shown(known.iloc[0])} is no number", "name a target that is, or another --task")
        return Outcome("regression", {}, "you said so", values.astype(float))
    guessed, words, why = _guessed(known, where)
    if said is not None and said != guessed:
        if said == "binary" or words or guessed == "regression":
            cause = f"{where}: {why}, so it is no {said} target"
            raise WrongType(cause, f"take --task out, or --task {guessed}")
        why, guessed = "you said so", said
    may_count = guessed == "multiclass" and kind_of(known) == "number"
    return Outcome(guessed, words, why, _delivered(values, guessed, words), may_count)


def _guessed(known: pd.Series[Any], where: str) -> tuple[Task, dict[str, int], str]:
    kind, distinct = kind_of(known), known.nunique()
    if distinct == 2:
        two = sorted(known.unique().tolist(), key=str)
        if kind == "number" and {float(value) for value in two} == {0.0, 1.0}:
            return "binary", {}, f"{known.name!r} is 0 or 1"
        one = _positive(two, known)
        words = {word(value): int(value == one) for value in two}
        if len(words) == 2:
            return "binary", words, f"{known.name!r} is {two[0]!r} or {two[1]!r}"
    if kind == "text":
        if distinct > MOST_CLASSES:
            cause = f"{where}: text with {distinct:,} different values"
            raise WrongType(cause, f"name a target that is a number, or one of at most {MOST_CLASSES} classes")
        return "multiclass", {}, f"{known.name!r} is one of {distinct} words"
    numbers = known.astype(float)
    if distinct <= MOST_NUMBERED_CLASSES and (numbers % 1 == 0).all():
        return "multiclass", {}, f"{known.name!r} is one of {distinct} whole numbers; if they count, --task regression"
    return "regression", {}, f"{known.name!r} is a number with {distinct:,} different values"


def _positive(two: list[Any], values: pd.Series[Any]) -> Any:
    """Return the value that means yes; without such a word, the rarer one."""
    named = [value for value in two if str(value).lower() in TRUE_WORDS]
    if len(named) == 1:
        return named[0]
    return two[1] if (values == two[1]).mean() <= 0.5 else two[0]


def _delivered(values: pd.Series[Any], task: Task, words: dict[str, int]) -> pd.Series[Any]:
    """Return the target as the proposed source will deliver it."""
    if task == "multiclass":
        return values.astype(str).where(values.notna())
    if words:
        found: pd.Series[Any] = values.dropna().astype(object).map(word).map(words).astype(float).reindex(values.index)
        return found
    return values.astype(float)
