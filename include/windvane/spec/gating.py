"""The part of a declaration that says how a version becomes champion: the gate, and its stages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_serializer

from windvane.spec.base import Declaration
from windvane.spec.metrics import Task
from windvane.spec.rules import RULES, AnyRule, Needs, Rule
from windvane.windows import parse_duration


class Stages(Declaration):
    """A promotion in stages: a growing share of the keys is scored by the new version, while it does not do worse.

    Both versions score every row; which score is published for a key follows from the key alone. When a window's
    outcomes are known, the two are compared on the rows of all windows so far. Surely not worse by more than `margin`:
    the next window is at the next stage. Surely worse: the version is withdrawn. Else the stage stays. After the last
    stage the version becomes champion.
    """

    shares: tuple[float, ...]
    """Shares of the keys, rising, each below 1. A first share of 0 only watches: nothing it scores is published."""
    margin: float = Field(default=0.01, ge=0)
    """What may be given away, in the unit of the task's primary metric (wrong in at most 5 % over all looks)."""
    min_rows: int = Field(default=100, ge=10)
    """Fewest rows with outcomes on which anything is said."""

    @field_validator("shares")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value and value[-1] == 1:
            raise ValueError("leave the last 1 out: after the last stage the version becomes champion")
        if not value or any(not 0 <= share < 1 for share in value) or list(value) != sorted(set(value)):
            raise ValueError(f"shares rise from 0 or more to below 1, such as (0.05, 0.25), not {value}")
        return value


class Gate(Declaration):
    """The rules a version must pass.

    `Gate()` is safe: surely better than a baseline without features, surely not worse than the champion by more than
    2 % of its loss. Two things always hold besides. An older window never replaces a newer one. What is no evidence
    never promotes: too few rows, one class, constant scores, broken weights, a metric that raises.
    """

    rules: tuple[AnyRule, ...] = ()
    """The rules, as in `Gate(rule.better_than_baseline())`; empty: those of a gate that names none."""
    approval: Literal["never", "first_version", "always"] = "never"
    """When a person must approve a version that passed: never, the first version of the model, every version."""
    approval_within: str = "7d"
    """How long an approval waits before the version is rejected."""
    four_eyes: bool = False
    """Whoever started the run, or made the version, may not approve it."""
    people: Mapping[str, str] = Field(default_factory=dict)
    """Who users of an operating system are in Airflow, `{"os:1000": "airflow:ada"}`. Four eyes need it where one acts
    at a terminal and the other in Airflow. Left out of digests where nobody is named."""
    stages: Stages | None = None
    """How a version takes over from a champion: at once (None), or in stages. `stages=(0.05, 0.25)` will do."""
    min_rows: int = Field(default=50, ge=20)
    """Fewest rows of a holdout that any version is promoted on."""
    min_each_class: int | None = Field(default=None, ge=1)
    """Fewest outcomes of each class on a holdout that any version of a classifier is promoted on. 50 is a good number
    where one class is rare. None: there is no such number. Left out of digests where nothing is said."""
    fit_warnings: Literal["warn", "ask", "reject", "ignore"] = "warn"
    """What follows when the fit did not converge; left out of digests where nothing is said."""
    too_good: Literal["warn", "ask", "reject", "ignore"] = "ask"
    """What follows when a column alone tells nearly the whole outcome, as leaks do, and the champion does not have it;
    left out of digests where nothing is said."""

    def __init__(self, *rules: Rule, **fields: Any) -> None:
        super().__init__(rules=fields.pop("rules", rules) or _usual(), **fields)

    @model_serializer(mode="wrap")
    def _dump(self, handler: Any) -> dict[str, Any]:
        """Leave out what nothing is said about, so that specs of before these fields keep their digests."""
        found: dict[str, Any] = handler(self)
        if self.fit_warnings == "warn":
            found.pop("fit_warnings", None)
        if self.too_good == "ask":
            found.pop("too_good", None)
        if not self.people:
            found.pop("people", None)
        if self.min_each_class is None:
            found.pop("min_each_class", None)
        return found

    @field_validator("people")
    @classmethod
    def _people(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        wrong = [f"{one!r}: {other!r}" for one, other in value.items() if not _is_pair(one, other)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} says nobody's names: write {{'os:1000': 'airflow:ada'}}")
        return value

    @field_validator("stages", mode="before")
    @classmethod
    def _shares(cls, value: Any) -> Any:
        return Stages(shares=tuple(value)) if isinstance(value, list | tuple) else value

    @field_validator("approval_within")
    @classmethod
    def _within(cls, value: str) -> str:
        if not parse_duration(value):
            raise ValueError("an approval needs some time: write '7d' or '12h'")
        return value

    @field_validator("rules")
    @classmethod
    def _no_duplicates(cls, value: tuple[Rule, ...]) -> tuple[Rule, ...]:
        labels = [rule.label for rule in value]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"rules declared twice: {', '.join(twice)}")
        return value

    @property
    def holdout_rows(self) -> int:
        """Fewest rows of a holdout on which every rule that counts rows can pass."""
        return max([self.min_rows, *(count for rule in self.rules for count in _counted(rule))])

    def needs(self, task: Task) -> Needs:
        """Return what the rules together ask to be measured."""
        return Needs.together(rule.needs(task) for rule in self.rules)


def _is_pair(one: str, other: str) -> bool:
    """True for the id of an operating system's user, and a user of Airflow."""
    return re.fullmatch(r"os:[0-9]+", one) is not None and re.fullmatch(r"airflow:\S.*", other) is not None


def _counted(rule: Rule) -> list[int]:
    """Return the rows that a rule asks of the holdout, and its parts, where all of them must pass."""
    if rule.kind == "all_of":
        return [count for part in rule.parts for count in _counted(part)]
    rows = getattr(rule, "rows", None)
    return [rows] if rule.kind == "min_rows" and isinstance(rows, int) else []


def _usual() -> tuple[Rule, ...]:
    """Return the rules of a gate that declares none."""
    better, not_worse = RULES.get("better_than_baseline"), RULES.get("not_worse_than_champion")
    return (better.of(), not_worse.of(margin=0.02, relative=True))
