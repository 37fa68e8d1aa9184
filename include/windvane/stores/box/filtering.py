"""What the kernel refuses a process in the box, on Linux: a seccomp filter of the calls that reach beyond it.

The filter is a list of refusals (`EPERM`): to write, make, remove or rename files, to open sockets, to start or trace
processes, to send signals, and to set up what has been a way out of a process before. Reading files is allowed, for
libraries import parts of themselves late. The numbers are those of the kernel's tables `unistd_64.h`.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

_LATER = (424, 425, 426, 427, 428, 429, 430, 431, 432, 434, 438, 442, 452)
"""Calls that have one number on every machine: signals by descriptor, io_uring, mounts of the new kind, fchmodat2."""
_X86 = {
    "signals": (62, 129, 200, 297),
    "sockets": (41, 42, 43, 49, 50, 53, 288),
    "processes": (57, 58, 59, 101, 310, 311, 322),
    "files": (76, 82, 83, 84, 85, 86, 87, 88, 90, 92, 94, 132, 133, 188, 189, 197, 235, 258, 259, 260, 261),
    "files by descriptor": (263, 264, 265, 266, 268, 280, 316),
    "ways out": (155, 156, 161, 165, 166, 167, 169, 175, 246, 248, 249, 250, 272, 298, 303, 304, 308, 313, 320, 321),
    "memory": (323,),
}
_ARM = {
    "signals": (129, 130, 138, 240),
    "sockets": (198, 199, 200, 201, 202, 203, 242),
    "processes": (117, 221, 270, 271, 281),
    "files": (5, 6, 14, 33, 34, 35, 36, 37, 38, 45, 52, 53, 54, 88, 276),
    "ways out": (39, 40, 41, 51, 97, 104, 105, 106, 142, 217, 218, 219, 224, 241, 264, 265, 268, 273, 280, 282, 294),
}
_KINDS = {
    "x86_64": (0xC000003E, 56, 257, 2, _X86),
    "aarch64": (0xC00000B7, 220, 56, None, _ARM),
}
"""A machine's architecture for the kernel, its numbers of clone, openat and open, and what is refused."""
_CLONE3, _OPENAT2 = 435, 437
_WRITES = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_THREAD = 0x00010000
_LOAD, _EQUAL, _ABOVE, _ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_calls() -> bool:
    """Let the kernel refuse this process what reaches beyond it, for good; return whether it does."""
    if sys.platform != "linux" or platform.machine() not in _KINDS:
        return False
    code = program(platform.machine())
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
    held = _Program(len(code) // 8, code)
    if prctl(_NO_NEW_PRIVILEGES, 1, None, 0, 0):
        return False
    return not prctl(_SECCOMP, _FILTER, ctypes.addressof(held), 0, 0)


def program(machine: str) -> bytes:
    """Return the filter as the kernel's small machine takes it: 8 bytes an instruction."""
    arch, clone, openat, opens, refused = _KINDS[machine]
    lines = [_line(_LOAD, _ARCH), _line(_EQUAL, arch, 1, 0), _line(_RETURN, _KILL), _line(_LOAD, _NUMBER)]
    lines += [_line(_ABOVE, _X32, 0, 1), _line(_RETURN, _KILL)]
    lines += _when(_CLONE3, _ENOSYS) + _when(_OPENAT2, _ENOSYS)  # libraries then ask in the older way
    for number in sorted({*_LATER, *(number for group in refused.values() for number in group)}):
        lines += _when(number, _EPERM)
    lines += _unless(clone, 0, _THREAD, wanted=True) + _unless(openat, 2, _WRITES, wanted=False)
    if opens is not None:
        lines += _unless(opens, 1, _WRITES, wanted=False)
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


def _line(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)


def _when(number: int, answer: int) -> list[bytes]:
    return [_line(_EQUAL, number, 0, 1), _line(_RETURN, answer)]


def _unless(number: int, argument: int, bits: int, *, wanted: bool) -> list[bytes]:
    """Refuse a call unless an argument has some of the bits, or has none of them."""
    yes, no = (1, 0) if wanted else (0, 1)
    return [
        _line(_EQUAL, number, 0, 4),
        _line(_LOAD, _ARGUMENTS + 8 * argument),
        _line(_ANY, bits, yes, no),
        _line(_RETURN, _EPERM),
        _line(_RETURN, _ALLOW),
    ]
