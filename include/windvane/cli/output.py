"""What the command line prints: one JSON value, or tables and text that carry nothing a terminal would obey."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from windvane.cli.grid import Grid
from windvane.errors import StorageFailed
from windvane.results import Record

PIPE_WIDTH = 10_000
STYLES = {
    "promote": "green",
    "champion": "bold green",
    "pass": "green",
    "ok": "green",
    "hold": "green",
    "needs_approval": "yellow",
    "inconclusive": "yellow",
    "insufficient_data": "yellow",
    "retrain": "yellow",
    "finding": "yellow",
    "reject": "red",
    "rejected": "red",
    "fail": "red",
    "alert": "bold red",
}


@dataclass(frozen=True)
class Answer:
    """What a verb has to say: the same facts for programs and for people.

    Args:
        data: Records, mappings, lists and plain values; printed with `--json`.
        blocks: Tables and lines; printed without it.
        failures: Mistakes that the verb found in what it was asked to look at; any makes the exit code 1.
        live: Goes on writing, without `--json`, in the place of the blocks, until it returns; then the code is 0.
    """

    data: Any
    blocks: Sequence[RenderableType]
    failures: Sequence[Failure] = field(default=())
    live: Callable[[TextIO], None] | None = None


@dataclass(frozen=True)
class Plain:
    """A text of several lines that is its own form, such as Markdown; written as it is."""

    text: str

    def __rich__(self) -> Text:
        """Return it for a terminal, without its control characters."""
        return Text("\n".join(clean(one) for one in self.text.splitlines()))


@dataclass(frozen=True)
class Raw(Plain):
    """A text for programs, such as CSV: in a pipe it goes as it is, to its last byte."""


@dataclass(frozen=True)
class Failure:
    """One named error, as a line of cause and a line of remedy."""

    error: str
    cause: str
    remedy: str

    def lines(self) -> str:
        """Return the two lines that stand on stderr."""
        return f"error: {clean(self.error)}: {clean(self.cause)}\nremedy: {clean(self.remedy)}\n"

    def data(self) -> dict[str, str]:
        """Return the same for programs."""
        return {"error": self.error, "cause": self.cause, "remedy": self.remedy}


def clean(value: object) -> str:
    r"""Return a value as one line, with control and direction characters spelled out (`\x1b`, `\n`, `\u202e`)."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(value))


def plain(value: Any) -> Any:
    """Return what JSON can hold: records as mappings, moments as ISO 8601 UTC, numbers that are not finite as None."""
    if isinstance(value, Record):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def cell(value: object) -> Text:
    """Return a value as people read it: moments to the minute in UTC, six significant digits, `-` for nothing."""
    if value is None or value == "":
        return Text("-", style="dim")
    if isinstance(value, datetime):
        return Text(f"{value.astimezone(UTC):%Y-%m-%d %H:%M}")
    if isinstance(value, float):
        return Text(f"{value:.6g}")
    if isinstance(value, list | tuple):
        return Text("; ".join(clean(item) for item in value))
    text = clean(value)
    return Text(text, style=STYLES.get(text, ""))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Grid:
    """Return a plain table that fits its terminal; nothing in a cell is read as markup."""
    return Grid(tuple(columns), [[cell(value) for value in row] for row in rows])


def facts(pairs: Mapping[str, object] | Iterable[tuple[str, object]]) -> Table:
    """Return names and values, one pair a line."""
    drawn = Table(box=None, pad_edge=False, show_header=False, show_edge=False)
    drawn.add_column(style="bold", no_wrap=True)
    drawn.add_column(overflow="fold")
    for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
        drawn.add_row(Text(name), cell(value))
    return drawn


def line(text: str, style: str = "") -> Text:
    """Return one line of text."""
    return Text(clean(text), style=style)


def write_json(value: Any, stream: TextIO) -> None:
    """Write one JSON value, in ASCII, so that no terminal and no locale can trip over it."""
    _write(json.dumps(plain(value), indent=2, allow_nan=False) + "\n", stream)


def write_blocks(blocks: Sequence[RenderableType], stream: TextIO) -> None:
    """Write tables and lines: fitted to a terminal, one unbroken line a row in a pipe."""
    if len(blocks) == 1 and isinstance(blocks[0], Raw) and not stream.isatty():
        _write(blocks[0].text, stream)
        return
    _write("".join(f"{row}\n" for row in drawn(blocks, terminal=stream.isatty())), stream)


def drawn(blocks: Sequence[RenderableType], *, terminal: bool) -> list[str]:
    """Return tables and lines as lines: fitted to the terminal, or one unbroken line a row."""
    written = StringIO()
    console = Console(
        file=written,
        force_terminal=terminal,
        width=None if terminal else PIPE_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for block in blocks:
        console.print(block)
    return [row.rstrip() for row in written.getvalue().splitlines()]


def show(lines: Sequence[str], stream: TextIO) -> bool:
    """Write lines at once; return False when nobody reads them any more."""
    try:
        stream.write("".join(f"{one}\n" for one in lines))
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
        return False
    return True


def write_failures(failures: Iterable[Failure], stream: TextIO) -> None:
    """Write two lines an error."""
    _write("".join(failure.lines() for failure in failures), stream)


def tolerant(stream: TextIO) -> None:
    """Let a stream spell out what its encoding cannot write, rather than raise."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _write(text: str, stream: TextIO) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:  # the reader has seen enough; the work is done
        _silence(stream)
    except OSError as error:
        _silence(stream)
        if stream is not sys.stderr:
            raise StorageFailed(f"the answer could not be written: {error.strerror}", "free some space") from None


def _silence(stream: TextIO) -> None:
    """Point a broken stream nowhere: the interpreter flushes it once more when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
