"""Artifacts opened as files, once their bytes are shown to have their digest."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from windvane.stores.artifacts import Artifacts


@contextmanager
def opened(artifacts: Artifacts, digest: str) -> Iterator[IO[bytes]]:
    """Open an artifact for reading and seeking.

    Raises:
        MissingArtifact, CorruptArtifact, StorageFailed: See `Artifacts.get`.
    """
    yield io.BytesIO(artifacts.get(digest))
