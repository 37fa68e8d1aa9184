"""What columns hold, by their types and their values; what their names say."""

from __future__ import annotations

import re
from typing import Any, Literal

import pandas as pd


def kind_of(values: pd.Series[Any]) -> Literal["number", "text", "time", "other"]:
    """Return what a column holds, by its type and, where that says nothing, by its values."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "time"
    if pd.api.types.is_numeric_dtype(values.dtype):
        return "other" if pd.api.types.is_complex_dtype(values.dtype) else "number"
    if isinstance(values.dtype, pd.StringDtype):
        return "text"
    inferred = pd.api.types.infer_dtype(values, skipna=True)
    known = {"string": "text", "boolean": "number", "decimal": "number", "empty": "number", "categorical": "text"}
    return {"date": "time", "datetime": "time"}.get(inferred, known.get(inferred, "other"))  # type: ignore[return-value]  # values of the two tables


def snake(name: str) -> str:
    """Return a name in lower case with one `_` between its words."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", parted).strip("_").lower()


def is_named_like_a_key(name: str) -> bool:
    """True for `id`, `loan_id`, `Loan ID`, `loanId`, `order number` and the like."""
    return re.search(r"(^|_)(id|key|uuid|guid|no|nr|number|code)$", snake(name)) is not None
