"""How often each protected group was decided positive: what a profile keeps for the fairness check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.lifecycle.scored_rows import score_array
from windvane.spec import Model

if TYPE_CHECKING:
    import pandas as pd

Decisions = dict[str, dict[str, tuple[int, int]]]


def decisions(rows: pd.DataFrame, scores: pd.DataFrame, model: Model) -> Decisions:
    """Return, by protected column and group, how many rows were scored and how many decided positive.

    Args:
        rows: Scored rows with the protected columns.
        scores: Their scores, in the same order.
        model: The spec; a binary task's `threshold` decides.
    """
    found: Decisions = {}
    if model.task != "binary" or not len(rows):
        return found
    positive = score_array(scores, model) >= model.threshold
    for column in model.protected:
        known = rows[column].notna().to_numpy()
        groups = rows[column][known].astype(str)
        counted = {}
        for group, places in groups.groupby(groups).indices.items():
            counted[str(group)] = (len(places), int(positive[known][places].sum()))
        found[column] = counted
    return found
