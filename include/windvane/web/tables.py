"""Tables that are filtered, sorted, paged and exported by the server: what they show, and what of them is asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlencode

from markupsafe import Markup

from windvane.results import Record
from windvane.stores.pages import MOST_COUNTED, Part, Query

Kind = Literal["text", "number", "change", "share", "chance", "moment", "state", "version", "digest"]

PAGE_ROWS = 25
_LONGEST = 200
"""Characters of one filter that are looked at."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute (OWASP, CSV injection)."""

Row = TypeVar("Row")


class Listing(Record, Generic[Row]):
    """Some rows of a table, as JSON has them."""

    rows: tuple[Row, ...]
    total: int
    """How many rows match; 10,001 says: more than 10,000."""
    offset: int
    limit: int


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Args:
        name: What rows, filters and query strings call it.
        head: What people call it.
        kind: How a value is shown.
        value: From a row to the value; by default the row's field of that name.
        href: From a row to the address that the value leads to.
        note: From a row to a few words below the value, such as an interval.
        unit: Stands after each number.
        sorts: True when the table can be sorted by it.
        filters: True when it has a filter.
        choices: The few values it can have.
        hidden: True when it is exported and filtered only.
        kind_of: From a row to how its value is shown, where rows differ in that.
        wide: True when it holds sentences, and must not be squeezed by its neighbours.
        breaks: True when its values are long names that may break anywhere.
        order: From a row to what orders it, where that is not its value.
        folded: From a row to a text that opens below the value, such as a raw record.
        drawn: From a row to a small chart that stands before its value; a CSV has the value alone.
    """

    name: str
    head: str
    kind: Kind = "text"
    value: Callable[[Any], Any] | None = None
    href: Callable[[Any], str] | None = None
    note: Callable[[Any], str] | None = None
    unit: str = ""
    sorts: bool = True
    filters: bool = False
    choices: tuple[str, ...] = ()
    hidden: bool = False
    kind_of: Callable[[Any], Kind] | None = None
    order: Callable[[Any], Any] | None = None
    wide: bool = False
    breaks: bool = False
    drawn: Callable[[Any], Markup] | None = None
    folded: Callable[[Any], str] | None = None

    def shown_as(self, row: Any) -> Kind:
        """Return how a row's value is shown."""
        return self.kind_of(row) if self.kind_of else self.kind

    def of(self, row: Any) -> Any:
        """Return a row's value."""
        return self.value(row) if self.value else getattr(row, self.name)


@dataclass(frozen=True)
class Requested:
    """What a query string asks of a page's tables.

    Args:
        path: The page's address, without a query.
        query: Names and values; a table's own begin with its name and a dot.
        export: The table that is wanted whole, as CSV.
    """

    path: str
    query: Mapping[str, str]
    export: str = ""

    def of(self, table: str, columns: Sequence[Column]) -> Query:
        """Return which part of a table is asked for; what no table could answer is left out."""
        sort = self.query.get(f"{table}.sort", "")
        known = {column.name for column in columns if column.sorts}
        filtered = [column.name for column in columns if column.filters or column.choices]
        whole = self.export == table
        return Query(
            sort=sort.removeprefix("-") if sort.removeprefix("-") in known else "",
            descending=sort.startswith("-"),
            filters={name: self.get(f"{table}.{name}") for name in filtered if self.get(f"{table}.{name}")},
            offset=0 if whole else (self.page(table) - 1) * PAGE_ROWS,
            limit=MOST_COUNTED if whole else PAGE_ROWS,
        )

    def get(self, name: str) -> str:
        """Return what a name is asked to be, cut to a sane length."""
        return self.query.get(name, "").strip().replace("\x00", "")[:_LONGEST]

    def page(self, table: str) -> int:
        """Return the page of a table, from 1; a filter narrows what lies beyond the last one that is counted."""
        text = self.query.get(f"{table}.page", "1")
        requested = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
        return min(max(requested, 1), MOST_COUNTED // PAGE_ROWS)

    def url(self, changes: Mapping[str, str | int | None], anchor: str = "") -> str:
        """Return this page's address with some names changed; a name that is nothing is left out."""
        changed = {**self.query, **changes}
        query = urlencode({name: value for name, value in changed.items() if value})
        return self.path + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")


@dataclass(frozen=True)
class Table(Generic[Row]):
    """A table as a page shows it.

    Args:
        name: What its query strings begin with.
        caption: What it is about.
        columns: What it shows.
        part: The rows asked for, and how many there are.
        ask: What was asked for.
        asked: The whole query, which the table's links change.
        empty: What to say when there is no row at all.
    """

    name: str
    caption: str
    columns: Sequence[Column]
    part: Part[Row]
    ask: Query
    requested: Requested
    empty: str = "Nothing yet."

    @property
    def listing(self) -> Listing[Row]:
        """The rows as JSON has them."""
        return Listing(rows=self.part.rows, total=self.part.total, offset=self.ask.offset, limit=self.ask.limit)

    @property
    def counted(self) -> str:
        """How many rows there are, in words."""
        if self.part.total > MOST_COUNTED:
            return f"more than {MOST_COUNTED:,}"
        return f"{self.part.total:,}"

    @property
    def pages(self) -> int:
        """How many pages can be turned to."""
        return max(1, -(-min(self.part.total, MOST_COUNTED) // self.ask.limit))

    @property
    def page(self) -> int:
        """The page that is shown."""
        return self.ask.offset // self.ask.limit + 1

    @property
    def filtered(self) -> bool:
        """True when a filter leaves rows out."""
        return bool(self.ask.filters)

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that people see."""
        return tuple(column for column in self.columns if not column.hidden)

    @property
    def filterable(self) -> tuple[Column, ...]:
        """The columns that have a filter."""
        return tuple(column for column in self.columns if column.filters or column.choices)

    def sorted_by(self, column: Column) -> str:
        """Return `ascending`, `descending` or nothing, as `aria-sort` has it."""
        if self.ask.sort != column.name:
            return ""
        return "descending" if self.ask.descending else "ascending"

    def sort_url(self, column: Column) -> str:
        """Return the address of this table sorted by a column, the other way when it is already."""
        turned = "-" if self.sorted_by(column) == "ascending" else ""
        return self._url({"sort": f"{turned}{column.name}", "page": None})

    def page_url(self, page: int) -> str:
        """Return the address of another page of this table."""
        return self._url({"page": page if page > 1 else None})

    def export_url(self) -> str:
        """Return the address of all rows as CSV."""
        return self.requested.url({f"{self.name}.page": None, "export": self.name})

    def clear_url(self) -> str:
        """Return the address of this table without filters."""
        return self._url({**{column.name: None for column in self.filterable}, "page": None})

    def kept(self) -> list[tuple[str, str]]:
        """Return what a filter form hands on unchanged: the sort, and all that other tables were asked."""
        own = {f"{self.name}.{column.name}" for column in self.filterable} | {f"{self.name}.page", "export"}
        return [(name, value) for name, value in self.requested.query.items() if value and name not in own]

    def csv(self) -> Iterable[str]:
        """Yield the rows as lines of CSV, no cell of which a spreadsheet would compute."""
        yield _line(column.head + (f" ({column.unit})" if column.unit else "") for column in self.columns)
        for row in self.part.rows:
            yield _line(_cell(column.of(row)) for column in self.columns)

    def _url(self, changes: Mapping[str, str | int | None]) -> str:
        own: dict[str, str | int | None] = {f"{self.name}.{name}": value for name, value in changes.items()}
        return self.requested.url({**own, "export": None}, self.name)


def table_of(
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    requested: Requested,
    empty: str = "Nothing yet.",
) -> Table[Row]:
    """Return a table of rows that are all here already."""
    ask = requested.of(name, columns)
    known = {column.name: column for column in columns}
    found = [row for row in rows if all(_matches(known[key], row, text) for key, text in ask.filters.items())]
    if ask.sort:
        column = known[ask.sort]
        present = [row for row in found if column.of(row) is not None]
        absent = [row for row in found if column.of(row) is None]
        by = column.order or column.of
        found = sorted(present, key=lambda row: _order(by(row)), reverse=ask.descending) + absent
    part = Part(tuple(found[ask.offset : ask.offset + ask.limit]), len(found))
    return Table(name, caption, columns, part, ask, requested, empty)


def _matches(column: Column, row: Any, wanted: str) -> bool:
    if column.choices:
        value, asked = column.of(row), {wanted, *wanted.split(",")}
        return any(str(one) in asked for one in (value if isinstance(value, tuple) else (value,)))
    return wanted.casefold() in str(column.of(row)).casefold()


def _order(value: Any) -> tuple[int, Any]:
    """Return what orders values of one column, numbers before words."""
    if isinstance(value, int | float):
        return (0, value)
    return (1, value.isoformat() if isinstance(value, datetime) else str(value).casefold())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
