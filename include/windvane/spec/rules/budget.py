"""Rules about what a version costs, and how much and how old the data are that it rests on."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from windvane.spec.rules.base import Rule
from windvane.windows import parse_duration


class MinRows(Rule):
    """Pass when the holdout has enough rows."""

    kind: Literal["min_rows"] = "min_rows"
    rows: int = Field(ge=1)
    """Fewest rows of the holdout."""


class TrainingRows(Rule):
    """Pass when the version was trained on enough rows."""

    kind: Literal["training_rows"] = "training_rows"
    at_least: int = Field(ge=1)


class Age(Rule):
    """Pass when the newest row the version was trained on is not too old at the moment the run stands at."""

    kind: Literal["age"] = "age"
    at_most: str
    """A duration such as `45d`."""

    @field_validator("at_most")
    @classmethod
    def _duration(cls, value: str) -> str:
        if not parse_duration(value):
            raise ValueError("an age needs some time: write '45d' or '12h'")
        return value

    @property
    def longest(self) -> timedelta:
        """The bound."""
        return parse_duration(self.at_most)


class Size(Rule):
    """Pass when the stored model is small enough."""

    kind: Literal["size"] = "size"
    at_most: float = Field(gt=0)
    """Megabytes (10^6 bytes)."""


class Latency(Rule):
    """Pass when scoring a batch is surely fast enough on the machine that runs the gate."""

    kind: Literal["latency"] = "latency"
    at_most: float = Field(gt=0)
    """Milliseconds a batch: the bad end of the median's 95 % interval."""
    rows: int = Field(default=1000, ge=1, le=100_000)
    """Rows of a batch."""


class Memory(Rule):
    """Pass when scoring a batch allocates little enough."""

    kind: Literal["memory"] = "memory"
    at_most: float = Field(gt=0)
    """Megabytes (10^6 bytes) at the peak, besides the loaded model."""
    rows: int = Field(default=1000, ge=1, le=100_000)
    """Rows of a batch."""
