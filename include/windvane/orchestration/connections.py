"""Where a task finds its stores: Airflow's connections first, then the environment, then the embedded default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.errors import RegistryUnavailable, SourceFailed, StorageFailed

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from windvane.stores import Stores
    from windvane.stores.s3_client import S3Settings
    from windvane.stores.witnesses import Witness

REGISTRY = "windvane_registry"
ARTIFACTS = "windvane_artifacts"
WITNESS = "windvane_checkpoints"
"""Connection of the signed statements: places as host, with spaces between; the signing key (PEM) as password."""

_OF_THE_HOOK = frozenset(
    {
        "aws_conn_id", "azure_conn_id", "cluster-identifier", "cursor", "enable_log_db_messages", "iam", "redshift",
        "sqlalchemy_query", "sqlalchemy_scheme", "workgroup-name",
    }
)  # fmt: skip
"""Extras of a Postgres connection that Airflow's own hook reads; every other one is an option of the driver."""


def stores_of(registry: str = REGISTRY, artifacts: str = ARTIFACTS, visited: bool = False) -> Stores:
    """Open the stores that the connections name; a connection that does not exist leaves the default.

    Args:
        registry: Connection id of the registry.
        artifacts: Connection id of the artifacts.
        visited: True in a server of pages; see `open_stores`.

    Raises:
        RegistryUnavailable, StorageFailed: A connection is of a kind that cannot hold them.
        RegistryError, ArtifactError: They cannot be opened.
    """
    from windvane.stores import open_stores

    database, files = _connection(registry), _connection(artifacts)
    return open_stores(
        registry_url(database) if database else None,
        artifacts_url(files) if files else None,
        (lambda: s3_settings(_connection(artifacts) or files)) if files else None,
        AirflowConnections(),
        visited,
        witness=lambda: _witness(artifacts),
    )


class AirflowConnections:
    """What the connections that sources name stand for: Airflow's first, then the environment's.

    A database may be a connection of type `postgres` or `sqlite`, or any other whose `extra` holds a SQLAlchemy URL
    as `sqlalchemy_url`; a bucket is one of type `aws`.
    """

    def database(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database; see `Connections.database`."""
        from windvane.stores import EnvironmentConnections

        connection = _connection(name)
        if connection is None:
            return EnvironmentConnections().database(name)
        url = connection.extra_dejson.get("sqlalchemy_url")
        if url:
            return str(url)
        try:
            return registry_url(connection)
        except RegistryUnavailable:
            cause = f"the source's connection {name!r} is of type {connection.conn_type!r}"
            raise SourceFailed(
                cause, "give it a 'sqlalchemy_url' in its extra, or make it 'postgres' or 'sqlite'"
            ) from None

    def s3(self, name: str | None) -> S3Settings:
        """Return how a bucket is reached; see `Connections.s3`."""
        from windvane.stores import EnvironmentConnections

        connection = _connection(name) if name else None
        return s3_settings(connection) if connection else EnvironmentConnections().s3(name)


def registry_url(connection: Connection) -> str:
    """Return the SQLAlchemy URL of a Postgres connection, or of a SQLite one (the file as host, or as a URI's path)."""
    import sqlalchemy as sa

    if connection.conn_type == "sqlite":
        return f"sqlite:///{connection.host or connection.schema or ''}"
    if connection.conn_type != "postgres":
        cause = f"connection {connection.conn_id} is of type {connection.conn_type!r}"
        raise RegistryUnavailable(cause, "the registry lives in 'postgres' or 'sqlite'")
    extra = connection.extra_dejson.items()
    options = {name: str(value) for name, value in extra if name not in _OF_THE_HOOK and isinstance(value, str | int)}
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
    """Return the folder of a file connection, or the `s3://bucket/prefix` of an AWS one (bucket as host).

    Raises:
        StorageFailed: The connection is of another kind, or names no place.
    """
    if connection.conn_type in ("aws", "s3"):
        prefix = (connection.schema or "").strip("/")
        return f"s3://{connection.host or ''}/{prefix}".rstrip("/")
    folder = connection.extra_dejson.get("path") or connection.host or connection.schema
    if connection.conn_type not in ("fs", "file") or not folder:
        cause = f"connection {connection.conn_id} is of type {connection.conn_type!r} and names no folder"
        remedy = "artifacts live in the 'path' of an 'fs' connection, or in the bucket of an 's3' one"
        raise StorageFailed(cause, remedy)
    return str(folder)


def s3_settings(connection: Connection) -> S3Settings:
    """Return how an AWS connection reaches its bucket: login and password are the key and its secret.

    Of the extra it takes what Airflow's own AWS connections call `region_name`, `endpoint_url`, `aws_session_token`
    and `profile_name`; what is not there comes from boto3's standard settings of the worker.

    Raises:
        StorageFailed: The connection wants a role assumed.
    """
    from windvane.stores.s3_client import S3Settings

    extra = connection.extra_dejson
    if extra.get("role_arn"):
        cause = f"connection {connection.conn_id} names a role_arn, which Windvane does not assume by itself"
        raise StorageFailed(cause, "let boto3 do it: name a profile_name whose AWS configuration has that role_arn")
    service = extra.get("service_config", {}).get("s3", {})
    return S3Settings(
        endpoint=service.get("endpoint_url") or extra.get("endpoint_url"),
        region=extra.get("region_name"),
        access_key=connection.login or None,
        secret_key=connection.password or None,
        session_token=extra.get("aws_session_token"),
        profile=extra.get("profile_name"),
    )


def _witness(artifacts: str) -> Witness | None:
    """Return where signed statements go, and who signs them; buckets are reached as the artifacts' is."""
    from windvane.stores.witnesses import witness_of

    connection, files = _connection(WITNESS), _connection(artifacts)
    s3 = (lambda: s3_settings(files)) if files and files.conn_type in ("aws", "s3") else None
    if connection is None:
        return witness_of(None, None, s3)
    return witness_of(connection.host, connection.password, s3)


def _connection(name: str) -> Connection | None:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(name)
    except AirflowNotFoundException:
        return None
