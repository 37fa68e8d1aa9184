"""What is being done, shown while it is being done, when somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from windvane.cli.output import clean
from windvane.redaction import redacted


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield what takes a message; a terminal shows the last one, with the time that has passed."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as shown:
        task = shown.add_task("starting", total=None)
        yield lambda message: shown.update(task, description=clean(redacted(message)))
