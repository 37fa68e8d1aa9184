"""The side of the box that holds the model: one clean process that forks one for each model, each within its limits.

The clean process imports the libraries once. It never sees a model's bytes: a fork of it does, which is watched by
another fork. When the box's owner hangs up, or is gone, the watcher kills what it watches.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle  # noqa: TID251 (frames come so from who started the box; no model does)
import select
import signal
import socket
import sys
from typing import Any

from windvane.stores.box.limits import Limits, arm, hold
from windvane.stores.box.wire import Closed, receive, send

_LARGEST = 2**40
_TEXT = 2_000


def main() -> None:
    """Fork a process for each pair of sockets that comes, until whoever started this hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    _prepare()
    control.sendall(b"!")
    while True:
        try:
            text, given, _, _ = socket.recv_fds(control, 4096, 2)
        except OSError:
            return
        if not text:
            return
        serving, status = (socket.socket(fileno=number) for number in given)
        if os.fork() == 0:
            control.close()
            _watched(serving, status, Limits(**json.loads(text)))
        serving.close()
        status.close()
        control.sendall(b".")


def _prepare() -> None:
    """Import what models need, before there is one; leave children that have ended to the system."""
    import warnings

    warnings.simplefilter("ignore")
    import pandas as pd  # noqa: F401 (the forks have it)
    import pyarrow as pa
    import skops.io  # noqa: F401 (it imports all of scikit-learn)

    from windvane.stores import model_formats, models, soundness  # noqa: F401 (the forks have them)

    pa.set_cpu_count(1)
    _scored(_Nothing(), "predict", _small())  # what the first question imports and reserves is no model's own
    gc.collect()
    gc.freeze()  # what is imported stays shared: no fork looks through it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


class _Nothing:
    """An estimator that scores nothing."""

    @staticmethod
    def predict(frame: Any) -> Any:
        """Return a zero a row."""
        return [0.0] * len(frame)


def _small() -> bytearray:
    """Return a small frame with numbers and texts, as it is sent."""
    import pandas as pd

    columns = {"number": [1.0, None], "text": pd.Series(["a", None]), "object": pd.Series(["a", None], dtype=object)}
    return bytearray(pickle.dumps(pd.DataFrame(columns), protocol=5))


def _watched(serving: socket.socket, status: socket.socket, limits: Limits) -> None:
    """Fork the process that holds the model, and say how it ended."""
    signal.signal(signal.SIGCHLD, lambda *_: None)
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for other in (status, woken, wake):
            other.close()
        _serve(serving, limits)
    serving.close()
    while True:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            with contextlib.suppress(OSError):
                status.sendall(str(os.waitstatus_to_exitcode(code)).encode())
            os._exit(0)
        ready, _, _ = select.select([status, woken], [], [])
        if status in ready:  # nobody sends anything: they hung up
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os._exit(0)
        woken.recv(4096)


def _serve(channel: socket.socket, limits: Limits) -> None:
    """Answer until nobody asks any more; see `boxed.Boxed` for the questions."""
    code = 1
    try:
        hold(limits)
        estimator: Any = None
        while True:
            arm(limits)
            asked, payload = receive(channel, _LARGEST)
            try:
                if asked["do"] == "load":
                    estimator, answer, numbers = *_loaded(asked, bytes(payload)), b""
                else:
                    answer, numbers = _scored(estimator, asked["do"], payload)
            except MemoryError:
                answer, numbers = {"excess": "memory"}, b""
            except Exception as error:  # noqa: BLE001 (whatever a model makes the libraries raise)
                answer, numbers = _said(error), b""
            del payload
            send(channel, answer, numbers)
    except Closed:
        code = 0
    except MemoryError:
        with contextlib.suppress(BaseException):
            send(channel, {"excess": "memory"})
    finally:
        os._exit(code)


def _loaded(asked: dict[str, Any], data: bytes) -> tuple[Any, dict[str, Any]]:
    from windvane.stores.model_formats import load

    sys.path[:0] = asked["paths"]
    for name in [name for name in sys.modules if name.partition(".")[0] in asked["tops"]]:
        del sys.modules[name]
    estimator = load(data, asked["format"], asked["trusted"])
    _one_thread(estimator)
    answer: dict[str, Any] = {"kind": type(estimator).__name__}
    for method in ("predict", "predict_proba"):
        answer[method] = hasattr(estimator, method)
    for name in ("classes_", "feature_names_in_"):
        values = getattr(estimator, name, None)
        answer[name] = None if values is None else [_plain(value) for value in values]
    return estimator, answer


def _one_thread(estimator: Any) -> None:
    """Let every part work alone: a process in the box starts none, and threads change the last bit of a sum."""
    from windvane.stores.soundness import parts

    for part in parts(estimator):
        own = getattr(part, "__dict__", None)
        if isinstance(own, dict) and isinstance(own.get("n_jobs"), int):
            own["n_jobs"] = None
        if isinstance(own, dict) and "_n_threads" in own:
            own["_n_threads"] = 1


def _scored(estimator: Any, method: str, frame: bytearray) -> tuple[dict[str, Any], bytes]:
    import numpy as np

    table = pickle.loads(frame)  # noqa: S301 (it comes from who started the box, and holds this process alone)
    scores = np.ascontiguousarray(getattr(estimator, method)(table), dtype=np.float64)
    return {"shape": list(scores.shape)}, scores.tobytes()


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if not isinstance(value, str | int | float | bool):
        raise TypeError(f"a label is a {type(value).__name__}")
    return value


def _said(error: Exception) -> dict[str, Any]:
    from windvane.errors import WindvaneError

    if isinstance(error, WindvaneError):
        return {"refused": error.name, "cause": error.cause[:_TEXT], "remedy": error.remedy[:_TEXT]}
    return {"raised": type(error).__name__, "text": str(error)[:_TEXT]}
