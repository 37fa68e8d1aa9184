"""Limits that people set on what a champion does in production: `limit("accuracy", at_least=0.7)`.

A limit is found where it is surely broken: the bound of the interval on its side lies beyond it, at the error rate of
one window (see `lifecycle.alpha_spending`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import field_validator, model_serializer, model_validator

from windvane.spec.base import Declaration, maker, unknown
from windvane.spec.metrics import Metric

Then = Literal["alert", "retrain"]
_PERCENT = re.compile(r"^([+-])\s*(\d+(?:\.\d+)?)\s*%$")


class Limit(Declaration):
    """One limit. Build it with `limit(...)`, `limit.change(...)` or `limit.worse_than_baseline()`."""

    kind: Literal["value", "change", "baseline"]
    """What is held to it: a metric's `value`, its `change` since the holdout, or the loss beside the `baseline`."""
    metric: str | None = None
    """The metric that is held to it; the task's primary one for `baseline`."""
    at_least: float | str | None = None
    """The least it may be; of a change such as `-5 %`."""
    at_most: float | str | None = None
    """The most it may be; of a change such as `+20 %`."""
    then: Then = "alert"
    """What follows: people are alerted, or a retrain is asked for where a probe wins."""

    @field_validator("at_least", "at_most")
    @classmethod
    def _finite(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"a limit is a finite number, not {value}")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Limit:
        ends = [value for value in (self.at_least, self.at_most) if value is not None]
        if self.kind == "baseline":
            if ends or self.metric:
                raise ValueError("worse_than_baseline takes no metric and no number: it is the primary metric's")
            return self
        if not self.metric:
            raise ValueError("name the metric: limit('accuracy', at_least=0.7)")
        if not ends:
            raise ValueError(f"limit {self.metric!r} needs at_least or at_most")
        for value in ends:
            if self.kind == "value" and isinstance(value, str):
                raise ValueError(f"{value!r} is no number; for a change write limit.change({self.metric!r}, …)")
            if self.kind == "change" and (not isinstance(value, str) or not _PERCENT.fullmatch(value)):
                raise ValueError(f"a change is a share with its sign such as '+20 %', not {value!r}")
        return self

    @model_serializer(mode="wrap")
    def _dump(self, handler: Any) -> dict[str, Any]:
        """Leave out what is not said."""
        return {name: value for name, value in handler(self).items() if value is not None}

    @property
    def label(self) -> str:
        """How people read it, such as `accuracy at least 0.7`."""
        if self.kind == "baseline":
            return "worse than the baseline"
        ends = [("at least", self.at_least), ("at most", self.at_most)]
        change = " change" if self.kind == "change" else ""
        return f"{self.metric}{change} " + " and ".join(f"{name} {end}" for name, end in ends if end is not None)

    def ends(self) -> tuple[float | None, float | None]:
        """Return the least and the most allowed; of a change as factors of the value it is compared with."""
        return _end(self.at_least), _end(self.at_most)

    def problems(self, metrics: Mapping[str, Metric]) -> list[str]:
        """Return what is wrong with it beside a model's metrics."""
        if self.metric is None or self.metric in metrics:
            return []
        return [f"monitor.limits names {unknown(f'metric {self.metric!r}', self.metric, metrics)}"]


def _end(value: float | str | None) -> float | None:
    if not isinstance(value, str):
        return value
    found = _PERCENT.fullmatch(value)
    assert found is not None  # it was validated
    return 1 + float(f"{found[1]}{found[2]}") / 100


class _Limits:
    """What builds limits: `limit(...)` itself, `limit.change(...)`, `limit.worse_than_baseline()`."""

    @maker
    def __call__(
        self, metric: str, *, at_least: float | None = None, at_most: float | None = None, then: Then = "alert"
    ) -> Limit:
        """Return a limit on a metric of each window: surely below `at_least`, or surely above `at_most`, breaks it."""
        return Limit(kind="value", metric=metric, at_least=at_least, at_most=at_most, then=then)

    @maker
    def change(
        self, metric: str, *, at_least: str | None = None, at_most: str | None = None, then: Then = "alert"
    ) -> Limit:
        """Return a limit on how far a metric may be from what the champion had on its holdout: `at_most="+20 %"`."""
        return Limit(kind="change", metric=metric, at_least=at_least, at_most=at_most, then=then)

    @maker
    def worse_than_baseline(self, then: Then = "alert") -> Limit:
        """Return the limit that a champion surely worse than a constant breaks: what its training rows had in mean."""
        return Limit(kind="baseline", then=then)


limit = _Limits()


def usual_limits() -> tuple[Limit, ...]:
    """Return the limits of a monitor that names none."""
    return (limit.worse_than_baseline(),)
