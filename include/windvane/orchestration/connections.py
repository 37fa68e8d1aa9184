"""Where a task finds its stores: Airflow's connections first, then the environment, then the embedded default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.errors import RegistryUnavailable, StorageFailed

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from windvane.stores import Stores

REGISTRY = "windvane_registry"
ARTIFACTS = "windvane_artifacts"


def stores_of(registry: str = REGISTRY, artifacts: str = ARTIFACTS) -> Stores:
    """Open the stores that the connections name; a connection that does not exist leaves the default.

    Args:
        registry: Connection id of the registry.
        artifacts: Connection id of the artifacts.

    Raises:
        RegistryUnavailable, StorageFailed: A connection is of a kind that cannot hold them.
        RegistryError, ArtifactError: They cannot be opened.
    """
    from windvane.stores import open_stores

    database, files = _connection(registry), _connection(artifacts)
    return open_stores(registry_url(database) if database else None, artifacts_url(files) if files else None)


def registry_url(connection: Connection) -> str:
    """Return the SQLAlchemy URL of a Postgres connection, or of a SQLite one (the file as host, or as a URI's path)."""
    import sqlalchemy as sa

    if connection.conn_type == "sqlite":
        return f"sqlite:///{connection.host or connection.schema or ''}"
    if connection.conn_type != "postgres":
        cause = f"connection {connection.conn_id} is of type {connection.conn_type!r}"
        raise RegistryUnavailable(cause, "the registry lives in 'postgres' or 'sqlite'")
    options = {name: value for name, value in connection.extra_dejson.items() if isinstance(value, str)}
    url = sa.URL.create(
        "postgresql+psycopg2",
        username=connection.login,
        password=connection.password,
        host=connection.host,
        port=connection.port,
        database=connection.schema,
        query=options,
    )
    return url.render_as_string(hide_password=False)


def artifacts_url(connection: Connection) -> str:
    """Return the folder of a file connection, or the `s3://bucket/prefix` of an AWS one (bucket as host)."""
    if connection.conn_type in ("aws", "s3"):
        prefix = (connection.schema or "").strip("/")
        return f"s3://{connection.host or ''}/{prefix}".rstrip("/")
    folder = connection.extra_dejson.get("path") or connection.host or connection.schema
    if connection.conn_type not in ("fs", "file") or not folder:
        cause = f"connection {connection.conn_id} is of type {connection.conn_type!r} and names no folder"
        remedy = "artifacts live in the 'path' of an 'fs' connection, or in the bucket of an 's3' one"
        raise StorageFailed(cause, remedy)
    return str(folder)


def _connection(name: str) -> Connection | None:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(name)
    except AirflowNotFoundException:
        return None
