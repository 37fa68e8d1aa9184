"""Scores as one Parquet file a window, in a folder or on S3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from windvane.spec.places import bucket_and_key
from windvane.spec.publish import Publish, PublishKind, check_template, filled

if TYPE_CHECKING:
    from windvane.results import Publication


class ParquetPlace(PublishKind):
    """A file a window, replaced as a whole by the window's next publication."""

    name: ClassVar[str] = "parquet"

    @classmethod
    def connects(cls, publish: Publish) -> Literal["none", "optional", "required"]:
        """Return `optional` for objects on S3."""
        return "optional" if publish.to.startswith("s3://") else "none"

    @classmethod
    def check(cls, publish: Publish) -> None:
        """Refuse a path without `{window}`, and a bucket that can be none."""
        check_template(publish.to)
        if publish.options:
            raise ValueError(f"options: {', '.join(sorted(publish.options))} are none of a Parquet file's")
        if publish.to.startswith("s3://"):
            bucket_and_key(publish.to.replace("{model}", "m").replace("{window}", "w"))

    @classmethod
    def deliver(cls, publish: Publish, publication: Publication, frame: Any, base: Path, connections: Any) -> None:
        """Write the file; see `PublishKind.deliver`."""
        from windvane.stores.delivered_files import deliver_file

        to = filled(publish.to, publication.model, publication.window)
        to = to if to.endswith(".parquet") else f"{to.rstrip('/')}/scores.parquet"
        deliver_file(to, publication, frame, base, lambda: connections.s3(publish.connection))
