"""Rules made of rules: all of them, any of them, a warning only, or a question to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from windvane.spec.rules.base import Names, Rule
from windvane.spec.rules.behaviour import Calibration, Custom, Fairness, InputContract, Robustness
from windvane.spec.rules.budget import Age, Latency, Memory, MinRows, Size, TrainingRows
from windvane.spec.rules.performance import (
    BetterThanBaseline,
    BetterThanChampion,
    Bound,
    NotWorseLive,
    NotWorseThanChampion,
    PerSlice,
)


class Combined(Rule):
    """A rule made of others."""

    rules: tuple[AnyRule, ...] = Field(min_length=1)

    @field_validator("rules", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @property
    def label(self) -> str:
        """The kind, and the labels of its parts."""
        return f"{self.kind}({', '.join(rule.label for rule in self.rules)})"

    def problems(self, names: Names) -> list[str]:
        """Those of its parts."""
        return [message for rule in self.rules for message in rule.problems(names)]


class AllOf(Combined):
    """Pass when every part passes."""

    kind: Literal["all_of"] = "all_of"


class AnyOf(Combined):
    """Pass when one part passes. Each is tested at its own level, so chance passes one of many more often."""

    kind: Literal["any_of"] = "any_of"


class Warn(Combined):
    """A part that does not pass is shown, and never blocks."""

    kind: Literal["warn"] = "warn"


class Ask(Combined):
    """A part that does not pass asks a person (`needs_approval`) instead of rejecting."""

    kind: Literal["ask"] = "ask"


AnyRule = Annotated[
    Age
    | AllOf
    | AnyOf
    | Ask
    | BetterThanBaseline
    | BetterThanChampion
    | Bound
    | Calibration
    | Custom
    | Fairness
    | InputContract
    | Latency
    | Memory
    | MinRows
    | NotWorseLive
    | NotWorseThanChampion
    | PerSlice
    | Robustness
    | Size
    | TrainingRows
    | Warn,
    Field(discriminator="kind"),
]

for _combined in (AllOf, AnyOf, Ask, Warn):
    _combined.model_rebuild()


def leaves(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Yield the rules that are not made of others, in the order of declaration."""
    for rule in rules:
        if isinstance(rule, Combined):
            yield from leaves(rule.rules)
        else:
            yield rule
