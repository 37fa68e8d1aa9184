"""Artifacts at `example://NAME`: the folder NAME below the folder that `EXAMPLE_STORE` names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from windvane.stores.artifacts import Artifacts, ArtifactStore


class ExampleStore(ArtifactStore):
    """A folder by a name of its own."""

    scheme: ClassVar[str] = "example"

    @classmethod
    def open(cls, url: str, settings: Any = None) -> Artifacts:
        """Open the folder of a name."""
        from windvane.stores.folder import FolderArtifacts

        return FolderArtifacts(Path(os.environ["EXAMPLE_STORE"]) / urlsplit(url).netloc)
