"""How numbers and values are written in sentences for people."""

from __future__ import annotations

from datetime import datetime

import numpy as np


def percent(share: float, digits: int = 0) -> str:
    """Return a share as `12 %`."""
    return f"{100 * share:.{digits}f} %"


def rows(count: int) -> str:
    """Return `1 row`, `1,000 rows`."""
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def counted(count: int, total: int) -> str:
    """Return `3 of 100 rows`."""
    return f"{count:,} of {rows(total)}"


def shown(value: object) -> str:
    """Return a value as it is shown in messages: short, and moments as people write them."""
    if isinstance(value, datetime):
        return str(value)
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 80 else text[:77] + "..."
