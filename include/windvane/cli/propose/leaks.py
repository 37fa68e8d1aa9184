"""Columns that tell what only the outcome can have told: why each is left out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from windvane.cli.propose.kinds import snake
from windvane.spec import Task

BINS = 20
LEAK = 0.8
"""Share of a class's uncertainty that one column may remove before it looks like a leak."""
LEAK_OF_NUMBERS = 0.97
"""The same for a measured target, of the variance of its ranks: honest columns may say much about a number."""
FEW = 20
"""Rows without which nothing is said of who has a value."""
MOST_PARTS = 6
_ROWS = 5_000
_SCORES = frozenset(
    [
        *("pred", "preds", "predict", "predicted", "prediction", "predictions", "yhat", "ypred", "proba", "probas"),
        *("prob", "probability", "forecast", "forecasted", "fitted", "residual", "residuals", "logit"),
    ]
)
"""Words in the names of what another model said."""


def leaks(frame: pd.DataFrame, target: pd.Series[Any], task: Task, kinds: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that no version should learn from, each with the reason.

    Args:
        frame: A sample of the columns that could be features.
        target: The target of the same rows as the source delivers it, missing where unknown.
        task: What the target is.
        kinds: What each column holds; see `kind_of`.
    """
    found: dict[str, str] = {}
    for name in frame.columns:
        why = (
            _by_name(str(name), str(target.name))
            or _filled_after(frame[name], target, task)
            or _too_good(frame[name], target, task, kinds[name])
        )
        if why:
            found[str(name)] = why
    if task == "regression":
        rest = frame[[name for name in frame.columns if name not in found and kinds[name] == "number"]]
        found |= dict(_parts(rest, target))
    return found


def _by_name(name: str, target: str) -> str | None:
    word, wanted = snake(name), snake(target)
    told = set(word.split("_")) & _SCORES or re.search(r"(^|_)y_?hat($|_)", word)
    own = word in (f"{wanted}_score", f"score_{wanted}", f"p_{wanted}", f"{wanted}_hat", f"{wanted}_estimate")
    return (
        "a possible leak, another model's answer by its name; add it only if it is known beforehand"
        if told or own
        else None
    )


def _filled_after(values: pd.Series[Any], target: pd.Series[Any], task: Task) -> str | None:
    """Return why a column looks filled in when the outcome came: who has a value follows from the outcome."""
    there, known = values.notna(), target.notna()
    without = int((~known).sum())
    if without >= FEW and int(known.sum()) >= FEW:
        share, rest = float(there[known].mean()), float(there[~known].mean())
        if share > 0.8 and rest < 0.05:
            return "a possible leak, filled in with the outcome: rows without an outcome do not have it"
        if share > 0.999 and rest < 0.5:
            told = f"all rows with an outcome have it, and {rest:.0%} of those without one"
            return f"a possible leak, filled in with the outcome: {told}; add it only if it is known beforehand"
    if task == "regression" or there[known].mean() in (0.0, 1.0):
        return None
    shares: Any = there[known].groupby(target[known]).agg(["mean", "size"])
    rate = float(there[known].mean())
    most, least = shares["mean"].idxmax(), shares["mean"].idxmin()
    high, low = float(shares["mean"][most]), float(shares["mean"][least])
    never = rate * float(shares["size"][least]) >= FEW and low < 0.02 * high
    always = (1 - rate) * float(shares["size"][most]) >= FEW and high == 1 and low < 0.5
    if not never and not always:
        return None
    who = f"{high:.0%} of outcomes {_shown(most)} have it, {low:.1%} of {_shown(least)}"
    return f"a possible leak, filled in after the outcome: {who}; add it only if it is known beforehand"


def _shown(label: Any) -> str:
    return f"{label:g}" if isinstance(label, int | float) else str(label)


def _too_good(values: pd.Series[Any], target: pd.Series[Any], task: Task, kind: str) -> str | None:
    share = explained(values, target, task, kind)
    if share < (LEAK_OF_NUMBERS if task == "regression" else LEAK):
        return None
    return f"a possible leak: it alone explains {share:.0%} of the target; add it only if it is known beforehand"


def explained(values: pd.Series[Any], target: pd.Series[Any], task: Task, kind: str) -> float:
    """Return the share of the target's uncertainty that one column removes, between 0 and 1.

    The column is cut into at most `BINS` quantile bins (a value each for text), missing being one of them. For classes
    it is the uncertainty coefficient, mutual information over entropy (Theil 1970); for regression the correlation
    ratio of the target's ranks, the variance between the bins over all of it (Fisher 1925).
    """
    known = target.notna().to_numpy()
    bins = _binned(values[known], kind)
    outcome = target[known]
    if task == "regression":
        ranks = outcome.rank().to_numpy(dtype=float)
        total = float(np.var(ranks))
        sums, counts = np.bincount(bins, ranks), np.maximum(np.bincount(bins), 1)
        within = float(np.mean((ranks - (sums / counts)[bins]) ** 2))
        return 1 - within / total if total > 0 else 0.0
    classes = outcome.astype(str).factorize()[0]
    joint = np.zeros((bins.max(initial=0) + 1, classes.max(initial=0) + 1))
    np.add.at(joint, (bins, classes), 1)
    entropy = _entropy(joint.sum(axis=0))
    left = sum(row.sum() / joint.sum() * _entropy(row) for row in joint if row.sum())
    return 1 - left / entropy if entropy > 0 else 0.0


def _parts(numbers: pd.DataFrame, target: pd.Series[Any]) -> Iterator[tuple[str, str]]:
    """Yield the columns whose sum, or whose product, is the target.

    The columns are found one after the other, each the one that explains most of what is left (orthogonal matching
    pursuit, Pati et al. 1993); of a product by the logarithms.
    """
    rows: Any = numbers.assign(**{"\0": target}).dropna().astype(float)
    rows = rows[np.isfinite(rows).all(axis=1)]
    step = max(1, len(rows) // _ROWS)
    rows = rows.iloc[::step]
    outcome = rows.pop("\0")
    rows = rows.loc[:, rows.nunique() > 1]
    if len(rows) < 5 * MOST_PARTS or rows.shape[1] < 2 or outcome.nunique() < MOST_PARTS:
        return
    for word, change in (("a part of", None), ("a factor of", np.log)):
        table: Any = rows
        wanted: Any = outcome
        if change is not None:
            table = rows.loc[:, (rows > 0).all()]
            if table.shape[1] < 2 or not (outcome > 0).all():
                return
            table, wanted = change(table), change(outcome)
        found = _pursued(table, wanted)
        if len(found) > 1:
            names = ", ".join(found)
            yield from ((name, f"{word} the target, which follows from {names}") for name in found)
            return


def _pursued(table: pd.DataFrame, wanted: pd.Series[Any]) -> list[str]:
    """Return the few columns from which the target follows exactly; none where it does not."""
    y = (wanted - wanted.mean()).to_numpy()
    matrix = (table - table.mean()).to_numpy()
    matrix = matrix / np.maximum(matrix.std(axis=0), 1e-300)
    left, chosen = y, list[int]()
    while len(chosen) < min(MOST_PARTS, matrix.shape[1]):
        gains = np.abs(matrix.T @ left)
        gains[chosen] = -1
        chosen.append(int(gains.argmax()))
        weights = np.linalg.lstsq(matrix[:, chosen], y, rcond=None)[0]
        left = y - matrix[:, chosen] @ weights
        if left.std() <= 1e-3 * y.std():
            parts = [one for one, weight in zip(chosen, weights, strict=True) if abs(weight) > 0.01 * y.std()]
            return [str(table.columns[one]) for one in parts]
    return []


def _binned(values: pd.Series[Any], kind: str) -> Any:
    if kind != "number":
        return values.astype(str).where(values.notna(), None).factorize(use_na_sentinel=False)[0]
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    missing = np.isnan(numbers)
    if missing.all():
        return np.zeros(len(numbers), dtype=int)
    edges = np.unique(np.quantile(numbers[~missing], np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(missing, len(edges) + 1, np.searchsorted(edges, numbers, side="left"))


def _entropy(counts: Any) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * [math.log(share) for share in shares]).sum())
