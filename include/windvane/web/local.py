"""The pages on the loopback address, read-only, for those without Airflow."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from windvane.errors import WindvaneError
from windvane.stores import Stores
from windvane.web.app import create_app
from windvane.web.host import Host, OpenToRead

ADDRESS = "127.0.0.1"


def local_app(stores: Callable[[], Stores]) -> ASGIApp:
    """Return the pages for whoever is on this machine.

    A request that names another host is refused: a name that a web site lets point to this address would make its
    scripts read the pages (DNS rebinding).
    """
    return TrustedHostMiddleware(create_app(Host(stores, OpenToRead())), allowed_hosts=[ADDRESS, "localhost"])


def listen(port: int) -> socket.socket:
    """Listen on a port of the loopback address; 0 takes any free one.

    Raises:
        WindvaneError: Another program has it, or it may not be taken.
    """
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((ADDRESS, port))
        taken.listen()
    except (OSError, OverflowError) as error:
        taken.close()
        busy = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        message = "another program has it" if busy else str(error)
        raise WindvaneError(
            f"port {port} of {ADDRESS} cannot be taken: {message}", "choose another with --port"
        ) from None
    return taken


def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Serve until the process is told to stop."""
    import uvicorn

    uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", server_header=False)).run([listening])
