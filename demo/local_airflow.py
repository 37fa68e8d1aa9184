"""Starts a real Airflow on this machine for the demo and the end-to-end tests, and stops all of it."""

from __future__ import annotations

import configparser
import contextlib
import io
import json
import secrets
import os
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from demo import processes
from demo.client import AirflowApiError, AirflowClient
from demo.processes import Session

USERS = {"admin": "admin", "op": "op", "viewer": "viewer"}
"""User names of the simple auth manager, and the role of each."""

PRELOAD = ("pandas", "sklearn.ensemble", "skops.io", "great_expectations", "evidently")
"""What the scheduler imports once: each task is forked from it, and pays for none of these again."""

# The API that tasks speak to is a server of its own: one server for both blocks itself on SQLite's write lock
# whenever it logs a user's action (on its event loop) while a task's update waits for that loop to commit.
_PARTS = {
    "scheduler": ("scheduler", "--skip-serve-logs"),  # the API server reads the logs from the same disk
    "dag-processor": ("dag-processor",),
    "execution-api": ("api-server", "--apps", "execution"),
    "api-server": ("api-server", "--apps", "core"),
}
"""The command of each part, in the order in which they are stopped."""
_HEALTH_OF = {"metadatabase": "api-server", "scheduler": "scheduler", "dag_processor": "dag-processor"}
_PRELOAD_VARIABLE = "LOCAL_AIRFLOW_PRELOAD"
_LOCAL_SETTINGS = f'''"""Imports what tasks need, where {_PRELOAD_VARIABLE} names it: in the scheduler."""

import importlib
import os

__all__: list[str] = []
for name in filter(None, os.environ.get("{_PRELOAD_VARIABLE}", "").split(",")):
    importlib.import_module(name)
'''
_SECRETS = (("core", "fernet_key"), ("api", "secret_key"), ("api_auth", "jwt_secret"))
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.1
_LOCK_SECONDS = 10
_PORTS = range(20_000, 32_000)


class LocalAirflowError(RuntimeError):
    """A part of the local Airflow did not start, or died; the message ends with the tail of its log."""


class LocalAirflow:
    """An Airflow of one API server, scheduler (LocalExecutor) and DAG processor, on SQLite, for 2 cores.

    It needs no triggerer: nothing of a DAG family defers, and since Airflow 3.3 an approval waits without one.

    Args:
        home: AIRFLOW_HOME; made if missing. A second start on the same home finds its runs and passwords again.
        dags: The folder of DAG files.
        plugins: The folder of plugin files.
        python_path: Folders that tasks and DAG files import from, such as the project's ``include``.
        env: Further environment variables of every part, such as ``WINDVANE_HOME``.
        port: Port of the API server; a free one when it is None or taken.
        parallelism: How many tasks may run at once.
        preload: Modules imported once in the scheduler and shared by every task; their import must be free of
            side effects such as threads or open files.
        settings: Airflow settings beside or instead of those chosen here, by section and name.
        deadline: Seconds until every part must be healthy.
    """

    def __init__(
        self,
        home: Path,
        *,
        dags: Path,
        plugins: Path | None = None,
        python_path: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        port: int | None = None,
        parallelism: int = 2,
        preload: Sequence[str] = PRELOAD,
        settings: Mapping[str, Mapping[str, str]] | None = None,
        deadline: float = 120.0,
    ) -> None:
        """Note what to start; nothing is written or started yet."""
        self.home = home.resolve()
        self.logs = self.home / "components"
        self.port, self._execution_port = _free_ports(port)
        self.url = f"http://127.0.0.1:{self.port}"
        self._dags = dags.resolve()
        self._plugins = (plugins or self.home / "plugins").resolve()
        self._python_path = [str(path.resolve()) for path in python_path]
        self._extra_env = dict(env or {})
        self._parallelism = parallelism
        self._preload = tuple(preload)
        self._settings = settings or {}
        self._deadline = deadline
        self._sessions: list[Session] = []
        self._cleanup = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start Airflow and wait until it is healthy.

        Raises:
            LocalAirflowError: Another process runs an Airflow on this home, or a part did not become healthy.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            if not self._cleanup.enter_context(processes.locked(self.home / "lock")):
                raise LocalAirflowError(f"another process runs an Airflow in {self.home}: stop it, or use another home")
            self._cleanup.enter_context(processes.exit_on_signals())
            processes.stop_recorded(self._pid_file)
            self._write_configuration()
            self._migrate()
            for name in _PARTS:
                self._start(name)
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every process that was started."""
        self.stop()

    # -- use ---------------------------------------------------------------------------------------------

    def password(self, user: str = "admin") -> str:
        """Return the generated password of one of ``USERS``."""
        passwords: dict[str, str] = json.loads(self._password_file.read_text(encoding="utf-8"))
        return passwords[user]

    def client(self, user: str = "admin") -> AirflowClient:
        """Return a client that acts as one of ``USERS``, and whose waits end when a part of Airflow dies."""
        return AirflowClient(self.url, user, self.password(user), check=self.check)

    def airflow(self, *arguments: str, timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run an ``airflow`` command against this Airflow (5 to 10 s, nearly all of it imports)."""
        return subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=self.env(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def check(self) -> None:
        """Raise the error that names the part that died, if one did."""
        for session in self._sessions:
            if (code := session.process.poll()) is not None:
                message = f"Airflow's {session.name} ended with code {code}."
                raise LocalAirflowError(f"{message} {processes.tail(session.log)}")

    def memory(self) -> int:
        """Return the bytes that all processes hold together, pages shared by a fork counted once (Linux)."""
        total = 0
        for process in [member for session in self._sessions for member in session.members()]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
        return total

    def env(self) -> dict[str, str]:
        """Return the environment of every part, in which ``airflow`` commands act on this Airflow."""
        # No setting of another Airflow leaks in, and byte-code is kept: without it each start compiles 2,000 modules.
        dropped = ("AIRFLOW", "_AIRFLOW", "PYTHONDONTWRITEBYTECODE", _PRELOAD_VARIABLE)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        path = [*self._python_path, *filter(None, [os.environ.get("PYTHONPATH")])]
        local = ",".join(filter(None, ["127.0.0.1", "localhost", os.environ.get("NO_PROXY")]))
        return kept | {
            "AIRFLOW_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(path),
            "NO_PROXY": local,
            "no_proxy": local,
            # Two tasks on two cores: with a thread a core each, OpenMP's threads spin while waiting, and a fit
            # of 0.2 s was seen to take 25 s.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "DO_NOT_TRACK": "1",
            "GX_ANALYTICS_ENABLED": "false",
            **self._extra_env,
        }

    # -- start -------------------------------------------------------------------------------------------

    @property
    def _password_file(self) -> Path:
        return self.home / "passwords.json"

    @property
    def _pid_file(self) -> Path:
        return self.home / "processes.json"

    def _write_configuration(self) -> None:
        """Write airflow.cfg, the passwords and the local settings; secrets of an earlier start are kept."""
        (self.home / "config").mkdir(exist_ok=True)
        (self.home / "config" / "airflow_local_settings.py").write_text(_LOCAL_SETTINGS, encoding="utf-8")
        self._plugins.mkdir(parents=True, exist_ok=True)
        if not self._password_file.exists():
            passwords = {user: secrets.token_urlsafe(12) for user in USERS}
            _write_private(self._password_file, json.dumps(passwords) + "\n")
        file = self.home / "airflow.cfg"
        config = configparser.ConfigParser(interpolation=None)
        config.read(file, encoding="utf-8")
        kept = {(section, name): config.get(section, name, fallback=_new_secret(name)) for section, name in _SECRETS}
        config = configparser.ConfigParser(interpolation=None)
        config.read_dict(self._configuration(kept))
        config.read_dict(self._settings)
        text = io.StringIO()
        config.write(text)
        _write_private(file, text.getvalue())

    def _configuration(self, kept: Mapping[tuple[str, str], str]) -> dict[str, dict[str, str]]:
        sections: dict[str, dict[str, str]] = {
            "core": {
                "dags_folder": str(self._dags),
                "plugins_folder": str(self._plugins),
                "load_examples": "False",
                "executor": "LocalExecutor",
                # A worker is held for a moment after its task has ended: one more keeps the cores busy, and the
                # slots of the pool keep `parallelism` tasks at once.
                "parallelism": str(self._parallelism + 1),
                "default_pool_task_slot_count": str(self._parallelism),
                "execution_api_server_url": f"http://127.0.0.1:{self._execution_port}/execution/",
                "simple_auth_manager_users": ",".join(f"{user}:{role}" for user, role in USERS.items()),
                "simple_auth_manager_passwords_file": str(self._password_file),
            },
            "database": {"sql_alchemy_conn": f"sqlite:///{self.home / 'airflow.db'}?timeout={_LOCK_SECONDS}"},
            "logging": {"base_log_folder": str(self.home / "logs")},
            "api": {"host": "127.0.0.1", "port": str(self.port), "base_url": self.url, "workers": "1"},
            "api_auth": {},
            "scheduler": {"scheduler_idle_sleep_time": "0.2", "job_heartbeat_sec": "2"},
            # How long a worker is held, see above (5 s by default); a request may wait for SQLite's write lock.
            "workers": {"min_heartbeat_interval": "1", "execution_api_timeout": f"{2 * _LOCK_SECONDS}"},
            "dag_processor": {
                "dag_bundle_storage_path": str(self.home / "bundles"),
                "refresh_interval": "5",
                "min_file_process_interval": "60",
            },
        }
        for (section, name), value in kept.items():
            sections[section][name] = value
        return sections

    def _migrate(self) -> None:
        log = self.logs / "migrate.log"
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        with log.open("wb") as output:
            done = subprocess.run(command, env=self.env(), stdout=output, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise LocalAirflowError(f"airflow db migrate ended with code {done.returncode}. {processes.tail(log)}")

    def _start(self, name: str) -> None:
        command = [sys.executable, "-m", "airflow", *_PARTS[name]]
        env = self.env()
        if name == "scheduler":
            env[_PRELOAD_VARIABLE] = ",".join(self._preload)
        if name == "execution-api":
            command += ["--port", str(self._execution_port)]
        log = self.logs / f"{name}.log"
        self._sessions.append(Session.start(name, command, env=env, cwd=self.home, log=log))
        processes.record(self._pid_file, self._sessions)

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + self._deadline
        waiting = dict.fromkeys(_HEALTH_OF, "no answer")
        with AirflowClient(self.url, "", "") as client:
            while waiting:
                self.check()
                if time.monotonic() > deadline:
                    raise LocalAirflowError(self._unhealthy(waiting))
                time.sleep(_POLL_SECONDS)
                with contextlib.suppress(AirflowApiError):
                    health = client.health()
                    waiting = {part: f"{health.get(part)}" for part in waiting if health.get(part) != "healthy"}

    def _unhealthy(self, waiting: Mapping[str, str]) -> str:
        states = ", ".join(f"{part}: {state}" for part, state in waiting.items())
        tails = [processes.tail(self.logs / f"{_HEALTH_OF[part]}.log") for part in waiting]
        return "\n".join([f"Airflow is not healthy after {self._deadline:.0f} s ({states}).", *tails])

    # -- stop --------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop every process that was started; tasks still running get a few seconds, then end with the rest."""
        processes.stop(self._sessions, grace=_STOP_SECONDS)
        self._sessions.clear()
        self._pid_file.unlink(missing_ok=True)
        self._cleanup.close()


def _free_ports(wanted: int | None) -> tuple[int, int]:
    """Return two free ports, the first of them ``wanted`` if that is free.

    They lie below the range from which a system picks the port of an outgoing connection: such a connection, even
    our own attempt to reach a server that is still starting, could take the port before the server binds it.
    """
    candidates = [*filter(None, [wanted]), *secrets.SystemRandom().sample(_PORTS, 100)]
    free = [port for port in dict.fromkeys(candidates) if _is_free(port)]
    if len(free) < 2:
        raise LocalAirflowError(f"no two free ports among 100 tried from {_PORTS.start} to {_PORTS.stop - 1}")
    return free[0], free[1]


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _new_secret(name: str) -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode() if name == "fernet_key" else secrets.token_hex(64)


def _write_private(file: Path, text: str) -> None:
    """Write a file that its owner alone may read, from its first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
