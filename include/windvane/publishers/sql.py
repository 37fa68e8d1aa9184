"""Scores in a table of a database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from windvane.spec.base import unknown
from windvane.spec.publish import Publish, PublishKind

if TYPE_CHECKING:
    from windvane.results import Publication

_MODES = ("merge", "append")
_TABLE = re.compile(r"[^.\x00-\x1f]{1,63}(\.[^.\x00-\x1f]{1,63})?")


class SqlTable(PublishKind):
    """A table whose rows of a window are replaced in one transaction, or added to."""

    name: ClassVar[str] = "sql"

    @classmethod
    def connects(cls, publish: Publish) -> Literal["none", "optional", "required"]:  # noqa: ARG003 (all do)
        """Return `required`."""
        return "required"

    @classmethod
    def check(cls, publish: Publish) -> None:
        """Refuse a table's name that can be none, and an unknown mode."""
        if not _TABLE.fullmatch(publish.to):
            raise ValueError(f"to: {publish.to!r:.80} is no table; write 'name' or 'schema.name'")
        for name, value in publish.options.items():
            if name != "mode":
                raise ValueError(f"options: {unknown(f'option {name!r}', name, ('mode',))}")
            if value not in _MODES:
                raise ValueError(f"options: {unknown(f'mode {value!r:.40}', str(value), _MODES)}")

    @classmethod
    def deliver(cls, publish: Publish, publication: Publication, frame: Any, base: Path, connections: Any) -> None:  # noqa: ARG003 (the kind's signature)
        """Write the rows; see `PublishKind.deliver`."""
        from windvane.stores.delivered_rows import deliver_rows

        mode = publish.options.get("mode", "merge")
        deliver_rows(connections.database(str(publish.connection)), publish.to, publication, frame, mode)
