"""Rows in more pieces than memory holds, brought into one order: sorted runs on disk, merged a block at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from windvane.stores.temporary import temporary_folder, unkept

FAN_IN = 16
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
        """Merge: whatever is not beyond the least last row in hand can come from no block that is still to be read."""
        waiting = [_blocks(run, types) for run in runs]
        held = [next(blocks, None) for blocks in waiting]
        while any(block is not None for block in held):
            present = [(index, block) for index, block in enumerate(held) if block is not None]
            frontier = min(tuple(block[name].iloc[-1] for name in by) for _, block in present)
            ready = []
            for index, block in present:
                cut = _not_beyond(block, by, frontier)
                ready.append(block.iloc[:cut])
                held[index] = block.iloc[cut:] if cut < len(block) else next(waiting[index], None)
            yield pd.concat(ready).sort_values(list(by), ignore_index=True)
        for run in runs:
            run.unlink()


@contextmanager
def spilling() -> Iterator[Spill]:
    """Give a place for runs that goes with the block.

    Raises:
        StorageFull, StorageFailed: There can be none.
    """
    with temporary_folder() as folder:
        yield Spill(folder)


def _blocks(run: Path, types: dict[str, str]) -> Iterator[pd.DataFrame]:
    with run.open("rb") as file, pa.ipc.open_file(file) as reader:
        for number in range(reader.num_record_batches):
            frame = reader.get_batch(number).to_pandas()
            if not len(frame):  # Arrow may end a table of several chunks with an empty batch
                continue
            for name, kind in types.items():
                if str(frame[name].dtype) != kind:
                    frame[name] = pd.Series(index=frame.index, dtype=kind)  # it has no value here
            yield frame


def _not_beyond(block: pd.DataFrame, by: Sequence[str], frontier: tuple[Any, ...]) -> int:
    """Return how many rows of a sorted block are not beyond a row."""
    first, *more = by
    low = int((block[first] < frontier[0]).sum())
    if not more:
        return int((block[first] <= frontier[0]).sum())
    same = int((block[first] == frontier[0]).sum())
    return low + _not_beyond(block.iloc[low : low + same], more, frontier[1:])


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
