"""Estimators that crash, hang and reach for what is not theirs: what code that a model brought in could do at most."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator


class Misbehaving(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A fitted estimator that does something when it is asked for predictions, and tells whether it could."""

    def __init__(self, what: str = "", where: str = "") -> None:
        self.what, self.where = what, where

    def fit(self, features: Any, target: Any) -> Misbehaving:
        self.n_features_in_ = features.shape[1]
        return self

    def predict(self, features: Any) -> Any:
        deeds: dict[str, Callable[[], object]] = {
            "crash": lambda: ctypes.string_at(0),
            "hang": self._hang,
            "sleep": lambda: signal.pause(),
            "grow": lambda: np.ones(2**40, dtype=np.uint8),
            "grow slowly": lambda: [bytearray(2**26) for _ in range(1000)],
            "exit": lambda: os._exit(0),
            "write": lambda: Path(self.where).write_text("it was here", encoding="utf-8"),
            "remove": lambda: Path(self.where).unlink(),
            "connect": lambda: socket.create_connection(("127.0.0.1", int(self.where))),
            "start": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
            "fork": lambda: os.fork() or os._exit(0),
            "signal": lambda: os.kill(int(self.where), signal.SIGTERM),
            "environment": lambda: os.environ[self.where],
            "open many": lambda: [os.open(os.devnull, os.O_RDONLY) for _ in range(500)],
            "thread": lambda: threading.Thread(target=lambda: None).start(),
            "shape": lambda: None,
        }
        try:
            deeds[self.what]()
        except MemoryError:
            raise
        except (OSError, KeyError) as error:
            return np.full(len(features), -float(getattr(error, "errno", 1) or 1))
        return np.zeros((len(features) + (self.what == "shape"),))

    def _hang(self) -> None:
        while True:
            pass
