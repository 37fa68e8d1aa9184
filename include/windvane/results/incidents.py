"""Records of incidents: what is wrong with a model's data from one window to another, and who was notified."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from windvane.results.record import Record

NoticeKind = Literal["opened", "recovered"]


class Incident(Record):
    """The windows from a first alert to the first window without one."""

    model: str
    incident: int
    """Its number within the model, from 1."""
    window: str
    """The window it began with."""
    reason: str
    """The first reason of that window's alert."""
    opened_at: datetime
    closed_window: str | None = None
    """The first later window (or the same, looked at again) that was in order."""
    closed_at: datetime | None = None


class Notice(Record):
    """Something to tell people, once for each channel."""

    model: str
    incident: int
    kind: NoticeKind
    window: str
    """The window that opened, or closed, the incident."""
    since: str
    """The window it began with."""
    reason: str
    at: datetime

    @property
    def title(self) -> str:
        """One line: what happened, where."""
        if self.kind == "opened":
            return f"{self.model}: incident {self.incident} in window {self.window}"
        return f"{self.model}: incident {self.incident} is over in window {self.window}"

    @property
    def text(self) -> str:
        """What happened, since when, and what follows."""
        if self.kind == "opened":
            return f"{self.reason}. Nothing is retrained on this window; the champion goes on scoring."
        return f"It began in window {self.since}: {self.reason}."
