"""A proxy before an S3 server that spoils the answers it is told to, one at a time."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self
from urllib.parse import urlsplit

Fault = Literal["none", "error", "reset", "lost", "short", "other", "slow", "tag", "expired", "denied"]
FAULTS: tuple[Fault, ...] = ("error", "reset", "lost", "short", "other", "slow", "tag", "expired")
"""What a store may do and mend: answer 503; cut the connection before, or after, the request was done; send half a
body, or another; say nothing for `SILENCE` seconds; tell a wrong ETag; tell that the credentials have expired."""

SILENCE = 1.0
_EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that lost patience and went away."""


class S3Proxy:
    """What stands before the server.

    Args:
        endpoint: Where the server is.
        choose: Called with the method and the path of each request; returns the fault it meets.
    """

    def __init__(self, endpoint: str, choose: Callable[[str, str], Fault]) -> None:
        upstream = urlsplit(endpoint)
        assert upstream.hostname is not None
        assert upstream.port is not None
        self.upstream = upstream.hostname, upstream.port
        self.choose = choose
        self.met: list[tuple[Fault, str, str]] = []
        """Every request, in the order in which they came: fault, method, path."""
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: S3Proxy
    protocol_version = "HTTP/1.1"

    def do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.proxy.choose(self.command, self.path)
        self.proxy.met.append((fault, self.command, self.path))
        if fault == "reset":
            self._cut()
        elif fault == "error":
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>", [])
        elif fault in ("expired", "denied"):
            self._answer(403, _EXPIRED if fault == "expired" else _DENIED, [])
        else:
            self._forward(body, fault)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do  # noqa: N815  # http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        pass

    def _forward(self, body: bytes, fault: Fault) -> None:
        upstream = http.client.HTTPConnection(*self.proxy.upstream, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            content, head = answer.read(), answer.getheaders()
        finally:
            upstream.close()
        if fault == "lost":
            self._cut()
            return
        if fault == "slow":
            time.sleep(SILENCE)
        if fault == "tag":
            head = [(name, '"' + "0" * 32 + '"' if name.lower() == "etag" else value) for name, value in head]
        if fault == "other":
            content = bytes(byte ^ 1 for byte in content)
        self._answer(answer.status, content, head, cut=fault == "short")

    def _answer(self, status: int, content: bytes, head: list[tuple[str, str]], cut: bool = False) -> None:
        self.send_response_only(status)
        length = next((value for name, value in head if name.lower() == "content-length"), str(len(content)))
        for name, value in head:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self._cut()

    def _cut(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


@contextmanager
def s3_proxy(endpoint: str, *faults: Fault) -> Iterator[S3Proxy]:
    """Run a proxy whose first requests meet these faults in turn, and whose later ones meet none."""
    waiting = iter(faults)
    with S3Proxy(endpoint, lambda _method, _path: next(waiting, "none")) as proxy:
        yield proxy
