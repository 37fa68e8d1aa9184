"""The far side of the box, served in a thread of this process: each question, and each answer.

The limits, the fork and the end of the process are those of `test_box.py`, where there is a real one.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.stores.test_models import CLASSIFIERS, REGRESSORS, rows, targets
from windvane.stores.box import inside
from windvane.stores.box.boxed import _packed
from windvane.stores.box.limits import Limits
from windvane.stores.box.wire import receive, send
from windvane.stores.models import dump_model

if TYPE_CHECKING:
    import pandas as pd

FRAME = rows()


class Served:
    """The far side, and the socket that asks it."""

    def __init__(self, codes: list[int]) -> None:
        self.codes = codes
        self.channel, self.theirs = socket.socketpair()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # who hangs up in the middle of an answer; a process has ended by then
            inside._serve(self.theirs, Limits())

    def load(self, data: bytes) -> Any:
        asked = {"do": "load", "format": "skops", "trusted": [], "paths": [], "tops": ["no_such_package"]}
        send(self.channel, asked, data)
        return receive(self.channel, 0)[0]

    def ask(self, method: str, frame: pd.DataFrame = FRAME) -> tuple[Any, np.ndarray[Any, Any]]:
        send(self.channel, {"do": method}, _packed(frame))
        answer, numbers = receive(self.channel, 2**20)
        return answer, np.frombuffer(numbers, dtype=np.float64)

    def hang_up(self) -> int:
        self.close()
        (code,) = self.codes
        return code

    def close(self) -> None:
        self.channel.close()
        self.thread.join(timeout=30)
        self.theirs.close()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A far side without limits, whose end is noted."""
    codes: list[int] = []
    monkeypatch.setattr(inside, "hold", lambda limits: None)
    monkeypatch.setattr(inside, "arm", lambda limits: None)
    monkeypatch.setattr(inside, "os", SimpleNamespace(_exit=codes.append))
    found = Served(codes)
    yield found
    found.close()


def test_a_model_is_loaded_and_says_what_it_learnt(served: Served) -> None:
    fitted = CLASSIFIERS["logistic"]().fit(FRAME, targets(FRAME)["multiclass"])
    answer = served.load(dump_model(fitted))
    assert (answer["predict"], answer["predict_proba"]) == (True, True)
    assert answer["classes_"] == list(fitted.classes_)
    assert answer["feature_names_in_"] == list(fitted.feature_names_in_)
    said, scores = served.ask("predict_proba")
    expected = fitted.predict_proba(FRAME)
    assert said == {"shape": list(expected.shape)}
    assert np.array_equal(scores.reshape(expected.shape), expected)
    assert served.hang_up() == 0


def test_a_forest_works_alone_and_numbers_are_answered(served: Served) -> None:
    fitted = CLASSIFIERS["forest"]().fit(FRAME, targets(FRAME)["binary"])
    assert served.load(dump_model(fitted))["predict"] is True
    said, scores = served.ask("predict_proba")
    assert np.array_equal(scores.reshape(said["shape"]), fitted.predict_proba(FRAME))
    inside._one_thread(fitted)
    assert all(getattr(part, "n_jobs", None) is None for part in [fitted, *getattr(fitted, "estimators_", ())])


def test_what_a_model_raises_and_what_the_loader_refuses_are_told(served: Served) -> None:
    fitted = REGRESSORS["log target"]().fit(FRAME, targets(FRAME)["regression"])
    served.load(dump_model(fitted))
    said, _ = served.ask("predict", FRAME[["income"]])
    assert said["raised"]
    assert said["text"]
    answer = served.load(b"no archive")
    assert answer["refused"] == "CorruptArtifact"
    assert answer["remedy"]


def test_a_greed_for_memory_is_told(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(inside, "_scored", greedy)
    assert served.ask("predict")[0] == {"excess": "memory"}
    assert served.hang_up() == 0


def test_what_is_asked_before_there_is_a_model_imports_what_models_need() -> None:
    answer, numbers = inside._scored(inside._Nothing(), "predict", inside._small())
    assert answer == {"shape": [2]}
    assert np.frombuffer(numbers).tolist() == [0.0, 0.0]


def test_a_label_is_a_text_or_a_number() -> None:
    assert [inside._plain(value) for value in (np.int64(3), "a", 1.5, np.bool_(True))] == [3, "a", 1.5, True]
    with pytest.raises(TypeError, match="a label is a list"):
        inside._plain(["a"])
