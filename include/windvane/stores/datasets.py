"""Rows in and out: a window's rows from its source, and snapshots and scores as deterministic Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from windvane.errors import (
    CorruptArtifact,
    DuplicateKey,
    MissingColumn,
    WrongType,
    nearest,
)
from windvane.results import Part, Snapshot
from windvane.spec import Model
from windvane.spec.source import SOURCES
from windvane.stores.spill import Spill, joined, regrouped, spilling
from windvane.windows import Window

if TYPE_CHECKING:
    from datetime import datetime

    from windvane.stores.artifacts import Artifacts
    from windvane.stores.connections import Connections

PART_ROWS = 100_000
"""Most rows of one file of a snapshot, which is one row group."""
PART_VALUES = 4_000_000
"""Most values of one file: of wide tables a file has fewer rows."""


def read_chunks(
    model: Model,
    window: Window,
    base: Path | None = None,
    connections: Connections | None = None,
    as_of: datetime | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield what the model's source delivers for a window, piece by piece; nothing about it is checked yet.

    However many rows the window has, a piece of files and databases has no more than a snapshot's file.

    Args:
        model: The spec with the source.
        window: The window whose rows are wanted; files and tables are cut to it.
        base: The folder that file patterns are relative to; None is the working folder.
        connections: Where the source's connection is looked up; None is the environment.
        as_of: The moment that the run stands for, UTC, for sources that know what was known when; None: now.

    Raises:
        SpecError: The source's function cannot be imported.
        SourceFailed: The function raised, no file matches, a file cannot be read, or the database refuses.
        MissingColumn, WrongType, NaiveTimestamp: Event times cannot be read.
    """
    from windvane.stores.connections import EnvironmentConnections

    kind = SOURCES.get(model.source.kind)
    pieces = kind.read_as_of(model, window, base or Path.cwd(), connections or EnvironmentConnections(), as_of)
    if kind.code(model.source):  # the pieces of a user's function stay as they are
        yield from pieces
        return
    yield from regrouped(pieces, part_rows(model))


def read_source(
    model: Model,
    window: Window,
    base: Path | None = None,
    connections: Connections | None = None,
    as_of: datetime | None = None,
) -> pd.DataFrame:
    """Return what the model's source delivers for a window, all of it at once; see `read_chunks`."""
    return joined(list(read_chunks(model, window, base, connections, as_of)))


def part_rows(model: Model) -> int:
    """Return how many rows of a model are in one file of a snapshot: what a step holds of a window at a time."""
    return max(1, min(PART_ROWS, PART_VALUES // len(model.columns)))


def write_snapshot(
    frames: pd.DataFrame | Iterable[pd.DataFrame], model: Model, window: Window, artifacts: Artifacts
) -> Snapshot:
    """Keep a window's checked rows as Parquet and return their manifest; the same rows give the same digest.

    Args:
        frames: The rows in their normal form, sorted by event time, then key: all, or pieces of them, each sorted.
            Several pieces are brought into one order on disk, so that memory holds a few of them and no more.
        model: The spec.
        window: The window the rows belong to.
        artifacts: Where the files go.

    Raises:
        DuplicateKey: A key comes in two pieces.
        WrongType: A column holds one kind of value in one piece, and another kind in another.
        StorageFull, StorageFailed: The artifacts, or the temporary folder, cannot hold them.
    """
    pieces = iter([frames] if isinstance(frames, pd.DataFrame) else frames)
    first = list(islice(pieces, 2))
    with spilling() as spill:
        rows = iter(first) if len(first) < 2 else _ordered(chain(first, pieces), model, window, spill)
        parts, outcomes, columns = [], 0, dict[str, str]()
        for group in regrouped(rows, part_rows(model)):
            data = _parquet(group)
            parts.append(Part(digest=artifacts.put(data), rows=len(group), bytes=len(data)))
            outcomes += int(group[model.target].notna().sum())
            columns = columns or {field.name: str(field.type) for field in _table(group.iloc[:0]).schema}
    return Snapshot(
        model=model.name,
        window=window.key,
        start=window.start,
        end=window.end,
        rows=sum(part.rows for part in parts),
        outcomes=outcomes,
        columns=columns,
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
    frames = [_frame(artifacts.get(part.digest, part.bytes), part.digest, columns) for part in snapshot.parts]
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


def without_keys(data: bytes, key: str, keys: Sequence[str]) -> tuple[bytes, pd.DataFrame, pd.DataFrame] | None:
    """Return a file of a snapshot or of scores without the rows of some keys, the rows that went, and those left.

    The bytes are those that the remaining rows would have been written as from the beginning. None where no row has
    one of the keys, and where the file has no such column.

    Args:
        data: The file.
        key: The column that identifies rows.
        keys: The keys as text; what cannot be a key of the column's kind is the key of no row.
    """
    from windvane.stores.keys import rows_with

    with pq.ParquetFile(io.BytesIO(data), pre_buffer=False) as file:
        if key not in file.schema_arrow.names:
            return None
        marked = rows_with(file.read(columns=[key]).column(key), keys)
        if not any(marked):
            return None
    frame = _frame(data, "", None)
    gone = pd.Series(marked, index=frame.index)
    left = frame[~gone].reset_index(drop=True)
    return _parquet(left), frame[gone].reset_index(drop=True), left


def _ordered(frames: Iterable[pd.DataFrame], model: Model, window: Window, spill: Spill) -> Iterator[pd.DataFrame]:
    """Yield sorted pieces' rows in one order, once they are known to have one key each and one type a column."""
    runs, keys, total = [], [], 0
    types: dict[str, str] = {}
    for frame in frames:
        total += len(frame)
        runs.append(spill.write([frame]))
        keys.append(spill.write([frame[[model.key]].sort_values(model.key)]))
        for name in frame.columns:
            kind = str(frame[name].dtype)
            if frame[name].notna().any() and types.setdefault(name, kind) != kind:
                cause = f"{model.name} {window}: column {name!r} holds {types[name]} in some rows and {kind} in others"
                raise WrongType(cause, "deliver one kind of value in all rows of a window")
    types = {name: types.get(name, str(frame[name].dtype)) for name in frame.columns}
    _refuse_repeated(spill.merged(keys, [model.key], {model.key: types[model.key]}), total, model, window)
    yield from spill.merged(runs, [model.event_time, model.key], types)


def _refuse_repeated(keys: Iterable[pd.DataFrame], total: int, model: Model, window: Window) -> None:
    """Refuse keys, in order, of which one comes twice."""
    again, first, last = 0, None, None
    for frame in keys:
        repeated = frame[model.key].duplicated()
        repeated.iloc[0] |= frame[model.key].iloc[0] == last
        if repeated.any():
            first = frame[model.key][repeated].tolist()[0] if first is None else first
            again += int(repeated.sum())
        last = frame[model.key].iloc[-1]
    if again:
        cause = (
            f"{model.name} {window}: column {model.key!r} repeats a key in {again:,} of {total:,} rows, first {first!r}"
        )
        raise DuplicateKey(cause, "deliver one row a key, or declare another key")


def _table(frame: pd.DataFrame) -> Any:
    """Return the rows as an Arrow table without pandas' own metadata, which names its version."""
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(_table(frame), buffer, row_group_size=max(len(frame), 1), compression="zstd", write_statistics=True)
    return buffer.getvalue()


def _frame(data: bytes, digest: str, columns: Sequence[str] | None) -> pd.DataFrame:
    try:
        wanted = list(columns) if columns is not None else None
        frame: pd.DataFrame = pq.read_table(io.BytesIO(data), columns=wanted, pre_buffer=False).to_pandas()
    except pa.ArrowException as error:
        cause = f"artifact {digest} holds no readable Parquet: {error}"
        raise CorruptArtifact(cause, "restore it from a backup, or run again the step that made it") from error
    return frame
