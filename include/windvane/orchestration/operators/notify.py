"""Telling people: Airflow's notifiers (SMTP, Slack, a webhook, your own) hear of each incident once."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from windvane.orchestration.base import WindvaneOperator, Work

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier, Context

    from windvane.results import Notice

_PATIENCE = 60.0


class NotifyOperator(WindvaneOperator):
    """Report incidents that opened or ended and that a channel has not reported yet. XCom: `message` (their titles).

    A notifier's templates find the notice as `windvane`: `windvane.title`, `.text`, `.kind` (`opened` or
    `recovered`), `.model`, `.window`, `.since`, `.incident`, `.reason`. What a notifier reported is noted in the
    registry, so that no retry and no later window reports it again. A notifier that raises, or takes too long, is a
    warning in the log; it is tried again with the next window. It never fails the run.

    Args:
        notifiers: The channels.
        patience: Seconds that a notifier may take.
        kwargs: See `WindvaneOperator`.
    """

    ui_color = "#fee2e2"

    def __init__(self, *, notifiers: Sequence[BaseNotifier], patience: float = _PATIENCE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.notifiers = list(notifiers)
        self.patience = patience

    def step(self, work: Work) -> dict[str, Any]:
        """Report, and note what was reported."""
        from windvane import steps

        message = []
        for channel, notifier in channels(self.notifiers):
            for notice in steps.notices(work.model, channel, work.stores, work.run):
                problem = tell(notifier, notice, work.context, self.patience)
                if problem:
                    self.log.warning("%s did not tell: %s: %s", channel, notice.title, problem)
                    break  # the next one would wait as long
                steps.message(notice, channel, work.stores, work.run)
                self.log.info("%s notified: %s", channel, notice.title)
                message.append(notice.title)
        return {"message": message}


def channels(notifiers: Sequence[BaseNotifier]) -> list[tuple[str, BaseNotifier]]:
    """Return each notifier under the name that its notices are noted by: its class, numbered where it is not alone."""
    names = [type(notifier).__name__[:100] for notifier in notifiers]
    return [
        (f"{name}:{names[: index + 1].count(name)}" if names.count(name) > 1 else name, notifier)
        for index, (name, notifier) in enumerate(zip(names, notifiers, strict=True))
    ]


def tell(notifier: BaseNotifier, notice: Notice, context: Context, patience: float) -> str | None:
    """Let a notifier tell a notice; return what went wrong.

    It works in a thread of its own: one that hangs would take the task's time, and the alarm that ends a task is not
    to be lent out.
    """
    problem = [f"it took longer than {patience:g} seconds"]

    def attempt() -> None:
        try:
            once = copy.copy(notifier)  # rendering replaces a notifier's templates by their text
            said: Any = {**context, "windvane": {**notice.model_dump(), "title": notice.title, "text": notice.text}}
            once.render_template_fields(said)
            once.notify(said)
            problem.clear()
        except Exception as error:  # noqa: BLE001 (a notifier may raise anything)
            problem[:] = [f"{type(error).__name__}: {error}"]

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(patience)
    return problem[0] if problem else None
