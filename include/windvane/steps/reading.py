"""Steps for readers of scores: the rows of a window's publication."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from windvane.errors import UnknownPrediction, nearest
from windvane.results import Publication
from windvane.stores import Stores

if TYPE_CHECKING:
    import pandas as pd


def published(model: str, window: str, stores: Stores, as_of: datetime | None = None) -> Publication:
    """Return a window's current publication, or the one that was current at a moment.

    Raises:
        UnknownModel: No run ever registered the model.
        UnknownPrediction: The window was not scored by then.
    """
    model = stores.registry.models.recorded(model)
    found = stores.registry.scores.current(model, window, as_of)
    if found is not None:
        return found
    known = stores.registry.scores.windows(model)
    score = f"score it first: windvane run score {model} --window {window}"
    if window in known and as_of is not None:
        cause = f"{model} {window}: nothing was published by {as_of:%Y-%m-%d %H:%M:%S} UTC"
        raise UnknownPrediction(cause, "ask of a later moment")
    listed = nearest(window, known) if known else "; no window was"
    raise UnknownPrediction(f"{model}: window {window!r:.90} was not scored{listed}", score)


def scores_of(publication: Publication, stores: Stores) -> pd.DataFrame:
    """Return the rows of a publication: key, event time, scores, version.

    Raises:
        MissingArtifact, CorruptArtifact: The bytes are not what they were.
    """
    from windvane.stores.datasets import read_scores

    return read_scores(publication.artifact, stores.artifacts)
