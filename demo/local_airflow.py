"""Starts a real Airflow on this machine for the demo and the end-to-end tests, and stops all of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Self

import httpx
import psutil

from demo import processes
from demo.client import AirflowApiError, AirflowClient
from demo.configuration import PRELOAD_VARIABLE, USERS, free_ports, password_file, write_home
from demo.processes import Session
from demo.waiting import came_about

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

__all__ = ["PRELOAD", "USERS", "LocalAirflow", "LocalAirflowError"]

PRELOAD = ("pandas", "sklearn.ensemble", "skops.io", "great_expectations", "evidently", "windvane.steps")
"""What the scheduler imports once: every task is forked from it, and pays for none of these again."""

# The scheduler is stopped first: its tasks report until they end. The API that they report to is a server of its
# own: one server for both blocks itself on SQLite's write lock when it logs a user's action, on its event loop,
# while a task's update that holds the lock waits for that loop to commit.
_PARTS = {
    "scheduler": ("scheduler", "--skip-serve-logs"),  # the API server reads the logs from the same disk
    "dag-processor": ("dag-processor",),
    "execution-api": ("api-server", "--apps", "execution"),
    "api-server": ("api-server", "--apps", "core"),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
_PART_OF_HEALTH = {"metadatabase": "api-server", "scheduler": "scheduler", "dag_processor": "dag-processor"}
_TRIGGERER = "triggerer"
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.1
_REQUEST_SECONDS = 30.0


class LocalAirflowError(RuntimeError):
    """A part of the local Airflow did not start, or died; the message ends with the tail of its log."""


class LocalAirflow:
    """An Airflow of two API servers, a scheduler (LocalExecutor) and a DAG processor, on SQLite, for 2 cores.

    It needs no triggerer: nothing in a DAG family defers, and an approval waits without one since Airflow 3.3. Without
    one, Airflow's home page shows a red Triggerer.

    Args:
        home: The AIRFLOW_HOME; made if missing. A second start finds the runs and passwords of the first.
        dags: The folder of DAG files.
        plugins: The folder of plugin files.
        python_path: Folders that tasks and DAG files import from, such as the project's ``include``.
        env: Further environment variables of every part, such as ``WINDVANE_HOME``.
        port: Port of the UI and the REST API; a free one when it is None or taken.
        triggerer: Whether to start a triggerer too, for people who look at Airflow's home page.
        parallelism: How many tasks may run at once.
        preload: Modules imported once in the scheduler and shared by every task; importing them must start
            no thread and open no file or connection.
        settings: Airflow settings beside or instead of those chosen here, by section and name.
        database: A migrated database to start with a copy of; a new one is migrated when it is None.
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
        triggerer: bool = False,
        parallelism: int = 2,
        preload: Sequence[str] = PRELOAD,
        settings: Mapping[str, Mapping[str, str]] | None = None,
        database: Path | None = None,
        deadline: float = 120.0,
    ) -> None:
        """Choose the ports; nothing is written or started yet."""
        ports = free_ports(port)
        if ports is None:
            raise LocalAirflowError("this machine has no two free ports: end what listens on them")
        self.home = home.resolve()
        self.logs = self.home / "components"
        self.url = ports.api_url
        self._ports = ports
        self._dags = dags.resolve()
        self._plugins = (plugins or self.home / "plugins").resolve()
        self._python_path = [str(path.resolve()) for path in python_path]
        self._extra_env = dict(env or {})
        self._parts = [name for name in _PARTS if triggerer or name != _TRIGGERER]
        self._health = {**_PART_OF_HEALTH, **({_TRIGGERER: _TRIGGERER} if triggerer else {})}
        self._parallelism = parallelism
        self._preload = tuple(preload)
        self._settings = settings or {}
        self._database = database
        self._deadline = deadline
        self._recorded = self.home / "processes.json"
        self._sessions: list[Session] = []
        self._cleanup = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start Airflow and wait until it is healthy.

        Raises:
            LocalAirflowError: Another process runs an Airflow in this home, or a part is not healthy in time.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        if not self._cleanup.enter_context(processes.locked(self.home / "lock")):
            raise LocalAirflowError(f"another process runs Airflow in {self.home}: stop it, or use another home")
        self._cleanup.enter_context(processes.exit_on_signals())
        try:
            processes.stop_recorded(self._recorded)
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every process that was started."""
        self.stop()

    def stop(self) -> None:
        """Stop every process; tasks that still run get a few seconds, and end with the rest."""
        processes.stop(self._sessions, grace=_STOP_SECONDS)
        self._sessions.clear()
        self._recorded.unlink(missing_ok=True)
        self._cleanup.close()

    def password(self, user: str = "admin") -> str:
        """Return the generated password of one of ``USERS``."""
        passwords: dict[str, str] = json.loads(password_file(self.home).read_text(encoding="utf-8"))
        return passwords[user]

    def client(self, user: str = "admin") -> AirflowClient:
        """Return a client that acts as one of ``USERS``; its waits end as soon as a part of Airflow dies."""
        return AirflowClient(self.url, user, self.password(user), check=self.check)

    def airflow(self, *arguments: str, timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run an ``airflow`` command against this Airflow (some 5 s, nearly all of it imports)."""
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
                cause = f"Airflow's {session.name} ended with code {code}."
                raise LocalAirflowError(f"{cause} {processes.tail(session.log)}")

    def memory(self) -> int:
        """Return the bytes that all processes hold, memory shared by a fork counted once (Linux alone)."""
        total = 0
        for process in [member for session in self._sessions for member in session.members()]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
        return total

    def env(self) -> dict[str, str]:
        """Return the environment of every part, in which ``airflow`` commands act on this Airflow."""
        # No setting of another Airflow leaks in. Byte-code is kept: each start compiles 2,000 modules without it.
        dropped = ("AIRFLOW", "_AIRFLOW", "PYTHONDONTWRITEBYTECODE", PRELOAD_VARIABLE)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        local = ",".join(filter(None, ["127.0.0.1", "localhost", os.environ.get("NO_PROXY")]))
        path = os.pathsep.join([*self._python_path, *filter(None, [os.environ.get("PYTHONPATH")])])
        # Two tasks on two cores, a thread each: with more, the waiting threads of OpenMP spin, and a fit of 0.2 s
        # was seen to take 25 s.
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        quiet = {"DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"}
        own = {"AIRFLOW_HOME": str(self.home), "PYTHONPATH": path, "NO_PROXY": local, "no_proxy": local}
        return kept | own | threads | quiet | self._extra_env

    def _start(self) -> None:
        write_home(
            self.home,
            dags=self._dags,
            plugins=self._plugins,
            ports=self._ports,
            parallelism=self._parallelism,
            settings=self._settings,
        )
        if self._database is None:
            self._migrate()
        else:
            shutil.copy(self._database, self.home / "airflow.db")
        for name in self._parts:
            self._start_part(name)
        self._wait_until_healthy()

    def _migrate(self) -> None:
        log = self.logs / "migrate.log"
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        with log.open("wb") as output:
            code = subprocess.run(command, env=self.env(), stdout=output, stderr=output, check=False).returncode
        if code != 0:
            raise LocalAirflowError(f"airflow db migrate ended with code {code}. {processes.tail(log)}")

    def _start_part(self, name: str) -> None:
        command = [sys.executable, "-m", "airflow", *_PARTS[name]]
        env = self.env()
        if name == "scheduler":
            env[PRELOAD_VARIABLE] = ",".join(self._preload)
        if name == "execution-api":
            command += ["--port", str(self._ports.execution)]
        log = self.logs / f"{name}.log"
        self._sessions.append(Session.start(name, command, env=env, cwd=self.home, log=log))
        processes.record(self._recorded, self._sessions)

    def _wait_until_healthy(self) -> None:
        waiting: dict[str, str] = {}

        def healthy() -> bool:
            waiting.clear()
            waiting.update(self._unhealthy())
            if waiting:
                self.check()
            return not waiting

        if not came_about(healthy, seconds=self._deadline, pause=_POLL_SECONDS):
            states = ", ".join(f"{part} {state}" for part, state in waiting.items())
            tails = [processes.tail(self.logs / f"{part}.log") for part in waiting]
            cause = f"Airflow is not healthy after {self._deadline:.0f} s: {states}."
            raise LocalAirflowError("\n".join([cause, *tails]))

    def _unhealthy(self) -> dict[str, str]:
        """Return what is said of each part that is not healthy yet."""
        try:
            # The first request makes this server build its routes, for seconds: better now than in the first task.
            httpx.get(f"{self._ports.execution_url}health", timeout=_REQUEST_SECONDS, trust_env=False)
        except httpx.HTTPError as exc:
            return {"execution-api": f"gives no answer ({exc})"}
        try:
            with AirflowClient(self.url, "", "") as client:
                health = client.health()
        except AirflowApiError as exc:
            return {"api-server": f"gives no answer ({exc.detail})"}
        states = {part: health.get(name) for name, part in self._health.items()}
        return {part: f"is {state or 'not there'}" for part, state in states.items() if state != "healthy"}
