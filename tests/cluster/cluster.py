"""`Cluster`: Airflow with Celery, PostgreSQL, Redis and S3, each part a process that can be killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
import psutil

from demo import processes
from demo.client import AirflowApiError, AirflowClient
from demo.configuration import free_ports, password_file, write_home
from demo.local_airflow import LocalAirflowError
from demo.processes import Session
from demo.waiting import came_about
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.servers.s3 import S3Server, s3_server
from windvane.stores import Stores, open_stores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
WORKERS = ("worker-1", "worker-2")
_DEADLINE = 180.0
_STOP_SECONDS = 10.0
_PAUSE = 2.0
_PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
_SILENCE = "30"
"""Seconds after which a task without a sign of life counts as dead. Airflow's default is five minutes, and such a task
is then tried again; a drill need not wait that long."""


class PatientClient(AirflowClient):
    """A client for an Airflow whose database or server may be away for a while."""

    def _ask(self, call: Callable[..., T], *arguments: Any, **more: Any) -> T:
        deadline = time.monotonic() + _DEADLINE
        while True:
            try:
                return super()._ask(call, *arguments, **more)
            except AirflowApiError as error:
                away = error.status is None or error.status >= httpx.codes.INTERNAL_SERVER_ERROR
                if not away or time.monotonic() > deadline:
                    raise
            time.sleep(1)


class Cluster:
    """Two schedulers, two Celery workers, a DAG processor, a triggerer and the API server, over real servers.

    Args:
        home: A folder for all that Airflow writes; made if missing.
        dags: The folder of DAG files.
        include: Folders that DAG files and tasks import from.
        port: Port of the UI; a free one when it is None or taken.
        environment: More variables of every part.
    """

    def __init__(
        self,
        home: Path,
        *,
        dags: Path = ROOT / "dags",
        include: Sequence[Path] = (ROOT / "include",),
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Choose the ports; nothing is written or started yet."""
        ports = free_ports(port)
        if ports is None:
            raise LocalAirflowError("this machine has no two free ports: end what listens on them")
        self.home, self.url = home.resolve(), ports.api_url
        self._ports, self._dags = ports, dags.resolve()
        self._include = [str(path.resolve()) for path in include]
        self._sessions: dict[str, Session] = {}
        self._cleanup = contextlib.ExitStack()
        self._registry = ""
        self._environment = dict(environment or {})
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self.restarts: Counter[str] = Counter()
        """How often each part was started again."""
        self.postgres = PostgresServer()
        self.redis = RedisServer()
        self.s3: S3Server

    def __enter__(self) -> Self:
        """Start everything and wait until it is healthy.

        Raises:
            LocalAirflowError: A part did not start, or is not healthy in time.
        """
        try:
            self._cleanup.enter_context(processes.exit_on_signals())
            self._cleanup.enter_context(self.postgres)
            self._cleanup.enter_context(self.redis)
            self.s3 = self._cleanup.enter_context(s3_server())
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every process that was started."""
        self.close()

    def close(self) -> None:
        """Stop every process; what still runs gets a few seconds."""
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join()
        processes.stop(list(self._sessions.values()), grace=_STOP_SECONDS)
        self._sessions.clear()
        self._cleanup.close()

    def client(self, user: str = "admin") -> AirflowClient:
        """Return a client that acts as one of the users, and asks again while a part is away."""
        return PatientClient(self.url, user, self.password(user))

    def password(self, user: str = "admin") -> str:
        """Return the generated password of a user."""
        passwords: dict[str, str] = json.loads(password_file(self.home).read_text(encoding="utf-8"))
        return passwords[user]

    def stores(self) -> Stores:
        """Return the stores that the tasks use; the caller's environment then leads to this S3."""
        os.environ.update(self.s3.environment)
        return open_stores(self._registry, f"s3://{self.s3.bucket}/artifacts")

    @property
    def registry_name(self) -> str:
        """The name of the registry's database."""
        return self._registry.rpartition("/")[2]

    def start(self, name: str, *, include: Sequence[Path] | None = None) -> None:
        """Start a part.

        Args:
            name: `scheduler-2`, `worker-1` and so on: the part, and which of them.
            include: For a worker with other code than the rest: where it imports from.
        """
        command = [sys.executable, "-m", "airflow", *self._command(name)]
        env = self.env()
        if include is not None:
            env["PYTHONPATH"] = os.pathsep.join(str(path) for path in include)
        began = self.restarts[name]
        log = self.home / "components" / f"{name}{f'.{began}' if began else ''}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self._sessions[name] = Session.start(name, command, env=env, cwd=self.home, log=log)

    def kill(self, name: str) -> int:
        """Send SIGKILL to a part and all its children, tasks too; return how many processes there were.

        It is started again, as compose does it.
        """
        return _end(self._sessions[name])

    def part_of(self, pid: int) -> str:
        """Return the part to which a process belongs.

        Raises:
            LookupError: To none of them, or it has ended.
        """
        for name, session in list(self._sessions.items()):
            if any(process.pid == pid for process in session.members()):
                return name
        raise LookupError(f"process {pid} belongs to no part of the cluster")

    def env(self) -> dict[str, str]:
        """Return the environment of every part."""
        dropped = ("AIRFLOW", "_AIRFLOW", "PYTHONDONTWRITEBYTECODE", "WINDVANE", "AWS_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        local = ",".join(filter(None, ["127.0.0.1", "localhost", os.environ.get("NO_PROXY")]))
        own = {
            "AIRFLOW_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(self._include),
            "NO_PROXY": local,
            "no_proxy": local,
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "DO_NOT_TRACK": "1",
            "GX_ANALYTICS_ENABLED": "false",
            "C_FORCE_ROOT": "1",  # Celery refuses root otherwise; nothing here takes pickles
            "WINDVANE_REGISTRY": self._registry,
            "WINDVANE_ARTIFACTS": f"s3://{self.s3.bucket}/artifacts",
        }
        return kept | self.s3.environment | own | self._environment

    def wait_until_healthy(self, seconds: float = _DEADLINE) -> None:
        """Wait until Airflow says that all its parts are healthy.

        Raises:
            LocalAirflowError: It does not within the time; the message ends with the logs' tails.
        """
        if not came_about(self._healthy, seconds=seconds, pause=0.5):
            tails = [processes.tail(session.log) for session in self._sessions.values()]
            raise LocalAirflowError("\n".join([f"the cluster is not healthy after {seconds:.0f} s.", *tails]))

    def _begin(self) -> None:
        write_home(
            self.home,
            dags=self._dags,
            plugins=ROOT / "plugins",
            ports=self._ports,
            parallelism=4,
            settings=self._settings(),
        )
        self._registry = _with_driver(self.postgres.database())
        self._once("airflow", "db", "migrate")
        self._once("windvane.cli", "init-registry")
        for name in ("api-server", "scheduler-1", "scheduler-2", "dag-processor", "triggerer", *WORKERS):
            self.start(name)
        self.wait_until_healthy()
        self._keeper.start()

    def _keep(self) -> None:
        """Start again what has ended: Airflow's parts end when their database is away, and count on it."""
        while not self._over.wait(_PAUSE):
            for name in [name for name, session in self._sessions.items() if session.process.poll() is not None]:
                _end(self._sessions[name])
                self.restarts[name] += 1
                self.start(name)

    def _settings(self) -> Mapping[str, Mapping[str, str]]:
        database = _with_driver(self.postgres.database()).replace("%", "%%")  # Airflow reads "%" as a reference
        return {
            "core": {
                "executor": "CeleryExecutor",
                "parallelism": "8",
                "default_pool_task_slot_count": "8",
                "execution_api_server_url": f"{self.url}/execution/",
            },
            "database": {"sql_alchemy_conn": database},
            "celery": {
                "broker_url": self.redis.url,
                "result_backend": database.replace("postgresql", "db+postgresql", 1),
                "worker_concurrency": "2",
                "worker_prefetch_multiplier": "1",
            },
            "scheduler": {
                "task_instance_heartbeat_timeout": _SILENCE,
                "task_instance_heartbeat_timeout_detection_interval": "5",
                "task_queued_timeout": "60",
                "scheduler_health_check_threshold": "30",
            },
        }

    def _once(self, *arguments: str) -> None:
        log = self.home / "components" / f"{arguments[-1]}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            command = [sys.executable, "-m", *arguments]
            code = subprocess.run(command, env=self.env(), stdout=output, stderr=output, check=False).returncode
        if code != 0:
            raise LocalAirflowError(f"{' '.join(arguments)} ended with code {code}. {processes.tail(log)}")

    def _command(self, name: str) -> list[str]:
        part = name.rsplit("-", 1)[0] if name[-1].isdigit() else name
        if part == "worker":
            pid = str(self.home / f"{name}.pid")
            return ["celery", "worker", "--celery-hostname", f"{name}@local", "--pid", pid, "--skip-serve-logs"]
        if part == "scheduler":
            return ["scheduler", "--skip-serve-logs"]
        if part == "triggerer":
            return ["triggerer", "--skip-serve-logs"]
        return [part]

    def _healthy(self) -> bool:
        try:
            with AirflowClient(self.url, "", "") as client:
                health = client.health()
        except AirflowApiError:
            return False
        return all(
            health.get(part) == "healthy" for part in ("metadatabase", "scheduler", "dag_processor", "triggerer")
        )


def _end(session: Session) -> int:
    """Kill all that a part left behind; return how many processes there were."""
    members = session.members()
    for process in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(members, timeout=_STOP_SECONDS)
    return len(members)


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg2://", 1)
