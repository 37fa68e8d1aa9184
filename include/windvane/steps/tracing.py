"""Steps that trace: from a prediction back to the version, its rows, code and judgement, and who let it through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from windvane.errors import Erased, UnknownPrediction, nearest
from windvane.results import Evaluation, Lineage, Origin, Publication, Published, TracedSnapshot
from windvane.stores import Stores
from windvane.stores.opening import opened

_REMEDY = "name a key and a window that were scored; `windvane lineage MODEL --window KEY` tells of a window"


def lineage(
    model: str,
    stores: Stores,
    *,
    key: str | None = None,
    window: str | None = None,
    version: int | None = None,
    as_of: datetime | None = None,
) -> Lineage:
    """Trace a prediction by its key, the published scores of a window, a version, or else the champion.

    A key is looked up in the current publication of the window; without one, in those of all windows, the last
    published first, until it is found; then in those that are not current any more. All publications of its window
    are told.

    Args:
        model: Its name.
        stores: Registry and artifacts.
        key: A row's key, as text.
        window: A window's key.
        version: A version's number.
        as_of: Which publication, or which champion, was current at this moment; None for now.

    Raises:
        UnknownPrediction: Nothing was scored under that key, or in that window, by then.
        UnknownModel, UnknownVersion, ArtifactError: As they say.
    """
    model = stores.registry.models.recorded(model)
    registry = stores.registry
    registry.models.get(model)
    if key is None and window is None:
        champion = registry.champions.current(model, as_of) if version is None else None
        number = version or (champion.version if champion else None)
        if number is None:
            raise UnknownPrediction(f"{model} has no champion to trace", "name a version, a window or a key")
        return Lineage(model=model, as_of=as_of, origin=_origin(model, number, stores))
    every = registry.scores.publications(model, window)
    by_then = [item for item in every if as_of is None or item.moment <= as_of]
    if not by_then:
        raise _nothing_scored(model, window, every, as_of, stores)
    found = by_then[0] if key is None else _find(model, key, window, by_then, stores)
    current = next(item for item in by_then if item.window == found.window)
    of_window = [item for item in reversed(every) if item.window == found.window]
    rows = {item.artifact: _row(model, key, item, stores) for item in of_window} if key is not None else {}
    named = rows.get(current.artifact) or rows.get(found.artifact)
    return Lineage(
        model=model,
        key=key,
        as_of=as_of,
        prediction=rows.get(current.artifact),
        scores=current,
        publications=tuple(
            Published(publication=item, current=item == current, prediction=rows.get(item.artifact))
            for item in of_window
        ),
        snapshot=_traced(model, current.snapshot, stores),
        origin=_origin(
            model, int(named["version"]) if named else current.version, stores
        ),  # in stages a row may differ
    )


def _find(model: str, key: str, window: str | None, published: Sequence[Publication], stores: Stores) -> Publication:
    """Return the publication that holds a key: a current one, else the last of those that once were."""
    from windvane.stores.keys import span_of

    current: dict[str, Publication] = {}
    for item in published:
        current.setdefault(item.window, item)
    message, seen = "", {item.artifact for item in current.values()}
    for scores in [*current.values(), *(item for item in published if item.artifact not in seen)]:
        if _row(model, key, scores, stores) is not None:
            return scores
        if not message:
            try:
                with opened(stores.artifacts, scores.artifact) as file:
                    low, high, rows = span_of(file)
            except Erased:
                continue
            message = f"; window {scores.window} holds {rows:,} keys from {low!r:.90} to {high!r:.90}"
    where = f"window {window}" if window else f"any of {len(current)} scored windows, {min(current)} to {max(current)}"
    gone = {item.told: None for item in stores.registry.erasures.all(model) if item.kind == "scores"}
    message += f"; rows of this model were {'; '.join(gone)}" if gone else ""
    raise UnknownPrediction(f"{model}: no prediction for key {key!r:.90} in {where}{message}", _REMEDY)


def _row(model: str, key: str, scores: Publication, stores: Stores) -> dict[str, Any] | None:
    """Return a key's row in a publication; None where it has none.

    Raises:
        UnknownPrediction: The key is of another kind than the file's.
    """
    from windvane.stores.keys import WrongKey, row_of

    try:
        with opened(stores.artifacts, scores.artifact) as file:
            return row_of(file, key)
    except WrongKey as error:
        raise UnknownPrediction(f"{model} {scores.window}: {error}", _REMEDY) from None
    except Erased:  # the records say when
        return None


def _nothing_scored(
    model: str, window: str | None, every: Sequence[Publication], as_of: datetime | None, stores: Stores
) -> UnknownPrediction:
    if every and as_of is not None:
        first = every[-1]
        cause = f"{model}: nothing was published by {as_of:%Y-%m-%d %H:%M:%S} UTC"
        since = f"window {first.window} was published {first.moment:%Y-%m-%d %H:%M:%S} UTC, before any other"
        return UnknownPrediction(f"{cause}; {since}", "ask of a later moment")
    known = stores.registry.scores.windows(model)
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
    gone = stores.registry.erasures.find(digest)
    erased = f"{gone.removed:,} of its rows were {gone.told}" if gone else ""
    return TracedSnapshot(digest=digest, window=found.window, rows=found.rows, outcomes=found.outcomes, erased=erased)
