"""The open list of samplers: how a search proposes its next parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from windvane.open_list import OpenList
from windvane.spec.space import Space


class Told(NamedTuple):
    """What a finished trial told.

    Args:
        number: Its number in the study, from 0.
        parameters: What was tried.
        loss: Its mean loss, the smaller the better; None where it failed.
    """

    number: int
    parameters: Mapping[str, Any]
    loss: float | None


class SamplerKind(ABC):
    """A sampler: a subclass in a module that an entry point of `windvane.samplers` names.

    The module is imported when a DAG file is parsed: it imports nothing heavy but within its functions.
    """

    name: ClassVar[str] = ""
    """What specs call it: a plain word."""
    extra: ClassVar[str] = ""
    """The extra that brings what it needs, such as `tune`; empty for none."""

    @classmethod
    @abstractmethod
    def propose(cls, space: Space, told: Sequence[Told], seed: int) -> dict[str, Any]:
        """Return the next parameters: a pure function, so that a killed search goes on where it was.

        Args:
            space: What may be proposed.
            told: Finished trials in the order of their numbers.
            seed: Of this trial; the same arguments give the same answer.

        Raises:
            MissingExtra: A package that it needs is not installed.
        """

    @classmethod  # noqa: B027 (one that needs nothing has nothing to refuse)
    def refuse_missing(cls) -> None:
        """Refuse, before anything is tried, what the sampler lacks.

        Raises:
            MissingExtra: A package that it needs is not installed.
        """


def _name_of(item: object) -> str | None:
    return (item.name or None) if isinstance(item, type) and issubclass(item, SamplerKind) else None


SAMPLERS: OpenList[type[SamplerKind]] = OpenList("windvane.samplers", "sampler", _name_of, "windvane.samplers")
"""Every sampler that an installed package brings."""
