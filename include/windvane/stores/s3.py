"""Artifacts in a bucket of S3, or of a server that speaks its protocol."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import math
import re
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.httpsession import URLLib3Session

from windvane.errors import StorageFailed
from windvane.stores.artifacts import (
    MOST_BYTES,
    Entry,
    Leftover,
    digest_of,
    is_digest,
    missing,
    no_leftover,
    refuse_long,
    verified,
)
from windvane.stores.s3_client import Damaged, S3Client, S3Settings, body_of, code_of, status_of

PART_BYTES = 16 * 2**20
"""Longer artifacts are uploaded in parts of this length."""
FENCE = timedelta(seconds=30)
"""How long after its look at an artifact a removal may reach the store; the store refuses it later."""
RENEW_AFTER = timedelta(hours=1)
"""An artifact that was put less than this ago is not written again when it is put again."""

_CORRUPT_AFTER = 3
_MD5 = re.compile(r"[0-9a-f]{32}")
_REMOVING = "removing/"


class S3Artifacts:
    """Artifacts as objects `<prefix>/sha256/<2 hex>/<62 hex>`.

    An object is created only where none is (`If-None-Match: *`), with the SHA-256 that the store itself checks; one
    that is there is looked at, and written again when it is damaged or was put too long ago to be relied on. Nothing
    is assumed of the order in which a store lists.

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
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = S3Client(settings)
        self._part_bytes = part_bytes
        self._renew_after = renew_after
        self._fence = fence

    def put(self, data: bytes) -> str:
        """Keep bytes; see `Artifacts.put`."""
        digest = digest_of(data)
        self._run("write", digest, lambda client, deadline: self._put(client, digest, data, deadline), len(data))
        return digest

    def get(self, digest: str, at_most: int = MOST_BYTES) -> bytes:
        """Return bytes; see `Artifacts.get`. Bytes that are wrong three times are corrupt where they are kept."""
        if not is_digest(digest):
            raise missing(digest, self.url)
        tries = 0

        def read(client: Any, deadline: float) -> bytes:
            nonlocal tries
            tries += 1
            data = self._read(client, digest, at_most, deadline)
            if digest_of(data) != digest and tries < _CORRUPT_AFTER:
                raise Damaged("other bytes came than were kept")
            return verified(data, digest, self.url)

        found: bytes = self._run("read", digest, read)
        return found

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest."""
        return is_digest(digest) and self._look(digest) is not None

    def digests(self) -> Iterator[str]:
        """Yield every digest, sorted."""
        yield from sorted(entry.digest for entry in self.entries())

    def entries(self) -> Iterator[Entry]:
        """Yield every artifact; see `Artifacts.entries`."""
        seen = set()
        for item in self._client.pages("list_objects_v2", "Contents", self._bucket, self._prefix + "sha256/"):
            digest = _digest_of_key(item["Key"].removeprefix(self._prefix))
            if digest is not None and digest not in seen:
                seen.add(digest)
                put_at = min(self._put_at(item["LastModified"]), datetime.now(UTC))
                yield Entry(digest, int(item["Size"]), put_at)

    def remove(self, digest: str, before: datetime) -> bool:
        """Remove an artifact last put before a moment; see `Artifacts.remove`.

        A mark says that the artifact may be about to go; the request to remove it is signed before the look at its
        age and is void once the fence has passed, so that a sweep that fell asleep in between removes nothing. A
        `put` that renews the artifact then looks for the mark, and waits for what becomes of it.
        """
        if not is_digest(digest):
            return False
        mine = secrets.token_hex(8)
        status: int | None = self._run("remove", digest, lambda client, _: self._remove(client, digest, before, mine))
        if status is None:
            return False
        self._run("remove", digest, lambda client, _: self._unmark(client, digest, mine))
        if status >= 300:
            raise StorageFailed(f"cannot remove artifact {digest} in {self.url}: HTTP {status}", "sweep again")
        return status > 0

    def leftovers(self) -> Iterator[Leftover]:
        """Yield uploads in parts that were not finished, and marks of removals; see `Artifacts.leftovers`."""
        for item in self._client.pages("list_multipart_uploads", "Uploads", self._bucket, self._prefix):
            yield Leftover(f"{item['Key']}?uploadId={item['UploadId']}", 0, item["Initiated"].astimezone(UTC))
        for item in self._client.pages("list_objects_v2", "Contents", self._bucket, self._prefix + _REMOVING):
            yield Leftover(item["Key"], int(item["Size"]), item["LastModified"].astimezone(UTC))

    def discard(self, leftover: Leftover) -> None:
        """Abort an upload, or take a mark away; see `Artifacts.discard`."""
        key, _, upload = leftover.name.partition("?uploadId=")
        inside = key.startswith(self._prefix) and (upload or key.startswith(self._prefix + _REMOVING))
        if not inside:
            raise no_leftover(leftover, self.url)

        def away(client: Any, _: float) -> None:
            with contextlib.suppress(client.exceptions.NoSuchUpload):
                if upload:
                    client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)
                else:
                    client.delete_object(Bucket=self._bucket, Key=key)

        self._run("discard", leftover.name, away)

    # ------------------------------------------------------------------------------------------- put

    def _put(self, client: Any, digest: str, data: bytes, deadline: float) -> None:
        """Create the object, or see to it that the one that is there may be relied on."""
        worth_sending = len(data) <= self._part_bytes or self._head(client, digest) is None
        if worth_sending and self._upload(client, digest, data, only_new=True):
            return
        found = self._head(client, digest)
        if found is None:
            raise Damaged("it was removed while it was looked at")
        young = _now(found) - found["LastModified"] < self._renew_after
        if self._whole(client, found, digest, data, deadline) and young:
            return
        self._upload(client, digest, data, only_new=False)
        self._outlast_removal(client, digest, deadline)

    def _upload(self, client: Any, digest: str, data: bytes, only_new: bool) -> bool:
        """Write the object; return False when there is one and only a new one was wanted."""
        condition = {"IfNoneMatch": "*"} if only_new else {}
        try:
            if len(data) > self._part_bytes:
                self._upload_parts(client, digest, data, condition)
            else:
                where = {"Bucket": self._bucket, "Key": self._key(digest)}
                _refuse_other(client.put_object(**where, Body=data, ChecksumSHA256=_checksum(data), **condition), data)
        except ClientError as error:
            if only_new and status_of(error) == 412:
                return False
            raise
        return True

    def _upload_parts(self, client: Any, digest: str, data: bytes, condition: dict[str, str]) -> None:
        where = {"Bucket": self._bucket, "Key": self._key(digest)}
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
        return self._read(client, digest, len(data), deadline) == data

    def _outlast_removal(self, client: Any, digest: str, deadline: float) -> None:
        """Wait until no removal can still take away what was just renewed; if one did, have it put again."""
        while (mark := self._head(client, digest, _REMOVING)) is not None and not self._void(mark):
            if time.monotonic() > deadline:
                raise Damaged("a removal of it did not end in time")
            time.sleep(0.2)
        if self._head(client, digest) is None:
            raise Damaged("it was removed while it was written")

    # ------------------------------------------------------------------------------------------- remove

    def _remove(self, client: Any, digest: str, before: datetime, mine: str) -> int | None:
        """Return the status of the removal, 0 when the artifact is too young, None when another removal is at work."""
        where = {"Bucket": self._bucket, "Key": self._key(digest)}
        seconds = math.ceil(self._fence.total_seconds())
        signed = client.generate_presigned_url("delete_object", Params=where, ExpiresIn=seconds)
        if not self._mark(client, digest, mine):
            return None
        found = self._head(client, digest)
        old = found is not None and self._put_at(found["LastModified"]) < before
        return _sent("DELETE", signed, seconds, digest) if old else 0

    def _unmark(self, client: Any, digest: str, mine: str) -> None:
        """Take the own mark away; one that another removal has taken over stays."""
        mark = self._head(client, digest, _REMOVING)
        if mark is not None and mark["Metadata"].get("by") == mine:
            where = {"Bucket": self._bucket, "Key": self._key(digest, _REMOVING)}
            with contextlib.suppress(client.exceptions.NoSuchKey):
                client.delete_object(**where, IfMatch=mark["ETag"])

    def _mark(self, client: Any, digest: str, mine: str) -> bool:
        """Say that an artifact may be about to go; return False when another removal says so already."""
        where = {"Bucket": self._bucket, "Key": self._key(digest, _REMOVING)}
        condition = {"IfNoneMatch": "*"}
        mark = self._head(client, digest, _REMOVING)
        if mark is not None:
            if mark["Metadata"].get("by") == mine:
                return True
            if not self._void(mark):
                return False
            condition = {"IfMatch": mark["ETag"]}
        try:
            client.put_object(**where, Body=mine.encode(), Metadata={"by": mine}, **condition)
        except ClientError as error:
            if status_of(error) in (404, 412):
                return False
            raise
        return True

    def _void(self, mark: dict[str, Any]) -> bool:
        """True for the mark of a removal that died: the store refuses whatever it had signed."""
        return bool(_now(mark) - mark["LastModified"] > 2 * self._fence)

    # ------------------------------------------------------------------------------------------- shared

    def _run(self, verb: str, digest: str, call: Callable[[Any, float], Any], size: int = 0) -> Any:
        return self._client.run(verb, f"artifact {digest} in {self.url}", call, size)

    def _key(self, digest: str, kind: str = "") -> str:
        name = digest.removeprefix("sha256:")
        return f"{self._prefix}{kind}sha256/{name[:2]}/{name[2:]}"

    def _put_at(self, modified: datetime) -> datetime:
        """Return the latest moment at which it may have been put; stores cut moments to the second."""
        return modified.astimezone(UTC) + timedelta(seconds=1) + self._renew_after

    def _look(self, digest: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._run("read", digest, lambda client, _: self._head(client, digest))
        return found

    def _head(self, client: Any, digest: str, kind: str = "") -> dict[str, Any] | None:
        """Return what the store knows of an object, None when there is none."""
        try:
            found: dict[str, Any] = client.head_object(
                Bucket=self._bucket, Key=self._key(digest, kind), ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if status_of(error) == 404:
                return None
            raise
        return found

    def _read(self, client: Any, digest: str, at_most: int, deadline: float) -> bytes:
        """Return an object's bytes as they come, whole."""
        try:
            answer = client.get_object(Bucket=self._bucket, Key=self._key(digest))
        except ClientError as error:
            if code_of(error) == "NoSuchKey":
                raise missing(digest, self.url) from None
            raise
        with contextlib.closing(answer["Body"]):
            refuse_long(int(answer["ContentLength"]), at_most, digest, self.url)
            return b"".join(body_of(answer, deadline))


def _sent(method: str, url: str, seconds: int, digest: str) -> int:
    """Send a signed request once, never again, and return its status: sent twice, it could remove what came since."""
    session = URLLib3Session(timeout=(5, seconds))
    try:
        answer = session.send(AWSRequest(method, url).prepare())
    except (NoConnectionError, HTTPClientError) as error:
        cause = f"cannot remove artifact {digest}: {type(error).__name__}; whether it is gone is not known"
        raise StorageFailed(cause, "sweep again") from error
    finally:
        session.close()
    return int(answer.status_code)


def _checksum(data: bytes | memoryview) -> str:
    """Return the SHA-256 as S3 writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _refuse_other(answer: dict[str, Any], data: bytes | memoryview) -> None:
    """Refuse an answer that tells of other bytes than were sent: by their SHA-256, or by an ETag that is an MD5."""
    told, tag = answer.get("ChecksumSHA256"), str(answer.get("ETag", "")).strip('"')
    plain = answer.get("ServerSideEncryption") in (None, "AES256") and _MD5.fullmatch(tag)
    if told not in (None, _checksum(data)):
        raise Damaged("the store tells another SHA-256 than was sent")
    if plain and tag != hashlib.md5(data, usedforsecurity=False).hexdigest():
        raise Damaged("the store tells another ETag than was sent")


def _now(answer: dict[str, Any]) -> datetime:
    """Return the store's clock at its answer."""
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(told).astimezone(UTC) if told else datetime.now(UTC)


def _digest_of_key(key: str) -> str | None:
    """Return the digest that a key below the prefix stands for, None when it stands for none."""
    kind, _, name = key.partition("/")
    digest = f"sha256:{name.replace('/', '', 1)}"
    return digest if kind == "sha256" and name[2:3] == "/" and is_digest(digest) else None
