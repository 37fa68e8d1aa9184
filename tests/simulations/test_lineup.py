"""Two thousand random histories of windows and people's moves: the registry ends each as the whole history says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.steps.test_lineup import opened, play
from windvane.stores.sql import SqlRegistry


@pytest.fixture
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlRegistry]:
    """A registry that does not wait for the disk."""
    with opened(tmp_path_factory.mktemp("lineup")) as found:
        yield found


@pytest.mark.parametrize("part", range(100))
def test_any_history_ends_as_the_whole_of_it_says(registry: SqlRegistry, part: int) -> None:
    play(registry, 20)
