"""Step of the monitor that collects what is known about a window: its rows, their outcomes, and the scores."""

from __future__ import annotations

from datetime import datetime

from windvane.errors import DataError, EmptyWindow, SourceFailed
from windvane.results import Record, Run
from windvane.spec import Model
from windvane.steps.data import examine, is_mature, refuse_unusable, register, snapshot
from windvane.steps.training import may_score
from windvane.stores import Stores
from windvane.windows import Window


class Collected(Record):
    """What is there to check: the window's rows with the outcomes known now, and the scores published for it."""

    snapshot: str
    """Empty when not even event times and keys could be read."""
    scores: str | None = None
    version: int | None = None
    publication: int | None = None
    """The publication of those scores."""
    due: datetime | None = None
    """When scores should have been published, where none are and that moment has passed."""
    mature: bool
    problems: tuple[str, ...] = ()
    """What the input checks refused; the rows that are left are only watched."""
    told: tuple[str, ...] = ()
    """Declared expectations that do not hold, and that stop nothing."""
    reopened: bool = False
    empty: bool = False
    """True when the source has no row of the window."""


def collect(model: Model, window: Window, stores: Stores, run: Run, waited: bool = False) -> Collected:
    """Take a fresh snapshot with the outcomes known at `run.as_of`, and find the window's published scores.

    Rows that the input checks refuse are watched as far as they can be read, and never recorded as fit to learn from.
    So are those that the declared expectations do not hold for. A window without rows is a finding, once there is a
    version that would have scored it. So are scores that are not there although they were due at `run.as_of`; where
    the rows are refused, scoring was right to refuse them too.

    Args:
        model: The spec.
        window: The window.
        stores: Registry and artifacts.
        run: Who asks, and as of when.
        waited: True when the run has waited for the scores as long as the spec says, wherever it stands.

    Raises:
        EmptyWindow: It has no rows, and nothing is missed: no version may score it.
        SourceFailed: The source cannot be read.
    """
    problems: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    try:
        taken = snapshot(model, window, stores, run)
        digest, known = taken.digest, taken.outcomes / max(1, taken.rows)
        problems, told = _unexpected(model, window, digest, stores, run)
    except EmptyWindow:
        missed = any(item.name == model.name for item in stores.registry.models.all()) and may_score(
            model, window, stores
        )
        if not missed:
            raise
        return Collected(snapshot="", mature=is_mature(model, window, run), empty=True)
    except SourceFailed:
        raise
    except DataError:
        digest, problems = _coerced(model, window, stores, run)
        known = 0.0
    scores = stores.registry.scores.current(model.name, window.key)
    enough = model.monitor.mature_share
    return Collected(
        snapshot=digest,
        scores=scores.artifact if scores else None,
        version=scores.version if scores else None,
        publication=scores.publication if scores else None,
        due=_overdue(model, window, stores, run, waited) if scores is None and not problems else None,
        mature=is_mature(model, window, run) or (enough is not None and known >= enough),
        problems=problems,
        told=told,
    )


def _overdue(model: Model, window: Window, stores: Stores, run: Run, waited: bool) -> datetime | None:
    """Return when an unscored window's scores were due; None where they are not due yet, or no version may score it."""
    due = model.scores_due(window)
    if not waited and due > run.as_of:
        return None
    return due if may_score(model, window, stores) is not None else None


def waits(model: Model, window: Window, stores: Stores) -> bool:
    """True while a window has no scores and a version may score it: what a monitor's run waits for."""
    if all(item.name != model.name for item in stores.registry.models.all()):
        return False
    unscored = stores.registry.scores.current(model.name, window.key) is None
    return unscored and may_score(model, window, stores) is not None


def _unexpected(
    model: Model, window: Window, digest: str, stores: Stores, run: Run
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which declared expectations a snapshot fails: those that stop something, and those that are only told.

    Those that every model has belong to the input checks.
    """
    if not model.expect:
        return (), ()
    found = examine(model, window, digest, stores, run)
    failed = found.failed("scoring", "training")
    said = f"{len(failed)} of {len(found.results)} expectations failed: {'; '.join(str(item) for item in failed)}"
    return (said,) if failed else (), tuple(str(item) for item in found.failed("nothing"))


def _coerced(model: Model, window: Window, stores: Stores, run: Run) -> tuple[str, tuple[str, ...]]:
    """Keep what can be read of refused rows as a snapshot that nothing learns from; return its digest, and why."""
    from windvane.lifecycle.coerce import coerce
    from windvane.stores.datasets import read_source, write_snapshot

    refuse_unusable(model, window, run)
    read = read_source(model, window, base=stores.base, connections=stores.connections, as_of=run.as_of)
    frame, problems = coerce(read, model, window)
    register(model, stores, run)
    if frame is None:
        return "", problems
    taken = write_snapshot(frame, model, window, stores.artifacts)
    stores.registry.snapshots.add(taken, False, run)
    return taken.digest, problems
