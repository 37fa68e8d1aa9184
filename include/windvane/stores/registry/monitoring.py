"""What the monitor concluded, and what follows: retrains, incidents, and who was notified."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from windvane.results import (
    Incident,
    MonitorResult,
    Notice,
    RetrainRequest,
    Run,
)


class Monitoring(Protocol):
    """What the monitor concluded, and what follows: retrains, incidents, and who was notified."""

    def add(
        self,
        result: MonitorResult,
        request: RetrainRequest | None,
        run: Run,
        *,
        cooldown_since: datetime | None = None,
        daily_cap: int | None = None,
    ) -> MonitorResult:
        """Record what the monitor concluded together with the retrain it asks for, in one transaction.

        The same window, version and evidence again return what is recorded, and ask for nothing.

        Args:
            result: The conclusion.
            request: The retrain it asks for.
            run: Who monitors.
            cooldown_since: No second retrain is asked for while another one concerns a window that starts at this
                moment or later; the conclusion is then `hold`, and says so.
            daily_cap: Nor when as many were asked for in the last 24 hours.
        """
        ...

    def results(self, model: str, window_key: str | None = None, limit: int | None = None) -> list[MonitorResult]:
        """Return the latest conclusion of each window, the newest window first."""
        ...

    def ask(self, model: str, request: RetrainRequest, run: Run) -> None:
        """Put a request for a retrain into the outbox, unless it is there."""
        ...

    def add_report(self, model: str, window_key: str, digest: str, run: Run) -> None:
        """Note which artifact is a window's last report."""
        ...

    def add_replay(self, model: str, digest: str, run: Run) -> None:
        """Note which artifact is a model's last replay, or raise `UnknownModel`."""
        ...

    def reports(self, model: str, window_key: str | None = None) -> dict[str, str]:
        """Return window to digest of its last report, of one window or of all."""
        ...

    def requests(self, model: str, pending_only: bool = False) -> list[RetrainRequest]:
        """Return the retrains asked for, the oldest first."""
        ...

    def mark_started(self, request_id: str, run: Run) -> None:
        """Note that a run answers a request, or raise `UnknownRequest`."""
        ...

    def incidents(self, model: str, open_only: bool = False, limit: int | None = None) -> list[Incident]:
        """Return the incidents, the newest first. `add_monitoring` opens and closes them."""
        ...

    def notices(self, model: str, channel: str, since: datetime) -> list[Notice]:
        """Return what a channel has not notified people of yet, the oldest incident first.

        Args:
            model: The model.
            channel: Name of the way in which people are notified.
            since: What happened earlier is not reported any more.
        """
        ...

    def mark_notified(self, notice: Notice, channel: str, run: Run) -> None:
        """Note that a channel notified people, or raise `UnknownIncident`."""
        ...
