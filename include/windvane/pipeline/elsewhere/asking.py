"""The side that asks: starts a process in another environment, hands it steps, and ends it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import windvane
from windvane import errors
from windvane.errors import ProcessDied, SpecError, WindvaneError, WrongEnvironment
from windvane.pipeline.elsewhere.wire import code_digest, decoded, encoded, line
from windvane.spec import Model
from windvane.stores import Connections, EnvironmentConnections

Given = ParamSpec("Given")
Result = TypeVar("Result")

STARTS_WITHIN = 120.0
"""Seconds within which another environment's Python must have imported Windvane."""
_ENDS_WITHIN = 5.0
"""Seconds that a process has to end when it is told to, before it is killed."""
_TOLD = 5
"""The last lines of a process that are told when it could not begin."""

_BEGIN = """
import json, os, sys
def say(**what): os.write(int(sys.argv[1]), (json.dumps(what) + "\\n").encode())
python = ".".join(map(str, sys.version_info[:3]))
try:
    from windvane.pipeline.elsewhere.inside import main
except ImportError as error:
    say(missing=(error.name or str(error)), python=python)
    sys.exit(3)
except Exception as error:
    say(broken=type(error).__name__ + ": " + str(error), python=python)
    sys.exit(3)
main(int(sys.argv[1]), int(sys.argv[2]))
"""
"""What any Python can run, so that one without Windvane says so."""


class RaisedElsewhere(Exception):
    """What a step raised in the other process and has no name of its own; the log has its traceback."""


@dataclass(frozen=True)
class Opening:
    """How the other process opens the stores.

    Args:
        registry: URL of the registry; None leaves it to the settings of the environment.
        artifacts: URL of the artifacts, likewise.
        s3: Says how their bucket is reached, whenever asked; None leaves it to the environment.
        witness: Says where signed statements go and by which key; None leaves it to the environment.
    """

    registry: str | None = None
    artifacts: str | None = None
    s3: Callable[[], Any] | None = None
    witness: Callable[[], tuple[str | None, str | None]] | None = None


class Elsewhere:
    """A process in another Python environment that performs steps, one after the other, until it is closed.

    What it prints and logs is given on line by line. It ends when this process ends, however that ends.

    Args:
        python: The environment's interpreter, a path or a name to be looked up.
        opening: How it opens the stores.
        connections: What the connections that sources name stand for; it asks for each when it needs it.
        say: Is called with each line of its log.
        path: Folders of the user's code; None takes those of this process that belong to no installation.
    """

    def __init__(
        self,
        python: str,
        opening: Opening | None = None,
        connections: Connections | None = None,
        say: Callable[[str], object] = print,
        path: Sequence[str] | None = None,
    ) -> None:
        self.python, self._opening = python, opening or Opening()
        self._connections = connections or EnvironmentConnections()
        self._say, self._last = say, deque[str](maxlen=_TOLD)
        self._path = list(path) if path is not None else own_path()
        self._process: subprocess.Popen[str] | None = None
        self._alive = -1

    def call(self, step: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Perform a step there.

        Args:
            step: A function of `windvane.steps`.
            args: Its arguments; where it takes the stores, the other process opens its own.
            kwargs: More of them.

        Raises:
            WrongEnvironment: The environment is not there, or lacks what the step needs.
            ProcessDied: The process ended in the middle of it.
            RaisedElsewhere: The step raised what has no name.
            WindvaneError: What the step refused.
        """
        if self._process is None:
            self._start()
        model = next((one for one in args if isinstance(one, Model)), None)
        asked = {
            "step": f"{step.__module__}:{step.__name__}",
            "args": [encoded(one) for one in args],
            "kwargs": {name: encoded(one) for name, one in kwargs.items()},
        }
        self._send(asked)
        while True:
            answer = self._receive(step.__name__)
            if "ask" in answer:
                self._send(self._looked_up(answer["ask"], answer.get("name")))
            elif "error" in answer:
                raise _named(answer, self.python)
            elif "raised" in answer:
                raise RaisedElsewhere(f"{answer['raised']} (in {self.python}, whose traceback is in the log)")
            else:
                found: Result = decoded(answer["result"], model)
                return found

    def kill(self) -> None:
        """End the process and all that it started: kindly, and after some seconds by force."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_ENDS_WITHIN)
                return

    def close(self) -> None:
        """End the process, if one was started; call it whatever happened."""
        process, self._process = self._process, None
        if process is None:
            return
        self._incoming.close()
        self._channel.close()  # so that it ends by itself
        try:
            process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with contextlib.suppress(OSError):
            os.close(self._alive)
        self._reader.join(_ENDS_WITHIN)
        if process.stdout is not None and not self._reader.is_alive():
            process.stdout.close()

    def _start(self) -> None:
        """Start the process, and hear what it is."""
        found = shutil.which(self.python)
        if found is None:
            cause = f"the Python environment {self.python!r} is not there, or cannot be run"
            raise WrongEnvironment(cause, "name an interpreter that each worker of this task has")
        ours, theirs = socket.socketpair()
        watched, self._alive = os.pipe()
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "VIRTUAL_ENV")}
        environment |= {"PYTHONPATH": os.pathsep.join(self._path), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
        try:
            self._process = subprocess.Popen(  # noqa: S603 (an interpreter that the DAG's author named)
                [found, "-c", _BEGIN, str(theirs.fileno()), str(watched)],
                env=environment,
                pass_fds=[theirs.fileno(), watched],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # so that it is ended together with all that it starts
            )
        except OSError as error:
            ours.close()
            os.close(self._alive)
            raise self._wrong(f"cannot be run: {error.strerror}") from None
        finally:
            theirs.close()
            os.close(watched)
        self._channel, self._incoming = ours, ours.makefile("rb")
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self._greet()

    def _greet(self) -> None:
        """Hold what the process says of itself against this one, then tell it where the stores are.

        Raises:
            WrongEnvironment: It cannot do the same work.
        """
        self._channel.settimeout(STARTS_WITHIN)
        try:
            text = self._incoming.readline()
            hello = json.loads(text) if text else {}
        except (OSError, ValueError):
            hello = {}
        self._channel.settimeout(None)
        install = f"{self.python} -m pip install windvane=={windvane.__version__}"
        if "missing" in hello:
            raise self._wrong(f"(Python {hello['python']}) lacks the library {hello['missing']!r}", install)
        if "broken" in hello:
            raise self._wrong(f"(Python {hello['python']}) cannot import Windvane: {hello['broken']}", install)
        if "windvane" not in hello:
            assert self._process is not None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            self._reader.join(1)
            raise self._wrong(f"is no Python that runs Windvane; it said: {' / '.join(self._last) or 'nothing'}")
        if hello["windvane"] != windvane.__version__:
            raise self._wrong(f"has Windvane {hello['windvane']}, and the worker {windvane.__version__}", install)
        if hello["code"] != code_digest():
            cause = f"has other code of Windvane {windvane.__version__} than the worker"
            raise self._wrong(cause, "install the same build of Windvane in both")
        self._say(f"{self.python}: Python {hello['python']}, Windvane {hello['windvane']}, process {hello['pid']}")
        opening = self._opening
        self._send(
            {
                "registry": opening.registry,
                "artifacts": opening.artifacts,
                "s3": opening.s3 is not None,
                "witness": opening.witness is not None,
            }
        )

    def _wrong(self, cause: str, remedy: str = "name the interpreter of an environment with Windvane") -> WindvaneError:
        self.kill()
        self.close()
        return WrongEnvironment(f"the Python environment {self.python!r} {cause}", remedy)

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # reading then tells how it ended
            self._channel.sendall(line(message))

    def _receive(self, what: str) -> dict[str, Any]:
        try:
            text = self._incoming.readline()
        except ConnectionResetError:
            text = b""
        if text:
            received: dict[str, Any] = json.loads(text)
            return received
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDS_WITHIN)
        code = self._process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended with {code}"
        self.close()
        cause = f"the process in {self.python!r} {how} in the middle of {what!r}"
        raise ProcessDied(cause, "read its last lines in the log; SIGKILL often means that the memory was not enough")

    def _looked_up(self, what: str, name: str | None) -> dict[str, Any]:
        """Answer what the process asks for: a connection of a source, or how the stores' bucket is reached."""
        try:
            if what == "database":
                assert name is not None
                return {"value": self._connections.database(name)}
            if what == "s3":
                return {"value": asdict(self._connections.s3(name))}
            assert what in ("artifacts", "witness")
            if what == "witness":
                assert self._opening.witness is not None
                return {"value": list(self._opening.witness())}
            assert self._opening.s3 is not None
            return {"value": asdict(self._opening.s3())}
        except WindvaneError as error:
            return {"error": error.name, "cause": error.cause, "remedy": error.remedy}

    def _read_log(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        for text in self._process.stdout:
            self._last.append(text.rstrip())
            self._say(text.rstrip())


def own_path() -> list[str]:
    """Return the folders on this process's path that belong to no installation: those of the user's code."""
    installed = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    installed |= {str(Path(entry) / "lib-dynload") for entry in installed}
    zipped = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    kept = (entry for entry in sys.path if entry and entry not in installed and not entry.endswith(zipped))
    return [entry for entry in kept if "site-packages" not in entry and "dist-packages" not in entry]


def _named(answer: dict[str, Any], python: str) -> WindvaneError:
    """Return the error that the step raised there, as the kind that it is."""
    kind = getattr(errors, answer["error"], WindvaneError)
    if kind is SpecError:
        return SpecError(answer["subject"], answer["problems"])
    found: WindvaneError = kind.__new__(kind)
    WindvaneError.__init__(found, answer["cause"], answer["remedy"].replace("{python}", python))
    for name, value in answer.get("more", {}).items():
        setattr(found, name, value)
    return found
