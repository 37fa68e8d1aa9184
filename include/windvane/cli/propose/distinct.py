"""Whether values repeat themselves, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

MOST = 4_000_000
"""Most hashes that are kept, 8 bytes each. Of more values a share is kept, chosen by the hash."""


class Distinct:
    """Values that are seen once each, so far as is known.

    Of at most `MOST` values all are compared. Of more, those whose hash lies below a limit: a repeated value among
    them is found, and one that is repeated once in a long file may not be.
    """

    def __init__(self) -> None:
        self.holds = True
        """False as soon as a value is repeated or missing."""
        self._limit = np.iinfo(np.uint64).max
        self._kept: list[Any] = []
        self._count = 0

    def add(self, values: pd.Series[Any]) -> None:
        """See a piece's values."""
        if values.isna().any() or values.duplicated().any():
            self.repeat()
            return
        plain = values.to_numpy() if values.dtype.kind in "iu" else values.astype(object).to_numpy()
        self.add_hashes(pd.util.hash_array(plain, categorize=False))

    def add_hashes(self, hashes: Any) -> None:
        """See values by their hashes."""
        if not self.holds:
            return
        found = np.unique(hashes)
        if len(found) < len(hashes):
            self.repeat()
            return
        found = found[found <= self._limit]
        self._kept.append(found)
        self._count += len(found)
        if self._count > MOST:
            self._limit //= 2
            self._kept = [one[one <= self._limit] for one in self._kept]
            self._count = sum(map(len, self._kept))

    def repeat(self) -> None:
        """Note that a value was repeated, or missing."""
        self.holds = False
        self._kept = []

    @property
    def unique(self) -> bool:
        """Whether no value was repeated or missing."""
        if not self.holds or not self._kept:
            return False
        every = np.concatenate(self._kept)
        return len(np.unique(every)) == len(every)
