"""The side of the box that asks: a model in a process of its own, and what it is asked for."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pickle  # noqa: TID251 (frames go in so; no model does, and nothing comes out so)
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane import errors
from windvane.errors import CorruptArtifact, ModelError, ModelMisbehaved
from windvane.stores.box.limits import MEMORY, SECONDS, Limits
from windvane.stores.box.wire import Closed, receive, send

if TYPE_CHECKING:
    import pandas as pd

_STARTS_WITHIN = 120.0
_LABELS = 100_000
_KEEPS = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
"""What of the environment is handed on: no address, no password, no key."""
_NAMED = ("UntrustedModel", "CorruptArtifact", "VersionMismatch", "MissingExtra", "UnknownKind", "BrokenPlugin")
_REMEDY = "do not score with it; train a version here, and find out who made that file"


class Raised(Exception):
    """What a model raised inside the box, as text."""


class Boxed:
    """A stored model in a process of its own: what scores it gives, and nothing else of it.

    Args:
        data: Its bytes, whose digest was verified.
        form: Their format.
        trusted: Names of further types that may be contained.
        paths: Folders whose modules are looked at first, for code that was kept with a version.
        tops: Names of top-level modules that are to be imported from there.
        named: What it is called in errors, `flights v3`.
        limits: What it may use.

    Raises:
        ModelMisbehaved: It crashed, hung, or asked for more than `limits` while it was loaded.
        UntrustedModel, CorruptArtifact, VersionMismatch: See `windvane.stores.model_formats.load`.
    """

    def __init__(
        self,
        data: bytes,
        form: str,
        trusted: Sequence[str] = (),
        *,
        paths: Sequence[str] = (),
        tops: Sequence[str] = (),
        named: str = "a stored model",
        limits: Limits | None = None,
    ) -> None:
        self._named, self._limits = named, limits or Limits.declared()
        self._channel, self._status = _forked(self._limits)
        weakref.finalize(self, _hang_up, self._channel, self._status)
        asked = {"do": "load", "format": form, "trusted": list(trusted), "paths": list(paths), "tops": list(tops)}
        try:
            answer, _ = self._ask(asked, data, 0)
        except Raised as error:
            raise self._misbehaved(f"cannot be asked for its labels: {error!s:.200}") from None
        self._features, labels = (self._labels(answer.get(name)) for name in ("feature_names_in_", "classes_"))
        self._has = {name for name in ("predict", "predict_proba") if answer.get(name) is True}
        self._classes = None if labels is None else _array(labels)

    def __getattr__(self, name: str) -> Any:
        """Return what the model learnt of its labels and columns; it has nothing else that can be asked for."""
        known = {"classes_": self.__dict__.get("_classes"), "feature_names_in_": self.__dict__.get("_features")}
        if known.get(name) is not None:
            return known[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        """Return the model's predictions as numbers, shape n."""
        return self._scores("predict", frame, 1)

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        """Return the probability of each class, shape n x classes."""
        return self._scores("predict_proba", frame, len(self.classes_))

    def close(self) -> None:
        """End the process."""
        _hang_up(self._channel, self._status)

    def _scores(self, method: str, frame: pd.DataFrame, width: int) -> np.ndarray[Any, Any]:
        if method not in self._has:
            raise AttributeError(f"the model has no {method}")
        most = 8 * len(frame) * width
        answer, payload = self._ask({"do": method}, _packed(frame), most)
        shape = answer.get("shape")
        allowed = ([len(frame)], [len(frame), 1]) if method == "predict" else ([len(frame), width],)
        if shape not in allowed or len(payload) != most:
            raise self._misbehaved(f"answered with scores of the shape {shape!r:.60} for {len(frame):,} rows")
        found = np.frombuffer(payload, dtype=np.float64)
        return found if method == "predict" else found.reshape(len(frame), width)

    def _ask(self, asked: dict[str, Any], payload: bytes | memoryview, most: int) -> tuple[dict[str, Any], bytearray]:
        """Return the answer to a question; every other end of it has a name, and ends the process."""
        what = "it was loaded" if asked["do"] == "load" else "it scored"
        try:
            self._channel.settimeout(self._limits.seconds)
            send(self._channel, asked, payload)
            with _deadline(self._status, self._limits.seconds):
                answer, numbers = receive(self._channel, most)
        except TimeoutError:
            self.close()
            raise self._too_long(what) from None
        except (Closed, OSError):
            raise self._ended(what) from None
        except ValueError as error:
            self.close()
            raise self._misbehaved(f"answered with something else than scores: {error}") from None
        if not isinstance(answer, dict):
            raise self._misbehaved("answered with something else than scores")
        if "excess" in answer:
            self.close()
            cause = f"asked for more than {self._limits.memory / 2**20:,.0f} MiB while {what}"
            raise self._misbehaved(cause, f"{_REMEDY}; if it is honest, and only large, set {MEMORY}")
        if "refused" in answer:
            raise _named(answer)
        if "raised" in answer:
            raise _raised(str(answer["raised"]), str(answer.get("text", "")))
        return answer, numbers

    def _labels(self, found: Any) -> list[Any] | None:
        if found is None:
            return None
        if not isinstance(found, list) or len(found) > _LABELS:
            raise self._misbehaved("has labels that are no list")
        if not all(isinstance(one, str | int | float | bool) for one in found):
            raise self._misbehaved("has labels that are neither texts nor numbers")
        return found

    def _ended(self, what: str) -> ModelMisbehaved:
        with contextlib.suppress(OSError):
            self._status.settimeout(5)
            text = self._status.recv(64).decode("ascii", "replace")
            code = int(text) if text.removeprefix("-").isdigit() else 1
            self.close()
            if code == -signal.SIGXCPU:
                return self._too_long(what)
            with contextlib.suppress(ValueError):
                return self._misbehaved(f"crashed its process ({signal.Signals(-code).name}) while {what}")
        self.close()
        return self._misbehaved(f"ended its process while {what}")

    def _too_long(self, what: str) -> ModelMisbehaved:
        cause = f"did not answer within {self._limits.seconds:g} seconds while {what}"
        return self._misbehaved(cause, f"{_REMEDY}; if it is honest, and only slow, set {SECONDS}")

    def _misbehaved(self, cause: str, remedy: str = _REMEDY) -> ModelMisbehaved:
        return ModelMisbehaved(f"{self._named} {cause}", remedy)


def boxed(data: bytes, form: str, trusted: Sequence[str] = (), **more: Any) -> Boxed:
    """Load a stored model in the box; see `Boxed`."""
    return Boxed(data, form, trusted, **more)


class _Deadline:
    """Hangs up after some seconds: a box that answers a byte at a time never lets a socket's own timeout pass."""

    def __init__(self, status: socket.socket, seconds: float) -> None:
        self.passed = False
        self._status = status
        self._timer = threading.Timer(seconds + 1, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self.passed = True
        with contextlib.suppress(OSError):
            self._status.shutdown(socket.SHUT_RDWR)

    def cancel(self) -> None:
        self._timer.cancel()


@contextlib.contextmanager
def _deadline(status: socket.socket, seconds: float) -> Any:
    """Let the watcher kill what it watches once the time is over."""
    held = _Deadline(status, seconds)
    try:
        yield
    except Closed:
        if held.passed:
            raise TimeoutError from None
        raise
    finally:
        held.cancel()


def _named(answer: dict[str, Any]) -> errors.WindvaneError:
    """Return the error that the loader inside raised; only those that it may raise are believed."""
    name, cause, remedy = (str(answer.get(item, ""))[:2000] for item in ("refused", "cause", "remedy"))
    kind = getattr(errors, name) if name in _NAMED else CorruptArtifact
    known: errors.WindvaneError = kind(cause, remedy)
    return known


def _raised(name: str, text: str) -> Raised:
    """Return what a model raised, under the name that it has there."""
    kind: type[Raised] = type(name[:90] if name.isidentifier() else "Raised", (Raised,), {})
    return kind(text[:2000])


def _array(labels: list[Any]) -> np.ndarray[Any, Any]:
    texts = any(isinstance(label, str) for label in labels)
    return np.array(labels, dtype=object) if texts else np.asarray(labels)


def _packed(frame: pd.DataFrame) -> bytes:
    """Return a frame as the box unpacks it: the same values of the same types in the same order of bytes.

    A form with types of its own would not do. Estimators tell None from NaN and text from objects, and the last bit of
    a sum hangs on how its numbers lie in memory. The box believes who asks it, never the other way round.
    """
    try:
        return pickle.dumps(frame, protocol=5)
    except Exception as error:
        raise Raised(f"a column holds what cannot be handed to another process: {error}") from error


class _Home:
    """The clean process that forks; one for each process that asks, started when the first model needs it."""

    lock = threading.Lock()
    pid = 0
    control: socket.socket | None = None
    process: subprocess.Popen[bytes] | None = None


def _forked(limits: Limits) -> tuple[socket.socket, socket.socket]:
    """Return the sockets of a new process in the box: to ask it, and to learn of its end."""
    with _Home.lock:
        for _ in range(2):
            if _Home.pid != os.getpid() or _Home.process is None or _Home.process.poll() is not None:
                _start()
            assert _Home.control is not None
            ours, theirs = socket.socketpair()
            status, watched = socket.socketpair()
            try:
                text = json.dumps(asdict(limits)).encode()
                socket.send_fds(_Home.control, [text], [theirs.fileno(), watched.fileno()])
                if _Home.control.recv(1) != b".":
                    raise OSError
            except OSError:
                _Home.process = None
                _hang_up(ours, status)
            else:
                return ours, status
            finally:
                theirs.close()
                watched.close()
    raise ModelError("the box for stored models of others cannot be started", "look at the limits of this system")


def _start() -> None:
    ours, theirs = socket.socketpair()
    kept = {name: os.environ[name] for name in _KEEPS if name in os.environ}
    kept |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    kept |= {"PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)}
    kept |= {"JOBLIB_MULTIPROCESSING": "0"}
    kept |= {"ARROW_DEFAULT_MEMORY_POOL": "system"}  # the usual one reserves a gibibyte of the model's own limit
    command = [sys.executable, "-P", "-s", "-c", "from windvane.stores.box.inside import main; main()"]
    process = subprocess.Popen(  # noqa: S603 (this Python, and our own module)
        [*command, str(theirs.fileno())],
        env=kept,
        cwd="/",
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what a terminal sends is for the owner, who then hangs up
    )
    theirs.close()
    ours.settimeout(_STARTS_WITHIN)
    try:
        ready = ours.recv(1)
    except OSError:
        ready = b""
    if ready != b"!":
        process.kill()
        ours.close()
        raise ModelError("the box for stored models of others did not start", "look at the limits of this system")
    if not _Home.pid:
        atexit.register(_stop)
    _Home.pid, _Home.control, _Home.process = os.getpid(), ours, process


def _stop() -> None:
    if _Home.pid == os.getpid() and _Home.control is not None and _Home.process is not None:
        _Home.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            _Home.process.wait(5)


def _hang_up(*channels: socket.socket) -> None:
    for channel in channels:
        channel.close()
