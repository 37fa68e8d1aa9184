"""Places for signed statements: a folder, which may be in a git repository, or a bucket of S3, best with object lock.

Each statement is a file `MODEL/SEQ-HASH.json`, written once: one that is there is left as it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from windvane.errors import StorageFailed, StorageFull
from windvane.stores.signing import Signer, own_signer
from windvane.stores.temporary import FULL

if TYPE_CHECKING:
    from windvane.stores.s3_client import S3Settings

PLACES = "WINDVANE_CHECKPOINTS"
"""Where the environment says where statements go: folders and `s3://bucket/prefix`, with spaces between."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}/[0-9]{12}-[0-9a-f]{16}\.json")
_LONGEST = 10_000
_FORMS = "write a folder, or s3://bucket/prefix"


class Place(Protocol):
    """Keeps statements."""

    url: str

    def put(self, name: str, data: bytes) -> None:
        """Keep a statement, unless one of that name is there.

        Raises:
            StorageFull, StorageRefused, StorageFailed: It cannot be written.
        """
        ...

    def names(self, model: str) -> list[str]:
        """Return the names of a model's statements, the oldest first."""
        ...

    def get(self, name: str) -> bytes:
        """Return the first bytes of a statement; no statement is longer."""
        ...


@dataclass(frozen=True)
class Witness:
    """Where statements go, and who signs them."""

    places: tuple[Place, ...]
    signer: Signer


class FolderPlace:
    """Statements in a folder.

    Args:
        root: The folder; made with the first one.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self.url = str(self._root)

    def put(self, name: str, data: bytes) -> None:
        """See `Place.put`."""
        path = self._root / _checked(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, begun = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                with contextlib.suppress(FileExistsError):
                    os.link(begun, path)  # never replaces one that is there
            finally:
                Path(begun).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("write", name, error) from error

    def names(self, model: str) -> list[str]:
        """See `Place.names`."""
        try:
            found = (f"{model}/{file.name}" for file in (self._root / model).glob("*.json") if file.is_file())
            return sorted(name for name in found if _NAME.fullmatch(name))
        except OSError as error:
            raise self._failed("list", model, error) from error

    def get(self, name: str) -> bytes:
        """See `Place.get`."""
        try:
            with (self._root / _checked(name)).open("rb") as file:
                return file.read(_LONGEST)
        except OSError as error:
            raise self._failed("read", name, error) from error

    def _failed(self, verb: str, name: str, error: OSError) -> StorageFailed | StorageFull:
        kind = StorageFull if error.errno in FULL else StorageFailed
        cause = f"cannot {verb} statement {name} in {self.url}: {error.strerror or error}"
        return kind(cause, "check the folder's permissions and its disk, then run the same again")


class S3Place:
    """Statements as objects below a prefix.

    Args:
        bucket: The bucket; it is never created.
        prefix: What all keys begin with.
        settings: How the bucket is reached.
    """

    def __init__(self, bucket: str, prefix: str, settings: Callable[[], S3Settings]) -> None:
        from windvane.stores.s3_objects import S3Objects

        self._objects = S3Objects(bucket, prefix, settings)
        self.url = self._objects.url

    def put(self, name: str, data: bytes) -> None:
        """See `Place.put`."""
        where = self._where(name)

        def write(client: Any, _: float) -> None:
            from botocore.exceptions import ClientError

            from windvane.stores.s3_client import status_of

            try:
                client.put_object(**where, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if status_of(error) != 412:  # one is there
                    raise

        self._objects.run("write", name, write, len(data))

    def names(self, model: str) -> list[str]:
        """See `Place.names`."""
        listed = self._objects.pages("list_objects_v2", "Contents", f"{model}/")
        found = (str(item["Key"]).removeprefix(self._objects.prefix) for item in listed)
        return sorted(name for name in found if _NAME.fullmatch(name))

    def get(self, name: str) -> bytes:
        """See `Place.get`."""
        where = self._where(name)

        def read(client: Any, _: float) -> bytes:
            with contextlib.closing(client.get_object(**where)["Body"]) as body:
                found: bytes = body.read(_LONGEST)
                return found

        found: bytes = self._objects.run("read", name, read)
        return found

    def _where(self, name: str) -> dict[str, str]:
        return {"Bucket": self._objects.bucket, "Key": self._objects.prefix + _checked(name)}


def open_place(url: str, s3: Callable[[], S3Settings] | None = None) -> Place:
    """Open a place for statements: a folder's path or `file://` URL, or `s3://bucket/prefix`.

    Raises:
        StorageFailed: It has another form.
    """
    parts = urlsplit(url) if "://" in url else None
    if parts is None or parts.scheme == "file":
        path = parts.path if parts else url
        if not path.strip():
            raise StorageFailed(f"{url!r} is no place for statements", _FORMS)
        return FolderPlace(Path(path).expanduser())
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc:
        raise StorageFailed(f"{parts.scheme}://… is no place for statements", _FORMS)
    from windvane.stores.s3_client import S3Settings

    return S3Place(parts.netloc, parts.path.strip("/"), s3 or S3Settings)


def witness_of(places: str | None, key: str | None, s3: Callable[[], S3Settings] | None = None) -> Witness | None:
    """Return where statements go and who signs them, of settings or else of the environment; None when nobody said.

    Args:
        places: Folders and `s3://bucket/prefix`, with spaces between; None takes `WINDVANE_CHECKPOINTS`.
        key: The signing key; None takes `WINDVANE_SIGNING_KEY`.
        s3: How buckets are reached.

    Raises:
        StorageFailed, UnusableKey: They cannot be used.
    """
    named = (places or os.environ.get(PLACES) or "").split()
    signer = own_signer(key) if named else None
    return Witness(tuple(_opened(named, s3)), signer) if signer else None


def _opened(named: list[str], s3: Callable[[], S3Settings] | None) -> Iterator[Place]:
    for url in named:
        yield open_place(url, s3)


def _checked(name: str) -> str:
    """Return a statement's name: nothing else ever becomes part of a path or a key."""
    if not _NAME.fullmatch(name):
        raise StorageFailed(f"{name!r:.120} is no name of a statement", "it is written MODEL/SEQ-HASH.json")
    return name
