"""Text in Markdown, with every value escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~&:@-])")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line; control and direction characters are spelled out."""
    return _NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", one_line(text)))


def pipe_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table of cells that are escaped already."""
    lines = [" | ".join(cells) for cells in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def one_line(text: str) -> str:
    """Return text on one line, with control and direction characters spelled out."""
    return _CONTROL.sub(lambda one: repr(one.group())[1:-1], " ".join(text.split()))
