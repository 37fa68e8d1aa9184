"""A probe: what a retrain would win, measured before one is asked for.

The declared estimator learns from the rows a retrain would get, without the newest ones; there it is compared with the
champion, row by row. What it wins is told with its interval, and it retrains only where it surely wins what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle.asking import Asked, strength
from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.features import Make, design
from windvane.lifecycle.live import LEVEL, bounds, live_comparison
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.lifecycle.split import reaching_back, split
from windvane.lifecycle.train import fit, score_rows
from windvane.lifecycle.weights import Weigh
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, Comparison, Number
from windvane.results.reason import fitting
from windvane.spec import Model

Array = np.ndarray[Any, Any]

_WITHOUT_SIGN = 0.01


@dataclass(frozen=True)
class Probed:
    """What a probe came to.

    Args:
        comparison: The probe's loss less the champion's on the newest rows; negative is better.
        trained: Rows it learned from: what it cost.
        windows: Windows they are of.
        since: The newest rows begin here.
        level: Chance of a wrong bound, one-sided.
    """

    comparison: Comparison
    trained: int
    windows: int
    since: pd.Timestamp
    level: float = LEVEL

    @property
    def share(self) -> float:
        """What the probe wins, as a share of the champion's loss."""
        value, difference = self.comparison.value, self.comparison.difference
        return -difference / value if difference is not None and value else 0.0

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """The one-sided bounds of that share; none where it has no error."""
        limits, value = bounds(self.comparison, self.level), self.comparison.value
        return (-limits[1] / value, -limits[0] / value) if limits and value else (None, None)

    def won(self, model: Model) -> bool:
        """True when the probe surely wins, and what it wins is worth a retrain."""
        low = self.ends[0]
        return low is not None and low > 0 and self.share >= model.monitor.policy.least_share


def probe(
    frames: Sequence[pd.DataFrame],
    newest: Sequence[ScoredRows],
    model: Model,
    build: Callable[..., Any],
    make: Make | None,
    weigh: Weigh | None,
    champion: str,
    grown: bool = False,
) -> Probed:
    """Train a probe, and compare it with the champion on the newest rows.

    They are the last `holdout` of the rows of the windows that the sign rests on, as of one window when a version is
    trained. Nothing at or after their first moment is learned from, nor what a retrain would hold out.

    Args:
        frames: The rows a retrain would learn from, a frame a window.
        newest: The windows that the sign rests on, with the champion's published scores.
        model: The spec.
        build: The resolved `estimator.path`.
        make: The resolved `features.make`.
        weigh: The resolved `training_weights.path`, when the spec names a function.
        champion: What the champion is called.
        grown: Whether it is asked for only because there are more rows. What they teach lies before the window: so all
            of its rows judge the probe, and none teaches. No sign stands before it, so it is held to 1 %.

    Raises:
        TooFewRows, OneClass, TrainingFailed: A retrain would fail, too.
        ScoringFailed: The probe cannot score the newest rows.
    """
    rows = pd.concat([item.rows for item in newest], ignore_index=True)
    scores = pd.concat([item.scores for item in newest], ignore_index=True)
    if grown:
        judged, cut = rows, rows[model.event_time].min()
    else:
        parts = split(rows.sort_values(model.event_time, kind="stable"), model)
        judged, cut = parts.holdout, pd.Timestamp(parts.cut)
    back = reaching_back(frames, model)  # a retrain would learn from nothing after it
    until = cut if back is None else min(cut, pd.Timestamp(back))
    known = [frame[frame[model.target].notna() & (frame[model.event_time] < until)] for frame in frames]
    learned = [frame for frame in known if len(frame)]
    together = pd.concat(learned, ignore_index=True) if learned else known[-1]
    estimator, _, _ = fit(together, model, build, make, weigh)
    other = scores.loc[judged.index].reset_index(drop=True)
    judged = judged.reset_index(drop=True)
    table = score_rows(estimator, design(judged, model, make), model)
    names = [f"score_{label}" for label in estimator.classes_] if model.task == "multiclass" else ["score"]
    own = pd.DataFrame(table.reshape(len(judged), len(names)), columns=names)
    compared = live_comparison(judged, own, other, model, champion)
    return Probed(compared, len(together), len(learned), cut, _WITHOUT_SIGN if grown else LEVEL)


def answered(found: CheckResult, asked: Asked, probed: Probed, model: Model) -> CheckResult:
    """Return the performance check with what a probe measured in the place of its sign."""
    low, high = probed.ends
    won, share = probed.won(model), probed.share
    needs = f"(needs {100 * model.monitor.policy.least_share:.3g} %)"
    gain = percent(share, 1)
    if won:
        message = f"Retraining would gain about {gain} {needs}"
    elif share > 0:
        message = f"Retraining may gain {gain}, not surely {needs}"
    else:
        message = f"Retraining would gain nothing {needs}"
    compared = probed.comparison
    windows = "1 window" if probed.windows == 1 else f"{probed.windows} windows"
    detail = (
        f"A probe learned from {probed.trained:,} rows of {windows}. {compared.other} and the probe scored the "
        f"{compared.rows:,} outcomes since {probed.since:%Y-%m-%d %H:%M} UTC. It was asked for because: "
        f"{asked.why.headline}."
    )
    mean = (compared.value or 0.0) + (compared.difference or 0.0)
    numbers = (
        percent_number(
            "won by a retrain",
            share,
            low=low,
            high=high,
            allowed=f"retrain at {100 * model.monitor.policy.least_share:.3g} % or more, surely above 0",
        ),
        Number(name=f"{model.metric} of the probe", value=mean, better="lower"),
        Number(name=f"{model.metric} of {compared.other}", value=compared.value, better="lower"),
        Number(name="outcomes that judged it", value=compared.rows),
        Number(name="rows it learned from", value=probed.trained),
    )
    message_of = {
        "won": won,
        "history": list(asked.history),
        "strength": strength(found),
        "trained_rows": probed.trained,
        "windows": probed.windows,
        "rows": compared.rows,
        "share": share,
        "low": low,
        "high": high,
        "level": probed.level,
        "grown": asked.grown,
        "loss": mean,
        "champion": compared.value,
        "problem": compared.problem,
    }
    found = found.model_copy(update={"details": {**found.details, "probe": message_of}})
    return in_its_place(found, message, detail, numbers, (share, low), won=won)


def in_its_place(
    found: CheckResult,
    message: str,
    detail: str,
    numbers: tuple[Number, ...],
    gain: tuple[float | None, float | None],
    *,
    won: bool,
) -> CheckResult:
    """Return the performance check with what was measured in the place of its sign, which becomes a detail.

    Args:
        found: The answer of the check.
        message: What was measured, in short.
        detail: How.
        numbers: Its numbers; those of the sign follow.
        gain: What a retrain wins, as a share of the loss, and its bound below.
        won: Whether that asks for a retrain.
    """
    return found.model_copy(
        update={
            "outcome": "finding" if won else "ok",
            "headline": fitting(message),
            "detail": detail,
            "numbers": (*numbers, *found.numbers),
            "effect": gain[0],
            "low": gain[1],
            "details": {**found.details, "gain_share": found.effect},
        }
    )


def waiting(found: CheckResult, asked: Asked) -> CheckResult:
    """Return the performance check where a probe is asked for, and those before it won nothing."""
    times = "A probe won nothing" if asked.lost == 1 else f"{asked.lost} probes won nothing"
    return found.model_copy(
        update={
            "outcome": "ok",
            "headline": fitting(f"{times}; the next one is due with window {asked.waits}"),
            "detail": f"It is asked for because: {asked.why.headline}. {asked.why.detail}".strip(),
            "details": {**found.details, "probe_waits": asked.waits},
        }
    )


def untrained(found: CheckResult, asked: Asked, why: str) -> CheckResult:
    """Return the performance check where a probe cannot be trained: a retrain would fail in the same way."""
    probe = {
        "won": False,
        "history": list(asked.history),
        "strength": strength(found),
        "grown": asked.grown,
        "champion_rows": asked.rows,
        "problem": why,
    }
    return found.model_copy(
        update={
            "outcome": "ok",
            "headline": "A version cannot be trained on these rows, so none is asked for",
            "detail": f"{why} It was asked for because: {asked.why.headline}.",
            "details": {**found.details, "gain_share": found.effect, "probe": probe},
        }
    )
