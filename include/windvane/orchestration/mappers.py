"""How an asset's partitions become the windows of a model: by the model's own calendar, in its zone."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from windvane.orchestration.compat import PartitionMapper, WaitForAll
from windvane.orchestration.partition_keys import finer, key_of, window_of_key, within
from windvane.windows import Cadence


class WindowMapper(PartitionMapper):
    """Each partition is a window.

    Args:
        window: The model's windows, as a spec declares them.
        timezone: Their zone.
        key_format: The form of the partitions' keys; None: that of Windvane's.
    """

    def __init__(self, *, window: str, timezone: str, key_format: str | None = None) -> None:
        super().__init__()
        self._window, self._key_format = window, key_format
        self._cadence = Cadence.parse(window, timezone)

    def to_downstream(self, key: str) -> str:
        """Return the key of the window that a partition is.

        Raises:
            InvalidWindow: It is none.
        """
        return window_of_key(key, self._cadence, self._key_format).key

    def serialize(self) -> dict[str, Any]:
        """Return what makes the same mapper again."""
        return {"window": self._window, "timezone": self._cadence.timezone, "key_format": self._key_format}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:
        """Return the mapper that was serialized."""
        return cls(**data)


class WholeWindowMapper(WindowMapper):
    """Several partitions make up a window: a run begins when all of them are there.

    Args:
        each: What a partition holds: `day`, `1h`.
        window: The model's windows.
        timezone: Their zone.
        key_format: The form of the partitions' keys; None: that of Windvane's.
    """

    is_rollup: ClassVar[bool] = True
    wait_policy = WaitForAll()

    def __init__(self, *, each: str, window: str, timezone: str, key_format: str | None = None) -> None:
        super().__init__(window=window, timezone=timezone, key_format=key_format)
        self._each, self._fine = each, finer(each, self._cadence)

    def to_downstream(self, key: str) -> str:
        """Return the key of the window that a partition belongs to.

        Raises:
            InvalidWindow: The partition's key names none.
        """
        return self._cadence.window_at(window_of_key(key, self._fine, self._key_format).start).key

    def to_upstream(self, downstream_key: str) -> frozenset[str]:
        """Return the keys of all partitions of a window."""
        window = self._cadence.window(downstream_key)
        return frozenset(key_of(one, self._fine, self._key_format) for one in within(self._fine, window))

    def serialize(self) -> dict[str, Any]:
        """Return what makes the same mapper again."""
        return {**super().serialize(), "each": self._each}
