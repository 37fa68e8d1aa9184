"""Where a source's connection is looked up: a spec holds its name, never its secret."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Protocol

from windvane.errors import SourceFailed

if TYPE_CHECKING:
    from windvane.stores.s3_client import S3Settings

_PREFIX = "WINDVANE_CONNECTION_"


class Connections(Protocol):
    """What the names of connections stand for."""

    def database(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database.

        Raises:
            SourceFailed: There is no such connection, or it is none of a database.
        """
        ...

    def s3(self, name: str | None) -> S3Settings:
        """Return how a bucket is reached; without a name, by the standard AWS settings of the environment.

        Raises:
            SourceFailed: There is no such connection, or it is none of S3.
        """
        ...


class EnvironmentConnections:
    """Connections of the environment, for runs outside Airflow: `warehouse` is `WINDVANE_CONNECTION_WAREHOUSE`.

    Of a database it holds the SQLAlchemy URL; of S3, the name of a profile of the AWS configuration.
    """

    def database(self, name: str) -> str:
        """Return the SQLAlchemy URL; see `Connections.database`."""
        return _value(name, "the SQLAlchemy URL of its database")

    def s3(self, name: str | None) -> S3Settings:
        """Return the settings; see `Connections.s3`."""
        from windvane.stores.s3_client import S3Settings

        return S3Settings(profile=_value(name, "the name of its AWS profile") if name else None)


def _value(name: str, holds: str) -> str:
    variable = _PREFIX + re.sub(r"[^A-Z0-9]", "_", name.upper())
    value = os.environ.get(variable)
    if not value:
        cause = f"the source's connection {name!r} is not known: {variable} is not set"
        raise SourceFailed(cause, f"set {variable} to {holds}; under Airflow, make a connection {name!r}")
    return value
