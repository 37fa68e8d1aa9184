"""A window's profile as the monitor keeps it: its columns one by one, and what its rows have to do with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windvane.lifecycle.calendar_columns import calendar_columns, silent_share_of
from windvane.lifecycle.daytime import by_hour
from windvane.lifecycle.links import links
from windvane.lifecycle.order import orders
from windvane.lifecycle.profile import profile_frame
from windvane.lifecycle.sketch import sketch
from windvane.results import Profile
from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def learned(features: pd.DataFrame, times: pd.Series[Any] | None, model: Model, key: str) -> Profile:
    """Return the profile of the rows that a version was trained on.

    Args:
        features: Rows as the estimator sees them, in order of time.
        times: Their event times, where they are known.
        model: The spec.
        key: The version's window.
    """
    profile = profile_frame(features, model, key)
    update: dict[str, Any] = {
        "links": (*links(features, profile.columns), *orders(features, profile.columns)),
        "sketch": sketch(features, profile.columns, learned=True),
    }
    if times is not None:
        update["calendar"] = calendar_columns(features, times)
        update["hours"] = by_hour(features, times, profile.columns, model.timezone)
    return profile.model_copy(update=update)


def watched(
    features: pd.DataFrame, times: pd.Series[Any] | None, model: Model, window: Window, reference: Profile | None
) -> Profile:
    """Return the profile of a window's rows.

    Args:
        features: Rows as the estimator sees them, in order of time.
        times: Their event times.
        model: The spec.
        window: The window.
        reference: The profile of the version that may score it, where there is one.
    """
    profile = profile_frame(features, model, window.key, reference)
    update: dict[str, Any] = {}
    if times is not None and len(times):
        update["silent"] = silent_share_of(times, window)
    if reference is not None:
        known = reference.links
        update["links"] = (*links(features, reference.columns, known), *orders(features, reference.columns, known))
        update["sketch"] = sketch(features, reference.columns)
        if times is not None and reference.hours:
            update["hours"] = by_hour(features, times, reference.columns, model.timezone, reference.hours)
    return profile.model_copy(update=update)
