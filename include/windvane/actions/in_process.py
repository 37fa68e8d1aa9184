"""Where an action is carried out without Airflow: in the process that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windvane.actions.situation import Doing, Outcome

Saying = Callable[[], AbstractContextManager[Callable[[str], None] | None]]


@dataclass(frozen=True)
class InProcess:
    """This process.

    Args:
        progress: Gives what takes a message for the person who watches.
    """

    progress: Saying = nullcontext

    def train(self, doing: Doing) -> Outcome:
        """Run the whole training here."""
        from windvane.actions.calls import trained
        from windvane.pipeline import runner

        window = doing.spec.cadence.window(doing.given.window)
        with self.progress() as say:
            return trained(runner.run_train(doing.spec, window, doing.stores, doing.run, say))

    def answer(self, *_: object) -> None:
        """Hand it to no run: the answer is carried out here, and a run that waits for it then follows it."""
