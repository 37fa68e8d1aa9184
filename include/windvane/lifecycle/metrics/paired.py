"""Paired differences of a metric: two sets of scores on the same rows."""

from __future__ import annotations

import numpy as np

from windvane.lifecycle.metrics.errors import joint, too_few_groups
from windvane.lifecycle.metrics.measure import Measured
from windvane.results import Comparison
from windvane.spec import Metric


def paired_difference(metric: Metric, own: Measured, other: Measured, name: str, part: str | None = None) -> Comparison:
    """Return the difference `own - other`, signed so that negative is better, with its error.

    The error comes from the rows' two influences, subtracted: for a mean this is the paired t-test, for the AUC the
    covariance of DeLong et al. 1988. It respects weights, and groups of rows that depend on each other.

    Args:
        metric: What the metric's name means.
        own: The version's.
        other: The other side's, on the same rows.
        name: What the other side is called.
        part: The slice the rows are of.
    """
    sample, rows = own.sample, own.sample.rows
    problem = own.problem or other.problem or too_few_groups(sample)
    if own.value is None or other.value is None or problem:
        return Comparison(
            metric=metric.name, other=name, difference=None, std_error=None, rows=rows, slice=part, problem=problem
        )
    sign = -1.0 if metric.greater_is_better else 1.0
    difference = sign * (own.value - other.value)
    if own.influence is None or other.influence is None:
        return _drawn(metric.name, own, other, name, part, difference, sign)
    influence = sign * (own.influence - other.influence)
    error, value_error, covariance = joint(influence, other.influence, sample)
    return Comparison(
        metric=metric.name,
        other=name,
        difference=difference,
        std_error=float(np.sqrt(error.variance)),
        rows=rows,
        slice=part,
        degrees=error.degrees,
        value=other.value,
        value_error=float(np.sqrt(value_error.variance)),
        covariance=covariance,
        skew=error.skew,
    )


def _drawn(
    metric: str, own: Measured, other: Measured, name: str, part: str | None, difference: float, sign: float
) -> Comparison:
    """From bootstrap replicates on the same draws."""
    assert own.draws is not None and other.draws is not None
    both = np.isfinite(own.draws) & np.isfinite(other.draws)
    rows = own.sample.rows
    if both.sum() < 0.9 * len(both):
        message = f"{int((~both).sum())} of {len(both)} bootstrap replicates have no value"
        return Comparison(
            metric=metric, other=name, difference=difference, std_error=None, rows=rows, slice=part, problem=message
        )
    differences, values = sign * (own.draws - other.draws)[both], other.draws[both]
    groups = [float(group.max()) for group in own.sample.groups]
    return Comparison(
        metric=metric,
        other=name,
        difference=difference,
        std_error=float(differences.std(ddof=1)),
        rows=rows,
        slice=part,
        degrees=min(groups, default=rows - 1.0),
        value=other.value,
        value_error=float(values.std(ddof=1)),
        covariance=float(np.cov(differences, values)[0, 1]),
    )
