"""Writes the AIRFLOW_HOME of a local Airflow: its settings, users and secrets, for its owner alone to read."""

from __future__ import annotations

import configparser
import contextlib
import io
import json
import os
import secrets
import socket
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

USERS = {"admin": "admin", "op": "op", "viewer": "viewer"}
"""User names of the simple auth manager, and the role of each."""

PRELOAD_VARIABLE = "LOCAL_AIRFLOW_PRELOAD"
"""The environment variable that names, to one part of Airflow, the modules to import at its start."""

_LOCAL_SETTINGS = f'''"""Imports what tasks need, in the part of Airflow to which {PRELOAD_VARIABLE} names it."""

import importlib
import os

__all__: list[str] = []
for name in filter(None, os.environ.get("{PRELOAD_VARIABLE}", "").split(",")):
    importlib.import_module(name)
'''
_SECRETS = (("core", "fernet_key"), ("api", "secret_key"), ("api_auth", "jwt_secret"))
_LOCK_SECONDS = 10
_PORTS = range(20_000, 32_000)
_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Where the two servers listen: the one of the UI and REST API, and the one that tasks report to."""

    api: int
    execution: int

    @property
    def api_url(self) -> str:
        """The address of the UI and of the REST API."""
        return f"http://{_HOST}:{self.api}"

    @property
    def execution_url(self) -> str:
        """The address that tasks report to."""
        return f"http://{_HOST}:{self.execution}/execution/"


def free_ports(wanted: int | None) -> Ports | None:
    """Return two free ports, the first of them ``wanted`` if that is free, or None if there are none.

    They lie below the range from which a system picks the port of an outgoing connection: such a connection,
    even our own to a server that is still starting, could take the port before the server binds it.
    """
    candidates = [*filter(None, [wanted]), *secrets.SystemRandom().sample(_PORTS, 100)]
    free = [port for port in dict.fromkeys(candidates) if _is_free(port)]
    return Ports(*free[:2]) if len(free) > 1 else None


def password_file(home: Path) -> Path:
    """Return where the generated passwords of an AIRFLOW_HOME are."""
    return home / "passwords.json"


def write_home(
    home: Path,
    *,
    dags: Path,
    plugins: Path,
    ports: Ports,
    parallelism: int,
    settings: Mapping[str, Mapping[str, str]],
) -> None:
    """Write what Airflow reads at its start; passwords and secrets of an earlier start are kept.

    Args:
        home: The AIRFLOW_HOME; made if missing.
        dags: The folder of DAG files.
        plugins: The folder of plugin files; made if missing.
        ports: Where the servers listen.
        parallelism: How many tasks may run at once.
        settings: What to set beside or instead of the settings chosen here, by section and name.
    """
    plugins.mkdir(parents=True, exist_ok=True)
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "airflow_local_settings.py").write_text(_LOCAL_SETTINGS, encoding="utf-8")
    if not password_file(home).exists():
        passwords = {user: secrets.token_urlsafe(12) for user in USERS}
        _write_private(password_file(home), json.dumps(passwords) + "\n")
    file = home / "airflow.cfg"
    former = configparser.ConfigParser(interpolation=None)
    former.read(file, encoding="utf-8")
    config = configparser.ConfigParser(interpolation=None)
    config.read_dict(_settings(home, dags, plugins, ports, parallelism))
    for section, name in _SECRETS:
        config.read_dict({section: {name: former.get(section, name, fallback=_new_secret(name))}})
    config.read_dict(settings)
    text = io.StringIO()
    config.write(text)
    _write_private(file, text.getvalue())


def _settings(home: Path, dags: Path, plugins: Path, ports: Ports, parallelism: int) -> dict[str, dict[str, str]]:
    return {
        "core": {
            "dags_folder": str(dags),
            "plugins_folder": str(plugins),
            "load_examples": "False",
            "executor": "LocalExecutor",
            # A worker is held for a moment after its task has ended: one more keeps the cores busy, and the
            # slots of the pool keep `parallelism` tasks at once.
            "parallelism": str(parallelism + 1),
            "default_pool_task_slot_count": str(parallelism),
            "execution_api_server_url": ports.execution_url,
            "simple_auth_manager_users": ",".join(f"{user}:{role}" for user, role in USERS.items()),
            "simple_auth_manager_passwords_file": str(password_file(home)),
        },
        "database": {"sql_alchemy_conn": f"sqlite:///{home / 'airflow.db'}?timeout={_LOCK_SECONDS}"},
        "logging": {"base_log_folder": str(home / "logs")},
        "api": {"host": _HOST, "port": str(ports.api), "base_url": ports.api_url, "workers": "1"},
        "scheduler": {"scheduler_idle_sleep_time": "0.2", "job_heartbeat_sec": "2"},
        # How long a worker is held, see above (5 s by default); a request may wait for SQLite's write lock.
        "workers": {"min_heartbeat_interval": "1", "execution_api_timeout": str(2 * _LOCK_SECONDS)},
        "dag_processor": {
            "dag_bundle_storage_path": str(home / "bundles"),
            "refresh_interval": "5",
            "min_file_process_interval": "60",
        },
    }


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((_HOST, port))
        return True
    return False


def _new_secret(name: str) -> str:
    if name == "fernet_key":
        return urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_hex(64)


def _write_private(file: Path, text: str) -> None:
    """Write a file that its owner alone may read, from its first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
