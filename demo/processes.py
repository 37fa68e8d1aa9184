"""Starts programs in sessions of their own, and stops each with every child it left behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

_TAIL_LINES = 30
_KILL_SECONDS = 5.0
_AGE_SLACK_SECONDS = 1.0


@dataclass(frozen=True)
class Session:
    """A started program: the leader of a session, in which all its children stay."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> Session:
        """Start a program whose output goes to ``log``, detached from the terminal's Ctrl-C."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(name, process, log)

    def members(self) -> list[psutil.Process]:
        """Return the processes of the session that still run."""
        return _members(self.process.pid)


def tail(log: Path) -> str:
    """Return the last lines of a log, with its path, for an error message."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"The end of {log}:", *lines[-_TAIL_LINES:]])


def stop(sessions: Sequence[Session], *, grace: float) -> None:
    """Ask the first leader to end, then all others; after ``grace`` seconds each time, end what is left.

    Ctrl-C is held back meanwhile: the second of two impatient ones must not leave half of it running.
    """
    with _handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), signal.SIG_IGN):
        for together in (sessions[:1], sessions[1:]):
            deadline = time.monotonic() + grace
            for session in together:
                if session.process.poll() is None:
                    session.process.terminate()
            for session in together:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    session.process.wait(max(0.0, deadline - time.monotonic()))
                _kill(session.members())
                session.process.wait()


def record(file: Path, sessions: Sequence[Session]) -> None:
    """Write down which sessions run, for ``stop_recorded`` after this process was killed."""
    born = {str(one.process.pid): psutil.Process(one.process.pid).create_time() for one in sessions}
    file.write_text(json.dumps(born), encoding="utf-8")


def stop_recorded(file: Path) -> None:
    """End what a killed process recorded and left running; another process with such a number is let be."""
    if not file.exists():
        return
    born: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    for pid, since in born.items():
        _kill([process for process in _members(int(pid)) if _started(process, since)])
    file.unlink()


@contextlib.contextmanager
def locked(file: Path) -> Iterator[bool]:
    """Hold a lock that ends with this process; yields False when another process holds it."""
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def exit_on_signals() -> Iterator[None]:
    """Turn the first SIGTERM or SIGHUP into SystemExit, so that ``finally`` and ``with`` blocks run, undisturbed."""
    numbers = (signal.SIGTERM, signal.SIGHUP)

    def leave(number: int, _: FrameType | None) -> NoReturn:
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)
        raise SystemExit(128 + number)

    with _handling(numbers, leave):
        yield


@contextlib.contextmanager
def _handling(
    numbers: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], None] | signal.Handlers
) -> Iterator[None]:
    """Handle signals so inside the block; does nothing outside the main thread, which alone may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _members(leader: int) -> list[psutil.Process]:
    """Return the living processes of a session; a task makes a process group of its own, but no session."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=_KILL_SECONDS)


def _started(process: psutil.Process, earliest: float) -> bool:
    """Whether a process began when a recorded session ran, and is not another that got its number since."""
    with contextlib.suppress(psutil.Error):
        return process.create_time() >= earliest - _AGE_SLACK_SECONDS
    return False
