"""The kinds of columns: moments in UTC, and texts that every database can keep."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from windvane.errors import InvalidText


class Moment(sa.TypeDecorator[datetime]):
    """A timezone-aware datetime, kept as UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return UTC; a naive moment is a mistake of the caller."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return an aware moment; SQLite forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Storable(sa.TypeDecorator[str]):
    """A text from outside; one that no database can keep is refused by name."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return the text as it is."""
        if value is not None and ("\0" in value or not _encodes(value)):
            raise InvalidText(f"{value!r:.90} cannot be kept", "leave out the NUL, or the half of a character")
        return value


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class Words(_Storable):
    """A text of any length."""

    impl = sa.Text
    cache_ok = True


class Name(_Storable):
    """A text of limited length."""

    impl = sa.String
    cache_ok = True
