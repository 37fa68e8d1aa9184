"""Garbled text: letters read with another encoding than they were written with, by their own look."""

from __future__ import annotations

import re
from typing import Any

from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.finding import FEWEST, Finding
from windvane.lifecycle.own_past import Pasts
from windvane.lifecycle.wording import NAMED_FROM, named_value, percent

_PART = 0.05
"""Least share of the rows that must be garbled."""
_ENCODINGS = ("latin-1", "cp1252")
"""What UTF-8 is read as by mistake."""
_EXOTIC = range(0x7C0, 0x800)
"""Letters that `ß` before a quotation mark would be (NKo)."""
_LOST = re.compile(r"\ufffd|\w\?\w|\w\?$|^\?+\w")
"""A letter that could not be read, or written, and became a mark."""


def readable(text: str) -> str | None:
    """Return what a text would be if it were UTF-8 that was read as something else; None where it cannot be."""
    if text.isascii():
        return None
    for name in _ENCODINGS:
        try:
            found = text.encode(name).decode("utf-8")
        except UnicodeError:
            continue
        if found != text and not any(ord(letter) in _EXOTIC for letter in found):
            return found
    return None


def garbled(known: Pasts) -> list[Finding]:
    """Find text that was read with another encoding, where that of the reference was not.

    Args:
        known: The values of the window's columns, and their past.
    """
    reference, found = known.reference, []
    for name, then in reference.columns.items():
        if then.kind != "category" or name not in known.frame.columns or then.hashed:
            continue
        counts = known.texts(name)
        rows = sum(counts.values())
        if rows < FEWEST or any(_is_garbled(value) for value in then.categories):
            continue
        wrong = {value: count for value, count in counts.items() if _is_garbled(value)}
        share = sum(wrong.values()) / rows
        if share < _PART:
            continue
        found.append(_told(name, wrong, share, reference.window))
    return found


def _told(name: str, wrong: dict[str, int], share: float, window: str) -> Finding:
    worst = max(wrong, key=lambda value: (wrong[value], value))
    right = readable(worst)
    words = f"{name} is garbled in {percent(share)} of the rows: {named_value(worst, wrong[worst])}"
    meant = f"It is {right!r}" if wrong[worst] >= NAMED_FROM else "They are text"
    detail = f"{meant} in UTF-8, read with another encoding." if right else "Letters became marks."
    number: Any = percent_number(f"{name} garbled", share, allowed=f"below {percent(_PART)}", better="lower")
    return Finding(name, share, words, f"{detail} No value was garbled in {window}.", (number,), True, "garbled")


def _is_garbled(text: str) -> bool:
    return readable(text) is not None or bool(_LOST.search(text))
