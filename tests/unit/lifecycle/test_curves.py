"""Curves: held to scikit-learn's, and their intervals to simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from windvane.lifecycle.curves import curves
from windvane.lifecycle.metrics import Sample
from windvane.results import Curve

Drawn = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def drawn_from(rows: int, seed: int) -> Drawn:
    """Scores that are the probability of the outcome."""
    random = np.random.default_rng(seed)
    scores = random.beta(2, 3, rows).round(3)  # rounded: many rows share a score
    return (random.random(rows) < scores).astype(np.int64), scores


def kind_of(found: tuple[Curve, ...], kind: str) -> Curve:
    return next(curve for curve in found if curve.kind == kind)


@pytest.mark.parametrize("rows", [200, 20_000])
def test_roc_and_precision_over_recall_are_scikit_learns_thinned(rows: int) -> None:
    target, scores = drawn_from(rows, 1)
    found = curves(Sample("binary", target, scores), "own")
    roc, ranked = kind_of(found, "roc"), kind_of(found, "precision_recall")
    assert max(len(roc.points), len(ranked.points)) <= 42

    false, true, _ = roc_curve(target, scores, drop_intermediate=False)
    whole = {(f"{x:.7g}", f"{y:.7g}") for x, y in zip(false, true, strict=True)}
    assert {(f"{point.x:.7g}", f"{point.y:.7g}") for point in roc.points} <= whole
    area = np.trapezoid([point.y for point in roc.points], [point.x for point in roc.points])
    assert area == pytest.approx(roc_auc_score(target, scores), abs=0.004)

    precision, recall, _ = precision_recall_curve(target, scores)
    whole = {(f"{x:.7g}", f"{y:.7g}") for x, y in zip(recall, precision, strict=True)}
    assert {(f"{point.x:.7g}", f"{point.y:.7g}") for point in ranked.points} <= whole
    steps = np.diff([0.0, *(point.x for point in ranked.points)])
    mean = float((steps * [point.y for point in ranked.points]).sum())
    assert mean == pytest.approx(average_precision_score(target, scores), abs=0.02)


def test_weights_count_rows_as_often() -> None:
    target, scores = drawn_from(400, 2)
    often = np.random.default_rng(3).integers(0, 4, 400)
    weighted = curves(Sample("binary", target, scores, weights=often.astype(float)), "own")
    repeated = curves(Sample("binary", target.repeat(often), scores.repeat(often)), "own")
    for kind in ("roc", "precision_recall"):
        one, other = kind_of(weighted, kind).points, kind_of(repeated, kind).points
        assert {(point.x, point.y) for point in one} == {(point.x, point.y) for point in other}


def test_calibration_intervals_hold_the_truth_also_where_rows_depend() -> None:
    """95 % intervals over 300 samples of 10 bins: calibrated scores lie in 93 to 97 %; of clusters of 10, too."""
    inside, naive, bins = 0, 0, 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        scores = np.repeat(random.random(200), 10)
        target = np.repeat(random.random(200), 10) < scores  # all ten rows of a cluster come out alike
        groups = np.repeat(np.arange(200), 10)
        clustered = Sample("binary", target.astype(np.int64), scores, groups=(groups,))
        for sample in (clustered, Sample("binary", clustered.target, scores)):
            for point in kind_of(curves(sample, "own"), "calibration").points:
                assert point.low is not None
                assert point.high is not None
                held = point.low <= point.x <= point.high
                inside, naive = inside + (held and bool(sample.groups)), naive + (held and not sample.groups)
                bins += bool(sample.groups)
    assert 0.93 <= inside / bins <= 0.97
    assert naive / bins < 0.6


def test_intervals_of_means_hold_the_truth_also_where_rows_depend() -> None:
    """Over 200 samples of 10 bins of 100 clusters of 5 rows each, which share their surprise."""
    inside, bins = 0, 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        predicted = np.repeat(random.random(1000), 5)
        target = predicted + np.repeat(random.standard_normal(1000), 5)
        sample = Sample("regression", target, predicted, groups=(np.repeat(np.arange(1000), 5),))
        for point in kind_of(curves(sample, "own"), "calibration").points:
            assert point.low is not None
            assert point.high is not None
            inside, bins = inside + (point.low <= point.x <= point.high), bins + 1
    assert 0.93 <= inside / bins <= 0.97


def test_groups_too_few_for_an_error_have_no_interval() -> None:
    target, scores = drawn_from(400, 6)
    for task in ("binary", "regression"):
        found = curves(Sample(task, target, scores, groups=(np.arange(400) % 9,)), "own")
        assert {point.low for point in kind_of(found, "calibration").points} == {None}


def test_several_classes_and_numbers_have_a_calibration_curve_alone() -> None:
    random = np.random.default_rng(4)
    scores = random.dirichlet((1, 1, 1), 900)
    classes = ("a", "b", "c")
    target = np.array([random.choice(classes, p=row) for row in scores], dtype=object)
    (curve,) = curves(Sample("multiclass", target, scores, classes=classes), "own")
    assert all(abs(point.x - point.y) < 0.12 for point in curve.points), "the chosen label is right as often as said"

    predicted = random.normal(100, 20, 900)
    (curve,) = curves(Sample("regression", predicted + random.normal(0, 5, 900), predicted), "v1")
    assert (curve.of, len(curve.points)) == ("v1", 10)
    assert sum(point.rows or 0 for point in curve.points) == 900
    assert all(abs(point.x - point.y) < 3 for point in curve.points)


def test_what_cannot_be_drawn_is_left_out() -> None:
    target, scores = drawn_from(100, 5)
    assert curves(Sample("binary", target, np.where(scores > 0.5, np.nan, scores)), "own") == ()
    assert [curve.kind for curve in curves(Sample("binary", np.ones(100, dtype=np.int64), scores), "own")] == [
        "calibration"
    ]
    constant = curves(Sample("binary", target, np.full(100, 0.3)), "own")
    assert [(point.x, point.y) for point in kind_of(constant, "roc").points] == [(0.0, 0.0), (1.0, 1.0)]
