"""Where a window's rows come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr, model_serializer, model_validator

from windvane.errors import SpecError, UnknownKind, nearest
from windvane.open_list import OpenList
from windvane.spec.base import Declaration

if TYPE_CHECKING:
    from pydantic import SerializerFunctionWrapHandler

    from windvane.spec.model import Model
    from windvane.windows import Window

_CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_FORMATS = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet"}


class SourceKind:
    """One kind of source, such as `csv`: a subclass in a module that an entry point of `windvane.sources` names.

    The module is imported when a DAG file is parsed: it imports nothing heavy but within `read`.
    """

    name: ClassVar[str] = ""
    """What specs call it."""

    @classmethod
    def connects(cls, source: Source) -> Literal["none", "optional", "required"]:  # noqa: ARG003 (for subclasses)
        """Return whether this source takes the name of a connection."""
        return "none"

    @classmethod
    def check(cls, source: Source) -> None:
        """Refuse what cannot work, without reading anything.

        Raises:
            ValueError: It cannot work; the message says what is allowed.
        """

    @classmethod
    def code(cls, source: Source) -> str | None:  # noqa: ARG003 (for subclasses)
        """Return the import path of the user's code that delivers the rows; versions depend on its digest."""
        return None

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:
        """Yield the rows of a window, as frames of any size; nothing about them is checked yet.

        Args:
            model: The spec with the source.
            window: The window; rows whose event time lies outside it may be left out, or not.
            base: The folder that relative paths start from.
            connections: Looks up `source.connection`; see `windvane.stores.Connections`.

        Raises:
            SourceFailed: The rows cannot be read.
        """
        raise NotImplementedError(f"{cls.__name__}.read")


def _name_of(item: object) -> str | None:
    return (item.name or None) if isinstance(item, type) and issubclass(item, SourceKind) else None


SOURCES: OpenList[type[SourceKind]] = OpenList("windvane.sources", "source", _name_of, "windvane.sources")
"""Every kind of source that an installed package brings."""


class Source(Declaration):
    """Where a window's rows come from.

    Build it with `Source.callable`, `Source.csv`, `Source.parquet`, `Source.s3`, `Source.sql`, or, for a kind that
    another package brings, `Source.of`.
    """

    kind: str
    path: str
    """Import path of the function; pattern of the files (`data/*.parquet`, relative to the working folder, or
    `s3://bucket/prefix/*.parquet`); name of the table; or the query."""
    connection: str | None = None
    """Name of the connection to the database or the bucket: an Airflow connection's id, or, outside Airflow, the
    environment variable `WINDVANE_CONNECTION_<NAME>`. Never a URL: a spec holds no secret."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What a kind from another package asks for besides; plain values."""

    _gone: bool = PrivateAttr(default=False)

    @model_serializer(mode="wrap")
    def _lean(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out options where there are none: digests of specs from before there were any stay what they were."""
        found: dict[str, Any] = serialise(self)
        return found if self.options else {name: value for name, value in found.items() if name != "options"}

    @classmethod
    def stored(cls, fields: Mapping[str, Any]) -> Source:
        """Return the source of a stored spec; one whose package is gone shows what was declared, and reads nothing."""
        if fields.get("kind") in SOURCES.usable()[0]:
            return cls(**fields)
        found = cls.model_construct(**fields)
        found._gone = True  # noqa: SLF001 (its own)
        return found

    @classmethod
    def of(cls, kind: str, path: str, connection: str | None = None, **options: Any) -> Source:
        """Rows from a kind of source by its name, such as one that an installed package brings."""
        return cls(kind=kind, path=path, connection=connection, options=options)

    @classmethod
    def callable(cls, path: str) -> Source:
        """Rows from `path`, a function `(start, end) -> DataFrame` of the rows with event time in `[start, end)`.

        It may also yield DataFrames, pieces of the window: then memory holds a few pieces, not the window.
        """
        return cls(kind="callable", path=path)

    @classmethod
    def csv(cls, pattern: str) -> Source:
        """Rows from CSV files that match a pattern; each window takes the rows whose event time lies in it."""
        return cls(kind="csv", path=pattern)

    @classmethod
    def parquet(cls, pattern: str) -> Source:
        """Rows from Parquet files that match a pattern; each window takes the rows whose event time lies in it."""
        return cls(kind="parquet", path=pattern)

    @classmethod
    def s3(cls, pattern: str, connection: str | None = None) -> Source:
        """Rows from the CSV or Parquet objects that match `s3://bucket/prefix/*.parquet`.

        Args:
            pattern: What the keys look like; it ends with `.parquet`, `.csv` or `.csv.gz`.
            connection: Name of the connection; None takes the standard AWS settings of the environment.
        """
        if not pattern.startswith("s3://"):
            raise SpecError("Source", ["an S3 pattern begins with s3://, such as s3://bucket/prefix/*.parquet"])
        for suffix, kind in _FORMATS.items():
            if pattern.endswith(suffix):
                return cls(kind=kind, path=pattern, connection=connection)
        known = nearest("." + pattern.rpartition(".")[2][:20], _FORMATS)
        raise SpecError("Source", [f"the objects' format follows from how the pattern ends{known}"])

    @classmethod
    def sql(cls, connection: str, table: str | None = None, query: str | None = None) -> Source:
        """Rows from a database: of a table, those whose event time lies in the window, or what a query returns.

        Args:
            connection: Name of the connection.
            table: A table or view, `name` or `schema.name`; only the declared columns are read.
            query: One `SELECT` with the bound parameters `:start` and `:end`, and every declared column.
        """
        if (table is None) == (query is None):
            return cls(kind="table", path="", connection=connection)
        return cls(kind="query" if table is None else "table", path=table or query or "", connection=connection)

    @model_validator(mode="after")
    def _fits(self) -> Source:
        if self._gone:
            return self
        try:
            kind = SOURCES.get(self.kind)
        except UnknownKind as error:
            raise ValueError(error.cause) from None
        kind.check(self)
        self._check_connection(kind.connects(self))
        return self

    @property
    def code(self) -> str | None:
        """The import path of the user's code that delivers the rows; None where there is none."""
        return SOURCES.get(self.kind).code(self)

    def _check_connection(self, wanted: str) -> None:
        if self.connection is None:
            if wanted == "required":
                raise ValueError("connection: name the connection of the database")
        elif wanted == "none":
            raise ValueError(f"connection: a {self.kind} source has none")
        elif "://" in self.connection or "@" in self.connection:
            raise ValueError("connection: give the name of a connection; a URL holds secrets, which no spec may")
        elif not _CONNECTION.fullmatch(self.connection):
            raise ValueError(f"connection: {self.connection!r:.60} is no name (letters, digits, '_', '.' and '-')")
