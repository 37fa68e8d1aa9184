"""What rules made of rules share."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, field_validator

from windvane.spec.metrics import Task
from windvane.spec.rules.base import Names, Rule
from windvane.spec.rules.kinds import AnyRule
from windvane.spec.rules.needs import Needs


class Combined(Rule):
    """A rule made of others."""

    rules: tuple[AnyRule, ...] = Field(min_length=1)
    """The rules that it is made of, given by position."""

    @field_validator("rules", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @classmethod
    def of(cls, *values: Any, **fields: Any) -> Self:
        """Build it of its parts: `windvane.rule.all_of(one, two)`."""
        return cls(**({"rules": values} | fields))

    @property
    def parts(self) -> tuple[Rule, ...]:
        """The rules it is made of."""
        return self.rules

    @property
    def label(self) -> str:
        """The kind, and the labels of its parts."""
        return f"{self.kind}({', '.join(rule.label for rule in self.rules)})"

    def problems(self, names: Names) -> list[str]:
        """Those of its parts."""
        return [message for rule in self.rules for message in rule.problems(names)]

    def needs(self, task: Task) -> Needs:
        """What its parts need."""
        return Needs.together(rule.needs(task) for rule in self.rules)
