"""The verb `ui`: the Models pages without Airflow."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, line

Port = Annotated[int, typer.Option("--port", min=0, max=65535, metavar="N", help="Port; 0 takes any free one.")]


@command(order=250)
def ui(home: Home, port: Port = 8265) -> Answer:
    """Serve the Models pages, read-only, on this machine's loopback address until Ctrl-C."""
    from windvane.stores import open_stores
    from windvane.web.local import listen, local_app, serve

    with home.stores():
        pass  # a registry that cannot be opened is named here, not page by page
    with listen(port) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        sys.stderr.write(f"The pages are at {address} until Ctrl-C\n")
        sys.stderr.flush()
        serve(local_app(lambda: open_stores(home.registry, home.artifacts, visited=True)), listening)
    return Answer({"at": address}, [line("stopped")])
