"""A table of a database, read a piece at a time as a source of it would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from windvane.spec.reading import Reading
from windvane.stores.connections import EnvironmentConnections
from windvane.stores.databases import every_row


@dataclass(frozen=True)
class Table:
    """A table that is looked at.

    Args:
        connection: Name of the connection.
        table: `name` or `schema.name`.
        options: What its source has to be told.
        nested: Columns that are not read; a database's are all looked at.
    """

    connection: str
    table: str
    options: dict[str, Any] = field(default_factory=dict)
    nested: tuple[str, ...] = ()
    kind: str = "table"

    def __str__(self) -> str:
        return f"table {self.table} of {self.connection!r}"

    @property
    def reading(self) -> Reading:
        """How it is read, as the source will be told."""
        return Reading(**self.options)

    def pieces(self) -> Iterator[pd.DataFrame]:
        """Yield the rows.

        Raises:
            SourceFailed: The database cannot be reached, or refuses; or there is no such table.
        """
        url = EnvironmentConnections().database(self.connection)
        for frame in every_row(url, self.table, f"connection {self.connection!r}"):
            yield frame.assign(**{str(name): _plain(frame[name]) for name in frame.columns})


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers as a file would give them."""
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "decimal" or (pd.api.types.is_numeric_dtype(values.dtype) and values.isna().any()):
        return values.astype("float64")
    if values.dtype == "Int64":
        return values.astype("int64")
    if values.dtype == "boolean" and values.notna().all():
        return values.astype(bool)
    return values.astype("str") if kind == "string" else values
