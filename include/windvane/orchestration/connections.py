"""Where a task finds its stores: Airflow's connections first, then the environment, then the embedded default."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from windvane.stores import Stores, open_stores

if TYPE_CHECKING:
    from airflow.sdk import Connection

REGISTRY = "windvane_registry"
ARTIFACTS = "windvane_artifacts"

_DIALECTS = {"postgres": "postgresql+psycopg2", "postgresql": "postgresql+psycopg2", "sqlite": "sqlite"}


def stores_of(registry: str = REGISTRY, artifacts: str = ARTIFACTS) -> Stores:
    """Open the stores that the connections name; a connection that does not exist leaves its default.

    Args:
        registry: Connection id of the registry (Postgres, or SQLite with the file as host).
        artifacts: Connection id of the artifacts (a file connection with `path` in its extra, or S3 with the bucket
            as host).
    """
    return open_stores(registry_url(_connection(registry)), artifacts_url(_connection(artifacts)))


def registry_url(connection: Connection | None) -> str | None:
    """Return a SQLAlchemy URL, every part quoted."""
    if connection is None:
        return None
    dialect = _DIALECTS.get(connection.conn_type or "", connection.conn_type or "")
    if dialect == "sqlite":
        return f"sqlite:///{connection.host or connection.schema or ''}"
    login = quote(connection.login or "", safe="")
    secret = f":{quote(connection.password, safe='')}" if connection.password else ""
    port = f":{connection.port}" if connection.port else ""
    at = f"{login}{secret}@" if login else ""
    return f"{dialect}://{at}{connection.host or ''}{port}/{quote(connection.schema or '', safe='')}"


def artifacts_url(connection: Connection | None) -> str | None:
    """Return a folder, or `s3://bucket/prefix`."""
    if connection is None:
        return None
    if connection.conn_type in ("aws", "s3"):
        return f"s3://{connection.host or ''}/{(connection.schema or '').strip('/')}"
    return str(connection.extra_dejson.get("path") or connection.host or "") or None


def _connection(name: str) -> Connection | None:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(name)
    except AirflowNotFoundException:
        return None
