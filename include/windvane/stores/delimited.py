"""Text with a delimiter, read strictly: every line has the fields of the first one, or the file is refused by line."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pandas as pd

from windvane.errors import SourceFailed
from windvane.spec.reading import Reading

USUAL: Final = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "None", "-NaN", "#NA")
"""Words for a missing number, where none are declared."""

MAX_LINE: Final = 4 * 2**20
"""Most characters of a line; a longer one is no line of a table."""
MAX_COLUMNS: Final = 10_000
"""Most columns of a file."""

_PACKED: dict[str, Any] = {
    ".gz": gzip.GzipFile,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:inf|infinity)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_PADDED = re.compile(r"[+-]?0[0-9]")
_SPACED = re.compile(r"\s+([\"']).*\1\s*", re.DOTALL)
_FLAGS = {"true": True, "false": False}


class Delimited:
    """A file of text with a delimiter.

    Args:
        path: The file.
        name: What messages call it.
        where: Model and window, for messages.
        reading: The dialect.
        rows: Rows of a piece.
    """

    def __init__(self, path: Path, name: str, where: str, reading: Reading, rows: int) -> None:
        self._path = path
        self._named = f"{where}: {name}"
        self._reading = reading
        self._rows = rows

    def frames(self, elsewhere: Callable[[str], bool], time: str) -> Iterator[pd.DataFrame]:
        """Yield the rows as text, missing where nothing stands; the index counts the rows.

        Args:
            elsewhere: Says of a text in the column `time` that it is surely a moment outside the window.
            time: The column of the event time, by its name in the file.

        Raises:
            SourceFailed: A line has more or fewer fields than there are columns and may be the window's, a quote is
                not closed, or the text has another encoding.
        """
        with ExitStack() as stack:
            binary = stack.enter_context(opened(self._path))
            encoding = self._reading.encoding or "utf-8-sig"
            text = stack.enter_context(io.TextIOWrapper(binary, encoding=encoding, errors="strict", newline=""))
            try:
                yield from self._frames(text, elsewhere, time)
            except UnicodeError as error:
                cause = f"{self._named} is not {self._reading.encoding or 'UTF-8'}: {error}"
                raise SourceFailed(cause, "tell the source its encoding, such as encoding='latin-1'") from None

    def _frames(self, text: IO[str], elsewhere: Callable[[str], bool], time: str) -> Iterator[pd.DataFrame]:
        reader, lines = self._reader(text)
        names = self._names(reader)
        at = names.index(time) if time in names else None
        held: list[list[str]] = []
        count, line = 0, lines() + 1
        while (row := self._next(reader, line)) is not None:
            if row and len(row) != len(names):
                self._judge(row, names, at, line, elsewhere)
            elif row:
                self._refuse_odd(row, names, line)
                held.append(row)
            line = lines() + 1
            if len(held) == self._rows:
                yield self._frame(names, held, count)
                count, held = count + len(held), []
        yield self._frame(names, held, count)

    def _reader(self, text: IO[str]) -> tuple[Any, Callable[[], int]]:
        """Return what reads a record at a time, and what counts the lines so far."""
        said = self._reading
        for _ in range(said.skip):
            text.readline(MAX_LINE)
        quote = '"' if said.quote is None else said.quote
        quoting: Any = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
        reader = csv.reader(
            self._lines(text),
            delimiter=said.separator or ",",
            quotechar=quote or None,
            quoting=quoting,
            strict=bool(quote),
        )
        return reader, lambda: said.skip + reader.line_num

    def _lines(self, text: IO[str]) -> Iterator[str]:
        """Yield the lines, none of which is read further than it may be long."""
        number = self._reading.skip
        while line := text.readline(MAX_LINE + 1):
            number += 1
            if number == 1:
                line = line.removeprefix("\ufeff")  # the mark of a file's beginning, where an encoding is declared
            if len(line) > MAX_LINE:
                cause = f"{self._named}, line {number:,} has more than {MAX_LINE:,} characters"
                raise SourceFailed(cause, "mend the line, or tell the source its separator, quote and encoding")
            yield line

    def _names(self, reader: Any) -> list[str]:
        if self._reading.header is not None:
            return list(self._reading.header)
        names: list[str] | None = []
        while names == []:
            names = self._next(reader, 1)
        if not names:
            raise SourceFailed(f"{self._named} is empty", "a CSV file begins with a line of names")
        if len(names) > MAX_COLUMNS:
            cause = f"{self._named} has {len(names):,} columns, more than {MAX_COLUMNS:,}"
            raise SourceFailed(cause, "write a file of the columns that the model declares")
        return names

    def _next(self, reader: Any, line: int) -> list[str] | None:
        try:
            found: list[str] | None = next(reader, None)
        except csv.Error as error:
            cause = f"{self._named}, line {line:,}: {error}"
            raise SourceFailed(cause, "mend the line, or tell the source its quote (quote='' for none)") from None
        return found

    def _judge(
        self, row: list[str], names: list[str], at: int | None, line: int, elsewhere: Callable[[str], bool]
    ) -> None:
        """Refuse a line of another length, unless its event time stands where it should, and is of another window."""
        whole = at is not None and at < (len(row) if len(row) > len(names) else len(row) - 1)
        if at is not None and whole and elsewhere(row[at]):
            return
        cut = len(row) < len(names)
        columns = "1 column" if len(names) == 1 else f"{len(names)} columns"
        cause = f"{self._named}, line {line:,} has {_fields(len(row))}; the file has {columns}"
        hint = "was the file cut off?" if cut else "quote a field with the separator in it"
        if not cut and len(names) < 3:
            hint = "is the first line no line of names? skip=1 leaves it out"
        raise SourceFailed(cause, f"mend the line ({hint}), or tell the source its separator and quote")

    def _refuse_odd(self, row: list[str], names: list[str], line: int) -> None:
        """Refuse what is read otherwise than it is meant: a quote after a space, and a mark or names inside a file."""
        if row == names:
            cause = f"{self._named}, line {line:,} is the line of names once more"
            raise SourceFailed(cause, "take the line out; were files put together?")
        if row[0].startswith("\ufeff"):
            cause = f"{self._named}, line {line:,} begins with the mark of a file's beginning"
            raise SourceFailed(cause, "files were put together: take the mark, and a second line of names, out")
        quote = '"' if self._reading.quote is None else self._reading.quote
        odd = next(
            (one for one in row if quote and quote in one and (found := _SPACED.fullmatch(one)) and found[1] == quote),
            None,
        )
        if odd is not None:
            cause = (
                f"{self._named}, line {line:,}: {odd!r:.60} has a space before its quote, which encloses nothing then"
            )
            raise SourceFailed(cause, "take the space out, or tell the source its quote (quote='' for none)")

    def _frame(self, names: list[str], rows: list[list[str]], count: int) -> pd.DataFrame:
        index = pd.RangeIndex(count, count + len(rows))
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        kept: dict[int, pd.Series[str]] = {}
        for number, (name, values) in enumerate(zip(names, columns, strict=True)):
            if name or self._has_values(number, values, names):
                column = pd.Series(list(values), index=index, dtype="str")
                kept[number] = column.mask(column.isin(["", *(self._reading.missing or ())]))
        frame = pd.DataFrame(kept, index=index)
        frame.columns = pd.Index([names[number] for number in kept], dtype=object)
        return frame

    def _has_values(self, number: int, values: tuple[str, ...], names: list[str]) -> bool:
        """Refuse a column without a name that holds something; the first one may be the index that pandas writes."""
        filled = next((value for value in values if value), None)
        if filled is not None and (number or not all(map(str.isdecimal, values))):
            beside = f"after {names[number - 1]!r}" if number else "at the beginning"
            cause = f"{self._named}: the column {beside} has no name, and holds {filled!r:.60}"
            raise SourceFailed(cause, "name it in the file's first line, or give all names by header=[…]")
        return False


def opened(path: Path) -> IO[bytes]:
    """Open a file, unpacked where its name says that it is packed."""
    packed = _PACKED.get(path.suffix.lower())
    if packed:
        unpacked: IO[bytes] = packed(path)
        return unpacked
    if path.suffix.lower() == ".zip":
        archive = zipfile.ZipFile(path)
        names = [name for name in archive.namelist() if not name.startswith("__MACOSX/") and not name.endswith("/")]
        if len(names) != 1:
            raise ValueError(f"the archive holds {len(names)} files, not one")
        return archive.open(names[0])
    return path.open("rb")


def _fields(count: int) -> str:
    return f"{count} field" if count == 1 else f"{count} fields"


def kinds_of(texts: pd.Series[str], reading: Reading) -> Iterator[str]:
    """Yield what some texts are: `booleans`, `numbers`, `padded` or `text`; nothing when none is there.

    Padded are digits with a zero before them, such as the code `007`: numbers only where a number is expected.
    """
    known = _without_words(texts, reading).dropna()
    if not len(known):
        return
    plain = known.str.strip()
    if plain.str.lower().isin(list(_FLAGS)).all():
        yield "booleans"
        return
    if not _digits(plain, reading).str.fullmatch(_NUMBER).all():
        yield "text"
        return
    yield "numbers"
    if plain.str.match(_PADDED).any():
        yield "padded"


def booleans(texts: pd.Series[str], reading: Reading) -> pd.Series[Any]:
    """Return texts that are `true` or `false` as booleans."""
    return _without_words(texts, reading).str.strip().str.lower().map(_FLAGS)


def numbers(texts: pd.Series[str], reading: Reading) -> pd.Series[Any]:
    """Return texts as the numbers nearest to what is written; whole ones as integers where all are."""
    known = _digits(_without_words(texts, reading).str.strip(), reading)
    if len(known) and known.notna().all() and known.str.fullmatch(_INTEGER).all():
        return pd.Series(np.fromiter(map(int, known), np.int64, len(known)), index=known.index)
    values = map(float, known.astype(object).where(known.notna(), "nan"))
    return pd.Series(np.fromiter(values, float, len(known)), index=known.index)


def integers(texts: pd.Series[str], where: str, column: str) -> pd.Series[Any]:
    """Return texts as whole numbers.

    Raises:
        SourceFailed: One of them is none.
    """
    known = texts.dropna().str.strip()
    wrong = known[~known.str.fullmatch(_INTEGER)]
    if len(wrong):
        cause = f"{where}: column {column!r} is no whole number in {len(wrong):,} rows, first {wrong.iloc[0]!r:.60}"
        raise SourceFailed(cause, "take it out of integers; it is text then")
    return known.astype(object).map(int).astype("Int64").reindex(texts.index)


def _without_words(texts: pd.Series[str], reading: Reading) -> pd.Series[str]:
    return texts if reading.missing is not None else texts.mask(texts.str.strip().isin(USUAL))


def _digits(texts: pd.Series[str], reading: Reading) -> pd.Series[str]:
    """Return numbers as Python writes them."""
    if reading.thousands:
        group, decimal = re.escape(reading.thousands), re.escape(reading.decimal or ".")
        grouped = texts.str.contains(reading.thousands, regex=False).fillna(False).astype(bool)
        right = texts.str.fullmatch(rf"[+-]?[0-9]{{1,3}}(?:{group}[0-9]{{3}})+(?:{decimal}[0-9]*)?").fillna(False)
        plain = texts.str.replace(reading.thousands, "", regex=False)
        texts = plain.mask(grouped & ~right.astype(bool), "?")
    if reading.decimal and reading.decimal != ".":
        texts = texts.str.replace(".", "?", regex=False).str.replace(reading.decimal, ".", regex=False)
    return texts
