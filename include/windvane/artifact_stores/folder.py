"""Artifacts in a folder, here or on a shared disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from windvane.errors import StorageFailed
from windvane.stores.artifacts import PLACES, Artifacts, ArtifactStore


class FolderStore(ArtifactStore):
    """A folder: `/srv/windvane/artifacts`, or `file:///srv/windvane/artifacts`."""

    scheme: ClassVar[str] = "file"

    @classmethod
    def open(cls, url: str, settings: Any = None) -> Artifacts:  # noqa: ARG003 (a folder has none)
        """Open the folder of a path or a `file://` URL; see `ArtifactStore.open`."""
        from windvane.stores.folder import FolderArtifacts

        if "://" not in url:
            return FolderArtifacts(Path(url).expanduser())
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise StorageFailed("artifacts at file://… cannot be opened: it names another machine", PLACES)
        return FolderArtifacts(Path(unquote(parts.path)))
