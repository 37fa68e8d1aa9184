"""What identifies a row where no column does: several columns together, or its position in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Key:
    """A key that is made of columns, or of the position in the file.

    Args:
        columns: The columns, in their order. Their values are written one after the other, parted by `|`.
    """

    columns: tuple[str, ...]
    ROW: ClassVar[tuple[str, ...]] = ("#row",)
    """What stands for the position in the file."""

    def __post_init__(self) -> None:
        columns: tuple[object, ...] = self.columns
        if not columns or any(not isinstance(name, str) or not name for name in columns):
            raise ValueError(f"{list(columns)!r:.80} names no columns")
        if len(set(columns)) < len(columns):
            raise ValueError(f"{list(columns)!r:.80} names a column twice")

    @classmethod
    def row(cls) -> Key:
        """Take the file and the position of the row in it as the key, called `row`.

        It holds as long as rows are only added at a file's end. A row that is taken out or put in gives each row
        after it another key: published scores and outcomes then meet the wrong rows. Prefer columns where some will
        do, `key=["shop", "day"]`.
        """
        return cls(cls.ROW)

    @property
    def name(self) -> str:
        """What the key's column is called in snapshots and scores."""
        return "row" if self.columns == self.ROW else "+".join(self.columns)
