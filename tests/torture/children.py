"""Children of one warm process: everything is imported before the fork, so that a kill lands in what they do."""

from __future__ import annotations

import json
import os
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from windvane.errors import WindvaneError

_BEGUN = b"!"


@dataclass(frozen=True)
class Reply:
    """How a child ended.

    Args:
        value: What its work returned, as JSON brings it back; None when it did not come to that.
        error: The name of the error it ended with.
        named: True when that error is one of Windvane's own.
        text: The error's own words; with the traceback when it is none of ours.
        signal: The signal it died of.
    """

    value: Any = None
    error: str | None = None
    named: bool = False
    text: str = ""
    signal: int | None = None

    @property
    def done(self) -> bool:
        """True when the work came to its end."""
        return self.error is None and self.signal is None


class Child:
    """A forked process that does one thing and tells how it went.

    Args:
        work: What it does; its value must be JSON-able.
        before: What it does before it counts as begun.
    """

    def __init__(self, work: Callable[[], Any], before: Callable[[], None] | None = None) -> None:
        self._pipe, inner = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            _work(work, before, inner)
        os.close(inner)

    def begun(self) -> None:
        """Wait until the work begins."""
        first = os.read(self._pipe, 1)
        assert first in (_BEGUN, b""), first

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; a child that has ended, and is not waited for yet, does not mind."""
        os.kill(self.pid, number)

    def reply(self, patience: float = 120.0) -> Reply:
        """Wait for the end.

        Raises:
            TimeoutError: It did not come; the child is killed.
        """
        try:
            text = self._read(time.monotonic() + patience)
        finally:
            os.close(self._pipe)
            _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            return Reply(signal=os.WTERMSIG(status))
        return Reply(**json.loads(text.lstrip(_BEGUN)))

    def _read(self, deadline: float) -> bytes:
        parts: list[bytes] = []
        while True:
            ready, _, _ = select.select([self._pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self.kill()
                raise TimeoutError(f"child {self.pid} did not end in time")
            part = os.read(self._pipe, 65536)
            if not part:
                return b"".join(parts)
            parts.append(part)


def _work(work: Callable[[], Any], before: Callable[[], None] | None, pipe: int) -> None:
    """Be the child; never return."""
    # Great Expectations' progress bars have a lock that forks share: a sibling that was killed would keep it.
    import_module("tqdm").tqdm.set_lock(threading.RLock())
    try:
        if before is not None:
            before()
        os.write(pipe, _BEGUN)
        message: dict[str, Any] = {"value": work()}
    except WindvaneError as error:
        message = {"error": error.name, "named": True, "text": str(error)}
    except BaseException as error:  # noqa: BLE001 (whatever it is, the parent judges it)
        message = {"error": type(error).__name__, "text": traceback.format_exc(limit=-8)[-8000:]}
    os.write(pipe, json.dumps(message).encode())
    os._exit(0)


def at_once(works: list[Callable[[], Any]], patience: float = 600.0) -> list[Reply]:
    """Do several things at once, each in a child of its own."""
    children = [Child(work) for work in works]
    return [child.reply(patience) for child in children]
