"""What a search may try: a dimension for each parameter, typed and bounded, built with the functions of this module.

`Search(space={"learning_rate": space.log(0.01, 0.3), "max_depth": space.integer(2, 12)})`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_serializer, model_validator

from windvane.spec.base import Declaration, unknown

Plain = str | int | float | bool | None
"""A value that an option of `choice` may be."""


class Dimension(Declaration):
    """The values that one parameter may take. Build it with `real`, `log`, `integer` or `choice`."""

    kind: Literal["real", "log", "integer", "choice"]
    """`real` and `log` are numbers, even on a plain and on a logarithmic scale; `integer` are whole ones."""
    low: float | None = None
    """Smallest value."""
    high: float | None = None
    """Largest value, which may be taken too."""
    options: tuple[Plain, ...] = ()
    """The values of a `choice`; the first one counts as the simplest."""
    simple: Literal["low", "high"] | None = None
    """Which end of a number is the cheaper or simpler one: trials that lose the same are told apart by it."""
    when: dict[str, tuple[Plain, ...]] = Field(default_factory=dict)
    """Parameters and the values that they must have for this one to count."""

    @model_serializer(mode="wrap")
    def _dump(self, handler: Any) -> dict[str, Any]:
        """Leave out what is not said."""
        return {name: value for name, value in handler(self).items() if value not in (None, (), [], {})}

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.kind == "choice":
            if len(self.options) < 2:
                raise ValueError(f"a choice needs at least two options, not {list(self.options)!r:.80}")
            if len({repr(item) for item in self.options}) < len(self.options):
                raise ValueError(f"the options {list(self.options)!r:.80} name one of them twice")
            return self
        low, high = self.low, self.high
        if low is None or high is None or not math.isfinite(low) or not math.isfinite(high) or not low < high:
            raise ValueError(f"{self.kind}({low}, {high}) holds no two values; write the smaller end first")
        if self.kind == "log" and low <= 0:
            raise ValueError(f"log({low:g}, {high:g}): a logarithmic scale begins above 0; use real")
        if self.kind == "integer" and (low != int(low) or high != int(high)):
            raise ValueError(f"integer({low:g}, {high:g}) ends between two whole numbers")
        return self

    def holds(self, value: Any) -> bool:
        """Return whether a value lies within."""
        if self.kind == "choice":
            return any(value == item and type(value) is type(item) for item in self.options)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        whole = self.kind != "integer" or float(value).is_integer()
        return whole and (self.low or 0) <= value <= (self.high or 0)

    def counts(self, parameters: Mapping[str, Any]) -> bool:
        """Return whether the conditions hold beside other parameters."""
        return all(name in parameters and parameters[name] in values for name, values in self.when.items())

    def place(self, value: Any) -> float:
        """Return where a value lies between the simplest (0) and the least simple one (1); 0 where neither is said."""
        if self.kind == "choice":
            return self.options.index(value) / (len(self.options) - 1) if value in self.options else 1.0
        if self.simple is None or self.low is None or self.high is None:
            return 0.0
        share = (float(value) - self.low) / (self.high - self.low)
        return share if self.simple == "low" else 1.0 - share


Space = dict[str, Dimension]
"""Parameters and what each may be; one that is bound to others by `when` stands behind them."""

BRANCH = "estimator"
"""The parameter that says which of several estimators is tried."""


def real(low: float, high: float, *, simple: Literal["low", "high"] | None = None, **when: Any) -> Dimension:
    """Numbers from `low` to `high`, all alike; `when` as in `choice`."""
    return Dimension(kind="real", low=low, high=high, simple=simple, when=_when(when))


def log(low: float, high: float, *, simple: Literal["low", "high"] | None = None, **when: Any) -> Dimension:
    """Numbers from `low` to `high` on a logarithmic scale, such as a learning rate."""
    return Dimension(kind="log", low=low, high=high, simple=simple, when=_when(when))


def integer(low: int, high: int, *, simple: Literal["low", "high"] | None = None, **when: Any) -> Dimension:
    """Whole numbers from `low` to `high`, both included."""
    return Dimension(kind="integer", low=low, high=high, simple=simple, when=_when(when))


def choice(*options: Plain, **when: Any) -> Dimension:
    """One of some values, the simplest one first.

    Args:
        options: The values; plain ones, so that the spec has a digest.
        when: Other parameters and the value, or list of values, that they must have: `choice(1, 2, kernel="poly")`.
    """
    return Dimension(kind="choice", options=options, when=_when(when))


def _when(given: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(item) if isinstance(item, list | tuple | set) else (item,) for name, item in given.items()}


def problems_of(space: Mapping[str, Dimension]) -> list[str]:
    """Return what is wrong with the conditions of a space: each must name an earlier parameter and values of it."""
    found: list[str] = []
    earlier: list[str] = []
    for name, dimension in space.items():
        for other, values in dimension.when.items():
            if other not in earlier:
                found.append(f"{name!r} depends on {unknown(f'parameter {other!r} before it', other, earlier)}")
                continue
            outside = [value for value in values if not space[other].holds(value)]
            if outside:
                found.append(f"{name!r} depends on {other}={outside[0]!r}, which {other!r} never is")
        earlier.append(name)
    return found


def names_of(space: Mapping[str, Dimension], parameters: Mapping[str, Any]) -> Sequence[str]:
    """Return the parameters of a space that count beside others."""
    return [name for name, dimension in space.items() if dimension.counts(parameters)]
