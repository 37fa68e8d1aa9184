"""Which version scores, and scored: the pointer, its promotions, and what is eligible."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from windvane.results import (
    Champion,
    Promotion,
    Run,
    Version,
)
from windvane.results.lineup import Lineup, Outcome


class Champions(Protocol):
    """Which version scores, and scored: the pointer, its promotions, and what is eligible."""

    def current(self, model: str, as_of: datetime | None = None) -> Champion | None:
        """Return where the pointer stands, or stood at a moment."""
        ...

    def at(self, model: str, moment: datetime) -> Champion | None:
        """Return the version of the newest window that had ended by a moment, of those that are eligible.

        With the start of a window: the one that may score it, since it has seen none of the window's rows. Let through
        are versions that were promoted, and those that passed their gate when a newer window had its champion already;
        so the answer does not depend on the order in which windows were trained. What a person rolled back does not
        count, until a person promotes it again.
        """
        ...

    def lineup(self, model: str, arriving: int) -> Lineup:
        """Return everything that decides who is eligible and who is champion, with a version that arrives."""
        ...

    def settle(self, seen: Lineup, arriving: int, found: Outcome, run: Run, reason: str) -> Version:
        """Write what a line-up came to, by compare-and-swap on the whole of it.

        Args:
            seen: The line-up that was looked at.
            arriving: The version that arrives.
            found: What it came to.
            run: Who asks.
            reason: Why the version that arrives is decided so.

        Returns:
            The version that arrived, in its new state.

        Raises:
            StaleChampion: The line-up is another one by now; nothing was changed.
            AutomationPaused: A version would become eligible, a person paused the model, and automation asks.
            RolledBack: A person rolled back the version that arrives, or one of its window or a later one.
        """
        ...

    def first(self, model: str) -> Champion | None:
        """Return the first champion there ever was."""
        ...

    def promotions(self, model: str, limit: int | None = None, offset: int = 0) -> list[Promotion]:
        """Return the promotions and rollbacks, the newest first."""
        ...

    def promote(self, model: str, number: int, expected_epoch: int, run: Run, reason: str) -> Champion:
        """Make a version the champion, by compare-and-swap on the epoch.

        A version that is the champion now, or that this very promotion made champion before, is left as it is. A
        question about it that is open is answered with it: by the person who promotes it; else it is void.

        Args:
            model: The model.
            number: The version.
            expected_epoch: The epoch the decision looked at; 0 means that there was no champion.
            run: Who asks. `cli:` and `airflow:` actors are people; all others are automation.
            reason: Why.

        Raises:
            IllegalMove: The version was never evaluated; or it was rejected, and no person with a reason asks.
            StaleChampion: The pointer has moved since.
            OlderWindow: The champion's window ends later than the version's.
            AutomationPaused: A person paused the model's automation, and automation asks.
            RolledBack: A person rolled it, or a version of the same or a later window, back; automation may go on
                with newer windows only.
        """
        ...

    def mark_eligible(self, model: str, number: int, run: Run, reason: str) -> Version:
        """Let a version through late: it passed, but a newer window has its champion already. The pointer stays.

        A version that is eligible already is left as it is.

        Raises:
            IllegalMove: The version was never evaluated, or it was rejected, and no person with a reason asks.
            StaleChampion: The champion is of no newer window (any more): promote it.
            AutomationPaused: A person paused the model's automation, and automation asks.
            RolledBack: A person rolled this version, or its window, back.
        """
        ...

    def rollback(self, model: str, number: int, run: Run, reason: str, expected_epoch: int | None = None) -> Champion:
        """Move the pointer back to a version that was champion before; the same run again changes nothing.

        Args:
            model: The model.
            number: The version.
            run: Who asks.
            reason: Why.
            expected_epoch: The epoch that the person looked at; None goes back from wherever the pointer stands.

        Raises:
            IllegalMove: No reason, no person, the version was never champion, or it is the champion now.
            StaleChampion: The pointer has moved since.
        """
        ...
