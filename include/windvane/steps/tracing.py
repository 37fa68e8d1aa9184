"""Steps that trace: from a prediction back to the version, its rows, code and judgement, and who let it through."""

from __future__ import annotations

from typing import Any

from windvane.errors import UnknownPrediction, nearest
from windvane.results import Evaluation, Lineage, Origin, Scores, TracedSnapshot
from windvane.stores import Stores
from windvane.stores.opening import opened

_REMEDY = "name a key and a window that were scored; `windvane lineage MODEL --window KEY` tells of a window"


def lineage(
    model: str, stores: Stores, *, key: str | None = None, window: str | None = None, version: int | None = None
) -> Lineage:
    """Trace a prediction by its key, the published scores of a window, a version, or else the champion.

    A key is looked up in the published scores of the window; without one, in those of all windows, the last published
    first, until it is found.

    Args:
        model: Its name.
        stores: Registry and artifacts.
        key: A row's key, as text.
        window: A window's key.
        version: A version's number.

    Raises:
        UnknownPrediction: Nothing was scored under that key, or in that window.
        UnknownModel, UnknownVersion, ArtifactError: As they say.
    """
    registry = stores.registry
    registry.models.get(model)
    if key is None and window is None:
        champion = registry.champions.current(model) if version is None else None
        number = version or (champion.version if champion else None)
        if number is None:
            raise UnknownPrediction(f"{model} has no champion to trace", "name a version, a window or a key")
        return Lineage(model=model, origin=_origin(model, number, stores))
    published = registry.scores.published(model, window)
    if not published:
        raise _nothing_scored(model, window, stores)
    scores, row = (published[0], None) if key is None else _find(model, key, window, published, stores)
    of_window = published if window else registry.scores.published(model, scores.window)
    return Lineage(
        model=model,
        key=key,
        prediction=row,
        scores=scores,
        superseded=tuple(item for item in of_window if item.artifact != scores.artifact),
        snapshot=_traced(model, scores.snapshot, stores),
        origin=_origin(model, int(row["version"]) if row else scores.version, stores),  # in stages a row may differ
    )


def _find(
    model: str, key: str, window: str | None, published: list[Scores], stores: Stores
) -> tuple[Scores, dict[str, Any]]:
    """Return the scores that hold a key, and its row."""
    from windvane.stores.keys import WrongKey, row_of, span_of

    seen: set[str] = set()
    message = ""
    for scores in published:
        if scores.window in seen:
            continue  # superseded
        seen.add(scores.window)
        with opened(stores.artifacts, scores.artifact) as file:
            try:
                row = row_of(file, key)
            except WrongKey as error:
                raise UnknownPrediction(f"{model} {scores.window}: {error}", _REMEDY) from None
            if row is not None:
                return scores, row
            if not message:
                low, high, rows = span_of(file)
                message = f"; window {scores.window} holds {rows:,} keys from {low!r:.90} to {high!r:.90}"
    where = f"window {window}" if window else f"any of {len(seen)} scored windows, {min(seen)} to {max(seen)}"
    raise UnknownPrediction(f"{model}: no prediction for key {key!r:.90} in {where}{message}", _REMEDY)


def _nothing_scored(model: str, window: str | None, stores: Stores) -> UnknownPrediction:
    known = {item.window for item in stores.registry.scores.published(model)}
    if window is None or not known:
        return UnknownPrediction(f"{model}: nothing was scored yet", f"run `windvane run score {model} --window KEY`")
    return UnknownPrediction(f"{model}: window {window!r:.90} was not scored{nearest(window, known)}", _REMEDY)


def _origin(model: str, number: int, stores: Stores) -> Origin:
    registry = stores.registry
    version = registry.versions.get(model, number)
    evaluation = Evaluation.from_json(stores.artifacts.get(version.evaluation)) if version.evaluation else None
    promotions = [
        promotion for promotion in reversed(registry.champions.promotions(model)) if promotion.version == number
    ]
    return Origin(
        version=version,
        snapshots=tuple(_traced(model, digest, stores) for digest in version.snapshots),
        evaluation=evaluation,
        explanation=registry.versions.explanation(model, number),
        approvals=tuple(registry.people.approvals(model, number)),
        promotions=tuple(promotions),
        events=tuple(registry.audit.events_of(model, number)),
    )


def _traced(model: str, digest: str, stores: Stores) -> TracedSnapshot:
    found = stores.registry.snapshots.get(model, digest)
    return TracedSnapshot(digest=digest, window=found.window, rows=found.rows, outcomes=found.outcomes)
