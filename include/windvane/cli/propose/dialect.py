"""How a CSV file is written: encoding, separator, decimal sign, words for a missing number."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from windvane.stores.delimited import USUAL, opened

_BLOCK = 1 << 20
_LINES = 200
_SEPARATORS = (",", ";", "\t", "|")
_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+")
_GROUPED_BY_POINTS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_GROUPED_BY_COMMAS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")
_SIGNS = frozenset(("?", "-", "--", ".", "*", "missing", "unknown", "(null)", "\\N", "N.A.", "#VALUE!"))
"""What people write for a missing number, besides the usual words."""


def dialect_of(path: Path) -> dict[str, Any]:
    """Return what a CSV source has to be told about a file; nothing where the file is written as usual.

    Raises:
        OSError, EOFError: The file cannot be read.
    """
    found: dict[str, Any] = {}
    encoding = _encoding(path)
    if encoding is not None:
        found["encoding"] = encoding
    lines = _head(path, encoding or "utf-8-sig")
    separator = _separator(lines)
    if separator != ",":
        found["separator"] = separator
    rows = _rows(lines, separator)
    columns = list(zip(*(row for row in rows[1:] if len(row) == len(rows[0])), strict=True)) if rows else []
    found.update(_numbers([_filled(column) for column in columns], separator))
    words = {word for column in columns for word in _words(_filled(column))}
    if words:
        found["missing"] = sorted(words | {word for column in columns for word in column if word in USUAL[1:]})
    return found


def _blocks(path: Path) -> Iterator[bytes]:
    with opened(path) as file:
        while block := file.read(_BLOCK):
            yield block


def _encoding(path: Path) -> str | None:
    """Return the encoding of a text that is not UTF-8; all of it is looked at."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    western = False
    first = b""
    try:
        for number, block in enumerate(_blocks(path)):
            first = first or block[:4]
            if number == 0 and first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16"
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        for block in _blocks(path):
            western = western or any(0x80 <= one <= 0x9F for one in set(block))
        return "cp1252" if western else "latin-1"
    return None


def _head(path: Path, encoding: str) -> list[str]:
    """Return the first lines, without one that was cut."""
    block = next(_blocks(path), b"")
    text = block.decode(encoding, errors="ignore")
    lines = text.splitlines(keepends=True)
    return (lines[:-1] if len(block) == _BLOCK else lines)[:_LINES]


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return []


def _separator(lines: Sequence[str]) -> str:
    """Return what parts most lines into most fields, alike in all of them."""

    def fit(separator: str) -> tuple[float, int]:
        widths = [len(row) for row in _rows(lines, separator)]
        if not widths or widths[0] < 2:
            return 0.0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    return max(_SEPARATORS, key=lambda one: (fit(one)[0] > 0.9, fit(one)[0], fit(one)[1]))


def _filled(column: Sequence[str]) -> list[str]:
    return [value.strip() for value in column if value.strip() and value.strip() not in USUAL]


def _numbers(columns: Sequence[Sequence[str]], separator: str) -> dict[str, str]:
    """Return decimal sign and grouping, where a column cannot be read without them."""
    digits = [column for column in columns if column and all(_PLAIN.fullmatch(value) for value in column)]
    pointed = any("." in value and "," not in value and not _GROUPED_BY_POINTS.fullmatch(value)
                  for column in digits for value in column)  # fmt: skip
    commas = [column for column in digits if any("," in value for value in column)]
    if not commas:
        return {}
    if not pointed and separator != "," and all(_is_comma(value) for column in commas for value in column):
        grouped = any("." in value for column in commas for value in column)
        return {"decimal": ",", **({"thousands": "."} if grouped else {})}
    if all(_GROUPED_BY_COMMAS.fullmatch(value) or "," not in value for column in commas for value in column):
        return {"thousands": ","}
    return {}


def _is_comma(value: str) -> bool:
    return bool(_COMMA.fullmatch(value) or _GROUPED_BY_POINTS.fullmatch(value) or re.fullmatch(r"[+-]?\d+", value))


def words_among(numbers: Sequence[str]) -> set[str]:
    """Return the one sign among the numbers of a column that is none; nothing where it is text, or all are numbers.

    Args:
        numbers: All values that were seen, as text.
    """
    return _words(_filled(numbers))


def _words(column: Sequence[str]) -> set[str]:
    """Return the one sign among numbers that is none."""
    odd = {value for value in column if not _PLAIN.fullmatch(value)}
    numbers = sum(value not in odd for value in column)
    return odd if len(odd) == 1 and odd <= _SIGNS and numbers >= 0.5 * len(column) else set()
