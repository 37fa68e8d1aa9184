"""Where the files of a source are: a folder, or a bucket of S3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from windvane.errors import SourceFailed
from windvane.spec import Model, bucket_and_key
from windvane.stores.temporary import temporary_folder, unkept
from windvane.windows import Window

if TYPE_CHECKING:
    from windvane.stores.connections import Connections

_WILD = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}


class Place(Protocol):
    """Files that match a pattern."""

    def names(self) -> list[str]:
        """Return the names of the files, sorted."""
        ...

    def opened(self, name: str) -> AbstractContextManager[Path]:
        """Give a path under which a file can be read while the block runs."""
        ...


def place_of(model: Model, window: Window, base: Path, connections: Connections) -> Place:
    """Return the place that a source's pattern tells of."""
    if model.source.path.startswith("s3://"):
        return bucket_of(model.source.path, model.source.connection, f"{model.name} {window}", connections)
    return _Folder(model.source.path, base)


def bucket_of(pattern: str, connection: str | None, where: str, connections: Connections) -> Place:
    """Return the objects of a bucket that match a pattern.

    Args:
        pattern: `s3://bucket/prefix/*.parquet`.
        connection: Name of the connection, or None.
        where: Model and window, for messages.
        connections: Looks the connection up.
    """
    return _Bucket(pattern, connection, where, connections)


class _Folder:
    def __init__(self, pattern: str, base: Path) -> None:
        self._pattern = Path(pattern).expanduser()
        self._base = base

    def __str__(self) -> str:
        return str(self._base / self._pattern)

    def names(self) -> list[str]:
        anchor = self._pattern.anchor
        top = Path(anchor) if anchor else self._base
        within = str(self._pattern.relative_to(anchor)) if anchor else str(self._pattern)
        return [str(path) for path in sorted(top.glob(within)) if path.is_file()]

    @contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        yield Path(name)


class _Bucket:
    """Objects of a bucket; one at a time is brought into a temporary file, the very one that was listed."""

    def __init__(self, pattern: str, connection: str | None, where: str, connections: Connections) -> None:
        from windvane.stores.s3_client import S3Client

        self._where = where
        self._pattern = pattern
        self._bucket, self._key = bucket_and_key(self._pattern, pattern=True)
        self._client = S3Client(lambda: connections.s3(connection))
        self._tags: dict[str, str] = {}

    def __str__(self) -> str:
        return self._pattern

    def names(self) -> list[str]:
        prefix = re.split(r"[*?\[]", self._key, maxsplit=1)[0]
        wanted = _expression(self._key)
        for item in self._client.pages("list_objects_v2", "Contents", self._bucket, prefix):
            if wanted.fullmatch(item["Key"]):
                self._tags[f"s3://{self._bucket}/{item['Key']}"] = item["ETag"]
        return sorted(self._tags)

    @contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        with temporary_folder() as folder:
            path = folder / f"object{''.join(Path(name).suffixes[-2:])}"

            def fetch(client: Any, deadline: float) -> None:
                self._fetch(client, name, path, deadline)

            self._client.run("read", name, fetch)
            yield path

    def _fetch(self, client: Any, name: str, path: Path, deadline: float) -> None:
        """Write an object into a file, as it was when it was listed."""
        from windvane.stores.s3_client import body_of, status_of

        key = name.removeprefix(f"s3://{self._bucket}/")
        try:
            answer = client.get_object(Bucket=self._bucket, Key=key, IfMatch=self._tags[name])
        except client.exceptions.ClientError as error:
            if status_of(error) in (404, 412):
                cause = f"{self._where}: {name} was changed or removed while it was read"
                raise SourceFailed(cause, "run the same again") from error
            raise
        keeping = f"keep {name} in a temporary file"  # what the network does has another name, and is tried again
        with unkept(keeping):
            file = path.open("wb")
        with closing(answer["Body"]), file:
            for piece in body_of(answer, deadline):
                with unkept(keeping):
                    file.write(piece)
            with unkept(keeping):
                file.flush()


def _expression(pattern: str) -> re.Pattern[str]:
    """Return what matches the keys that a pattern means: `*` and `?` end at a slash, `**/` is any folders."""
    found = ""
    for token in re.split(r"(\*\*/|\*|\?|\[!?[^\]]+\])", pattern):
        if token in _WILD:
            found += _WILD[token]
        elif token.startswith("[") and token.endswith("]"):
            inner = token[1:-1].replace("\\", r"\\").replace("[", r"\[").removeprefix("!")
            found += f"[^{inner}]" if token[1] == "!" else f"[{inner}]"
        else:
            found += re.escape(token)
    return re.compile(found)
