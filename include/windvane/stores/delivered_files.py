"""A window's scores as a Parquet file for their consumers: replaced whole, never by an older publication."""

from __future__ import annotations

import fcntl
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from windvane.errors import CorruptArtifact, StorageFailed, StorageFull
from windvane.results import Publication
from windvane.spec import bucket_and_key
from windvane.stores.modes import open_lock, open_new
from windvane.stores.temporary import FULL

if TYPE_CHECKING:
    import pandas as pd

    from windvane.stores.s3_client import S3Settings

_NUMBER = "windvane-publication"
"""Where a file, and an object, say which publication they hold."""
_REMEDY = "check the place and its permissions, then run the same again"


def deliver_file(
    to: str, publication: Publication, frame: pd.DataFrame, base: Path, settings: Callable[[], S3Settings]
) -> None:
    """Write a window's file, unless a newer publication is there.

    Args:
        to: Path, relative to `base`, or `s3://bucket/key`.
        publication: What the rows are of.
        frame: The rows. Columns that a folder of the path names (`window=2024-01`) are left to it.
        base: The folder that relative paths start from.
        settings: Asked for how S3 is reached.

    Raises:
        StorageFull, StorageFailed, StorageRefused: It cannot be written; what was there is still there.
    """
    folders = {part.partition("=")[0] for part in Path(to).parts if "=" in part}
    table = pa.Table.from_pandas(frame[[name for name in frame.columns if name not in folders]], preserve_index=False)
    table = table.replace_schema_metadata({_NUMBER: str(publication.publication)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    if to.startswith("s3://"):
        _object(to, publication.publication, buffer.getvalue(), settings)
    else:
        with _named(base / to):
            _file(base / Path(to).expanduser(), publication.publication, buffer.getvalue())


def _file(path: Path, number: int, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    with open_lock(path.with_name(f".{path.name}.lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists() and _number_of(path) > number:
            return
        try:
            with open_new(draft, 0o666) as file:  # for its consumers: what the umask allows
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def _number_of(path: Path) -> int:
    """Return the publication that a file holds; 0 where it does not say."""
    try:
        found = pq.read_schema(path).metadata or {}
    except (pa.ArrowInvalid, OSError):
        raise CorruptArtifact(
            f"{path} is no file that was delivered", "move it away, then run the same again"
        ) from None
    return int(found.get(_NUMBER.encode(), b"0"))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in FULL else StorageFailed
        raise kind(f"cannot write {path}: {error.strerror or error}", _REMEDY) from error


def _object(url: str, number: int, data: bytes, settings: Callable[[], S3Settings]) -> None:
    """Put an object, on the condition that it is still what was looked at."""
    from windvane.stores.s3_client import S3Client, status_of

    bucket, key = bucket_and_key(url)
    client = S3Client(settings)

    def put(s3: Any, _: float) -> None:
        while True:
            try:
                there = s3.head_object(Bucket=bucket, Key=key)
            except s3.exceptions.ClientError as error:
                if status_of(error) != 404:
                    raise
                condition = {"IfNoneMatch": "*"}
            else:
                if int(there["Metadata"].get(_NUMBER, "0")) > number:
                    return
                condition = {"IfMatch": there["ETag"]}
            try:
                s3.put_object(Bucket=bucket, Key=key, Body=data, Metadata={_NUMBER: str(number)}, **condition)
            except s3.exceptions.ClientError as error:
                if status_of(error) == 412:  # another one was faster: look again
                    continue
                raise
            return

    client.run("write", f"s3://{bucket}/{quote(key)}", put, size=len(data))
