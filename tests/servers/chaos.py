"""A bad network in front of an S3 server: an HTTP proxy that spoils the requests it is told to.

It runs in a process of its own (`python -m tests.servers.chaos UPSTREAM`), passes everything on until it is given a
`Plan`, and then spoils as many requests as the plan says.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self, get_args
from urllib.parse import urlsplit

Kind = Literal[
    "error",  # an error answer in place of the work
    "error after",  # the work is done, and an error answered
    "busy",  # 503 SlowDown
    "reset",  # the connection is reset in place of the work
    "reset after",  # the work is done, the connection is reset in place of the answer
    "truncated",  # the answer ends in the middle of its body
    "shortened",  # the answer is shorter than the object, and says so
    "flipped",  # one byte of the answer's body is another
    "upload flipped",  # one byte of the request's body is another
    "slow",  # the answer comes in pieces
    "silent",  # no answer comes for longer than the client waits
    "etag",  # the answer has another ETag
    "expired",  # 403 ExpiredToken
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_CONTROL = "/__plan__"
_CODES = {"error": (500, "InternalError"), "error after": (500, "InternalError"), "busy": (503, "SlowDown")}
_CODES["expired"] = (403, "ExpiredToken")
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Plan:
    """What to spoil.

    Args:
        kind: How; None spoils nothing.
        skip: So many requests are passed on first.
        times: So many are spoilt then; a negative number spoils all.
        silence: How long "silent" is, in seconds.
        seed: Of where a body is cut or changed.
    """

    kind: Kind | None = None
    skip: int = 0
    times: int = 1
    silence: float = 1.0
    seed: int = 0


class Chaos:
    """The proxy, running while the context lasts.

    Args:
        upstream: URL of the server behind it.
    """

    def __init__(self, upstream: str) -> None:
        self._command = [sys.executable, "-m", "tests.servers.chaos", upstream]

    def __enter__(self) -> Self:
        root = Path(__file__).resolve().parent.parent.parent
        self._process = subprocess.Popen(self._command, cwd=root, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.endpoint = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def follow(self, plan: Plan) -> int:
        """Spoil by this plan from now on; return how many requests the plan before it spoilt."""
        request = urllib.request.Request(self.endpoint + _CONTROL, json.dumps(asdict(plan)).encode(), method="PUT")  # noqa: S310 (our own)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 (our own)
            return int(answer.read())


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True
    plan, seen, spoilt = Plan(), 0, 0

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc

    def next_kind(self) -> tuple[Kind | None, random.Random]:
        """Return how to spoil the request that comes now."""
        plan, number = self.plan, self.seen
        self.seen += 1
        hit = plan.kind is not None and number >= plan.skip and (plan.times < 0 or number < plan.skip + plan.times)
        self.spoilt += hit
        return (plan.kind if hit else None), random.Random(f"{plan.seed}:{number}")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Say nothing."""

    def _any(self) -> None:
        body = self._body()
        if self.path == _CONTROL:
            self._follow(body)
            return
        kind, chance = self.server.next_kind()
        if kind == "reset":
            self._reset()
            return
        if kind in ("error", "busy", "expired"):
            self._refuse(kind)
            return
        if kind == "upload flipped":
            body = _flipped(body, chance)
        status, headers, answer = self._forwarded(body)
        if kind == "reset after":
            self._reset()
        elif kind == "error after":
            self._refuse(kind)
        else:
            self._answer(status, headers, answer, kind, chance)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _any  # noqa: N815 (the base class's names)

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _follow(self, body: bytes) -> None:
        server, spoilt = self.server, str(self.server.spoilt).encode()
        server.plan, server.seen, server.spoilt = Plan(**json.loads(body)), 0, 0
        self._send(200, [], spoilt)

    def _forwarded(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("connection", "expect"):
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
            if self.command == "HEAD":
                headers.append(("Content-Length", answer.headers.get("Content-Length", "0")))
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def _answer(
        self, status: int, headers: list[tuple[str, str]], body: bytes, kind: Kind | None, chance: random.Random
    ) -> None:
        if kind == "silent":
            time.sleep(self.server.plan.silence)
        if kind == "etag":
            headers = [
                (name, '"0123456789abcdef0123456789abcdef"' if name.lower() == "etag" else value)
                for name, value in headers
            ]
        if kind == "flipped":
            body = _flipped(body, chance)
        if kind == "shortened" and body:
            body = body[: chance.randrange(len(body))]
        self._send(status, headers, body, kind, chance)

    def _send(
        self,
        status: int,
        headers: list[tuple[str, str]],
        body: bytes,
        kind: Kind | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if kind == "truncated" and chance is not None:
            self.wfile.write(body[: chance.randrange(len(body) or 1)])
            self._reset()
        elif kind == "slow":
            for at in range(0, len(body), max(1, len(body) // 5)):
                self.wfile.write(body[at : at + max(1, len(body) // 5)])
                time.sleep(0.02)
        else:
            self.wfile.write(body)

    def _refuse(self, kind: Kind) -> None:
        status, code = _CODES[kind]
        text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>spoilt</Message></Error>"
        self._send(status, [("Content-Type", "application/xml")], text.encode())

    def _reset(self) -> None:
        """End the connection by a reset, not by an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _flipped(body: bytes, chance: random.Random) -> bytes:
    if not body:
        return body
    changed = bytearray(body)
    changed[chance.randrange(len(changed))] ^= chance.randrange(1, 256)
    return bytes(changed)


if __name__ == "__main__":
    proxy = _Proxy(sys.argv[1])
    print(f"http://127.0.0.1:{proxy.server_address[1]}", flush=True)
    proxy.serve_forever()
