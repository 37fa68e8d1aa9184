"""A bucket's objects by their digests: what putting and removing artifacts have in common."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from windvane.stores.artifacts import ID_NAME, is_digest, missing, refuse_long
from windvane.stores.s3_client import S3Client, S3Settings, body_of, code_of, status_of

_LONGEST_ID = 1000


class S3Objects:
    """Objects `<prefix>/sha256/<2 hex>/<62 hex>`, and those of other kinds beside them.

    Args:
        bucket: The bucket; it is never created.
        prefix: What all keys begin with.
        settings: How the bucket is reached; asked again when credentials are refused.
    """

    def __init__(self, bucket: str, prefix: str, settings: Callable[[], S3Settings]) -> None:
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self._client = S3Client(settings)

    def named_id(self, patience: float | None = None) -> bytes | None:
        """Return what the object of the registry's id holds, None when there is none."""

        def read(client: Any, deadline: float) -> bytes | None:
            try:
                answer = client.get_object(Bucket=self.bucket, Key=self.prefix + ID_NAME)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            with contextlib.closing(answer["Body"]):
                refuse_long(int(answer["ContentLength"]), _LONGEST_ID, ID_NAME, self.url)
                return b"".join(body_of(answer, deadline))

        found: bytes | None = self._client.run("read", f"{ID_NAME} in {self.url}", read, bound=patience)
        return found

    def create_id(self, data: bytes) -> None:
        """Create the object of the registry's id; nothing happens when there is one."""

        def create(client: Any, _: float) -> None:
            try:
                client.put_object(Bucket=self.bucket, Key=self.prefix + ID_NAME, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if status_of(error) != 412:
                    raise

        self._client.run("write", f"{ID_NAME} in {self.url}", create)

    def run(self, verb: str, digest: str, call: Callable[[Any, float], Any], size: int = 0) -> Any:
        """Make a call persistently; see `S3Client.run`."""
        return self._client.run(verb, f"artifact {digest} in {self.url}", call, size)

    def pages(self, operation: str, items: str, kind: str = "") -> Iterator[dict[str, Any]]:
        """Yield what a listing names below the prefix and a kind."""
        yield from self._client.pages(operation, items, self.bucket, self.prefix + kind)

    def where(self, digest: str, kind: str = "") -> dict[str, str]:
        """Return bucket and key of a digest's object, of a kind."""
        name = digest.removeprefix("sha256:")
        return {"Bucket": self.bucket, "Key": f"{self.prefix}{kind}sha256/{name[:2]}/{name[2:]}"}

    def digest_of_key(self, key: str) -> str | None:
        """Return the digest that a key stands for, None when it stands for none."""
        kind, _, name = key.removeprefix(self.prefix).partition("/")
        digest = f"sha256:{name.replace('/', '', 1)}"
        return digest if kind == "sha256" and name[2:3] == "/" and is_digest(digest) else None

    def head(self, client: Any, digest: str, kind: str = "") -> dict[str, Any] | None:
        """Return what the store knows of an object, None when there is none."""
        try:
            found: dict[str, Any] = client.head_object(**self.where(digest, kind), ChecksumMode="ENABLED")
        except ClientError as error:
            if status_of(error) == 404:
                return None
            raise
        return found

    def read(self, client: Any, digest: str, at_most: int, deadline: float) -> bytes:
        """Return an object's bytes as they come, whole."""
        try:
            answer = client.get_object(**self.where(digest))
        except ClientError as error:
            if code_of(error) == "NoSuchKey":
                raise missing(digest, self.url) from None
            raise
        with contextlib.closing(answer["Body"]):
            refuse_long(int(answer["ContentLength"]), at_most, digest, self.url)
            return b"".join(body_of(answer, deadline))


def now(answer: dict[str, Any]) -> datetime:
    """Return the store's clock at its answer."""
    message = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(message).astimezone(UTC) if message else datetime.now(UTC)
