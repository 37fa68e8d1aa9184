"""Where a window's rows come from."""

from __future__ import annotations

import contextlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from pydantic import Field, PrivateAttr, model_serializer, model_validator

from windvane.errors import SpecError, UnknownKind, nearest
from windvane.open_list import OpenList
from windvane.spec.base import Declaration, maker
from windvane.spec.reading import FORMATS, Common, Reading, Tabular

if TYPE_CHECKING:
    from pydantic import SerializerFunctionWrapHandler

    from windvane.spec.model import Model
    from windvane.windows import Window

_CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")


class SourceKind(ABC):
    """One kind of source, such as `csv`: a subclass in a module that an entry point of `windvane.sources` names.

    The module is imported when a DAG file is parsed: it imports nothing heavy but within `read`.
    """

    name: ClassVar[str] = ""
    """What specs call it."""
    reads: ClassVar[frozenset[str]] = frozenset()
    """The fields of `Reading` that its options may give; none: the options are the kind's own."""

    @classmethod
    def connects(cls, source: Source) -> Literal["none", "optional", "required"]:  # noqa: ARG003 (for subclasses)
        """Return whether this source takes the name of a connection."""
        return "none"

    @classmethod  # noqa: B027 (most kinds have nothing to refuse)
    def check(cls, source: Source) -> None:
        """Refuse what cannot work, without reading anything.

        Raises:
            ValueError: It cannot work; the message says what is allowed.
        """

    @classmethod
    def reading(cls, source: Source) -> Reading:
        """Return how the rows are read, from the source's options.

        Raises:
            ValueError: The kind takes no such option, or the value cannot be.
        """
        return Reading.of(source.kind, source.options, cls.reads) if cls.reads else Reading()

    @classmethod
    def code(cls, source: Source) -> str | None:  # noqa: ARG003 (for subclasses)
        """Return the import path of the user's code that delivers the rows; versions depend on its digest."""
        return None

    @classmethod
    @abstractmethod
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

    @classmethod
    def read_as_of(
        cls, model: Model, window: Window, base: Path, connections: Any, as_of: datetime | None
    ) -> Iterator[Any]:  # fmt: skip
        """Yield the rows of a window as they were known at a moment; a kind that keeps no past yields what is there.

        Args:
            model: The spec with the source.
            window: The window.
            base: The folder that relative paths start from.
            connections: Looks up `source.connection`.
            as_of: The moment that the run stands for, UTC; None: now.

        Raises:
            SourceFailed: The rows cannot be read.
        """
        del as_of
        yield from cls.read(model, window, base, connections)


def _name_of(item: object) -> str | None:
    return (item.name or None) if isinstance(item, type) and issubclass(item, SourceKind) else None


SOURCES: OpenList[type[SourceKind]] = OpenList("windvane.sources", "source", _name_of, "windvane.sources")
"""Every kind of source that an installed package brings."""


class Source(Declaration):
    """Where a window's rows come from.

    Build it with `Source.callable`, `Source.csv`, `Source.parquet`, `Source.json`, `Source.feather`, `Source.excel`,
    `Source.s3`, `Source.sql`, or, for a kind that another package brings, `Source.of`.
    """

    kind: str
    """What kind of source it is, such as `csv`."""
    path: str
    """Import path of the function; pattern of the files (`data/*.parquet`, relative to the working folder, or
    `s3://bucket/prefix/*.parquet`); name of the table; or the query."""
    connection: str | None = None
    """Name of the connection to the database or the bucket: an Airflow connection's id, or, outside Airflow, the
    environment variable `WINDVANE_CONNECTION_<NAME>`. Never a URL: a spec holds no secret."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What is said of how rows are read (see `Reading`), or what a kind from another package asks for; plain values."""

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
    @maker
    def callable(cls, path: str, *, as_of: bool = False) -> Source:
        """Rows from `path`, a function `(start, end) -> DataFrame` of the rows with event time in `[start, end)`.

        It may also yield DataFrames, pieces of the window: then memory holds a few pieces, not the window.

        Args:
            path: Import path of the function, `module:function`.
            as_of: Whether it is called `(start, end, as_of=moment)`, and returns the rows as they were known at that
                moment: the one that the run stands for, UTC. A run for an earlier moment then reads what was known.
        """
        return cls(kind="callable", path=path, options={"as_of": True} if as_of else {})

    @classmethod
    def csv(
        cls,
        pattern: str,
        *,
        separator: str | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        quote: str | None = None,
        encoding: str | None = None,
        missing: Sequence[str] | None = None,
        header: Sequence[str] | None = None,
        skip: int = 0,
        integers: Sequence[str] = (),
        **reading: Unpack[Common],
    ) -> Source:
        """Rows from CSV files that match a pattern; each window takes the rows whose event time lies in it.

        A line with more or fewer fields than the first one is refused, with its file and number, unless its event
        time is of another window.

        Args:
            pattern: The files, such as `data/*.csv` or `data/2024-*.csv.gz`.
            separator: What parts the fields (`;`, or a tabulator); None is a comma.
            decimal: The decimal sign; None is a point.
            thousands: What groups the digits of numbers; None is nothing.
            quote: What encloses a field; None is `"`, and `""` is nothing.
            encoding: Such as `latin-1`; None is UTF-8.
            missing: The words for a missing value, besides nothing at all. None: the usual words (`NA`, `null` and
                the like), and only where a number is expected; text is what it says.
            header: Names of the columns of files that do not begin with a line of names.
            skip: Lines before the line of names.
            integers: Columns that are whole numbers though they are a key or a category, which stay text otherwise.
            **reading: What all sources take; see `Reading`.
        """
        dialect = {"separator": separator, "decimal": decimal, "thousands": thousands, "quote": quote}
        text = {"encoding": encoding, "missing": missing, "header": header, "skip": skip, "integers": integers}
        return cls._read("csv", pattern, None, dialect | text | dict(reading))

    @classmethod
    def parquet(cls, pattern: str, **reading: Unpack[Common]) -> Source:
        """Rows from Parquet files that match a pattern; each window takes the rows whose event time lies in it.

        Args:
            pattern: The files, such as `data/*.parquet`.
            **reading: What all sources take; see `Reading`.
        """
        return cls._read("parquet", pattern, None, dict(reading))

    @classmethod
    def feather(cls, pattern: str, **reading: Unpack[Common]) -> Source:
        """Rows from Feather (Arrow IPC) files that match a pattern; as `parquet`."""
        return cls._read("feather", pattern, None, dict(reading))

    @classmethod
    def json(  # type: ignore[override]  # pydantic's own method of the name is deprecated
        cls, pattern: str, *, encoding: str | None = None, **reading: Unpack[Common]
    ) -> Source:
        """Rows from files of JSON lines, an object a row, or of one JSON list of objects; as `parquet`.

        Args:
            pattern: The files, such as `data/*.jsonl`.
            encoding: Such as `latin-1`; None is UTF-8.
            **reading: What all sources take; see `Reading`.
        """
        return cls._read("json", pattern, None, {"encoding": encoding, **reading})

    @classmethod
    def excel(
        cls,
        pattern: str,
        *,
        sheet: str | None = None,
        missing: Sequence[str] | None = None,
        skip: int = 0,
        **reading: Unpack[Common],
    ) -> Source:
        """Rows from the first or the named sheet of workbooks (`.xlsx`), whose first line names the columns.

        It needs the extra `windvane[excel]`. The clock of a workbook has no zone, so `zone` is needed.

        Args:
            pattern: The files, such as `data/*.xlsx`.
            sheet: Name of the sheet; None is the first one.
            missing: The words for a missing value, besides an empty cell.
            skip: Lines before the line of names.
            **reading: What all sources take; see `Reading`.
        """
        return cls._read("excel", pattern, None, {"sheet": sheet, "missing": missing, "skip": skip, **reading})

    @classmethod
    def s3(cls, pattern: str, connection: str | None = None, **reading: Any) -> Source:
        """Rows from the objects that match `s3://bucket/prefix/*.parquet`.

        Args:
            pattern: What the keys look like. How it ends says the format: `.parquet`, `.csv`, `.csv.gz`, `.jsonl`,
                `.feather` or `.xlsx`.
            connection: Name of the connection; None takes the standard AWS settings of the environment.
            **reading: What sources of the format take.
        """
        if not pattern.startswith("s3://"):
            raise SpecError("Source", ["an S3 pattern begins with s3://, such as s3://bucket/prefix/*.parquet"])
        for suffix, kind in FORMATS.items():
            if pattern.endswith(suffix):
                return cls._read(kind, pattern, connection, reading)
        known = nearest("." + pattern.rpartition(".")[2][:20], FORMATS)
        raise SpecError("Source", [f"the objects' format follows from how the pattern ends{known}"])

    @classmethod
    def sql(
        cls, connection: str, table: str | None = None, query: str | None = None, **reading: Unpack[Tabular]
    ) -> Source:
        """Rows from a database: of a table, those whose event time lies in the window, or what a query returns.

        Args:
            connection: Name of the connection.
            table: A table or view, `name` or `schema.name`; only the declared columns are read.
            query: One `SELECT` with the bound parameters `:start` and `:end`, and every declared column. With `unit`
                the two are numbers in that unit.
            **reading: What all sources take, but for folders and columns to ignore; see `Reading`.
        """
        if (table is None) == (query is None):
            return cls(kind="table", path="", connection=connection)
        return cls._read("query" if table is None else "table", table or query or "", connection, dict(reading))

    @classmethod
    def _read(cls, kind: str, path: str, connection: str | None, options: Mapping[str, Any]) -> Source:
        """Return a source with what is said of how it is read, in its one form."""
        said = {name: value for name, value in options.items() if value is not None}
        known = {name: value for name, value in said.items() if name in Reading.model_fields}
        if len(known) == len(said):
            with contextlib.suppress(SpecError):  # told below, with the kind's name
                said = Reading(**known).said
        return cls(kind=kind, path=path, connection=connection, options=said)

    @model_validator(mode="after")
    def _fits(self) -> Source:
        if self._gone:
            return self
        try:
            kind = SOURCES.get(self.kind)
        except UnknownKind as error:
            raise ValueError(error.cause) from None
        kind.reading(self)
        kind.check(self)
        self._check_connection(kind.connects(self))
        return self

    @property
    def reading(self) -> Reading:
        """How its rows are read."""
        return Reading() if self._gone else SOURCES.get(self.kind).reading(self)

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
