"""The sampler `random`: every trial drawn from the whole space, whatever the others told."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any, ClassVar

from windvane.spec.samplers import SamplerKind, Told
from windvane.spec.space import Dimension, Space


class Random(SamplerKind):
    """Draws each parameter alone, evenly on its own scale."""

    name: ClassVar[str] = "random"

    @classmethod
    def propose(cls, space: Space, told: Sequence[Told], seed: int) -> dict[str, Any]:  # noqa: ARG003 (what was told does not count)
        """Return the next parameters; see `SamplerKind.propose`."""
        draw = random.Random(seed)  # noqa: S311 (chance under a seed)
        found: dict[str, Any] = {}
        for name, dimension in space.items():
            value = _drawn(dimension, draw)
            if dimension.counts(found):
                found[name] = value
        return found


def _drawn(dimension: Dimension, draw: random.Random) -> Any:
    if dimension.kind == "choice":
        return dimension.options[draw.randrange(len(dimension.options))]
    low, high = dimension.low or 0.0, dimension.high or 0.0
    if dimension.kind == "integer":
        return draw.randint(int(low), int(high))
    if dimension.kind == "log":
        return min(high, max(low, math.exp(draw.uniform(math.log(low), math.log(high)))))
    return draw.uniform(low, high)
