"""What more rows alone would win: a learning curve of two points, measured once beside a champion.

The declared estimator learns from half of the champion's own rows, drawn at random, and again from the other half. On
every row that the champion has scored since, both are compared with the champion, pair by pair: what the second half of
the rows was worth. The half that lost less counts: a stump or a small tree may lose much by one draw of its rows, and
next to nothing by another, which more rows would not mend. Losses fall with the rows n as `a + b n^-c`, and c is rarely
above 1 (Viering and Loog 2023, section 3). At c = 1, what is left to win is least: k times the rows win `1 - 1/k` of
what the second half was worth. With a smaller c it is more.

Nothing here rests on the newest rows alone, so the curve is far surer than a probe of one window. It tells nothing of a
world that changes: signs and their probes do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from windvane.lifecycle.constant import constant_of, constant_scores
from windvane.lifecycle.deciding import LOOKS_BACK, Case
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.live import LEVEL, live_comparison
from windvane.lifecycle.scored_rows import ScoredRows, mean_loss, time_blocks
from windvane.lifecycle.train import fit, score_rows
from windvane.lifecycle.weights import Weigh
from windvane.results import Comparison
from windvane.results.watching import answer_to
from windvane.spec import Model

if TYPE_CHECKING:
    from windvane.lifecycle.asking import Asked

Array = np.ndarray[Any, Any]

LEAST_GROWTH = 1.5
"""Times the champion's rows from which on more rows are worth a look, and those of the next look."""
_REFUSED = 2.0
"""Times as many rows again that more rows need to ask, for each retrain beside the champion that the gate refused."""
_FEWEST_BLOCKS = 20
"""Fewer days or clusters than this are not halved: rows are."""


@dataclass(frozen=True)
class Curve:
    """What the second half of a champion's rows was worth, as a share of its loss.

    Args:
        share: What it won.
        error: Its standard error.
        degrees: Degrees of freedom of that.
        rows: Rows with outcomes of the champion's windows.
        grown: Times as many a retrain would have learned from when it was measured.
        window: Key of the window that it was measured with.
        constant: What a constant lost on the same rows, as a share of the champion's loss.
        judged: Rows it was measured on.
        gate: Rows on which the gate judges a version of such a window.
    """

    share: float
    error: float
    degrees: float
    rows: int
    grown: float
    window: str
    constant: float | None = None
    judged: int = 1
    gate: int = 1

    @property
    def low(self) -> float:
        """Its one-sided bound below."""
        return self.share - self._beyond

    @property
    def high(self) -> float:
        """Its one-sided bound above."""
        return self.share + self._beyond

    @property
    def _beyond(self) -> float:
        return float(stats.t.isf(LEVEL, self.degrees)) * self.error

    def pays(self, left: float, least: float) -> bool:
        """True where more rows surely win what counts, and the gate may well see it.

        A gate refuses what is no better than a constant, unless it surely beats the champion. So where the champion
        loses to a constant by more than is to be won, the gate's own rows have to be enough for that, in one case of
        two at least.

        Args:
            left: The part of the curve that is to be won.
            least: The least share that counts.
        """
        if self.low <= 0 or left * self.share < least:
            return False
        wide = float(stats.t.isf(LEVEL, self.degrees)) * self.error * math.sqrt(self.judged / max(1, self.gate))
        return self.constant is None or 1.0 - left * self.share < self.constant or self.share > wide

    def left(self, rows: int, grown: float) -> float:
        """Return which part of it k times the rows would win beside a champion of so many rows."""
        return self.rows / max(1, rows) * (1.0 - 1.0 / max(1.0, grown))


@dataclass(frozen=True)
class Halved:
    """Versions of either half of the champion's rows, beside it.

    Args:
        comparison: The champion's loss less that of half of its rows on the newest rows; negative where more rows won.
            Of the two halves, that which lost less.
        trained: Rows that both learned from: what they cost.
        constant: The loss of a constant on the newest rows.
        gate: Rows on which the gate judges a version of the newest window.
    """

    comparison: Comparison
    trained: int
    constant: float | None
    gate: int

    def curve(self, asked: Asked, window: str) -> Curve | None:
        """Return what the second half won, as a share of the champion's loss; None where it has no error."""
        found = self.comparison
        if found.difference is None or found.std_error is None or not found.value:
            return None
        share, error = found.difference / found.value, found.std_error / abs(found.value)
        degrees = found.degrees or max(found.rows - 1, 1)
        constant = self.constant / found.value if self.constant is not None else None
        return Curve(share, error, degrees, asked.rows, asked.grown, window, constant, found.rows, self.gate)


def due(case: Case, rows: int, grown: float) -> Curve | bool:
    """Return the known curve by which a retrain pays now; True where one is to be measured; else False.

    A curve that says nothing surely is measured again with half as many more rows; one whose gain is surely too small
    is not, as long as it is remembered. Each retrain beside this champion that the gate refused makes the next one for
    more rows need twice as many again. A champion whose rows are not known has no curve.

    Args:
        case: The window's case.
        rows: Rows with outcomes of the windows that the champion was trained on.
        grown: Times as many a retrain would learn from.
    """
    if rows <= 0:
        return False
    trained = case.past.trained
    refused = sum(
        item.outcome in ("refused", "failed") and (trained is None or item.start > trained)
        for item in case.past.retrains
    )
    known, measured = _remembered(case)
    asked_at = max(LEAST_GROWTH, known.grown) if known else LEAST_GROWTH
    if grown < (asked_at * _REFUSED**refused if refused else LEAST_GROWTH):
        return False
    if known is None:
        return rows * grown >= LEAST_GROWTH * measured
    left, least = known.left(rows, grown), case.policy.least_share
    if known.pays(left, least):
        return known
    if known.low > 0 or left * known.high < least:
        return False
    return rows * grown >= LEAST_GROWTH * measured


def _remembered(case: Case) -> tuple[Curve | None, float]:
    """Return the newest curve, and the rows there were when one was last asked for."""
    for item in case.past.windows[:LOOKS_BACK]:
        answer = answer_to("performance", item.checks)
        probe = answer.details.get("probe") if answer else None
        if not probe or not probe.get("champion_rows"):
            continue
        curve = probe.get("curve")
        return (Curve(**curve) if curve else None), float(probe["champion_rows"]) * float(probe["grown"])
    return None, 0.0


def halved(
    own: pd.DataFrame,
    newest: Sequence[ScoredRows],
    model: Model,
    build: Callable[..., Any],
    make: Make | None,
    weigh: Weigh | None,
    champion: str,
) -> Halved:
    """Train on half of the champion's rows, and compare it with the champion on rows that neither has seen.

    Halves are of whole days, or of whole clusters where the spec names them: more rows come as more of these.

    Args:
        own: The rows with outcomes that the champion learned from.
        newest: The windows that it scored since, with its published scores.
        model: The spec.
        build: The resolved `estimator.path`.
        make: The resolved `features.make`.
        weigh: The resolved `training_weights.path`, when the spec names a function.
        champion: What the champion is called.

    Raises:
        TooFewRows, OneClass, TrainingFailed: Half of the rows are not enough to learn from.
        ScoringFailed: What came of them cannot score the newest rows.
    """
    rows = pd.concat([item.rows for item in newest], ignore_index=True)
    scores = pd.concat([item.scores for item in newest], ignore_index=True)
    first = _half(own, model)
    halves = [own[chosen].reset_index(drop=True) for chosen in (first, ~first)]
    compared = [_compared(half, rows, scores, model, build, make, weigh, champion) for half in halves]
    plain = constant_scores(constant_of(outcomes(own, model), model), len(rows), model)
    last = len(newest[0].rows)
    gate = int(max(model.holdout * last, min(model.gate.min_rows, 0.9 * last)))
    return Halved(min(compared, key=_won), len(own), mean_loss(rows, plain, model), gate)


def _won(found: Comparison) -> float:
    """Return what the champion won over a half; where that cannot be told, the halves do not tell."""
    return found.difference if found.difference is not None else -math.inf


def _compared(
    half: pd.DataFrame,
    rows: pd.DataFrame,
    scores: pd.DataFrame,
    model: Model,
    build: Callable[..., Any],
    make: Make | None,
    weigh: Weigh | None,
    champion: str,
) -> Comparison:
    """Return the champion's loss less that of a version of some of its rows, on rows that neither has seen."""
    estimator, _, _ = fit(half, model, build, make, weigh)
    table = score_rows(estimator, design(rows, model, make), model)
    names = [f"score_{label}" for label in estimator.classes_] if model.task == "multiclass" else ["score"]
    other = pd.DataFrame(table.reshape(len(rows), len(names)), columns=names)
    return live_comparison(rows, other, scores, model, champion)


def _half(rows: pd.DataFrame, model: Model) -> Array:
    """Return which rows are in the half, shape n."""
    random = np.random.default_rng(model.seed)
    blocks = rows[model.cluster].to_numpy() if model.cluster else time_blocks(rows, model)
    names, place = np.unique(blocks.astype(str), return_inverse=True)
    if len(names) < _FEWEST_BLOCKS:
        return np.asarray(random.permutation(len(rows)) < len(rows) / 2)
    return np.asarray((random.permutation(len(names)) < len(names) / 2)[place])
