"""Steps of versions on trial: let one in at once or in stages, score in shadow, compare live windows, move stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from windvane.errors import OlderWindow, RolledBack, StaleChampion, UnknownRollout
from windvane.results import Champion, Comparison, LiveResult, Record, Rollout, Run, Scores, Version
from windvane.spec import Model, Stages
from windvane.steps.scoring import score_frame, scorer, serving
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd


class Versus(Record):
    """Two versions on the matured windows that both scored, on the same rows."""

    model: str
    version: int
    other: int
    windows: tuple[LiveResult, ...]
    together: Comparison
    """`version - other` over all windows, negative is better."""
    low: float | None = None
    """Lower one-sided 95 % bound of the difference."""
    high: float | None = None
    """Upper one-sided 95 % bound of the difference."""


class Followed(NamedTuple):
    """What came of the challengers on a window.

    Args:
        results: How each did beside the champion.
        rollout: The promotion in stages, as it stands now; None when none is under way.
    """

    results: list[LiveResult]
    rollout: Rollout | None


def let_in(model: Model, number: int, stores: Stores, run: Run, expected_epoch: int, reason: str) -> Champion | Rollout:
    """Make a version the champion, or begin its promotion in stages where the spec declares them.

    The first champion has nobody to be compared with, so it comes at once.

    Raises:
        StaleChampion, OlderWindow, RolledBack, IllegalMove: See `Registry.promote`.
    """
    stages, champion = model.gate.stages, stores.registry.champions.current(model.name)
    if stages is None or champion is None or champion.version == number:
        return stores.registry.champions.promote(model.name, number, expected_epoch, run, reason)
    return stores.registry.staging.begin(model.name, number, stages.shares, stages.margin, expected_epoch, run, reason)


def withdraw(model: Model, number: int, stores: Stores, run: Run) -> Rollout:
    """End a version's promotion in stages, on a person's word; the champion scores every key again.

    Raises:
        UnknownRollout: It is not being promoted.
    """
    found = next((item for item in stores.registry.staging.rollouts(model.name, number) if item.state == "open"), None)
    if found is None:
        running = next((item for item in stores.registry.staging.rollouts(model.name) if item.state == "open"), None)
        known = f"; v{running.version} is" if running else "; none is"
        raise UnknownRollout(f"{model.name} v{number} is not being promoted in stages{known}", "name the one that is")
    return stores.registry.staging.advance(model.name, found.rollout, run, state="withdrawn", why=run.reason)


def shadow(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> list[Scores]:
    """Score a snapshot with the challengers, and keep that apart: nothing of it is published.

    Challengers are the version that is being promoted in stages, with the champion itself while both publish, and the
    newest `model.shadow` versions that were trained on earlier windows only and never were champion before it.
    """
    from windvane.stores.datasets import read_snapshot, write_scores

    promotion = scorer(model, window, stores)
    if promotion is None:
        return []
    digest = stores.registry.erasures.present(model.name, digest)  # rows of it may have been erased meanwhile
    frame = read_snapshot(stores.registry.snapshots.get(model.name, digest), stores.artifacts)
    kept = []
    for version in challengers(model, window, promotion, stores):
        scored, mean = score_frame(model, version, frame, stores)
        scores = Scores(
            model=model.name,
            window=window.key,
            version=version.version,
            snapshot=digest,
            artifact=write_scores(scored, stores.artifacts),
            rows=len(scored),
            mean_score=mean,
        )
        stores.registry.staging.add_shadow(scores, run)
        kept.append(scores)
    return kept


def challengers(model: Model, window: Window, promotion: Champion, stores: Stores) -> list[Version]:
    """Return the versions that score a window in shadow, beside the champion of its time."""
    from windvane.lifecycle.history import waiting

    found: dict[int, Version] = {}
    served = serving(model, window, promotion, stores)
    if served is not None:
        for number in (served.version, promotion.version):
            found[number] = stores.registry.versions.get(model.name, number)
    if model.shadow:
        every = stores.registry.versions.all(model.name)
        found |= {item.version: item for item in waiting(every, window, model.shadow, tuple(found))}
    return list(found.values())


def live(model: Model, window: Window, stores: Stores, run: Run) -> list[LiveResult]:
    """Compare each challenger with the champion on a window whose outcomes are due, and keep what came of it.

    Args:
        model: The spec.
        window: The window.
        stores: Registry and artifacts.
        run: Who asks; nothing is said before the outcomes are due at its `as_of`.
    """
    from windvane.steps.data import is_mature

    published = stores.registry.scores.current(model.name, window.key)
    if published is None or not is_mature(model, window, run):
        return []
    found = []
    for scores in stores.registry.staging.shadow(model.name, window.key):
        if scores.version != published.version:
            result = _compared(model, window, scores.version, published.version, stores)
            if result is not None:
                stores.registry.staging.add_live(result, run)
                found.append(result)
    return found


def advance(model: Model, stores: Stores, run: Run) -> Rollout | None:
    """Move the promotion under way to where its matured windows put it: another stage, the champion, or withdrawn.

    Doing so again changes nothing, and the order in which windows matured does not matter.
    """
    from windvane.lifecycle.live import standing

    found = next((item for item in stores.registry.staging.rollouts(model.name) if item.state == "open"), None)
    if found is None:
        return None
    results = stores.registry.staging.live(model.name, found.version, found.champion)
    message = {item.window: item for item in results}
    least = (model.gate.stages or Stages(shares=found.shares)).min_rows
    stands = standing(found.windows, message, found, least, shared=bool(model.cluster))
    why = stands.reason.headline if stands.reason else ""
    if stands.then == "withdraw":
        return stores.registry.staging.advance(
            model.name, found.rollout, run, stage=stands.stage, state="withdrawn", why=why
        )
    moved = stores.registry.staging.advance(model.name, found.rollout, run, stage=stands.stage, why=why)
    if stands.then == "promote":
        _arrive(model, moved, stores, run, why)
    return next(item for item in stores.registry.staging.rollouts(model.name) if item.rollout == found.rollout)


def follow(model: Model, window: Window, stores: Stores, run: Run) -> Followed:
    """Compare each challenger on a window, and move the promotion under way to where its windows put it."""
    return Followed(live(model, window, stores, run), advance(model, stores, run))


def compare(model: Model, number: int, other: int, stores: Stores, anew: int = 0) -> Versus:
    """Compare two versions on every matured window that both scored, published or in shadow, row by row.

    Args:
        model: The spec.
        number: The version.
        other: The one it is compared with.
        stores: Registry and artifacts.
        anew: The newest matured windows, later than what either was trained on, that are scored here by whichever
            did not score them. What is scored here is kept nowhere.

    Raises:
        UnknownVersion: There is no such version.
        VersionMismatch, ScoringFailed: A version cannot score the rows any more.
    """
    from windvane.lifecycle.live import bounds, pooled

    made = [stores.registry.versions.get(model.name, known) for known in (number, other)]
    keys = _scored_windows(model, number, stores) & _scored_windows(model, other, stores)
    if anew:
        seen = max(version.window_end for version in made)
        taken = (model.cadence.window(key) for key in stores.registry.snapshots.windows(model.name))
        later = sorted(window.key for window in taken if window.start >= seen)
        keys |= set(later[-anew:])
    windows = []
    for key in sorted(keys):
        result = _compared(model, model.cadence.window(key), number, other, stores, anew=bool(anew))
        if result is not None:
            windows.append(result)
    together = pooled([item.comparison for item in windows], f"v{other}", shared=bool(model.cluster))
    limits = bounds(together)
    return Versus(
        model=model.name,
        version=number,
        other=other,
        windows=tuple(windows),
        together=together,
        low=limits[0] if limits else None,
        high=limits[1] if limits else None,
    )


def _compared(
    model: Model, window: Window, number: int, other: int, stores: Stores, *, anew: bool = False
) -> LiveResult | None:
    """Return how two versions compare on a window, or None where one did not score it or nothing is mature."""
    from windvane.lifecycle.live import live_comparison, live_verdict
    from windvane.stores.datasets import read_snapshot

    taken = stores.registry.snapshots.latest(model.name, window.key, mature_only=True)
    sides = [_scores_of(model, window.key, one, stores) for one in (number, other)]
    if taken is None or (not anew and any(side is None for side in sides)):
        return None
    rows = read_snapshot(taken, stores.artifacts)
    rows = rows[rows[model.target].notna()]
    if not len(rows):
        return None
    for place, one in enumerate((number, other)):
        if sides[place] is None:
            version = stores.registry.versions.get(model.name, one)
            sides[place] = ("", score_frame(model, version, rows, stores)[0])
    assert sides[0] is not None  # one that was missing was scored just now
    assert sides[1] is not None  # as above
    rows, own, theirs = _paired(model, rows, sides[0][1], sides[1][1])
    stages = model.gate.stages or Stages(shares=(0.0,))
    comparison = live_comparison(rows, own, theirs, model, f"v{other}")
    outcome, reason = live_verdict(comparison, stages.margin, stages.min_rows, window.key)
    return LiveResult(
        model=model.name,
        window=window.key,
        window_start=window.start,
        version=number,
        champion=other,
        comparison=comparison,
        margin=stages.margin,
        outcome=outcome,
        reason=reason,
        snapshot=taken.digest,
        scores=sides[0][0],
        champion_scores=sides[1][0],
    )


def _scores_of(model: Model, window_key: str, number: int, stores: Stores) -> tuple[str, pd.DataFrame] | None:
    """Return a version's own scores of a window: those kept in shadow, else the published rows that it made."""
    from windvane.stores.datasets import read_scores

    kept = stores.registry.staging.shadow(model.name, window_key, number)
    published = stores.registry.scores.current(model.name, window_key)
    found = kept[0] if kept else published if published and published.version == number else None
    if found is None:
        return None
    frame = read_scores(found.artifact, stores.artifacts)
    frame = frame[frame["version"] == number]
    return found.artifact, frame


def _paired(model: Model, rows: Any, own: Any, other: Any) -> tuple[Any, Any, Any]:
    """Return the rows that both sides scored, and their scores in the same order."""
    from windvane.lifecycle.scored_rows import score_names

    keys = rows[[model.key]].merge(own[[model.key]], on=model.key).merge(other[[model.key]], on=model.key)
    kept = rows[rows[model.key].isin(keys[model.key])].reset_index(drop=True)
    sides = []
    for side in (own, other):
        aligned = kept[[model.key]].merge(side, on=model.key, how="left", validate="1:1")
        sides.append(aligned[score_names(aligned.columns, model)])
    return kept, sides[0], sides[1]


def _scored_windows(model: Model, number: int, stores: Stores) -> set[str]:
    registry = stores.registry
    published = {item.window for item in registry.scores.published(model.name, version=number)}
    return published | {item.window for item in registry.staging.shadow(model.name, version=number)}


def _arrive(model: Model, found: Rollout, stores: Stores, run: Run, why: str) -> None:
    """Make a version that passed its last stage the champion; one that may not become it any more is withdrawn."""
    reason = f"passed {len(found.shares)} stages: {why}"
    try:
        stores.registry.champions.promote(model.name, found.version, found.expected_epoch, run, reason)
    except (StaleChampion, OlderWindow, RolledBack) as error:
        stores.registry.staging.advance(model.name, found.rollout, run, state="withdrawn", why=error.cause)
