"""Where the scores of a window go, besides the artifacts: files and tables that their consumers read."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from windvane.errors import UnknownKind
from windvane.open_list import OpenList
from windvane.spec.base import Declaration, maker, unknown

_CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
FACTS = ("model", "window", "publication", "version")
"""The columns of what is delivered that say which publication a row is of."""


class PublishKind(ABC):
    """One kind of place, such as `parquet`: a subclass in a module that an entry point of `windvane.publishers` names.

    The module is imported when a DAG file is parsed: it imports nothing heavy but within `deliver`.
    """

    name: ClassVar[str] = ""
    """What specs call it."""

    @classmethod
    def connects(cls, publish: Publish) -> Literal["none", "optional", "required"]:  # noqa: ARG003 (for subclasses)
        """Return whether this place takes the name of a connection."""
        return "none"

    @classmethod  # noqa: B027 (a kind may have nothing to refuse)
    def check(cls, publish: Publish) -> None:
        """Refuse what cannot work, without reaching anything.

        Raises:
            ValueError: It cannot work; the message says what is allowed.
        """

    @classmethod
    @abstractmethod
    def deliver(cls, publish: Publish, publication: Any, frame: Any, base: Path, connections: Any) -> None:
        """Make a window's scores those of a publication: whole, or not at all.

        The same publication may come again, and changes nothing then. One that is older than what is there changes
        nothing either.

        Args:
            publish: What is declared.
            publication: What is delivered, a `windvane.results.Publication`.
            frame: Its rows: key, event time, scores, and the columns of `FACTS`.
            base: The folder that relative paths start from.
            connections: Looks up `publish.connection`; see `windvane.stores.Connections`.

        Raises:
            WindvaneError: It cannot be delivered; nothing of it is there.
        """


def _name_of(item: object) -> str | None:
    return (item.name or None) if isinstance(item, type) and issubclass(item, PublishKind) else None


PUBLISHERS: OpenList[type[PublishKind]] = OpenList(
    "windvane.publishers", "kind of publishing", _name_of, "windvane.publishers"
)
"""Every kind of place for scores that an installed package brings."""


class Publish(Declaration):
    """A place to which the current scores of each window are delivered, after they are published.

    Build it with `Publish.parquet`, `Publish.sql`, or, for a kind that another package brings, `Publish.of`.
    """

    kind: str
    """What kind of place it is, such as `parquet`."""
    to: str
    """The path or URL, with `{window}` and `{model}` for their names; or the table, `name` or `schema.name`."""
    connection: str | None = None
    """Name of the connection to the bucket or the database, as a source's; never a URL."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What else the kind takes; plain values."""

    @classmethod
    def of(cls, kind: str, to: str, connection: str | None = None, **options: Any) -> Publish:
        """Deliver to a kind of place by its name, such as one that an installed package brings."""
        return cls(kind=kind, to=to, connection=connection, options=options)

    @classmethod
    @maker
    def parquet(cls, to: str, connection: str | None = None) -> Publish:
        """Deliver one Parquet file a window, into a folder or below a prefix of S3.

        Args:
            to: Such as `s3://bucket/scores/{model}/window={window}`, or a folder. Unless it ends in `.parquet`, the
                file in it is `scores.parquet`. A folder `window={window}` is the column `window`.
            connection: Name of the connection to S3; None takes the standard AWS settings of the environment.
        """
        return cls(kind="parquet", to=to, connection=connection)

    @classmethod
    @maker
    def sql(cls, connection: str, table: str, mode: Literal["merge", "append"] = "merge") -> Publish:
        """Deliver into a table, in one transaction a window. The table is made where it is missing.

        Args:
            connection: Name of the connection.
            table: `name` or `schema.name`.
            mode: `merge`: the table holds the current publication of each window; `append`: all publications.
        """
        return cls(kind="sql", to=table, connection=connection, options={} if mode == "merge" else {"mode": mode})

    @model_validator(mode="after")
    def _fits(self) -> Publish:
        try:
            kind = PUBLISHERS.get(self.kind)
        except UnknownKind as error:
            raise ValueError(error.cause) from None
        kind.check(self)
        wanted = kind.connects(self)
        if self.connection is None:
            if wanted == "required":
                raise ValueError("connection: name the connection of the database")
        elif wanted == "none":
            raise ValueError(f"connection: {self.to!r:.80} needs none")
        elif not _CONNECTION.fullmatch(self.connection):
            raise ValueError(f"connection: {self.connection!r:.60} is no name; give a connection's name, never a URL")
        return self

    @property
    def shown(self) -> str:
        """How people read it."""
        return f"{self.kind} {self.to}" + (f" ({self.connection})" if self.connection else "")


def filled(template: str, model: str, window: str) -> str:
    """Return a path with the names of model and window."""
    return template.replace("{model}", model).replace("{window}", window)


def check_template(template: str) -> None:
    """Refuse a path in which windows would take each other's place.

    Raises:
        ValueError: Saying what it may hold.
    """
    names = re.findall(r"\{([^{}]*)\}", template)
    for name in names:
        if name not in ("model", "window"):
            raise ValueError(f"to: {unknown(f'name {name!r} in {template!r:.80}', name, ('model', 'window'))}")
    if "window" not in names:
        raise ValueError(f"to: {template!r:.80} is one file for all windows; put {{window}} into it")
    if ".." in Path(template).parts:
        raise ValueError(f"to: {template!r:.80} leads upwards; write the path without '..'")


def stored(found: Mapping[str, Any]) -> bool:
    """Return whether a stored declaration's kind is there."""
    return found.get("kind") in PUBLISHERS.usable()[0]
