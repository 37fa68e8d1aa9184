"""Artifacts in a bucket of S3, or of a server that speaks its protocol."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from windvane.stores.artifacts import (
    MOST_BYTES,
    Entry,
    Leftover,
    digest_of,
    id_bytes,
    id_of,
    is_digest,
    missing,
    no_leftover,
    verified,
)
from windvane.stores.pointers import ROOT, checked_pointer, is_pointer
from windvane.stores.s3_client import Damaged, S3Settings, body_of, code_of, status_of
from windvane.stores.s3_objects import S3Objects, now
from windvane.stores.s3_removal import FENCE, MARKS, S3Removals

PART_BYTES = 16 * 2**20
"""Longer artifacts are uploaded in parts of this length."""
RENEW_AFTER = timedelta(hours=1)
"""An artifact that was put less than this ago is not written again when it is put again."""

_CORRUPT_AFTER = 3
_MD5 = re.compile(r"[0-9a-f]{32}")


class S3Artifacts:
    """Artifacts as objects `<prefix>/sha256/<2 hex>/<62 hex>`.

    An object is created only where none is (`If-None-Match: *`), with the SHA-256 that the store itself checks; one
    that is there is looked at, and written again when it is damaged or was put too long ago to be relied on. Nothing
    is assumed of the order in which a store lists. Pointers are the objects `<prefix>/models/…/current.json` (see
    `pointers.py`).

    Args:
        bucket: The bucket; it is never created.
        prefix: What all keys begin with.
        settings: How the bucket is reached; asked again when credentials are refused.
        part_bytes: Longer artifacts are uploaded in parts of this length (S3 wants 5 MiB or more).
        renew_after: See `RENEW_AFTER`.
        fence: See `FENCE`.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str,
        settings: Callable[[], S3Settings] = S3Settings,
        part_bytes: int = PART_BYTES,
        renew_after: timedelta = RENEW_AFTER,
        fence: timedelta = FENCE,
    ) -> None:
        self._objects = S3Objects(bucket, prefix, settings)
        self._removals = S3Removals(self._objects, self._put_at, fence)
        self.url = self._objects.url
        self._part_bytes = part_bytes
        self._renew_after = renew_after

    def identity(self, patience: float | None = None) -> str | None:
        """Return the id that the object `<prefix>/identity.json` holds; see `Artifacts.identity`."""
        data = self._objects.named_id(patience)
        return None if data is None else id_of(data, self.url)

    def identify(self, wanted: str) -> str:
        """Create the object where none is; see `Artifacts.identify`."""
        self._objects.create_id(id_bytes(wanted))
        return self.identity() or wanted

    def put(self, data: bytes) -> str:
        """Keep bytes; see `Artifacts.put`."""
        digest = digest_of(data)
        self._objects.run(
            "write", digest, lambda client, deadline: self._put(client, digest, data, deadline), len(data)
        )
        return digest

    def get(self, digest: str, at_most: int = MOST_BYTES) -> bytes:
        """Return bytes; see `Artifacts.get`. Bytes that are wrong three times are corrupt where they are kept."""
        if not is_digest(digest):
            raise missing(digest, self.url)
        tries = 0

        def read(client: Any, deadline: float) -> bytes:
            nonlocal tries
            tries += 1
            data = self._objects.read(client, digest, at_most, deadline)
            if digest_of(data) != digest and tries < _CORRUPT_AFTER:
                raise Damaged("other bytes came than were kept")
            return verified(data, digest, self.url)

        found: bytes = self._objects.run("read", digest, read)
        return found

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest."""
        return is_digest(digest) and bool(
            self._objects.run("read", digest, lambda client, _: self._objects.head(client, digest) is not None)
        )

    def digests(self) -> Iterator[str]:
        """Yield every digest, sorted."""
        yield from sorted(entry.digest for entry in self.entries())

    def entries(self) -> Iterator[Entry]:
        """Yield every artifact; see `Artifacts.entries`."""
        seen = set()
        for item in self._objects.pages("list_objects_v2", "Contents", "sha256/"):
            digest = self._objects.digest_of_key(item["Key"])
            if digest is not None and digest not in seen:
                seen.add(digest)
                put_at = min(self._put_at(item["LastModified"]), datetime.now(UTC))
                yield Entry(digest, int(item["Size"]), put_at)

    def remove(self, digest: str, before: datetime) -> bool:
        """Remove an artifact last put before a moment; see `Artifacts.remove`, and `s3_removal.py` for how."""
        return is_digest(digest) and self._removals.remove(digest, before)

    def leftovers(self) -> Iterator[Leftover]:
        """Yield uploads in parts that were not finished, and marks of removals; see `Artifacts.leftovers`."""
        for item in self._objects.pages("list_multipart_uploads", "Uploads"):
            yield Leftover(f"{item['Key']}?uploadId={item['UploadId']}", 0, item["Initiated"].astimezone(UTC))
        for item in self._objects.pages("list_objects_v2", "Contents", MARKS):
            yield Leftover(item["Key"], int(item["Size"]), item["LastModified"].astimezone(UTC))

    def discard(self, leftover: Leftover) -> None:
        """Abort an upload, or take a mark away; see `Artifacts.discard`."""
        key, _, upload = leftover.name.partition("?uploadId=")
        objects = self._objects
        inside = key.startswith(objects.prefix) and (upload or key.startswith(objects.prefix + MARKS))
        if not inside:
            raise no_leftover(leftover, self.url)

        def away(client: Any, _: float) -> None:
            with contextlib.suppress(client.exceptions.NoSuchUpload):
                if upload:
                    client.abort_multipart_upload(Bucket=objects.bucket, Key=key, UploadId=upload)
                else:
                    client.delete_object(Bucket=objects.bucket, Key=key)

        self._objects.run("discard", leftover.name, away)

    def point(self, name: str, data: bytes) -> None:
        """Write a pointer; see `Pointers.point`. S3 replaces an object whole."""
        where = self._pointer(name)

        def write(client: Any, _: float) -> None:
            _refuse_other(client.put_object(**where, Body=data, ChecksumSHA256=_checksum(data)), data)

        self._objects.run("write", name, write, len(data))

    def pointer(self, name: str) -> bytes | None:
        """Return the bytes of a pointer; see `Pointers.pointer`."""
        where = self._pointer(name)

        def read(client: Any, deadline: float) -> bytes | None:
            try:
                answer = client.get_object(**where)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            with contextlib.closing(answer["Body"]):
                return b"".join(body_of(answer, deadline))

        found: bytes | None = self._objects.run("read", name, read)
        return found

    def pointers(self) -> Iterator[str]:
        """Yield the name of every pointer."""
        for item in self._objects.pages("list_objects_v2", "Contents", ROOT):
            name = item["Key"].removeprefix(self._objects.prefix)
            if is_pointer(name):
                yield name

    def _pointer(self, name: str) -> dict[str, str]:
        return {"Bucket": self._objects.bucket, "Key": self._objects.prefix + checked_pointer(name, self.url)}

    def _put(self, client: Any, digest: str, data: bytes, deadline: float) -> None:
        """Create the object, or see to it that the one that is there may be relied on."""
        worth_sending = len(data) <= self._part_bytes or self._objects.head(client, digest) is None
        if worth_sending and self._upload(client, digest, data, only_new=True):
            return
        found = self._objects.head(client, digest)
        if found is None:
            raise Damaged("it was removed while it was looked at")
        young = now(found) - found["LastModified"] < self._renew_after
        if self._whole(client, found, digest, data, deadline) and young:
            return
        self._upload(client, digest, data, only_new=False)
        self._removals.outlast(client, digest, deadline)

    def _upload(self, client: Any, digest: str, data: bytes, only_new: bool) -> bool:
        """Write the object; return False when there is one and only a new one was wanted."""
        condition = {"IfNoneMatch": "*"} if only_new else {}
        try:
            if len(data) > self._part_bytes:
                self._upload_parts(client, digest, data, condition)
            else:
                where = self._objects.where(digest)
                _refuse_other(client.put_object(**where, Body=data, ChecksumSHA256=_checksum(data), **condition), data)
        except ClientError as error:
            if only_new and status_of(error) == 412:
                return False
            raise
        return True

    def _upload_parts(self, client: Any, digest: str, data: bytes, condition: dict[str, str]) -> None:
        where = self._objects.where(digest)
        upload = client.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]
        try:
            parts = []
            for number, part in enumerate(self._cut(data), start=1):
                checksum = _checksum(part)
                body = io.BytesIO(part)
                answer = client.upload_part(
                    **where, UploadId=upload, PartNumber=number, Body=body, ChecksumSHA256=checksum
                )
                _refuse_other(answer, part)
                parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum})
            client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts}, **condition)
        except BaseException:
            with contextlib.suppress(Exception):  # what is not aborted now is a leftover, which a sweep clears
                client.abort_multipart_upload(**where, UploadId=upload)
            raise

    def _cut(self, data: bytes) -> Iterator[memoryview]:
        view = memoryview(data)
        for at in range(0, len(data), self._part_bytes):
            yield view[at : at + self._part_bytes]

    def _whole(self, client: Any, found: dict[str, Any], digest: str, data: bytes, deadline: float) -> bool:
        """True when the object that is there holds the bytes: by the store's checksum, or else by reading them."""
        if found["ContentLength"] != len(data):
            return False
        kept = found.get("ChecksumSHA256")
        if kept is not None and "-" not in kept:
            return bool(kept == _checksum(data))
        if kept is not None and found.get("ChecksumType", "COMPOSITE") == "COMPOSITE":
            sums = [hashlib.sha256(part).digest() for part in self._cut(data)]
            if kept == f"{_checksum(b''.join(sums))}-{len(sums)}":
                return True
        return self._objects.read(client, digest, len(data), deadline) == data

    def _put_at(self, modified: datetime) -> datetime:
        """Return the latest moment at which it may have been put; stores cut moments to the second."""
        return modified.astimezone(UTC) + timedelta(seconds=1) + self._renew_after


def _checksum(data: bytes | memoryview) -> str:
    """Return the SHA-256 as S3 writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _refuse_other(answer: dict[str, Any], data: bytes | memoryview) -> None:
    """Refuse an answer that tells of other bytes than were sent: by their SHA-256, or by an ETag that is an MD5."""
    message, tag = answer.get("ChecksumSHA256"), str(answer.get("ETag", "")).strip('"')
    plain = answer.get("ServerSideEncryption") in (None, "AES256") and _MD5.fullmatch(tag)
    if message not in (None, _checksum(data)):
        raise Damaged("the store tells another SHA-256 than was sent")
    if plain and tag != hashlib.md5(data, usedforsecurity=False).hexdigest():
        raise Damaged("the store tells another ETag than was sent")
