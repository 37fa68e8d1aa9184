"""Where a window's rows come from."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import model_validator

from windvane.errors import SpecError, nearest
from windvane.spec.base import Declaration, checked_path
from windvane.spec.places import bucket_and_key

SourceKind = Literal["callable", "csv", "parquet", "table", "query"]

_CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_IDENTIFIER = re.compile(r"[^\x00-\x1f.]{1,128}")
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""What SQLAlchemy takes for a bound parameter."""
_FORMATS: dict[str, SourceKind] = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet"}


class Source(Declaration):
    """Where a window's rows come from.

    Build it with `Source.callable`, `Source.csv`, `Source.parquet`, `Source.s3` or `Source.sql`.
    """

    kind: SourceKind
    path: str
    """Import path of the function; pattern of the files (`data/*.parquet`, relative to the working folder, or
    `s3://bucket/prefix/*.parquet`); name of the table; or the query."""
    connection: str | None = None
    """Name of the connection to the database or the bucket: an Airflow connection's id, or, outside Airflow, the
    environment variable `WINDVANE_CONNECTION_<NAME>`. Never a URL: a spec holds no secret."""

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
        raise SpecError("Source", [f"the objects' format is told by how the pattern ends{known}"])

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
        if self.kind == "callable":
            checked_path(self.path)
        elif self.kind == "table":
            self._check_table()
        elif self.kind == "query":
            self._check_query()
        elif not self.path.strip():
            raise ValueError("path: the file pattern is empty")
        elif self.path.startswith("s3://"):
            bucket_and_key(self.path, pattern=True)
        self._check_connection()
        return self

    def _check_table(self) -> None:
        if not self.path:
            raise ValueError("sql takes one of table and query")
        parts = self.path.split(".")
        if len(parts) > 2 or not all(_IDENTIFIER.fullmatch(part) for part in parts):
            raise ValueError(f"{self.path!r:.80} is no table; write 'name' or 'schema.name', or give a query")

    def _check_query(self) -> None:
        text = self.path.strip().removesuffix(";")
        if not re.match(r"(?is)(?:\s|--[^\n]*\n|/\*.*?\*/)*(select|with)\b", text) or ";" in text:
            raise ValueError(f"query: {text!r:.60} is not one SELECT (or WITH … SELECT)")
        named = set(_PARAMETER.findall(text))
        for name in sorted(named - {"start", "end"}):
            raise ValueError(f"query: unknown parameter {':' + name!r}{nearest(name, ['start', 'end'])}")
        if named != {"start", "end"}:
            message = ", ".join(f":{name}" for name in sorted({"start", "end"} - named))
            raise ValueError(
                f"query: it does not use {message}; cut it to the window, such as at >= :start AND at < :end"
            )

    def _check_connection(self) -> None:
        remote = self.kind in ("table", "query") or self.path.startswith("s3://")
        if self.connection is None:
            if self.kind in ("table", "query"):
                raise ValueError("connection: name the connection of the database")
        elif not remote:
            raise ValueError(f"connection: a {self.kind} source has none")
        elif "://" in self.connection or "@" in self.connection:
            raise ValueError("connection: give the name of a connection; a URL holds secrets, which no spec may")
        elif not _CONNECTION.fullmatch(self.connection):
            raise ValueError(f"connection: {self.connection!r:.60} is no name (letters, digits, '_', '.' and '-')")
