"""Sheets of Excel workbooks (`.xlsx`), read a row at a time by openpyxl."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from windvane.errors import MissingExtra, SourceFailed, nearest
from windvane.spec.reading import Reading


def frames(path: Path, where: str, reading: Reading, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of a sheet, each cell as the value it holds; an empty one is missing.

    Args:
        path: The file.
        where: Model, window and file, for messages.
        reading: The sheet, the lines before the line of names, and the words for a missing value.
        rows: Rows of a piece.

    Raises:
        MissingExtra: openpyxl is not installed.
        SourceFailed: There is no such sheet, or a value stands under no name.
    """
    try:
        openpyxl: Any = importlib.import_module("openpyxl")
    except ImportError:
        raise MissingExtra(f"{where}: workbooks are read by openpyxl", "install windvane[excel]") from None
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    written = openpyxl.load_workbook(path, read_only=True)
    try:
        names = list(book.sheetnames)
        if reading.sheet is not None and reading.sheet not in names:
            cause = f"{where} has no sheet {reading.sheet!r}{nearest(reading.sheet, names)}"
            raise SourceFailed(cause, "correct sheet in the spec")
        sheet = reading.sheet or names[0]
        lines = zip(book[sheet].iter_rows(values_only=True), written[sheet].iter_rows(values_only=True), strict=False)
        yield from rows_of(_computed(lines, where), where, reading, rows)
    finally:
        book.close()
        written.close()


def _computed(lines: Iterable[tuple[Any, Any]], where: str) -> Iterator[tuple[Any, ...]]:
    """Yield the lines' values; a formula that nobody computed has none, and is not missing."""
    for number, (values, written) in enumerate(lines, 1):
        formula = next(
            (
                one
                for one, value in zip(written, values, strict=False)
                if value is None and (getattr(one, "ref", None) or (isinstance(one, str) and one.startswith("=")))
            ),
            None,
        )
        if formula is not None:
            cause = f"{where}, line {number:,}: the formula {str(formula)!r:.60} was never computed"
            raise SourceFailed(cause, "open the workbook in a spreadsheet program and save it, or write values")
        yield values


def rows_of(lines: Iterator[tuple[Any, ...]], where: str, reading: Reading, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of a sheet's lines, the lines of names and those before it first; see `frames`."""
    head = next(islice(lines, reading.skip, None), ())
    columns = {number: str(name) for number, name in enumerate(head) if name is not None}
    count, words = 0, set(reading.missing or ())
    taken: list[tuple[Any, ...]] | None = None
    while taken is None or len(taken) == rows:
        taken = list(islice(lines, rows))
        held = [row for row in taken if any(value is not None for value in row)]
        _refuse_nameless(held, columns, where)
        found = {
            number: pd.Series(
                [None if number >= len(row) or row[number] in words else row[number] for row in held], dtype=object
            )
            for number in columns
        }
        frame = pd.DataFrame(found)
        frame.columns = pd.Index(list(columns.values()), dtype=object)
        frame.index = pd.RangeIndex(count, count + len(held))
        count += len(held)
        yield frame.infer_objects()


def _refuse_nameless(rows: list[tuple[Any, ...]], columns: dict[int, str], where: str) -> None:
    for row in rows:
        stray = next((value for number, value in enumerate(row) if number not in columns and value is not None), None)
        if stray is not None:
            raise SourceFailed(
                f"{where}: a column without a name holds {stray!r:.60}",
                "name it in the first line, or leave lines before it out by skip=1",
            )
