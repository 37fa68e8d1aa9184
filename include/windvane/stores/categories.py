"""How many categories a column of a window may have: each is a column of its own where they are encoded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from windvane.errors import InvalidText, SourceFailed
from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

CATEGORIES = "WINDVANE_MAX_CATEGORIES"
"""The setting: the most different values of one category in one window."""
_USUAL = 20_000


def limited(frames: Iterable[pd.DataFrame], model: Model, window: Window) -> Iterator[pd.DataFrame]:
    """Yield the pieces of a window, until a category of the source has had more values than it may.

    Memory holds the values that were seen, never more than are allowed and those of one piece.

    Args:
        frames: The rows in their normal form.
        model: The spec; its features say which columns are categories.
        window: The window.

    Raises:
        SourceFailed: A column has more.
        InvalidText: The setting is no whole number above zero.
    """
    most = _declared()
    names = [name for name in model.features.from_source if name in model.features.categories]
    seen: dict[str, set[object]] = {name: set() for name in names}
    for frame in frames:
        for name, values in seen.items():
            values.update(frame[name].dropna().unique())
            if len(values) > most:
                cause = f"{model.name}: category {name!r} has more than {most:,} different values in window {window}"
                remedy = (
                    "a key, a time or a number is no category: leave it out, or declare it as what it is; bring rare"
                )
                remedy += f" values together in features.make; or, where the memory is enough, set {CATEGORIES} to more"
                raise SourceFailed(cause, remedy)
        yield frame


def _declared() -> int:
    """Return the limit that the environment declares, or the usual one."""
    said = os.environ.get(CATEGORIES, "")
    if not said:
        return _USUAL
    with suppress(ValueError):
        if int(said) > 0:
            return int(said)
    raise InvalidText(f"{CATEGORIES}={said!r:.60} is no whole number above zero", f"set it as {CATEGORIES}={_USUAL}")
