"""Metrics with 95 % intervals and paired differences, on rows that may have weights and may depend on each other.

Each metric is a value and the influence of every row on it (Hampel 1974). Intervals, clustered errors and paired
differences all follow from the influences; a user's own metric, which has none, is bootstrapped.
"""

from __future__ import annotations

from windvane.lifecycle.metrics.intervals import estimate
from windvane.lifecycle.metrics.losses import row_losses
from windvane.lifecycle.metrics.measure import Measured, measure
from windvane.lifecycle.metrics.paired import paired_difference
from windvane.lifecycle.metrics.sample import Array, Sample, faults

__all__ = ["Array", "Measured", "Sample", "estimate", "faults", "measure", "paired_difference", "row_losses"]
