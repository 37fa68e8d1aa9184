"""URLs of databases: what is wrong with one is told without any part of it, for it may hold a password."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

FORM = "it is like postgresql+psycopg2://…, where a `/`, `@`, `:` or `#` of a password is written as %2F, %40, %3A, %23"
"""The remedy."""


def url_of(text: str) -> sa.URL:
    """Return a URL as SQLAlchemy has it; what is wrong with one is told without any part of it.

    Raises:
        ArgumentError: It is none, or its port is no number: so it looks where a password has a `/` or `@` in it.
    """
    try:
        return sa.make_url(text)
    except ValueError:
        raise ArgumentError("no number stands where the port is looked for") from None
