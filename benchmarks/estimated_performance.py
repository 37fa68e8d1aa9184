"""How far the performance estimated without outcomes is from the realised one, and where it says that it cannot work.

Run: `python -m benchmarks.estimated_performance [--quick] [--seed N] [--streams N]`. Each row is the mean over streams
of their own champions: how lucky one holdout was decides the error of one stream. `holdout` takes the champion's own
holdout for an estimate; `distrusted` is the share of windows on which the check says that its estimates are not to be
trusted.
"""

from __future__ import annotations

import argparse
import sys
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.streams import WARM, Stream, first_version, scores_of, stream
from windvane.lifecycle.answers import answer
from windvane.lifecycle.checks.case import Evidence
from windvane.lifecycle.features import design
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.results import MonitorResult

if TYPE_CHECKING:
    import pandas as pd

OLD, NEW = (1.2, 0.8, 0.5, 0.2, 0.6), (-0.6, 1.0, 0.5, 0.2, -0.6)

LIMITS = {"calibrated": 1.25, "shifted": 0.5}
"""Largest error beside that of taking the holdout's loss: where nothing moved nothing is better than that."""


def _world(task: str, name: str, windows: int, seed: int) -> Stream:
    """Return a stream that changes as its name says, two windows after the first version was trained."""

    def changed(position: int) -> bool:
        return position >= WARM + 2

    return stream(
        name,
        seed=seed,
        windows=windows,
        rows=1500,
        task=task,
        weights=lambda t: NEW if name == "concept" and changed(t) else OLD,
        noise=lambda frame: np.exp(0.3 * frame["x1"]),
        shift=lambda t: 1.0 if name == "shifted" and changed(t) else 0.0,
    )


def main(arguments: list[str] | None = None) -> int:
    """Estimate, print the table, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--streams", type=int, default=10)
    given = parser.parse_args(arguments)
    count, streams = (14, 1) if given.quick else (30, given.streams)
    print(f"{'task':11} {'stream':11} {'error':>8} {'holdout':>8} {'covered':>8} {'distrusted':>11}")
    met = True
    for task in ("binary", "regression"):
        for name in ("calibrated", "shifted", "concept"):
            made = [_estimated(_world(task, name, count, given.seed + place)) for place in range(streams)]
            error, naive, covered, distrusted = (fmean(column) for column in zip(*made, strict=True))
            good = distrusted > 0.5 if name == "concept" else error <= LIMITS[name] * naive
            met &= good
            print(f"{task:11} {name:11} {error:8.4f} {naive:8.4f} {covered:8.0%} {distrusted:11.0%}")
    print("met" if met else "NOT met")
    return 0 if met else 1


def _estimated(made: Stream) -> tuple[float, float, float, float]:
    """Return the mean absolute errors of the estimate and of the holdout's loss, coverage, and share distrusted."""
    champion = first_version(made)
    whole = champion.profile.segments[""][0]
    holdout = whole.loss / whole.rows
    said: list[MonitorResult] = []
    errors, naive, covered, distrusted = [], [], [], []
    for window, frame in zip(made.windows[WARM:], made.frames[WARM:], strict=True):
        scores: pd.DataFrame = scores_of(champion, frame, made.model)
        features = design(frame, made.model, None)
        judged = ScoredRows(frame, scores)
        found = answer(Evidence(window, frame, features, champion.profile, judged, True, past=tuple(said)), made.model)
        check = next(item for item in found.checks if item.check == "estimated_performance")
        assert found.loss is not None and found.estimated_loss is not None
        errors.append(abs(found.loss - found.estimated_loss))
        naive.append(abs(found.loss - holdout))
        covered.append(float(check.details["low"] <= found.loss <= check.details["high"]))
        distrusted.append(float(not check.details["trusted"]))
        fields = {"model": made.name, "window": window.key, "decision": "hold", "reasons": (), "version": 1}
        fields |= {"checks": found.checks, "loss": found.loss, "estimated_loss": found.estimated_loss}
        said.insert(0, MonitorResult.model_validate(fields))
    return fmean(errors), fmean(naive), fmean(covered), fmean(distrusted)


if __name__ == "__main__":
    sys.exit(main())
