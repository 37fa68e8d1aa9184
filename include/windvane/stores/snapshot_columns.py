"""A snapshot column by column: what it takes to look at a column is that column, and not the window."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from windvane.errors import CorruptArtifact
from windvane.lifecycle.compiled import Columns, FrameColumns
from windvane.results import Snapshot
from windvane.stores.datasets import read_snapshot
from windvane.stores.temporary import temporary_folder, unkept

if TYPE_CHECKING:
    import pandas as pd

    from windvane.stores.artifacts import Artifacts

IN_MEMORY = 10_000_000
"""Values of a snapshot that are read into memory at once, 80 MB of numbers; with more, columns go through the disk."""


@contextmanager
def snapshot_columns(snapshot: Snapshot, artifacts: Artifacts) -> Iterator[Columns]:
    """Give a snapshot's rows, column by column.

    Raises:
        MissingArtifact, CorruptArtifact: Its bytes are not what they were.
        StorageFull, StorageFailed: The temporary folder cannot hold the columns.
    """
    if snapshot.rows * len(snapshot.columns) <= IN_MEMORY:
        yield FrameColumns(read_snapshot(snapshot, artifacts))
        return
    with temporary_folder() as folder:
        yield _SpilledColumns(snapshot, artifacts, folder)


class _SpilledColumns(Columns):
    """A snapshot's columns in a temporary folder, a file each, from one pass over the snapshot."""

    def __init__(self, snapshot: Snapshot, artifacts: Artifacts, folder: Path) -> None:
        super().__init__(list(snapshot.columns), snapshot.rows)
        self._snapshot = snapshot
        self._artifacts = artifacts
        self._folder = folder
        self._places = {name: folder / f"{index}.arrow" for index, name in enumerate(self.names)}

    def prepare(self, names: Collection[str]) -> None:
        """Write the columns that are named; see `Columns.prepare`."""
        wanted = [name for name in self.names if name in names]
        writers: dict[str, Any] = {}
        with unkept(f"keep columns in the temporary folder {self._folder.parent}"):
            for part in self._snapshot.parts if wanted else ():
                table = _table(self._artifacts.get(part.digest, part.bytes), part.digest, wanted)
                for name in wanted:
                    column = table.select([name])
                    if name not in writers:
                        writers[name] = pa.ipc.new_file(str(self._places[name]), column.schema)
                    writers[name].write_table(column)
            for writer in writers.values():
                writer.close()

    def read(self, name: str) -> pd.Series[Any]:
        """Return a whole column; see `Columns.read`."""
        with self._places[name].open("rb") as file, pa.ipc.open_file(file) as reader:
            found: pd.DataFrame = reader.read_all().to_pandas(self_destruct=True, split_blocks=True)
        return found[name]

    def frame(self) -> pd.DataFrame:
        """Return all rows; see `Columns.frame`."""
        return read_snapshot(self._snapshot, self._artifacts)


def _table(data: bytes, digest: str, columns: list[str]) -> Any:
    try:
        return pq.read_table(io.BytesIO(data), columns=columns, pre_buffer=False)
    except pa.ArrowException as error:
        cause = f"artifact {digest} holds no readable Parquet: {error}"
        raise CorruptArtifact(cause, "restore it from a backup, or run again the step that made it") from error
