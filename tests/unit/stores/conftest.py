"""Stores for the tests: one real S3 server a process, and every backend of the artifacts on it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers.s3 import S3Server, s3_server
from windvane.stores import Artifacts, FolderArtifacts, MemoryArtifacts
from windvane.stores.s3 import S3Artifacts
from windvane.stores.s3_client import S3Settings

PART = 5 * 2**20
"""The shortest part that S3 takes."""


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A server of S3 with a bucket."""
    with s3_server() as server:
        yield server


def settings_of(server: S3Server, **changed: Any) -> S3Settings:
    """How a server is reached, without much patience."""
    reached: dict[str, Any] = {
        "endpoint": server.endpoint,
        "region": "us-east-1",
        "access_key": server.access_key,
        "secret_key": server.secret_key,
        "total_seconds": 20.0,
    }
    return S3Settings(**(reached | changed))


def bucket_of(server: S3Server, prefix: str | None = None, **changed: Any) -> S3Artifacts:
    """Artifacts below a prefix of their own, in short parts; what is put again is written again."""
    given: dict[str, Any] = {"part_bytes": PART, "renew_after": timedelta(0), "fence": timedelta(seconds=3)}
    prefix = secrets.token_hex(8) if prefix is None else prefix
    return S3Artifacts(server.bucket, prefix, lambda: settings_of(server), **(given | changed))


@pytest.fixture(params=["folder", "memory", "s3"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    """Each backend of the artifacts, empty."""
    if request.param == "s3":
        return bucket_of(request.getfixturevalue("s3"))
    return FolderArtifacts(tmp_path / "kept") if request.param == "folder" else MemoryArtifacts()
