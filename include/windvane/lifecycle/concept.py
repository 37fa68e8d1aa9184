"""Concept and calibration drift: outcomes differ from the scores in another way than on the champion's own holdout.

A segment fixes (roughly) what the inputs are, so a residual that moved inside it is not the inputs' doing. Each segment
is compared with itself on the holdout, with errors that respect days; Holm 1979 over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from windvane.lifecycle.alpha_spending import level
from windvane.lifecycle.checks.saying import p_number, percent_number, unknown
from windvane.lifecycle.drift import holm
from windvane.lifecycle.segments import SCORE, WHOLE
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, Number, Profile, Segment
from windvane.results.reason import fitting
from windvane.spec import Model

_FEWEST = 30
"""Rows a segment needs on both sides."""
_OFF = 0.02
"""Smallest mean gap of score and outcome, relative to where it was, that calibration drift counts (binary)."""


@dataclass(frozen=True)
class Moved:
    """How the residual of one segment moved.

    Args:
        column: The column.
        label: The segment.
        rows: Its rows in the window.
        shift: Mean residual now, less that on the holdout.
        error: Standard error of the shift.
        p_value: Two-sided, Welch's t on blocks.
        gain: Loss a row of the whole window that correcting the shift wins back, less what chance alone does.
        risen: Mean loss now, less that on the holdout.
    """

    column: str
    label: str
    rows: int
    shift: float
    error: float
    p_value: float
    gain: float
    risen: float


def concept_drift_check(reference: Profile, current: Profile, model: Model) -> CheckResult:
    """Answer: did the relation of inputs and outcome change, where the inputs alone explain nothing?"""
    features = [name for name in current.segments if name not in (WHOLE, SCORE)]
    moved = _moved(reference, current, features)
    whole = _whole(current)
    if not moved or whole is None:
        return _unknown("concept_drift", reference, current)
    allowed, loss = level(model, "concept_drift"), max(whole.loss / whole.rows, 1e-12)
    adjusted = holm([item.p_value for item in moved])
    sure = [item for item, p_value in zip(moved, adjusted, strict=True) if p_value < allowed]
    shares = {name: sum(item.gain for item in moved if item.column == name) / loss for name in features}
    columns = sorted({item.column for item in sure}, key=lambda name: -shares[name])
    worst = max(sure or moved, key=lambda item: item.gain)
    share = max((shares[name] for name in columns), default=max(shares.values()))
    found = bool(columns) and share >= model.monitor.policy.least_share
    least = percent(model.monitor.policy.least_share, 1)
    where = f"{worst.column}={worst.label}"
    if found:
        said = f"Outcomes moved against the scores, most in {where}: {percent(share, 1)} of the loss"
    elif sure:
        said = f"Outcomes moved in {where}, worth {percent(max(share, 0), 1)} of the loss (needs {least})"
    else:
        said = "No segment's outcomes surely moved against the scores"
    detail = f"In {where} ({worst.rows:,} rows) outcomes lie {_by(worst, model)} than on the champion's holdout."
    return CheckResult(
        check="concept_drift",
        outcome="finding" if found else "ok",
        headline=fitting(said),
        detail=detail,
        numbers=(
            percent_number("recoverable by segment", share, allowed=f"below {least} of the loss", better="lower"),
            p_number(min(adjusted), allowed),
            Number(name=f"rows in {where}", value=worst.rows),
            Number(name=f"shift of outcomes in {where}", value=worst.shift, difference=True),
        ),
        effect=share,
        p_value=min(adjusted),
        level=allowed,
        columns=tuple(columns) if found else (),
        details={
            "rows": whole.rows,
            "segments": [
                {"segment": f"{item.column}={item.label}", "rows": item.rows, "shift": item.shift, "risen": item.risen}
                for item in sorted(moved, key=lambda item: -item.gain)[:5]
            ],
        },
    )


def calibration_check(reference: Profile, current: Profile, model: Model) -> CheckResult:
    """Answer: do the scores still mean what they meant on the champion's holdout?"""
    moved = _moved(reference, current, [SCORE] if SCORE in current.segments else [WHOLE])
    whole = _whole(current)
    if not moved or whole is None:
        return _unknown("calibration", reference, current)
    allowed = level(model, "calibration")
    adjusted = min(holm([item.p_value for item in moved]))
    rows = sum(item.rows for item in moved)
    gap = sum(item.rows * abs(item.shift) for item in moved) / rows
    scale = 1.0 if model.task == "binary" else max(whole.loss / whole.rows, 1e-12) ** 0.5
    worst = min(moved, key=lambda item: item.p_value)
    found = adjusted < allowed and gap / scale >= _OFF
    unit = "percentage points" if model.task == "binary" else f"units of {model.target}"
    size = 100 * gap if model.task == "binary" else gap
    if found:
        said = f"Scores are off by {size:.3g} {unit} on average, against the champion's holdout"
    else:
        said = f"Scores mean what they meant on the champion's holdout ({size:.2g} {unit} apart)"
    return CheckResult(
        check="calibration",
        outcome="finding" if found else "ok",
        headline=fitting(said),
        detail=f"Most where scores are {worst.label}: outcomes lie {_by(worst, model)} than they did.",
        numbers=(
            Number(
                name="mean shift of outcomes",
                value=size,
                unit=unit,
                allowed=f"below {100 * _OFF * scale:.3g}" if model.task == "binary" else f"below {_OFF * scale:.3g}",
                better="lower",
            ),
            p_number(adjusted, allowed),
            Number(name="rows", value=whole.rows),
        ),
        effect=gap,
        unit="" if model.task == "binary" else unit,
        p_value=adjusted,
        level=allowed,
        details={"rows": whole.rows, "scores": {item.label: item.shift for item in moved}},
    )


def compare_segments(then: Segment, now: Segment, column: str, total: int) -> Moved | None:
    """Return how one segment moved; None where either side has too few rows."""
    if min(then.rows, now.rows) < _FEWEST:
        return None
    shift = now.residual / now.rows - then.residual / then.rows
    parts = [(side.residual_variance / side.rows**2, max(1, side.blocks - 1)) for side in (then, now)]
    error = sum(variance for variance, _ in parts) ** 0.5
    if error <= 0:
        return None
    freedom = error**4 / sum(variance**2 / blocks for variance, blocks in parts)  # Satterthwaite 1946
    p_value = 2 * float(stats.t.sf(abs(shift) / error, freedom))
    gain = now.rows / total * (shift**2 - error**2) / now.curvature
    risen = now.loss / now.rows - then.loss / then.rows
    return Moved(column, now.label, now.rows, shift, error, min(1.0, p_value), gain, risen)


def _moved(reference: Profile, current: Profile, columns: Sequence[str]) -> list[Moved]:
    whole = _whole(current)
    found: list[Moved] = []
    for name in columns if whole else ():
        then = {item.label: item for item in reference.segments.get(name, ())}
        for now in current.segments[name]:
            moved = compare_segments(then[now.label], now, name, whole.rows) if now.label in then and whole else None
            found += [moved] if moved else []
    return found


def _whole(profile: Profile) -> Segment | None:
    return next(iter(profile.segments.get(WHOLE, ())), None)


def _by(moved: Moved, model: Model) -> str:
    if model.task == "multiclass":
        return f"{abs(moved.shift):.2g} nats {'further from' if moved.shift > 0 else 'closer to'} the scores"
    size = f"{100 * abs(moved.shift):.2g} percentage points" if model.task == "binary" else f"{abs(moved.shift):.3g}"
    return f"{size} {'higher' if moved.shift > 0 else 'lower'}"


def _unknown(check: str, reference: Profile, current: Profile) -> CheckResult:
    if not current.segments:
        why = f"No outcomes of {current.window} are known yet"
    elif not reference.segments:
        why = "The champion's holdout has no outcomes to compare with"
    else:
        why = f"No segment has {_FEWEST} outcomes both in {current.window} and on the holdout"
    return unknown(check, why)
