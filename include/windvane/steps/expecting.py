"""What a model expects, and the rows that it expects it of, column by column."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from windvane.lifecycle.compiled import Columns, FrameColumns
from windvane.lifecycle.passed_on import listed
from windvane.lifecycle.suites import kept_form, read_kept
from windvane.results import Snapshot
from windvane.spec import Model
from windvane.stores import Artifacts
from windvane.stores.code import resolve
from windvane.stores.column_files import ColumnFiles
from windvane.stores.datasets import read_snapshot
from windvane.stores.kept_suites import Kept
from windvane.stores.recorded import recorded
from windvane.stores.temporary import temporary_folder

if TYPE_CHECKING:
    import pandas as pd

IN_MEMORY = 10_000_000
"""Values of a snapshot that are read into memory at once, 80 MB of numbers; with more, columns go through the disk."""


def declared_suite(model: Model) -> Any:
    """Return what a model expects: a kept suite, what its function returns, or None where it names no function.

    The function is called once for each state of what it depends on; see `windvane.stores.kept_suites`.

    Raises:
        SpecError: The function cannot be imported, or returns something else.
    """
    if model.expect is None:
        return None
    kept = Kept(model.expect)
    text = kept.text()
    if text is not None:
        with suppress(ValueError):  # what is no JSON is written anew
            return read_kept(text)
    answer, read = recorded(resolve(model.expect))
    found = listed(answer, model)
    text = kept_form(found)
    if text is not None:
        kept.keep(text, read)
    return found


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
        yield _OnDisk(snapshot, artifacts, ColumnFiles(snapshot, artifacts, folder))


class _OnDisk(Columns):
    """A snapshot whose columns are read from a folder."""

    def __init__(self, snapshot: Snapshot, artifacts: Artifacts, files: ColumnFiles) -> None:
        super().__init__(list(snapshot.columns), snapshot.rows)
        self._snapshot = snapshot
        self._artifacts = artifacts
        self._files = files

    def prepare(self, names: Collection[str]) -> None:
        """Write the columns that are named; see `Columns.prepare`."""
        self._files.write(names)

    def read(self, name: str) -> pd.Series[Any]:
        """Return a whole column; see `Columns.read`."""
        return self._files.read(name)

    def frame(self) -> pd.DataFrame:
        """Return all rows; see `Columns.frame`."""
        return read_snapshot(self._snapshot, self._artifacts)
