"""Where a task finds its stores: Airflow's connections first, then the environment, then the embedded default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.errors import WrongConnection

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from windvane.pipeline.elsewhere import Opening
    from windvane.stores import Stores
    from windvane.stores.s3_client import S3Settings
    from windvane.stores.witnesses import Witness

REGISTRY = "windvane_registry"
ARTIFACTS = "windvane_artifacts"
WITNESS = "windvane_checkpoints"
"""Connection of the signed statements: places as host, with spaces between; the signing key (PEM) as password."""

_GENERIC = "where Airflow lacks the type's provider, make it 'generic' with the type in its extra"

_OF_THE_HOOK = frozenset(
    {
        "aws_conn_id", "azure_conn_id", "cluster-identifier", "cursor", "enable_log_db_messages", "iam", "redshift",
        "sqlalchemy_query", "sqlalchemy_scheme", "type", "workgroup-name",
    }
)  # fmt: skip
"""Extras of a Postgres connection that Airflow's own hook reads, or `kind_of`; others are options of the driver."""


def stores_of(registry: str = REGISTRY, artifacts: str = ARTIFACTS, visited: bool = False) -> Stores:
    """Open the stores that the connections name; a connection that does not exist leaves the default.

    Args:
        registry: Connection id of the registry.
        artifacts: Connection id of the artifacts.
        visited: True in a server of pages; see `open_stores`.

    Raises:
        WrongConnection: A connection is of a kind that cannot hold them.
        RegistryError, ArtifactError: They cannot be opened.
    """
    from windvane.stores import open_stores

    found = opening_of(registry, artifacts)
    return open_stores(
        found.registry,
        found.artifacts,
        found.s3,
        AirflowConnections(),
        visited,
        witness=lambda: _witness(artifacts),
    )


def opening_of(registry: str = REGISTRY, artifacts: str = ARTIFACTS) -> Opening:
    """Return how the stores that the connections name are opened, here or in another process.

    Raises:
        WrongConnection: A connection is of a kind that cannot hold them.
    """
    from windvane.pipeline.elsewhere import Opening

    database, files = _connection(registry), _connection(artifacts)

    def signed() -> tuple[str | None, str | None]:
        connection = _connection(WITNESS)
        return (connection.host, connection.password) if connection else (None, None)

    return Opening(
        registry_url(database) if database else None,
        artifacts_url(files) if files else None,
        (lambda: s3_settings(_connection(artifacts) or files)) if files and kind_of(files) in ("aws", "s3") else None,
        signed,
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
        return registry_url(connection, f"the source's connection {name!r}")

    def s3(self, name: str | None) -> S3Settings:
        """Return how a bucket is reached; see `Connections.s3`."""
        from windvane.stores import EnvironmentConnections

        connection = _connection(name) if name else None
        return s3_settings(connection) if connection else EnvironmentConnections().s3(name)


def kind_of(connection: Connection) -> str:
    """Return a connection's type; of a `generic` one what its extra calls `type`.

    Airflow knows a type only where its provider is installed, and makes a connection of any other one `generic`. A URI
    and a secrets backend keep the type.
    """
    kind = connection.conn_type or ""
    return str(connection.extra_dejson.get("type") or kind) if kind in ("", "generic") else kind


def registry_url(connection: Connection, who: str = "") -> str:
    """Return the SQLAlchemy URL of a Postgres connection, or of a SQLite one (the file as host, or as a URI's path).

    A connection of any type may have the URL in its extra, as `sqlalchemy_url`.

    Args:
        connection: The connection.
        who: How errors name it.

    Raises:
        WrongConnection: It is of another type, and has no such URL.
    """
    import sqlalchemy as sa

    given, kind = connection.extra_dejson.get("sqlalchemy_url"), kind_of(connection)
    if given:
        return str(given)
    if kind == "sqlite":
        return f"sqlite:///{connection.host or connection.schema or ''}"
    if kind not in ("postgres", "postgresql"):
        cause = f"{who or f'connection {connection.conn_id}'} is of type {kind!r}"
        remedy = "make it 'postgres' or 'sqlite', or give it a 'sqlalchemy_url' in its extra"
        raise WrongConnection(cause, f"{remedy}; {_GENERIC}")
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
        WrongConnection: The connection is of another kind, or names no place.
    """
    kind = kind_of(connection)
    if kind in ("aws", "s3"):
        prefix = (connection.schema or "").strip("/")
        return f"s3://{connection.host or ''}/{prefix}".rstrip("/")
    folder = connection.extra_dejson.get("path") or connection.host or connection.schema
    if kind not in ("fs", "file") or not folder:
        cause = f"connection {connection.conn_id} is of type {kind!r} and names no folder"
        remedy = "artifacts live in the 'path' of an 'fs' connection, or in the bucket of an 'aws' one"
        raise WrongConnection(cause, f"{remedy}; {_GENERIC}")
    return str(folder)


def s3_settings(connection: Connection) -> S3Settings:
    """Return how an AWS connection reaches its bucket: login and password are the key and its secret.

    Of the extra it takes what Airflow's own AWS connections call `region_name`, `endpoint_url`, `aws_session_token`
    and `profile_name`, and of a role to assume `role_arn` and `external_id`. What is not there comes from boto3's
    standard settings of the worker, a web identity too.
    """
    from windvane.stores.s3_client import S3Settings

    extra = connection.extra_dejson
    assumed = extra.get("assume_role_kwargs") or {}
    service = extra.get("service_config", {}).get("s3", {})
    return S3Settings(
        endpoint=service.get("endpoint_url") or extra.get("endpoint_url"),
        region=extra.get("region_name"),
        access_key=connection.login or None,
        secret_key=connection.password or None,
        session_token=extra.get("aws_session_token"),
        profile=extra.get("profile_name"),
        role=extra.get("role_arn"),
        external_id=extra.get("external_id") or assumed.get("ExternalId"),
    )


def _witness(artifacts: str) -> Witness | None:
    """Return where signed statements go, and who signs them; buckets are reached as the artifacts' is."""
    from windvane.stores.witnesses import witness_of

    connection, files = _connection(WITNESS), _connection(artifacts)
    s3 = (lambda: s3_settings(files)) if files and kind_of(files) in ("aws", "s3") else None
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
