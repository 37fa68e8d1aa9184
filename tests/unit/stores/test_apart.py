"""What a process apart answers, as it is made there."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from windvane.stores import apart


def _raised() -> Any:
    raise ValueError("not this way")


def _short_of_memory() -> Any:
    raise MemoryError


@pytest.mark.parametrize(
    ("work", "answer"),
    [
        (lambda: {"loss": 0.5}, {"value": {"loss": 0.5}}),
        (_raised, {"problem": "ValueError: not this way"}),
        (_short_of_memory, {"problem": "OutOfMemory"}),
    ],
)
def test_an_answer_is_a_value_or_a_named_problem(work: Any, answer: dict[str, Any]) -> None:
    assert apart._answered(work, None) == answer


def test_an_answer_is_told_whole() -> None:
    reading, writing = os.pipe()
    answer = {"value": "x" * 5000}
    apart._tell(writing, answer)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        assert json.loads(told.read()) == answer


def test_a_process_is_known_by_its_start_too() -> None:
    here = apart.this_process()
    assert not apart.is_gone(here)
