"""A prediction is found by its key, whatever kind of value keys are."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from windvane.stores import MemoryArtifacts
from windvane.stores.datasets import write_scores
from windvane.stores.keys import WrongKey, row_of, span_of

ROWS = 250_000


def scores(keys: Any) -> io.BytesIO:
    artifacts = MemoryArtifacts()
    frame = pd.DataFrame({"the key": keys, "score": np.linspace(0, 1, len(keys)), "version": 3})
    return io.BytesIO(artifacts.get(write_scores(frame, artifacts)))


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        (np.arange(ROWS), "123456"),
        (np.arange(ROWS).astype(np.int32), "123456"),
        (np.arange(ROWS).astype(np.uint64), "123456"),
        ([f"a-{index:06}" for index in range(ROWS)], "a-123456"),
    ],
)
def test_numbers_and_texts_are_found(keys: Any, key: str) -> None:
    row = row_of(scores(keys), key)
    assert row is not None
    assert row["version"] == 3
    assert row["score"] == pytest.approx(123_456 / (ROWS - 1))


class Counting(io.BytesIO):
    """Bytes that count how many of them are read."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def test_only_the_row_group_that_may_hold_it_is_read() -> None:
    whole = scores(np.random.default_rng(0).permutation(10**7)[:ROWS] // 2 + np.arange(ROWS) // 100_000 * 10**8)
    file = Counting(whole.getvalue())
    assert row_of(file, "-5") is None
    assert file.count < len(whole.getvalue()) / 10


@pytest.mark.parametrize("key", ["x", "1.5", "", "99999999999999999999", "0x10", "1 or 1", "\ud800"])
def test_what_cannot_be_a_key_is_refused(key: str) -> None:
    with pytest.raises(WrongKey, match="keys in column 'the key' are int64"):
        row_of(scores(np.arange(10)), key)


def test_nothing_is_found_for_a_key_that_is_not_there() -> None:
    assert row_of(scores(np.arange(10)), "10") is None
    assert row_of(scores([]), "1") is None
    assert span_of(scores(np.arange(5, 10))) == (5, 9, 5)
