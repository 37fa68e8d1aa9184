"""The process in another environment: opens its own stores, and performs the steps that it is handed."""

from __future__ import annotations

import importlib
import json
import logging
import os
import platform
import signal
import socket
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

import windvane
from windvane import errors
from windvane.errors import SpecError, WindvaneError, WrongEnvironment
from windvane.pipeline.elsewhere.wire import code_digest, decoded, encoded, line, read_model
from windvane.stores import Stores, open_stores

if TYPE_CHECKING:
    from windvane.stores.s3_client import S3Settings
    from windvane.stores.witnesses import Witness


class Asked:
    """The channel to who asks; what a source's connections stand for is asked for through it, too."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel, self._incoming = channel, channel.makefile("rb")

    def send(self, **message: Any) -> None:
        """Send a message."""
        self._channel.sendall(line(message))

    def receive(self) -> dict[str, Any] | None:
        """Return the next message; None when nobody asks any more."""
        text = self._incoming.readline()
        return json.loads(text) if text else None

    def database(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database; see `windvane.stores.Connections`."""
        return str(self._ask("database", name))

    def s3(self, name: str | None) -> S3Settings:
        """Return how a bucket is reached; see `windvane.stores.Connections`."""
        return self._settings("s3", name)

    def artifacts(self) -> S3Settings:
        """Return how the artifacts' bucket is reached."""
        return self._settings("artifacts", None)

    def witness(self) -> Witness | None:
        """Return where signed statements go, and who signs them."""
        from windvane.stores.witnesses import witness_of

        places, key = self._ask("witness", None)
        return witness_of(places, key, self.artifacts if self.on_s3 else None)

    on_s3 = False

    def _settings(self, what: str, name: str | None) -> S3Settings:
        from windvane.stores.s3_client import S3Settings

        return S3Settings(**self._ask(what, name))

    def _ask(self, what: str, name: str | None) -> Any:
        self.send(ask=what, name=name)
        answer = self.receive()
        if answer is None:
            raise SystemExit(0)
        if "error" in answer:
            raise getattr(errors, answer["error"])(answer["cause"], answer["remedy"])
        return answer["value"]


def main(channel: int, alive: int) -> None:
    """Work until nobody asks any more.

    Args:
        channel: Descriptor of the socket to who asks.
        alive: Descriptor of a pipe that ends with the process that asks.
    """
    threading.Thread(target=_ends_with, args=(alive,), daemon=True).start()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    asked = Asked(socket.socket(fileno=channel))
    asked.send(windvane=windvane.__version__, code=code_digest(), python=platform.python_version(), pid=os.getpid())
    opening = asked.receive()
    stores: Stores | None = None
    while opening is not None and (request := asked.receive()) is not None:
        try:
            stores = stores or _opened(opening, asked)
            asked.send(result=_performed(request, stores))
        except Exception as error:  # noqa: BLE001 (whatever a step raises is told, and the next one may come)
            asked.send(**_told(error))
    if stores is not None:
        stores.registry.close()


def _opened(opening: dict[str, Any], asked: Asked) -> Stores:
    asked.on_s3 = opening["s3"]
    return open_stores(
        opening["registry"],
        opening["artifacts"],
        asked.artifacts if opening["s3"] else None,
        asked,
        witness=asked.witness if opening["witness"] else None,
    )


def _performed(request: dict[str, Any], stores: Stores) -> Any:
    """Perform a step; only those of Windvane are."""
    module, _, name = request["step"].partition(":")
    if not module.startswith("windvane.steps"):
        raise TypeError(f"{request['step']} is no step")
    step = getattr(importlib.import_module(module), name)
    declared = next((one for one in request["args"] if isinstance(one, dict) and one.get("$") == "model"), None)
    model = read_model(declared) if declared else None
    args = [decoded(one, model, stores) for one in request["args"]]
    kwargs = {name: decoded(one, model, stores) for name, one in request["kwargs"].items()}
    return encoded(step(*args, **kwargs))


def _told(error: Exception) -> dict[str, Any]:
    """Return an error as a message; what has no name leaves its traceback in the log."""
    if isinstance(error, ModuleNotFoundError):
        cause = f"the Python environment {sys.executable!r} lacks the library {error.name!r}"
        error = WrongEnvironment(cause, f"install it there: {sys.executable} -m pip install {error.name}")
    if isinstance(error, SpecError):
        return {"error": "SpecError", "subject": error.subject, "problems": list(error.problems)}
    if isinstance(error, WindvaneError):
        known = {"cause", "remedy"}
        more = {name: one for name, one in vars(error).items() if name not in known and _is_plain(one)}
        return {"error": error.name, "cause": error.cause, "remedy": error.remedy, "more": more}
    traceback.print_exception(error)
    return {"raised": f"{type(error).__name__}: {error}"}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | None)


def _ends_with(alive: int) -> None:
    """End this process, and what it started, when the one that asks has ended in whatever way."""
    os.read(alive, 1)
    os.killpg(0, signal.SIGKILL)
