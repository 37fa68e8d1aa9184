"""Rows in more pieces than memory holds, brought into one order: sorted runs on disk, merged a block at a time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from windvane.stores.temporary import temporary_folder, unkept

FAN_IN = 32
"""Most runs that are merged at once; more are merged in rounds."""
BLOCK_ROWS = 8_192
"""Rows of a run that are in memory at a time."""


class Spill:
    """Sorted runs of rows in a temporary folder; see `spilling`.

    Args:
        folder: Where the runs go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = count()

    def write(self, frames: Iterable[pd.DataFrame]) -> Path:
        """Keep sorted rows as a run.

        Raises:
            StorageFull, StorageFailed: The temporary folder cannot hold them.
        """
        path = self._folder / f"{next(self._names)}.arrow"
        writer: Any = None
        with unkept(f"keep rows in the temporary folder {self._folder.parent}"), path.open("wb") as file:
            for frame in frames:
                table = pa.Table.from_pandas(frame, preserve_index=False)
                writer = writer or pa.ipc.new_file(file, table.schema)
                writer.write_table(table, max_chunksize=BLOCK_ROWS)
            if writer is not None:
                writer.close()
        return path

    def merged(self, runs: Sequence[Path], by: Sequence[str], types: dict[str, str]) -> Iterator[pd.DataFrame]:
        """Yield the rows of all runs in one order, a few thousand at a time; the runs are gone afterwards.

        Args:
            runs: Runs, each sorted.
            by: The columns they are sorted by.
            types: The type of each column. A run may have another where it has no value.
        """
        while len(runs) > FAN_IN:
            some, rest = runs[:FAN_IN], runs[FAN_IN:]
            runs = [*rest, self.write(self._merged(some, by, types))]
        yield from self._merged(runs, by, types)

    def _merged(self, runs: Sequence[Path], by: Sequence[str], types: dict[str, str]) -> Iterator[pd.DataFrame]:
        """Merge: whatever is not beyond the least last row in hand can come from no block that is still to be read.

        Blocks stay as Arrow keeps them until they are in order: a frame a block would cost more than the merge.
        """
        waiting = [_blocks(run, by, types) for run in runs]
        held = [next(blocks, None) for blocks in waiting]
        while any(block is not None for block in held):
            present = [(index, block) for index, block in enumerate(held) if block is not None]
            frontier = min(block.last for _, block in present)
            ready = []
            for index, block in present:
                cut = block.not_beyond(frontier)
                if cut:
                    ready.append(block.rows.slice(0, cut))
                held[index] = block.after(cut) if cut < len(block.rows) else next(waiting[index], None)
            yield _in_order(ready, by).to_pandas()
        for run in runs:
            run.unlink()


@dataclass(frozen=True)
class _Block:
    """Sorted rows of a run that are in memory.

    Args:
        rows: The rows.
        sorted_by: What they are sorted by, a column each; times as numbers.
    """

    rows: Any
    sorted_by: tuple[Any, ...]

    @property
    def last(self) -> tuple[Any, ...]:
        """What the last row is sorted by."""
        return tuple(column[-1].as_py() for column in self.sorted_by)

    def not_beyond(self, frontier: tuple[Any, ...]) -> int:
        """Return how many rows are not beyond a row."""
        low, high = 0, len(self.rows)
        for column, value in zip(self.sorted_by, frontier, strict=True):
            values = _Values(column)
            low, high = bisect_left(values, value, low, high), bisect_right(values, value, low, high)
        return high

    def after(self, cut: int) -> _Block:
        """Return the rows from one on."""
        return _Block(self.rows.slice(cut), tuple(column.slice(cut) for column in self.sorted_by))


class _Values(Sequence[Any]):
    """A column as a sequence of Python's values, each made when it is asked for."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, index: Any) -> Any:
        return self._column[index].as_py()


def _in_order(tables: Sequence[Any], by: Sequence[str]) -> Any:
    """Return the rows of some sorted tables as one."""
    if len(tables) == 1:
        return tables[0]
    together = pa.concat_tables(tables).combine_chunks()
    return together.take(pc.sort_indices(together, sort_keys=[(name, "ascending") for name in by]))


@contextmanager
def spilling() -> Iterator[Spill]:
    """Give a place for runs that goes with the block.

    Raises:
        StorageFull, StorageFailed: There can be none.
    """
    with temporary_folder() as folder:
        yield Spill(folder)


def _blocks(run: Path, by: Sequence[str], types: dict[str, str]) -> Iterator[_Block]:
    with run.open("rb") as file, pa.ipc.open_file(file) as reader:
        found = reader.schema.empty_table().to_pandas().dtypes
        other = [name for name, kind in types.items() if str(found[name]) != kind]
        for number in range(reader.num_record_batches):
            table = pa.Table.from_batches([reader.get_batch(number)])
            if not len(table):  # Arrow may end a table of several chunks with an empty batch
                continue
            if other:
                frame = table.to_pandas()
                empty = {
                    name: pd.Series(index=frame.index, dtype=types[name]) for name in other
                }  # it has no value here
                table = pa.Table.from_pandas(frame.assign(**empty), preserve_index=False)
            yield _Block(table, tuple(_comparable(table.column(name)) for name in by))


def _comparable(column: Any) -> Any:
    """Return a column whose values Python compares as Arrow sorts them; a moment is its number."""
    column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column


def regrouped(frames: Iterable[pd.DataFrame], size: int) -> Iterator[pd.DataFrame]:
    """Yield the same rows in pieces of `size` rows, the last one shorter; of no rows, one piece with their columns."""
    held: list[pd.DataFrame] = []
    rows, given = 0, False
    for frame in frames:
        held.append(frame)
        rows += len(frame)
        while rows >= size:
            whole = joined(held)
            yield whole.iloc[:size].reset_index(drop=True)
            held, rows, given = [whole.iloc[size:]], rows - size, True
    if held and (rows or not given):
        yield joined(held)


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return all rows in one frame; frames without rows lend their types only where there are no others."""
    some = [frame for frame in frames if len(frame)] or list(frames[:1])
    return pd.concat(some, ignore_index=True)
