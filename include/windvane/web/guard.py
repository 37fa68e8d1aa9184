"""What every answer goes through: headers that keep pages to themselves, a bound on what runs at once, signed forms."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from windvane.errors import FormRefused

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""Nothing inline, nothing from elsewhere, no form to elsewhere, framed by our own origin alone."""

FOREIGN_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""For pages that a library wrote: its scripts run in an origin of their own, and reach neither us nor the network."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}

_AT_ONCE = 8
"""Pages built at once: few enough to leave Airflow's own requests most of the API server's threads."""

_EACH = 6
"""Of these for one session: nobody has all of them. Who has more waits in their own line."""

_WAIT_SECONDS = 10.0
_BODY_SECONDS = 10.0
"""A form is sent within this time; until it is whole, it takes no place."""
_SEND_SECONDS = 30.0
"""Who reads no part of an answer for so long is cut off."""
LONGEST_FORM = 16_384
"""Bytes of a form."""
_TOKEN_SECONDS = 12 * 3600
_SLOW = b"The form did not arrive in time. Send it again.\n"
_LONG = b"The form is longer than any may be.\n"
_BUSY = b"Too many pages are asked for at once. Try again in a few seconds.\n"


class Guard:
    """ASGI middleware: security headers on every answer, and at most a few pages built at once.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._places: asyncio.Semaphore | None = None
        self._own: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say that there is no place."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await asyncio.wait_for(send(message), _SEND_SECONDS)

        try:
            receive = await _whole(receive) if scope["method"] not in ("GET", "HEAD", "OPTIONS") else receive
        except TimeoutError:
            await _refused(guarded, 408, _SLOW)
            return
        except ValueError:
            await _refused(guarded, 413, _LONG)
            return
        self._places = self._places or asyncio.Semaphore(_AT_ONCE)  # belongs to the loop that serves
        own = self._own.setdefault(_session_of(scope), asyncio.Semaphore(_EACH))
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await held.enter_async_context(own)
                    await held.enter_async_context(self._places)
            except TimeoutError:
                await _refused(guarded, 503, _BUSY)
                return
            await self._app(scope, receive, guarded)


def _session_of(scope: Scope) -> str:
    """Return what tells one session from another before it is looked at: its token, else where it comes from.

    Who makes tokens up gets lines of their own; what stands in them is refused as soon as it is looked at.
    """
    headers = Headers(scope=scope)
    tokens = [part for part in headers.get("cookie", "").split("; ") if part.startswith(("_token=", "session="))]
    said = headers.get("authorization", "") + "".join(sorted(tokens))
    return hashlib.sha256((said or str((scope.get("client") or ("",))[0])).encode()).hexdigest()


async def _whole(receive: Receive) -> Receive:
    """Read a request's body; return what gives it again at once.

    Raises:
        TimeoutError: It does not come within `_BODY_SECONDS`.
        ValueError: It is longer than a form may be.
    """
    body = b""
    async with asyncio.timeout(_BODY_SECONDS):
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > LONGEST_FORM:
                raise ValueError("too long")
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                break
    kept: list[Message] = [message if message["type"] == "http.disconnect" else {"type": "http.request", "body": body}]

    async def again() -> Message:
        return kept.pop() if kept else await receive()

    return again


async def _refused(send: Callable[[Message], object], status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"5"), (b"connection", b"close")]
    for message in (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": text},
    ):
        await send(message)  # type: ignore[misc]  # an awaitable, as ASGI has it


def sign(secret: bytes, session: str, subject: str, now: float | None = None) -> str:
    """Return what a form must send back: good for one session and one subject, for half a day.

    Args:
        secret: Known to the server alone.
        session: What the viewer's session is known by.
        subject: What the form does, to what.
        now: The time, in seconds; the clock's when None.
    """
    stamp = f"{int(time.time() if now is None else now):x}"
    said = f"windvane form\x1f{session}\x1f{subject}\x1f{stamp}".encode()
    return f"{stamp}.{hmac.new(secret, said, hashlib.sha256).hexdigest()}"


def refuse_forged(
    request: Request, secret: bytes, session: str, subject: str, token: str, origins: Sequence[str]
) -> None:
    """Refuse a form that another site, another session or another page sent.

    Raises:
        FormRefused: Which of these it is.
    """
    _refuse_foreign(request.headers, str(request.base_url), origins)
    stamp, _, _ = token.partition(".")
    try:
        at = int(stamp, 16)
    except ValueError:
        at = 0
    if not secret or not session or not hmac.compare_digest(sign(secret, session, subject, at), token):
        raise FormRefused("this form is not of your session", "open its page again, and send it from there")
    if not 0 <= time.time() - at < _TOKEN_SECONDS:
        raise FormRefused("this form is too old", "open its page again, and send it from there")


def _refuse_foreign(headers: Headers, base: str, origins: Sequence[str]) -> None:
    """Refuse what a browser says came from elsewhere; a browser always says where a form came from."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    ours = {_origin(base), *(_origin(item) for item in origins)}
    if site is not None and site != "same-origin":
        raise FormRefused(f"this form came from another site ({site})", "open the page itself, and send it from there")
    if origin is None or (site is None and _origin(origin) not in ours):
        raise FormRefused(f"this form came from {origin or 'nowhere'}", "open the page itself, and send it from there")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
