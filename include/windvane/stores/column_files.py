"""A snapshot's columns in a folder, a file each: what it takes to look at one is that column, and not the window."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from windvane.errors import CorruptArtifact
from windvane.results import Snapshot
from windvane.stores.temporary import unkept

if TYPE_CHECKING:
    import pandas as pd

    from windvane.stores.artifacts import Artifacts


class ColumnFiles:
    """Columns of a snapshot, written in one pass over it.

    Args:
        snapshot: The snapshot.
        artifacts: Where its rows are.
        folder: An empty folder.
    """

    def __init__(self, snapshot: Snapshot, artifacts: Artifacts, folder: Path) -> None:
        self._snapshot = snapshot
        self._artifacts = artifacts
        self._folder = folder
        self._places = {name: folder / f"{index}.arrow" for index, name in enumerate(snapshot.columns)}

    def write(self, names: Collection[str]) -> None:
        """Write the columns that are named, those of them that are there.

        Raises:
            MissingArtifact, CorruptArtifact: The snapshot's bytes are not what they were.
            StorageFull, StorageFailed: The folder cannot hold the columns.
        """
        wanted = [name for name in self._places if name in names]
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
        """Return a whole column that was written."""
        with self._places[name].open("rb") as file, pa.ipc.open_file(file) as reader:
            found: pd.DataFrame = reader.read_all().to_pandas(self_destruct=True, split_blocks=True)
        return found[name]


def _table(data: bytes, digest: str, columns: list[str]) -> Any:
    try:
        return pq.read_table(io.BytesIO(data), columns=columns, pre_buffer=False)
    except pa.ArrowException as error:
        cause = f"artifact {digest} holds no readable Parquet: {error}"
        raise CorruptArtifact(cause, "restore it from a backup, or run again the step that made it") from error
