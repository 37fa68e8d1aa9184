"""Parquet and Feather files: a window's rows, read in batches, with every type of Arrow's as the values it holds."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.ipc
import pyarrow.parquet as pq

from windvane.errors import SourceFailed
from windvane.spec.reading import Reading
from windvane.stores.event_times import bounds
from windvane.windows import Window

importlib.import_module("pandas.core.arrays.arrow.extension_types")  # Arrow knows pandas' types then, not before
_NULLABLE: Final = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}
_VIEWS: Final = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
MAX_COLUMNS: Final = 10_000
"""Most columns of a file."""
MAX_DECODED: Final = 2**30
"""Most bytes that the texts of one column of a piece come to: a file says a long text once, and points at it often."""
MAX_GROUP: Final = 16 * 2**30
"""Most bytes that a row group of Parquet says to have, not compressed."""
UNNAMED = "__index_level_"
"""How the columns begin that pandas writes of an index without a name."""


def schema_of(path: Path, kind: str) -> pa.Schema:
    """Return the columns and types of a file."""
    if kind == "parquet":
        return pq.read_schema(path)
    with path.open("rb") as file, pa.ipc.open_file(file) as reader:
        return reader.schema


def batches_of(
    path: Path, kind: str, time: str, window: Window, reading: Reading, rows: int, *, whole: bool = False
) -> Iterator[pd.DataFrame]:
    """Yield rows that may be the window's; row groups that surely are not, are not read.

    Args:
        path: The file.
        kind: `parquet` or `feather`.
        time: The column of the event time, by its name in the file.
        window: The window.
        reading: Zone and unit of the event time.
        rows: Rows of a piece.
        whole: Read all of the file, so that the index of a piece counts the rows.
    """
    count = 0
    for table in _tables(path, kind, time, window, reading, rows, whole=whole):
        frame = frame_of(table)
        frame.index = pd.RangeIndex(count, count + len(frame))
        count += len(frame)
        yield frame


def _tables(
    path: Path, kind: str, time: str, window: Window, reading: Reading, rows: int, *, whole: bool
) -> Iterator[pa.Table]:
    schema = schema_of(path, kind)
    if len(schema) > MAX_COLUMNS:
        raise SourceFailed(
            f"{path.name} has {len(schema):,} columns, more than {MAX_COLUMNS:,}",
            "write a file of the columns that the model declares",
        )
    yield schema.empty_table()
    inside = None if whole else _filter(schema.field(time), window, reading)
    if kind == "feather":
        with path.open("rb") as file, pa.ipc.open_file(file) as reader:
            for number in range(reader.num_record_batches):
                table = pa.table(reader.get_batch(number))
                for start in range(0, table.num_rows, rows):
                    yield table.slice(start, rows)
        return
    lean = ds.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True)
    _refuse_large_groups(path)
    texts = {field.name for field in schema if _is_text(field.type)}  # long ones stay one, however often they come
    options = ds.ParquetReadOptions(dictionary_columns=texts)
    found = ds.dataset(path, format=ds.ParquetFileFormat(read_options=options, default_fragment_scan_options=lean))
    plain = inside if inside is not None and not any(_opaque(field.type) for field in schema) else None
    for batch in found.to_batches(
        filter=plain, batch_size=rows, batch_readahead=0, fragment_readahead=0, use_threads=False
    ):
        yield pa.table(batch)


def _refuse_large_groups(path: Path) -> None:
    found = pq.read_metadata(path)
    sizes = [found.row_group(number).total_byte_size for number in range(found.num_row_groups)]
    if sizes and max(sizes) > MAX_GROUP:
        cause = f"{path.name}: a row group says to have {max(sizes):,} bytes, more than {MAX_GROUP:,}"
        raise SourceFailed(cause, "write it with smaller row groups")


def _is_text(kind: pa.DataType) -> bool:
    return any(
        of(kind) for of in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )


def _refuse_large_texts(column: Any) -> None:
    """Refuse to write out what comes to more than a column of a piece may have; nothing is written out for that."""
    total = 0
    for chunk in column.chunks:
        values, places = (chunk.dictionary, chunk.indices) if hasattr(chunk, "dictionary") else (chunk.values, None)
        if not (_is_text(values.type) or values.type in _VIEWS):
            return
        plain = values.cast(_VIEWS[values.type]) if values.type in _VIEWS else values
        lengths = pc.fill_null(pc.binary_length(plain).cast(pa.int64()), 0)
        if places is not None:
            total += pc.sum(lengths.take(places)).as_py() or 0
        else:
            ends = np.asarray(chunk.run_ends).clip(chunk.offset, chunk.offset + len(chunk))
            runs = np.diff(ends, prepend=chunk.offset)
            total += int((runs * np.asarray(lengths)).sum())
    if total > MAX_DECODED:
        cause = f"a column of {len(column):,} rows comes to {total:,} bytes of text, more than {MAX_DECODED:,}"
        raise SourceFailed(cause, "leave the column out of the file, or cut its texts short")


def _opaque(kind: pa.DataType) -> bool:
    """True of types that Arrow's filter has no kernel for."""
    return kind in _VIEWS or isinstance(kind, pa.BaseExtensionType)


def _filter(field: pa.Field, window: Window, reading: Reading) -> Any:
    kind = field.type
    if pa.types.is_timestamp(kind):
        found = bounds(window, reading, "naive" if kind.tz is None else "aware")
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        found = bounds(window, reading, "number")
    else:
        return None
    if found is None:
        return None
    try:
        low, high = (pa.scalar(value, type=kind) for value in found)
    except (pa.ArrowInvalid, OverflowError):  # a narrow integer, which cannot hold the bound
        return None
    column = pc.field(field.name)
    return ((column >= low) & (column < high)) | column.is_null()


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Return rows with each column as the values it holds.

    Dictionaries, views, run-end encodings and extension types are what they encode; whole numbers and booleans stay
    such where some are missing. What pandas wrote about its index is not needed: an index is a column of the file.
    """
    names = [name for name in table.column_names if not name.startswith(UNNAMED)]
    columns = [_plain(table.column(table.column_names.index(name))) for name in dict.fromkeys(names)]
    plain = pa.Table.from_arrays(columns, names=list(dict.fromkeys(names)))
    frame: pd.DataFrame = plain.to_pandas(ignore_metadata=True)
    for name, column in zip(plain.column_names, plain.columns, strict=True):
        if column.null_count and column.type in _NULLABLE:
            frame[name] = column.to_pandas(types_mapper=_NULLABLE.get)
    return frame


def _storage(column: Any) -> Any:
    return pa.chunked_array([chunk.storage for chunk in column.chunks], type=column.type.storage_type)


def _periods(column: Any, freq: str) -> Any:
    """Return pandas' periods, which are numbers since 1970, as the texts that people read: `2024-01`."""
    plain: Any = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    known = plain.to_numpy(zero_copy_only=False)
    missing = np.asarray(plain.is_null())
    numbers = np.where(missing, 0, known).astype("int64")
    texts = pd.PeriodIndex.from_ordinals(numbers, freq=freq).astype(str)  # type: ignore[attr-defined]  # not in the stubs
    return pa.chunked_array([pa.array(np.asarray(texts, dtype=object), pa.large_string(), mask=missing)])


def _text(column: Any) -> Any:
    """Return bytes as the text that they are, as older writers keep it; other bytes stay what they are."""
    try:
        return column.cast(pa.large_string())
    except pa.ArrowInvalid:
        return column


def _plain(column: Any) -> Any:
    while True:
        kind = column.type
        if getattr(kind, "extension_name", "") == "arrow.uuid":
            texts = [None if value is None else str(UUID(bytes=bytes(value))) for value in _storage(column).to_pylist()]
            return pa.chunked_array([pa.array(texts, pa.large_string())])
        if getattr(kind, "extension_name", "") == "arrow.bool8":
            return _storage(column).cast(pa.bool_())
        if getattr(kind, "extension_name", "") == "pandas.period":
            return _periods(_storage(column), kind.freq)
        if isinstance(kind, pa.BaseExtensionType):
            column = _storage(column)
        elif pa.types.is_dictionary(kind):
            _refuse_large_texts(column)
            column = column.cast(kind.value_type)
        elif pa.types.is_run_end_encoded(kind):
            _refuse_large_texts(column)
            column = pa.chunked_array([pc.run_end_decode(chunk) for chunk in column.chunks], type=kind.value_type)
        elif kind in _VIEWS:
            column = column.cast(_VIEWS[kind])
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return _text(column)
        else:
            return column
