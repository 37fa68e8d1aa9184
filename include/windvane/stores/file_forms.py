"""What a file is that is not of the form that its source declares, and what helps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from windvane.errors import SourceFailed

_PACKED: Final = frozenset({".gz", ".bz2", ".xz", ".zip"})
_SEPARATORS: Final = ";\t|,:"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_UNPACK: Final = "unpack it, or let its name say so: {name}{end}"

_FORMS: Final[tuple[tuple[bytes, bytes, frozenset[str], str, str], ...]] = (
    (b"\x1f\x8b", b"", frozenset(), "packed by gzip", _UNPACK.format(name="rows.csv", end=".gz")),
    (b"BZh", b"", frozenset(), "packed by bzip2", _UNPACK.format(name="rows.csv", end=".bz2")),
    (b"\xfd7zXZ\0", b"", frozenset(), "packed by xz", _UNPACK.format(name="rows.csv", end=".xz")),
    (b"\x28\xb5\x2f\xfd", b"", frozenset(), "packed by zstd", "unpack it, or pack it by gzip, as rows.csv.gz"),
    (b"PAR1", b"PAR1", frozenset({"parquet"}), "a Parquet file", "declare it as Source.parquet(…)"),
    (b"ARROW1\0\0", b"", frozenset({"feather"}), "a Feather file", "declare it as Source.feather(…)"),
    (b"FEA1", b"FEA1", frozenset(), "of the first version of Feather", "write it again with version=2, or as Parquet"),
    (b"PK\x03\x04", b"", frozenset({"excel"}), "a workbook or a zip archive", "declare a workbook as Source.excel(…)"),
    (b"\xd0\xcf\x11\xe0", b"", frozenset(), "a workbook of the old form (.xls)", "save it as .xlsx, or as CSV"),
)
"""How files of a form begin and end, the kinds of sources that read it, what it is called, and what helps."""


def refuse_other_form(path: Path, where: str, kind: str, encoding: str | None) -> None:
    """Refuse a file that is surely of another form than its source declares.

    Args:
        path: The file.
        where: Model, window and file, for messages.
        kind: The kind of the source.
        encoding: What the source says of its text.

    Raises:
        SourceFailed: It is of another form; the remedy says which.
    """
    text = kind in ("csv", "json")
    if text and path.suffix.lower() in _PACKED:
        return
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(max(file.seek(0, 2) - 8, 0))
        end = file.read(8)
    for begins, ends, kinds, name, remedy in _FORMS:
        if start.startswith(begins) and end.endswith(ends) and kind not in kinds:
            raise SourceFailed(f"{where} is {name}", remedy)
    if text and encoding is None and start.startswith(_UTF16):
        raise SourceFailed(f"{where} is not UTF-8: it begins as UTF-16 does", "tell the source encoding='utf-16'")


def how_to_find(column: str, names: Sequence[str], kind: str) -> str | None:
    """Return what helps where a column is in none of a file's names, but the file holds it; None where that is unknown.

    Args:
        column: What is not found.
        names: The columns as they were read.
        kind: The kind of the source.
    """
    if kind == "csv":
        for separator in _SEPARATORS:
            if any(
                column in (part.strip(" \"'") for part in name.split(separator)) for name in names if separator in name
            ):
                return f"tell the source its separator, separator={separator!r}"
    if kind == "excel":
        return (
            "correct event_time in the spec, or say where the rows are: sheet='…', and skip=1 for a line before names"
        )
    return None
