"""Artifacts in a bucket of S3, or of a server that speaks its language."""

from __future__ import annotations

from typing import Any, ClassVar

from windvane.errors import StorageFailed
from windvane.spec import bucket_and_key
from windvane.stores.artifacts import PLACES, Artifacts, ArtifactStore


class S3Store(ArtifactStore):
    """A bucket and a prefix: `s3://bucket/prefix`."""

    scheme: ClassVar[str] = "s3"

    @classmethod
    def open(cls, url: str, settings: Any = None) -> Artifacts:
        """Open the objects below a prefix; see `ArtifactStore.open`."""
        from windvane.stores.s3 import S3Artifacts
        from windvane.stores.s3_client import S3Settings

        try:
            bucket, prefix = bucket_and_key(url)
        except ValueError as error:
            raise StorageFailed(f"artifacts at s3://… cannot be opened: {error}", PLACES) from None
        return S3Artifacts(bucket, prefix, settings or S3Settings)
