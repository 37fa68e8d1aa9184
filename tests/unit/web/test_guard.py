"""The door of all pages: a place is taken once a body is whole, and nobody has all of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from windvane.web import guard


class Door:
    """The guard before an app that answers 200 with what it was sent."""

    def __init__(self) -> None:
        self.served = 0
        self.guarded = guard.Guard(self.app)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.served += 1
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": message.get("body", b"")})

    async def ask(self, method: str, *parts: bytes, ends: bool = True) -> tuple[int, bytes]:
        waiting = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        if ends:
            waiting.append({"type": "http.request", "body": b"", "more_body": False})
        sent: list[Any] = []

        async def receive() -> Any:
            return waiting.pop(0) if waiting else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await self.guarded({"type": "http", "method": method, "path": "/", "headers": []}, receive, send)
        return sent[0]["status"], sent[1]["body"]


def test_forms_that_never_end_take_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_BODY_SECONDS", 0.2)
    door = Door()

    async def story() -> list[tuple[int, bytes]]:
        hanging = [asyncio.create_task(door.ask("POST", b"a=1", ends=False)) for _ in range(40)]
        await asyncio.sleep(0.02)
        seen = await asyncio.wait_for(door.ask("GET"), 0.1)
        return [seen, *(await asyncio.gather(*hanging))]

    seen, *hung = asyncio.run(story())
    assert seen[0] == 200
    assert {status for status, _ in hung} == {408}
    assert door.served == 1


def test_a_form_arrives_whole_and_a_long_one_does_not() -> None:
    door = Door()
    assert asyncio.run(door.ask("POST", b"a=1", b"&b=2")) == (200, b"a=1&b=2")
    assert asyncio.run(door.ask("POST", *[b"x" * 1000] * 17))[0] == 413


def test_who_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_SEND_SECONDS", 0.05)
    door = Door()

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def story() -> tuple[int, bytes]:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await asyncio.gather(*(door.guarded(scope, receive, send) for _ in range(8)), return_exceptions=True)
        return await asyncio.wait_for(door.ask("GET"), 1)

    assert asyncio.run(story())[0] == 200


def test_one_session_never_has_all_places() -> None:
    freed = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if dict(scope["headers"]).get(b"authorization") == b"Bearer viewer":
            await freed.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guarded = guard.Guard(app)

    async def asked(token: bytes) -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return await asyncio.Event().wait()

        headers = [(b"authorization", b"Bearer " + token), (b"cookie", b"other=" + str(id(sent)).encode())]
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        await guarded(scope, receive, send)
        return int(sent[0]["status"])

    async def story() -> tuple[int, list[int]]:
        greedy = [asyncio.create_task(asked(b"viewer")) for _ in range(20)]
        await asyncio.sleep(0.02)
        other = await asyncio.wait_for(asked(b"admin"), 1)
        freed.set()
        return other, await asyncio.gather(*greedy)

    assert asyncio.run(story()) == (200, [200] * 20)
