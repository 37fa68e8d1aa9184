"""Messages between a process and its box: a header of JSON and some bytes, each with its length before it."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

MAX_HEADER = 4 * 2**20
_LENGTHS = struct.Struct("=QQ")


class Closed(Exception):
    """The other side hung up in the middle of a message, or before it."""


def send(channel: socket.socket, header: dict[str, Any], payload: bytes | memoryview = b"") -> None:
    """Send a message.

    Raises:
        Closed: The other side is gone.
    """
    text = json.dumps(header).encode()
    try:
        channel.sendall(_LENGTHS.pack(len(text), len(payload)) + text)
        if payload:  # who has read all there is may hang up at once
            channel.sendall(payload)
    except ConnectionError as error:
        raise Closed from error


def receive(channel: socket.socket, most: int) -> tuple[Any, bytearray]:
    """Return a message's header and its bytes.

    Args:
        channel: Where it comes from.
        most: The most bytes that may follow the header.

    Raises:
        Closed: The other side is gone.
        ValueError: It is longer than it may be, or its header is no JSON.
    """
    header, length = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size))
    if header > MAX_HEADER or length > most:
        raise ValueError(f"an answer of {header:,} and {length:,} bytes is longer than any may be")
    return json.loads(bytes(_exactly(channel, header))), _exactly(channel, length)


def _exactly(channel: socket.socket, length: int) -> bytearray:
    found = bytearray(length)
    view = memoryview(found)
    while view:
        try:
            count = channel.recv_into(view, min(len(view), 2**20))
        except ConnectionError as error:
            raise Closed from error
        if not count:
            raise Closed
        view = view[count:]
    return found
