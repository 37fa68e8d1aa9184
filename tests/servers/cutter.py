"""A bad network in front of PostgreSQL: a TCP proxy whose connections can be cut, all at once and in the middle.

It runs in a process of its own (`python -m tests.servers.cutter PORT`), and keeps its own port while the server behind
it is stopped and started.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Self


class Cutter:
    """The proxy, running while the context lasts.

    Args:
        port: Of the server behind it, on this machine.
    """

    def __init__(self, port: int) -> None:
        self._command = [sys.executable, "-m", "tests.servers.cutter", str(port)]

    def __enter__(self) -> Self:
        root = Path(__file__).resolve().parent.parent.parent
        self._process = subprocess.Popen(self._command, cwd=root, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def cut(self) -> None:
        """Reset every connection that is open."""
        self._process.send_signal(signal.SIGUSR1)


class _Proxy:
    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._cut)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        async with server:
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            _reset(writer)
            return
        both = {writer, inner_writer}
        self._open |= both
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        self._open -= both

    def _cut(self) -> None:
        for writer in list(self._open):
            _reset(writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(_Proxy(int(sys.argv[1])).serve())
