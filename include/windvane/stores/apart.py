"""Run one function in a process of its own, within limits: what raises, hangs or eats memory there ends nothing here.

The process is a fork: it has the rows already, so that it costs milliseconds. It takes nothing from outside and is no
box for code that is not trusted; that is `windvane.stores.box`. It uses one thread, since a pool of threads does not
survive a fork.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from windvane.redaction import redacted

_DIES_WITH_PARENT = 1
"""`PR_SET_PDEATHSIG` of Linux's prctl(2)."""
_PIECE = 1 << 16
_MIB = 2**20


class Apart(NamedTuple):
    """What came of it.

    Args:
        value: What the function returned; None where there is a problem.
        problem: Why there is no value; empty where there is one.
        seconds: How long it took.
        processor: Processor seconds that it used.
        megabytes: Most memory that its process had.
    """

    value: Any
    problem: str
    seconds: float
    processor: float
    megabytes: float


def apart(work: Callable[[], Any], seconds: float, memory: int | None = None) -> Apart:
    """Call a function in a forked process, and return what it returned.

    Args:
        work: Returns what JSON can hold.
        seconds: How long it may take.
        memory: MiB that it may take beyond what this process has; None for no limit.
    """
    began = time.monotonic()
    ours, theirs = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads; the fork uses none of them
        child = os.fork()
    if child == 0:
        os.close(ours)
        _work(work, theirs, memory)
    os.close(theirs)
    try:
        said = _heard(ours, began + seconds)
    except BaseException:
        _end(child)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(ours)
    if said is None:
        _end(child)
    _, status, used = os.wait4(child, 0)
    took = time.monotonic() - began
    value, problem = _read(said, status, seconds)
    return Apart(value, problem, took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _work(work: Callable[[], Any], pipe: int, memory: int | None) -> None:
    """Do the work in the forked process, which never returns."""
    answer: dict[str, Any] = {"problem": "its process ended"}
    try:
        os.setsid()  # what it starts itself ends with it
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        with contextlib.suppress(OSError, AttributeError):  # Linux alone has it
            ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        answer = _answered(work, memory)
    except BaseException as error:  # noqa: BLE001 (a fork must not go on as its parent)
        answer = {"problem": f"{type(error).__name__}: {error}"}
    finally:
        with contextlib.suppress(BaseException):
            _tell(pipe, answer)
        os._exit(0)


def _answered(work: Callable[[], Any], memory: int | None) -> dict[str, Any]:
    from threadpoolctl import threadpool_limits

    if memory is not None:
        most = _taken() + memory * _MIB
        with contextlib.suppress(ValueError, OSError):  # macOS accepts no such limit
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        with threadpool_limits(1):
            return {"value": work()}
    except MemoryError:
        return {"problem": f"OutOfMemory: it needs more than {memory:,} MiB" if memory else "OutOfMemory"}
    except Exception as error:  # noqa: BLE001 (whatever a user's code raises)
        return {"problem": f"{type(error).__name__}: {error}"}


def _tell(pipe: int, answer: dict[str, Any]) -> None:
    data = json.dumps(answer).encode()
    while data:
        data = data[os.write(pipe, data) :]


def _heard(pipe: int, until: float) -> bytes | None:
    """Return all that was said until the end; None where it did not come in time."""
    said = b""
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return None
        piece = os.read(pipe, _PIECE)
        if not piece:
            return said
        said += piece


def _end(child: int) -> None:
    """End a process and what it started."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(child, signal.SIGKILL)


def _read(said: bytes | None, status: int, seconds: float) -> tuple[Any, str]:
    if said is None:
        return None, f"it took more than {seconds:g} s, and was ended"
    try:
        answer = json.loads(said)
    except ValueError:
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        why = f" by {signal.Signals(number).name}" if number else ""
        return None, f"its process was ended{why}{', as for want of memory' if number == signal.SIGKILL else ''}"
    return answer.get("value"), redacted(answer.get("problem", ""))


def _taken() -> int:
    """Return the bytes of address space that this process has by now."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def this_process() -> str:
    """Return what names this process: machine, number, and when it began."""
    return f"{os.uname().nodename}:{os.getpid()}:{_began(os.getpid())}"


def is_gone(process: str) -> bool:
    """Return whether a process of this machine has ended; False for those of other machines, of which nobody knows."""
    node, _, rest = process.rpartition(":")[0].rpartition(":")
    if node != os.uname().nodename or not rest.isdigit():
        return False
    return _began(int(rest)) != process.rpartition(":")[2]


def _began(process: int) -> str:
    """Return when a process began, in clock ticks of the machine; empty where there is none."""
    try:
        said = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return "" if Path("/proc").is_dir() else _answers(process)
    state, *rest = said.rpartition(")")[2].split()
    return "" if state == "Z" else rest[18]


def _answers(process: int) -> str:
    """Return `0` for a process that is there, where the system tells no more."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "0"
    return "0"
