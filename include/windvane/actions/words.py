"""What each action will change, said before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windvane.actions.situation import State


def scores_from(state: State) -> str:
    """Say which version scores afterwards, and which one does now."""
    found = state.version
    chosen = f"version {found.version} (window {found.window})" if found and state.named else "the version you choose"
    return f"Scores from the next run on come from {chosen}; {_now(state)}."


def goes_back(state: State) -> str:
    """Say that nothing automatic undoes a rollback."""
    kept = "No automatic run promotes what you roll back from, until a newer window's version wins."
    return f"{scores_from(state)} {kept}"


def rejected(state: State) -> str:
    """Say who goes on scoring."""
    found = state.version
    stays = f"version {state.champion} goes on scoring" if state.champion else "no version scores"
    return f"Version {found.version if found else ''} is rejected, and {stays}."


def withdrawn(state: State) -> str:
    """Say who scores all rows again."""
    return f"The promotion in stages ends. Version {state.champion} scores every row again from the next run on."


def always(text: str) -> Callable[[State], str]:
    """Return what says the same, whatever the model's state."""
    return lambda _: text


def _now(state: State) -> str:
    if state.champion is None or state.since is None:
        return "no version scores now"
    return f"since {_day(state.since)} they came from version {state.champion}"


def _day(at: datetime) -> str:
    return f"{at:%B} {at.day}, {at.year}"
