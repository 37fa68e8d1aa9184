"""A disk that fails: system calls of a child process are answered with an error of our choice, by the kernel.

The child asks the kernel (seccomp's user notification, Linux 5.0) to stop before each system call that changes files,
and to ask its parent, which lets the call happen or answers with EIO or ENOSPC in its place. That is below everything
that runs in the child: below Python's file objects, below SQLite's own C code, below the C library. Nothing is built
for it, and it needs no privilege.

See `seccomp_unotify(2)` and `seccomp(2)`; numbers of system calls from `asm/unistd_64.h` and `asm-generic/unistd.h`.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import select
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_CALLS = {
    "x86_64": "write=1 pwrite64=18 writev=20 pwritev=296 fsync=74 fdatasync=75 ftruncate=77 fallocate=285 open=2 "
    "openat=257 creat=85 mkdir=83 mkdirat=258 rename=82 renameat=264 renameat2=316 link=86 linkat=265 "
    "unlink=87 unlinkat=263 seccomp=317",
    "aarch64": "write=64 pwrite64=68 writev=66 pwritev=70 fsync=82 fdatasync=83 ftruncate=46 fallocate=47 openat=56 "
    "mkdirat=34 renameat=38 renameat2=276 linkat=37 unlinkat=35 seccomp=277",
}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ON_DESCRIPTORS = ("write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "ftruncate", "fallocate")
_AT = ("openat", "mkdirat", "renameat", "renameat2", "linkat", "unlinkat")
"""Calls whose first argument is a folder's descriptor, and the second a path."""

_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NO_NEW_PRIVILEGES, _SET_FILTER, _NEW_LISTENER = 38, 1, 8
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_QUESTION = struct.Struct("QIIiIQ6Q")
_ANSWER = struct.Struct("QqiI")
_CONTINUE = 1


class Site(NamedTuple):
    """One place at which a file was about to change."""

    call: str
    path: str


@dataclass(frozen=True)
class Fault:
    """Which call fails, and how.

    Args:
        at: The number of the call, from 0; None lets all of them happen.
        error: `errno.EIO`, `errno.ENOSPC`.
        stays: True when all calls after it fail as well, as on a disk that is full.
    """

    at: int | None = None
    error: int = errno.EIO
    stays: bool = False

    def hits(self, number: int) -> bool:
        """True when this call fails."""
        return self.at is not None and (number >= self.at if self.stays else number == self.at)


class FailingDisk:
    """The files below a folder, as a child that calls `enter` meets them.

    Args:
        folder: Calls that concern other files always happen.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())
        machine = platform.machine()
        if platform.system() != "Linux" or machine not in _CALLS:
            raise RuntimeError(
                f"a failing disk needs Linux on {' or '.join(_CALLS)}, not {platform.system()} on {machine}"
            )
        self._numbers = {
            name: int(number) for name, _, number in (pair.partition("=") for pair in _CALLS[machine].split())
        }
        self._seccomp, self._architecture = self._numbers.pop("seccomp"), _ARCHITECTURE[machine]
        self._names = {number: name for name, number in self._numbers.items()}
        self._ours, self._theirs = socket.socketpair()

    def close(self) -> None:
        """Let go of what is open."""
        self._ours.close()
        self._theirs.close()

    def enter(self) -> None:
        """Be watched from now on: called in the child, while it has a single thread."""
        listener = self._listener()
        socket.send_fds(self._theirs, [b"!"], [listener])
        os.close(listener)

    def watch(self, fault: Fault) -> list[Site]:
        """Answer the child's questions until it ends; return every site that it came to, in order."""
        _, (listener,), _, _ = socket.recv_fds(self._ours, 1, 1)
        sites: list[Site] = []
        try:
            poll = select.poll()
            poll.register(listener, select.POLLIN)
            while poll.poll()[0][1] & select.POLLIN:
                self._answer(listener, fault, sites)
        finally:
            os.close(listener)
        return sites

    def _answer(self, listener: int, fault: Fault, sites: list[Site]) -> None:
        question = bytearray(_QUESTION.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, question)
            identity, pid, _, number, _, _, *arguments = _QUESTION.unpack(question)
            site = self._site(pid, self._names[number], arguments)
            error = 0
            if site is not None:
                error = fault.error if fault.hits(len(sites)) else 0
                sites.append(site)
            fcntl.ioctl(listener, _SEND, _ANSWER.pack(identity, 0, -error, 0 if error else _CONTINUE))
        except FileNotFoundError:  # the child was killed while it asked
            return

    def _site(self, pid: int, call: str, arguments: list[int]) -> Site | None:
        """Return the site of a call, or None when it changes nothing below the folder."""
        if call in _ON_DESCRIPTORS:
            path = str(Path(f"/proc/{pid}/fd/{arguments[0]}").readlink())
        else:
            at = call in _AT
            if call in ("open", "openat") and not arguments[2 if at else 1] & os.O_CREAT:
                return None
            with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
                memory.seek(arguments[1 if at else 0])
                path = memory.read(4096).split(b"\0")[0].decode(errors="replace")
        inside = path == self._folder or path.startswith(f"{self._folder}/")
        return Site(call, path.removeprefix(self._folder)) if inside else None

    def _listener(self) -> int:
        library = ctypes.CDLL(None, use_errno=True)
        code = self._filter()
        kept = ctypes.create_string_buffer(code, len(code))
        program = _Program(len(code) // 8, ctypes.addressof(kept))
        if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        found: int = library.syscall(self._seccomp, _SET_FILTER, _NEW_LISTENER, ctypes.byref(program))
        if found < 0:
            raise OSError(ctypes.get_errno(), "seccomp")
        return found

    def _filter(self) -> bytes:
        """Return a program for the kernel: ask about these calls, allow all others."""
        numbers = list(self._numbers.values())
        steps = [
            _step(_LOAD, 4),
            _step(_EQUAL, self._architecture, 1, 0),
            _step(_RETURN, _ALLOW),
            _step(_LOAD, 0),
            *(_step(_EQUAL, number, len(numbers) - index) for index, number in enumerate(numbers)),
            _step(_RETURN, _ALLOW),
            _step(_RETURN, _NOTIFY),
        ]
        return b"".join(steps)


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, when_true, when_false, value)
