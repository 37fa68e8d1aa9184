"""Judge a version on a holdout later in time than its training rows, beside a baseline and the champion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.errors import HoldoutSeen, ScoringFailed, TooFewRows
from windvane.lifecycle.curves import curves
from windvane.lifecycle.fairness import disparity
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.metrics import Array, Measured, Sample, estimate, faults, paired_difference
from windvane.lifecycle.metrics.measure import Cache, measure
from windvane.lifecycle.perturb import part_of, perturbed
from windvane.lifecycle.rows import sample_of
from windvane.lifecycle.slices import slices_of
from windvane.lifecycle.suspects import suspects
from windvane.lifecycle.train import score_rows
from windvane.results import Comparison, Curve, Estimate, Evaluation, Stress, Version
from windvane.spec import Model, Needs

if TYPE_CHECKING:
    import pandas as pd

Own = Mapping[str, Callable[[Array, Array], float]]


@dataclass(frozen=True)
class Contender:
    """A version as it is scored with.

    Args:
        version: The version.
        estimator: Its loaded estimator.
        model: What it was declared as; None: as the spec it is judged by.
        make: Its own resolved `features.make`, where `model` is given.
        until: The moment at or after which no row taught this estimator; None: the version's `trained_until`.
    """

    version: Version
    estimator: Any
    model: Model | None = None
    make: Make | None = None
    until: datetime | None = None

    def features(self, rows: pd.DataFrame, model: Model, make: Make | None) -> pd.DataFrame:
        """Return the features of rows as this version sees them; a spec and its `make` where it has none of its own."""
        return design(rows, self.model, self.make) if self.model else design(rows, model, make)

    def lacks(self, rows: pd.DataFrame) -> list[str]:
        """Return the columns that its own declaration needs and the rows do not have."""
        return [name for name in self.model.features.from_source if name not in rows.columns] if self.model else []


class _Side:
    """One side's scores on the holdout, and what was measured of them."""

    def __init__(self, name: str, sample: Sample, problem: str = "", bridged: bool = True) -> None:
        self.name, self.sample, self.problem, self.bridged = name, sample, problem, bridged
        self._cache, self._measured = Cache(sample), dict[str, Measured]()

    def of(self, metric: str) -> Measured:
        """Measure all rows, once."""
        if metric not in self._measured:
            known = not self.problem
            self._measured[metric] = (
                measure(metric, self.sample, self._cache)
                if known
                else Measured(metric, self.sample, problem=self.problem)
            )
        return self._measured[metric]

    def curves(self) -> tuple[Curve, ...]:
        """Return the curves of all rows."""
        return () if self.problem else curves(self.sample, self.name, self._cache)

    def on(self, rows: Array, metric: str) -> Measured:
        """Measure some rows."""
        part = self.sample.take(rows)
        return Measured(metric, part, problem=self.problem) if self.problem else measure(metric, part)


def evaluate(
    holdout: pd.DataFrame,
    training: pd.DataFrame,
    model: Model,
    make: Make | None,
    challenger: Contender,
    champion: Contender | None,
    own: Own | None = None,
) -> Evaluation:
    """Return metrics with intervals, paired comparisons, slices, and what the gate's rules ask for besides.

    Args:
        holdout: Rows with known outcomes, none of which taught the challenger's or the champion's estimator.
        training: The training rows' target, for the baseline.
        model: The spec.
        make: The resolved `features.make`.
        challenger: The version to judge.
        champion: The version to compare with.
        own: The user's own metrics, by name.

    Raises:
        TooFewRows: When the holdout has fewer than two rows.
        HoldoutSeen: When a holdout row is not later than all that either version was trained on.
        ScoringFailed: When the challenger cannot score the holdout.
    """
    _refuse_seen(holdout, model, [challenger, *([champion] if champion else [])])
    plain = sample_of(holdout, model, own or {})
    features = challenger.features(holdout, model, make)
    sides = [
        _side("own", challenger, features, plain, model),
        _Side("baseline", replace(plain, **baseline_of(outcomes(training, model), plain, model))),
    ]
    if champion:
        sides.append(_champion(champion, holdout, plain, model, make))
    mine, base, *rest = sides
    metrics, names = model.known_metrics, list(model.known_metrics)
    comparisons = [
        paired_difference(metrics[name], mine.of(name), side.of(name), side.name).model_copy(
            update={"bridged": side.bridged}
        )
        for side in sides[1:]
        for name in names
    ]
    needs = model.gate.needs(model.task)
    sliced, found_slices = _sliced(holdout, model, sides, needs)
    found = Evaluation(
        model=model.name,
        version=challenger.version.version,
        snapshot=challenger.version.snapshots[-1],
        holdout_start=challenger.version.trained_until,
        holdout_end=challenger.version.window_end,
        rows=len(holdout),
        metrics=tuple(estimate(mine.of(name)) for name in names),
        baseline=tuple(estimate(base.of(name)) for name in names),
        champion=champion.version.version if champion else None,
        champion_metrics=tuple(estimate(side.of(name)) for side in rest for name in names),
        comparisons=(*comparisons, *sliced),
        slices=found_slices,
        fairness=tuple(disparity(holdout[groups.column], mine.sample, groups) for groups in needs.groups),
        robustness=tuple(_robustness(holdout, model, make, challenger, mine.sample, needs)),
        curves=tuple(curve for side in (mine, *rest) for curve in side.curves()),
        dependence=_dependence(model),
        clusters=min((int(group.max()) + 1 for group in plain.groups), default=None),
        problems=tuple(_problems(mine, model)),
        notes=tuple(side.problem for side in rest if side.problem),
    )
    return found.model_copy(update={"suspects": suspects(features, holdout, model, found)})


def _refuse_seen(holdout: pd.DataFrame, model: Model, contenders: Iterable[Contender]) -> None:
    if len(holdout) < 2:
        cause = f"{model.name}: the holdout has {len(holdout)} rows with outcomes"
        raise TooFewRows(cause, "use a longer window or a larger holdout share")
    first = holdout[model.event_time].min()
    for contender in contenders:
        version = contender.version
        until = contender.until or version.trained_until
        if first < until:
            cause = (
                f"{model.name} v{version.version} was trained until {until:%Y-%m-%d %H:%M} UTC, and "
                f"the holdout begins at {first:%Y-%m-%d %H:%M}: it may have seen these rows"
            )
            raise HoldoutSeen(cause, "judge it on rows later than all it was trained on")


def _side(name: str, contender: Contender, features: pd.DataFrame, plain: Sample, model: Model) -> _Side:
    scores = score_rows(contender.estimator, features, model)
    return _Side(name, replace(plain, scores=scores, classes=_classes(contender.estimator, model)))


def _champion(champion: Contender, holdout: pd.DataFrame, plain: Sample, model: Model, make: Make | None) -> _Side:
    """Score with the champion on the columns it was trained on; where it cannot, comparisons say so."""
    name = f"v{champion.version.version}"
    lacking = champion.lacks(holdout)
    if lacking:
        why = f"champion {name} needs {', '.join(lacking)}, which the spec no longer declares"
        return _Side(name, plain, why, bridged=False)
    features = champion.features(holdout, model, make)
    columns = _columns(champion, features)
    gone = [column for column in columns if column not in features.columns]
    if gone:
        return _Side(name, plain, f"champion {name} needs {', '.join(gone)}, which the spec no longer declares")
    try:
        return _side(name, champion, features[columns], plain, model)
    except ScoringFailed as error:
        return _Side(name, plain, f"champion {name} cannot score these rows: {error.cause}")


def _columns(contender: Contender, features: pd.DataFrame) -> list[str]:
    """Return the columns a version was trained on, in its order where the estimator knows that."""
    known = getattr(contender.estimator, "feature_names_in_", None)
    if known is not None:
        return [str(name) for name in known]
    kept = contender.version.columns
    return [str(name) for name in features.columns if not kept or name in kept] + sorted(
        kept.keys() - {*features.columns}
    )


def _classes(estimator: Any, model: Model) -> tuple[str, ...] | None:
    return tuple(str(label) for label in estimator.classes_) if model.task == "multiclass" else None


def baseline_of(training: Array, plain: Sample, model: Model) -> dict[str, Any]:
    """Return scores that use no feature: the training rows' class shares (smoothed by one row each), or their mean."""
    rows = plain.rows
    if model.task == "regression":
        return {"scores": np.full(rows, float(training.mean()))}
    if model.task == "binary":
        return {"scores": np.full(rows, (float(training.sum()) + 1) / (len(training) + 2))}
    classes, counts = np.unique(training.astype(str), return_counts=True)
    shares = (counts + 1) / (counts.sum() + len(classes))
    return {"scores": np.tile(shares, (rows, 1)), "classes": tuple(str(label) for label in classes)}


def _sliced(
    holdout: pd.DataFrame, model: Model, sides: list[_Side], needs: Needs
) -> tuple[list[Comparison], dict[str, tuple[Estimate, ...]]]:
    """Return comparisons and estimates on each slice that a rule names."""
    comparisons: dict[tuple[str, str, str], Comparison] = {}
    estimates: dict[str, dict[str, Estimate]] = {}
    metrics = model.known_metrics
    for wanted in needs.slices:
        metric = wanted.metric
        others = [side for side in sides[1:] if (side.name == "baseline") == (wanted.against == "baseline")]
        for name, rows in slices_of(holdout, wanted).items():
            mine = sides[0].on(rows, metric)
            estimates.setdefault(name, {})[metric] = estimate(mine)
            for side in others:
                compared = paired_difference(metrics[metric], mine, side.on(rows, metric), side.name, name)
                comparisons[name, metric, side.name] = compared
    return list(comparisons.values()), {name: tuple(found.values()) for name, found in estimates.items()}


def _robustness(
    holdout: pd.DataFrame, model: Model, make: Make | None, challenger: Contender, sample: Sample, needs: Needs
) -> list[Stress]:
    """Compare the version with itself on perturbed inputs."""
    found = []
    rows = part_of(holdout, model) if needs.perturbations else np.arange(0)
    frame, clean = holdout.iloc[rows], sample.take(rows)
    for perturbation in needs.perturbations:
        name = perturbation.metric
        metric = model.known_metrics[name]
        try:
            features = challenger.features(perturbed(frame, perturbation, model), model, make)
            scores = score_rows(challenger.estimator, features, model)
        except ScoringFailed as error:
            unknown = Measured(name, clean, problem=f"the estimator raised: {error.cause}")
            compared = paired_difference(metric, unknown, unknown, "as they are")
        else:
            changed = measure(name, replace(clean, scores=scores))
            compared = paired_difference(metric, changed, measure(name, clean), "as they are")
        found.append(Stress(perturbation=perturbation.label, comparison=compared))
    return found


def _dependence(model: Model) -> str:
    message = [f"rows of one {model.cluster}"] if model.cluster else []
    message += [f"rows within one {model.block}"] if model.block else []
    return " or ".join(message)


def _problems(mine: _Side, model: Model) -> list[str]:
    """Return why this is no evidence, whatever the rules say."""
    found = faults(mine.sample)
    own = sorted(metric.label for metric in model.metrics)
    found += [f"{name}: {mine.of(name).problem}" for name in own if mine.of(name).problem]
    least = model.gate.min_each_class
    if least is not None and model.task != "regression":
        labels, counts = np.unique(mine.sample.target.astype(str), return_counts=True)
        found += [
            f"the holdout has {count:,} outcomes of class {label}, fewer than {least:,} (gate.min_each_class)"
            for label, count in zip(labels, counts, strict=True)
            if count < least
        ]
    return found
