"""What must still be as a page showed it when the person's form comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.errors import IllegalMove, StaleChampion

if TYPE_CHECKING:
    from windvane.actions.situation import State

_LOOK = "look at the model again, then decide"


def same_champion(state: State) -> None:
    """Refuse when the champion changed meanwhile.

    Raises:
        StaleChampion: It did.
    """
    if state.seen == state.epoch:
        return
    was, now = _label(state.epochs.get(state.seen or 0)), _label(state.champion)
    changed = f"{was} to {now}, epoch {state.seen} to {state.epoch}"
    cause = f"{state.model}: the champion changed while you decided ({changed})"
    raise StaleChampion(cause, f"nothing was changed; {_LOOK}")


def still_waits(state: State) -> None:
    """Refuse an answer about a version that waits for nobody.

    Raises:
        IllegalMove: Somebody answered meanwhile.
    """
    if state.version is not None and not state.waits:
        cause = f"{state.model} v{state.version.version} is {state.version.state}, and waits for nobody"
        raise IllegalMove(cause, "look at its page again: somebody else may have answered")


def still_running(state: State) -> None:
    """Refuse to pause what somebody paused meanwhile.

    Raises:
        IllegalMove: They did.
    """
    if state.pause is not None:
        cause = f"{state.model}: automation is paused already, by {state.pause.actor}: {state.pause.reason}"
        raise IllegalMove(cause, _LOOK)


def still_paused(state: State) -> None:
    """Refuse to resume what is not paused.

    Raises:
        IllegalMove: It is not.
    """
    if state.pause is None:
        raise IllegalMove(f"{state.model}: automation is not paused", _LOOK)


def _label(version: int | None) -> str:
    return f"v{version}" if version else "none"
