"""Expectations answered without Great Expectations: the same result document, from a pass over the columns they name.

What is answered here is a narrow, plain part: built-in kinds, arguments of the usual types, columns of numbers, text
and moments. Everything else gets no answer, and is for Great Expectations itself: see `KINDS` for both.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from windvane.lifecycle.compiled.columns import Columns, FrameColumns
from windvane.lifecycle.compiled.kinds import COMPILED, KINDS

__all__ = ["COMPILED", "KINDS", "Columns", "FrameColumns", "answered"]


def answered(configuration: Mapping[str, Any], columns: Columns) -> dict[str, Any] | None:
    """Return the plain result of one expectation, or None where only Great Expectations can tell.

    Args:
        configuration: Its `type` and `kwargs`, with `meta` and `severity`, as Great Expectations writes it.
        columns: The rows.
    """
    kind = COMPILED.get(str(configuration.get("type")))
    arguments = configuration.get("kwargs", {})
    if kind is None or not columns.rows or not kind.takes(arguments):
        return None
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = kind.answer(arguments, columns)
    except Exception:  # noqa: BLE001  # what raises here may raise there: it says what it says
        return None
    return None if found is None else found | {"meta": {}, "exception_info": _UNRAISED}


_UNRAISED = {"raised_exception": False, "exception_message": None}
