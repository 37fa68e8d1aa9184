"""The source `made_up`: as many rows a window as its path says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from windvane.spec.source import Source, SourceKind

if TYPE_CHECKING:
    from windvane.spec import Model
    from windvane.windows import Window


class MadeUp(SourceKind):
    """Rows whose outcome follows from their price: `Source.of("made_up", "400", slope=2.0)`."""

    name: ClassVar[str] = "made_up"

    @classmethod
    def check(cls, source: Source) -> None:
        """Refuse what is no number of rows."""
        if not source.path.isdecimal():
            raise ValueError(f"path: {source.path!r} is no number of rows")

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:
        """Yield the window's rows, the same ones every time."""
        import numpy as np
        import pandas as pd

        count = int(model.source.path)
        draw = np.random.default_rng([window.start.year, window.start.month])
        seconds = (window.end - window.start).total_seconds() * (np.arange(count) + 0.5) / count
        price = draw.normal(0, 1, count)
        chance = 1 / (1 + np.exp(-model.source.options.get("slope", 2.0) * price))
        yield pd.DataFrame(
            {
                model.key: [f"{window.key}-{number}" for number in range(count)],
                model.event_time: pd.Timestamp(window.start) + pd.to_timedelta(seconds, unit="s"),
                "price": price,
                model.target: (draw.random(count) < chance).astype(float),
            }
        )
