"""Sort a file's columns into features and those left out, each with a reason."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from windvane.lifecycle.wording import shown
from windvane.spec import Task

MOST_CATEGORIES = 50
BINS = 20
LEAK = 0.8
"""Share of what is unknown about the target that one column alone may explain before it looks like a leak."""
_CODES = frozenset(
    [
        *("zip", "zipcode", "postcode", "postal", "code", "store", "shop", "branch", "region", "district", "county"),
        *("state", "month", "weekday", "dow", "hour", "type", "kind", "category", "class", "group", "cluster"),
        *("segment", "channel"),
    ]
)
"""Words in the names of columns whose whole numbers are names."""
_PROTECTED = frozenset(
    [
        *("race", "sex", "gender", "ethnicity", "ethnic", "religion", "nationality", "citizenship", "disability"),
        *("disabled", "marital", "married", "age", "pregnant", "orientation", "origin", "native", "foreign"),
        "minority",
    ]
)
"""Words in the names of columns that tell of protected groups."""


@dataclass(frozen=True)
class Number:
    """A numeric feature: what is expected of it, from the sample with slack."""

    name: str
    low: float
    high: float
    present: float
    """Least share of rows with a value."""


@dataclass(frozen=True)
class Category:
    """A text feature with few values."""

    name: str
    values: tuple[str, ...]
    present: float


@dataclass(frozen=True)
class LeftOut:
    """A column that is no feature, and why."""

    name: str
    why: str


def sort_columns(
    frame: pd.DataFrame, target: pd.Series, task: Task
) -> tuple[list[Number], list[Category], list[LeftOut]]:
    """Sort columns into numbers, categories, and those left out.

    Args:
        frame: The sample without key, event time and target.
        target: The target of the same rows, missing where unknown.
        task: What the target is.
    """
    numbers: list[Number] = []
    categories: list[Category] = []
    left_out: list[LeftOut] = []
    for name in frame.columns:
        values = frame[name]
        kind = kind_of(values)
        why = _useless(values, kind) or _leak(values, target, task, kind)
        if why:
            left_out.append(LeftOut(str(name), why))
        elif kind == "number" and not _is_code(values):
            numbers.append(_number(values))
        else:
            found = sorted({str(value) for value in values.dropna()})
            categories.append(Category(str(name), tuple(found), _present(values)))
    return numbers, categories, left_out


def kind_of(values: pd.Series) -> Literal["number", "text", "time", "other"]:
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


def explained(values: pd.Series, target: pd.Series, task: Task, kind: str) -> float:
    """Return the share of the target's uncertainty that one column removes, between 0 and 1.

    The column is cut into at most `BINS` quantile bins (a value each for text), missing being one of them. For classes
    it is the uncertainty coefficient, mutual information over entropy (Theil 1970); for regression the correlation
    ratio, the variance between the bins over all of it (Fisher 1925).
    """
    known = target.notna().to_numpy()
    bins = _binned(values[known], kind)
    outcome = target[known]
    if task == "regression":
        numbers = outcome.to_numpy(dtype=float)
        total = float(np.var(numbers))
        sums, counts = np.bincount(bins, numbers), np.maximum(np.bincount(bins), 1)
        within = float(np.mean((numbers - (sums / counts)[bins]) ** 2))
        return 1 - within / total if total > 0 else 0.0
    classes = outcome.astype(str).factorize()[0]
    joint = np.zeros((bins.max(initial=0) + 1, classes.max(initial=0) + 1))
    np.add.at(joint, (bins, classes), 1)
    entropy = _entropy(joint.sum(axis=0))
    left = sum(row.sum() / joint.sum() * _entropy(row) for row in joint if row.sum())
    return 1 - left / entropy if entropy > 0 else 0.0


def protected_names(names: Iterable[str]) -> list[str]:
    """Return the columns whose names tell of groups that decisions must be fair to."""
    return [name for name in names if set(snake(name).split("_")) & _PROTECTED]


def _is_code(values: pd.Series) -> bool:
    """True of whole numbers that name something, such as a store or a month: their size says nothing."""
    named = set(snake(str(values.name)).split("_")) & _CODES
    return bool(named) and values.dtype.kind in "iu" and values.nunique() <= MOST_CATEGORIES


def _useless(values: pd.Series, kind: str) -> str | None:
    """Return why a column cannot be a feature as it is."""
    if kind == "time":
        return "a moment; make something of it in features.make, such as days since"
    if kind == "other":
        return "neither number nor text"
    distinct = values.nunique()
    if distinct == 0:
        return "empty"
    if distinct == 1 and values.notna().all():
        return f"always {shown(values.iloc[0]):.40}"
    if kind == "text":
        if distinct > 0.9 * values.notna().sum():
            return "another value in nearly every row, like an identifier"
        if distinct > MOST_CATEGORIES:
            return f"text with {distinct:,} different values, more than {MOST_CATEGORIES}"
        return None
    if np.isinf(values.astype(float)).any():
        return "holds infinite numbers; mend them in rows"
    whole = values.dtype.kind in "iu"
    if whole and distinct == len(values) and (values.is_monotonic_increasing or is_named_like_a_key(str(values.name))):
        return "another value in every row, like an identifier"
    return None


def _leak(values: pd.Series, target: pd.Series, task: Task, kind: str) -> str | None:
    share = explained(values, target, task, kind)
    if share < LEAK:
        return None
    return f"a possible leak: it alone explains {share:.0%} of the target; add it only if it is known beforehand"


def _binned(values: pd.Series, kind: str) -> np.ndarray:

    if kind != "number":
        return values.astype(str).where(values.notna(), None).factorize(use_na_sentinel=False)[0]
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    missing = np.isnan(numbers)
    if missing.all():
        return np.zeros(len(numbers), dtype=int)
    edges = np.unique(np.quantile(numbers[~missing], np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(missing, len(edges) + 1, np.searchsorted(edges, numbers, side="left"))


def _entropy(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * [math.log(share) for share in shares]).sum())


def _number(values: pd.Series) -> Number:
    numbers = values.dropna().astype(float)
    low, high = float(numbers.min()), float(numbers.max())
    if {low, high} <= {0.0, 1.0}:
        return Number(str(values.name), 0.0, 1.0, _present(values))
    slack = (high - low) / 2
    wide_low = 0.0 if low >= 0 else _rounded(low - slack, math.floor)
    return Number(str(values.name), wide_low, _rounded(high + slack, math.ceil), _present(values))


def _present(values: pd.Series) -> float:
    """Return the least share of rows with a value that is still no surprise, in hundredths."""
    share = float(values.notna().mean())
    return max(0.0, math.floor(100 * (share - max(0.05, (1 - share) / 2))) / 100)


def _rounded(value: float, direction: Callable[[float], int]) -> float:
    """Round outwards to two significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{direction(value / unit) * unit:.2g}")


def is_named_like_a_key(name: str) -> bool:
    """True for `id`, `loan_id`, `Loan ID`, `loanId`, `order number` and the like."""
    return re.search(r"(^|_)(id|key|uuid|no|nr|number|code)$", snake(name)) is not None


def snake(name: str) -> str:
    """Return a name in lower case with one `_` between its words."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", parted).strip("_").lower()


def unique_columns(frame: pd.DataFrame) -> Iterator[str]:
    """Yield the columns that could identify a row: text or whole numbers, never missing, never twice."""
    for name in frame.columns:
        values = frame[name]
        whole = kind_of(values) == "number" and values.dtype.kind in "iu"
        if (whole or kind_of(values) == "text") and values.notna().all() and values.is_unique:
            yield str(name)
