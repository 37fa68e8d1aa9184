"""What a place on S3 may be called."""

from __future__ import annotations

import re

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.'()=+@,:~-]+")
_PATTERN = re.compile(r"[^\x00-\x1f\x7f\\]+")


def bucket_and_key(url: str, pattern: bool = False) -> tuple[str, str]:
    """Return the bucket, and the prefix (or pattern of keys) below it, of `s3://bucket/prefix`.

    Raises:
        ValueError: The URL has another form; the message shows no part of it that may be a secret.
    """
    rest = url.removeprefix("s3://")
    bucket, _, key = rest.partition("/")
    if "@" in bucket or ":" in bucket:
        raise ValueError("credentials do not belong in a URL: set them in the environment, or in a connection")
    if not _BUCKET.fullmatch(bucket) or ".." in bucket:
        raise ValueError(f"{bucket!r:.80} is no name of a bucket (3 to 63 of a-z, 0-9, '.' and '-')")
    allowed = _PATTERN if pattern else _PREFIX
    for segment in (key if pattern else key.strip("/")).split("/") if key.strip("/") else []:
        if not allowed.fullmatch(segment) or segment in (".", ".."):
            raise ValueError(f"{segment!r:.80} cannot be part of a key")
    return bucket, key if pattern else key.strip("/")
