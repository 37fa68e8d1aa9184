"""How rows are read from where they are kept: dialect of a file, form of its moments, columns that come and go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from windvane.spec.base import Declaration, unknown
from windvane.spec.time_format import readable

Unit = Literal["s", "ms", "us", "ns"]
Plain = str | int | float | bool

Format = Literal["csv", "parquet", "json", "feather", "excel"]
FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".jsonl.gz": "json",
    ".feather": "feather",
    ".arrow": "feather",
    ".xlsx": "excel",
}
"""The format of a file, by how its name ends."""


class Reading(Declaration):
    """How a source's rows are read. Every field has a default, and what is not said leaves no trace in a digest.

    A kind of source takes some of the fields: `SourceKind.reads` names them.
    """

    columns: dict[str, str] = Field(default_factory=dict)
    """New names of columns: `{"theirs": "ours"}`."""
    optional: tuple[str, ...] = ()
    """Columns that may be absent; their values are missing then."""
    defaults: dict[str, Plain] = Field(default_factory=dict)
    """Columns that may be absent, each with the value that all rows have then."""
    values: dict[str, dict[str, Plain]] = Field(default_factory=dict)
    """What words of a column stand for: `{"default": {"no": 0, "yes": 1}}`. A word that is not named is refused."""
    ignore: tuple[str, ...] = ()
    """Columns that are left where they are; `["*"]` leaves all that are not declared."""

    zone: str | None = None
    """IANA zone of moments that name none, such as `Europe/Berlin`. Of an hour that its clocks show twice, the second
    one is meant; an hour that they skip is refused."""
    unit: Unit | None = None
    """Unit of moments that are numbers: `s`, `ms`, `us` or `ns` since 1970-01-01 00:00 UTC."""
    format: str | None = None
    """How moments are written, in the words of `strptime`: `%d.%m.%Y %H:%M`."""
    moments: tuple[str, ...] = ()
    """Further columns of moments, read as the event time is."""
    parts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Moments whose parts are columns of their own: `{"at": ["date", "time"]}`, or `{"at": ["year", "month", "day"]}`
    with `format="%Y %m %d"`. Their texts are joined with a space, and read as one."""

    missing: tuple[str, ...] | None = None
    """The words for a missing value, in all columns. None: nothing at all and, where a number is expected, the usual
    words (`NA`, `NaN`, `null`, `None` and the like)."""
    integers: tuple[str, ...] = ()
    """Columns of text that are whole numbers, such as a key: from CSV, a key is the text that it is."""

    separator: str | None = None
    """What parts the fields of a line; None is a comma."""
    decimal: str | None = None
    """The decimal sign of numbers; None is a point."""
    thousands: str | None = None
    """What groups the digits of numbers; None is nothing."""
    quote: str | None = None
    """What encloses a field; None is `"`, and nothing at all encloses none."""
    encoding: str | None = None
    """The encoding of the text; None is UTF-8."""
    header: tuple[str, ...] | None = None
    """Names of the columns of a file without a first line of names."""
    skip: int = Field(default=0, ge=0)
    """Lines before the line of names."""
    sheet: str | None = None
    """Name of the sheet of a workbook; None is the first one."""
    hive: bool = False
    """Whether folders like `month=2024-01` are columns."""

    @property
    def may_lack(self) -> frozenset[str]:
        """The columns that may be absent."""
        return frozenset((*self.optional, *self.defaults))

    @property
    def said(self) -> dict[str, Any]:
        """What differs from the defaults, as plain values."""
        found: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        return found

    @classmethod
    def of(cls, kind: str, options: dict[str, Any], allowed: frozenset[str]) -> Reading:
        """Return how a kind of source reads.

        Raises:
            ValueError: It takes no such option, or the value cannot be.
        """
        from windvane.errors import SpecError

        for name in options:
            if name not in allowed:
                raise ValueError(f"{kind}: {unknown(f'option {name!r}', name, allowed)}")
        try:
            return cls(**options)
        except SpecError as error:
            raise ValueError("; ".join(error.problems)) from None

    @field_validator("optional", "ignore", "moments", "missing", "integers", "header", mode="before")
    @classmethod
    def _tuple(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError(f"give a list, [{value!r:.60}]")
        return tuple(value) if isinstance(value, list | set | frozenset) else value

    @field_validator("parts", mode="before")
    @classmethod
    def _parts(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and not any(isinstance(parts, str) for parts in value.values()):
            return {name: tuple(parts) if isinstance(parts, list) else parts for name, parts in value.items()}
        raise ValueError(f"{value!r:.60}: name the columns, {{'at': ['date', 'time']}}")

    @field_validator("parts")
    @classmethod
    def _several(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, parts in value.items():
            if len(parts) < 2 or len({*parts, name}) <= len(parts):
                shown = f"{{{name!r}: [{', '.join(map(repr, parts))}]}}"
                raise ValueError(f"{shown:.90}: name at least two columns, each once; {{'at': ['date', 'time']}}")
        return value

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        try:
            return value if value is None else ZoneInfo(value).key
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r:.60} is no time zone; write one like 'UTC' or 'Europe/Berlin'") from None

    @field_validator("format")
    @classmethod
    def _format(cls, value: str | None) -> str | None:
        if value is not None and "%" not in value:
            raise ValueError(f"{value!r:.60} names no part of a moment; write one like '%d.%m.%Y %H:%M'")
        return value if value is None else readable(value)

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str | None) -> str | None:
        try:
            "".encode(value or "utf-8")
        except LookupError:
            raise ValueError(f"unknown encoding {value!r:.60}; write one like 'utf-8', 'latin-1' or 'cp1252'") from None
        return value

    @field_validator("separator", "decimal", "thousands")
    @classmethod
    def _one(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or value in "\r\n"):
            raise ValueError(f"{value!r:.60} is not one character")
        return value

    @model_validator(mode="after")
    def _fits(self) -> Reading:
        separator, decimal = self.separator or ",", self.decimal or "."
        quote = '"' if self.quote is None else self.quote
        if len(quote) > 1:
            raise ValueError(f"quote: {self.quote!r:.60} is not one character")
        pairs = [("quote", quote, "separator", separator), ("decimal", decimal, "thousands", self.thousands)]
        if not quote:  # a decimal comma between commas needs quotes
            pairs += [
                ("separator", separator, name, sign)
                for name, sign in (("decimal", decimal), ("thousands", self.thousands))
            ]
        for one, sign, other, same in pairs:
            if sign == same:
                raise ValueError(f"{one} and {other} are both {sign!r}")
        if self.unit and self.format:
            raise ValueError("unit and format: moments are numbers or texts; give one of the two")
        empty = next((name for name, known in self.values.items() if not known), None)
        if empty is not None:
            raise ValueError(f"values: {empty!r} names no words; write {{{empty!r}: {{'no': 0, 'yes': 1}}}}")
        twice = sorted(set(self.optional) & set(self.defaults))
        if twice:
            raise ValueError(f"optional: {', '.join(twice)} has a default already")
        new = list(self.columns.values())
        again = sorted({name for name in new if new.count(name) > 1})
        if again:
            raise ValueError(f"columns: two columns would be named {again[0]!r}")
        return self


class Tabular(TypedDict, total=False):
    """What every source of files and tables takes; `Reading` says what each means."""

    columns: Mapping[str, str]
    optional: Sequence[str]
    defaults: Mapping[str, Plain]
    values: Mapping[str, Mapping[str, Plain]]
    zone: str
    unit: Unit
    format: str
    moments: Sequence[str]
    parts: Mapping[str, Sequence[str]]


class Common(Tabular, total=False):
    """What every source of files takes."""

    ignore: Sequence[str]
    hive: bool
