"""JSON lines, and files of one JSON list: an object a row, refused by line where one is none."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pandas as pd

from windvane.errors import SourceFailed
from windvane.spec.reading import Reading
from windvane.stores.delimited import opened

_REMEDY = 'write one object a line, such as {"id": 1, "at": "2024-01-01T00:00:00Z"}'


def frames(path: Path, where: str, reading: Reading, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of a file; a name that an object does not have is a missing value.

    Args:
        path: The file.
        where: Model, window and file, for messages.
        reading: The encoding.
        rows: Rows of a piece.

    Raises:
        SourceFailed: A line is no object of JSON, has a name twice, or the text has another encoding.
    """
    with ExitStack() as stack:
        binary = stack.enter_context(opened(path))
        text = stack.enter_context(io.TextIOWrapper(binary, encoding=reading.encoding or "utf-8-sig"))
        held: list[dict[str, Any]] = []
        names: dict[str, None] = {}
        count = 0
        try:
            for found in _objects(text, where):
                names.update(dict.fromkeys(found))
                held.append(found)
                if len(held) == rows:
                    yield _frame(held, names, count)
                    count, held = count + len(held), []
        except UnicodeError as error:
            cause = f"{where} is not {reading.encoding or 'UTF-8'}: {error}"
            raise SourceFailed(cause, "tell the source its encoding, such as encoding='latin-1'") from None
        if held or not count:
            yield _frame(held, names, count)


def _frame(held: list[dict[str, Any]], names: dict[str, None], count: int) -> pd.DataFrame:
    columns = {
        number: pd.Series([found.get(name) for found in held], dtype=object) for number, name in enumerate(names)
    }
    frame = pd.DataFrame(columns)
    frame.columns = pd.Index(list(names), dtype=object)
    frame.index = pd.RangeIndex(count, count + len(held))
    return frame.infer_objects()


def _objects(text: IO[str], where: str) -> Iterator[dict[str, Any]]:
    first = text.read(1)
    while first.isspace() or first == "\ufeff":
        first = text.read(1)
    if first == "[":
        found = _parsed("[" + text.read(), where)
        for number, item in enumerate(found):
            yield _row(item, f"{where}, item {number + 1:,}")
        return
    for number, line in enumerate(text):
        whole = first + line if not number else line
        if whole.strip():
            yield _row(_parsed(whole, f"{where}, line {number + 1:,}"), f"{where}, line {number + 1:,}")


def _row(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise SourceFailed(f"{where} is a {type(found).__name__}, no object", _REMEDY)
    return found


def _parsed(text: str, where: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a name stands twice in an object")
        return found

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        message = getattr(error, "msg", None) or str(error) or "it is nested too deeply"
        raise SourceFailed(f"{where} is no JSON: {message}", _REMEDY) from None


def _constant(word: str) -> float | None:
    return None if word == "NaN" else float(word)
