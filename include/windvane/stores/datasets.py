"""Rows in and out: a window's rows from its source, and snapshots and scores as deterministic Parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from windvane.errors import CorruptArtifact, MissingColumn, SourceFailed, WindvaneError, nearest
from windvane.results import Part, Snapshot
from windvane.spec import Model
from windvane.stores.code import resolve
from windvane.windows import Window

if TYPE_CHECKING:
    from windvane.stores.artifacts import Artifacts

PART_ROWS = 1_000_000
"""Most rows of one file of a snapshot."""
GROUP_ROWS = 100_000
"""Rows of one row group."""


def read_source(model: Model, window: Window, base: Path | None = None) -> pd.DataFrame:
    """Return what the model's source delivers for a window; nothing about it is checked yet.

    Args:
        model: The spec with the source.
        window: The window whose rows are wanted; files are cut to it.
        base: The folder that file patterns are relative to; None is the working folder.

    Raises:
        SpecError: The source's function cannot be imported.
        SourceFailed: The function raised, no file matches, or a file cannot be read.
        MissingColumn, WrongType, NaiveTimestamp: A file's event times cannot be told.
    """
    if model.source.kind == "callable":
        return _called(model, window)
    from windvane.stores.files import read_files

    return read_files(model, window, base or Path.cwd())


def write_snapshot(frame: pd.DataFrame, model: Model, window: Window, artifacts: Artifacts) -> Snapshot:
    """Keep a window's checked rows as Parquet and return their manifest; the same rows give the same digest."""
    parts = []
    for start in range(0, max(len(frame), 1), PART_ROWS):
        rows = frame.iloc[start : start + PART_ROWS]
        data = _parquet(rows)
        parts.append(Part(digest=artifacts.put(data), rows=len(rows), bytes=len(data)))
    return Snapshot(
        model=model.name,
        window=window.key,
        start=window.start,
        end=window.end,
        rows=len(frame),
        outcomes=int(frame[model.target].notna().sum()),
        columns={field.name: str(field.type) for field in _table(frame.iloc[:0]).schema},
        parts=tuple(parts),
    )


def read_snapshot(snapshot: Snapshot, artifacts: Artifacts, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return a snapshot's rows, or some of their columns.

    Raises:
        MissingColumn: The snapshot was taken without such a column.
        MissingArtifact, CorruptArtifact: Its bytes are not what they were.
    """
    for name in columns or ():
        if name not in snapshot.columns:
            cause = f"{snapshot.model} {snapshot.window}: snapshot {snapshot.digest} has no column {name!r}"
            remedy = f"take the window's snapshot again with the present spec{nearest(name, snapshot.columns)}"
            raise MissingColumn(cause, remedy)
    frames = [_frame(artifacts.get(part.digest), part.digest, columns) for part in snapshot.parts]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def write_scores(frame: pd.DataFrame, artifacts: Artifacts) -> str:
    """Keep scored rows (key, event time, scores, version) as Parquet and return their digest."""
    return artifacts.put(_parquet(frame))


def read_scores(digest: str, artifacts: Artifacts) -> pd.DataFrame:
    """Return the scored rows that `write_scores` kept.

    Raises:
        MissingArtifact, CorruptArtifact: The bytes are not what they were.
    """
    return _frame(artifacts.get(digest), digest, None)


def _called(model: Model, window: Window) -> pd.DataFrame:
    path = model.source.path
    function = resolve(path)
    try:
        frame = function(window.start, window.end)
    except WindvaneError:
        raise
    except Exception as error:  # a user's function may raise anything
        cause = f"{model.name} {window}: source {path} raised {type(error).__name__}: {error}"
        raise SourceFailed(cause, f"mend it; it was called with start={window.start}, end={window.end}") from error
    if not isinstance(frame, pd.DataFrame):
        cause = f"{model.name} {window}: source {path} returned a {type(frame).__name__}, no DataFrame"
        raise SourceFailed(cause, "return a pandas DataFrame, one row an entity")
    return frame


def _table(frame: pd.DataFrame) -> Any:
    """Return the rows as an Arrow table without pandas' own metadata, which names its version."""
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(_table(frame), buffer, row_group_size=GROUP_ROWS, compression="zstd", write_statistics=True)
    return buffer.getvalue()


def _frame(data: bytes, digest: str, columns: Sequence[str] | None) -> pd.DataFrame:
    try:
        wanted = list(columns) if columns is not None else None
        frame: pd.DataFrame = pq.read_table(io.BytesIO(data), columns=wanted, pre_buffer=False).to_pandas()
    except pa.ArrowException as error:
        cause = f"artifact {digest} holds no readable Parquet: {error}"
        raise CorruptArtifact(cause, "restore it from a backup, or run again the step that made it") from error
    return frame
