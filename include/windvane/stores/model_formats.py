"""Formats of stored estimators: each dumps the same estimator to the same bytes, and executes nothing when it loads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from windvane.open_list import OpenList

DEFAULT = "skops"
"""The format of what no other one claims."""


class ModelFormat(ABC):
    """A format of stored estimators: a subclass in a module that an entry point of `windvane.formats` names."""

    name: ClassVar[str] = ""
    """What versions are recorded with."""

    @classmethod
    def claims(cls, estimator: Any) -> bool:  # noqa: ARG003 (for subclasses)
        """Return whether a fitted estimator is to be kept in this format; one claim at most may be true."""
        return False

    @classmethod
    @abstractmethod
    def dump(cls, estimator: Any) -> bytes:
        """Return the bytes of a fitted estimator: the same bytes in any process, folder and machine.

        Raises:
            TrainingFailed: It holds something that cannot be stored.
        """

    @classmethod
    @abstractmethod
    def load(cls, data: bytes, trusted: Sequence[str] = ()) -> Any:
        """Return the estimator, something with `predict` (and `predict_proba`); execute nothing of what it holds.

        Raises:
            UntrustedModel: It holds a type that is not allowed.
            CorruptArtifact: The bytes are no stored estimator.
        """


def _name_of(item: object) -> str | None:
    return (item.name or None) if isinstance(item, type) and issubclass(item, ModelFormat) else None


FORMATS: OpenList[type[ModelFormat]] = OpenList("windvane.formats", "model format", _name_of, "windvane.formats")
"""Every format that an installed package brings."""


class Dumped(NamedTuple):
    """A fitted estimator as bytes, and the format they are in."""

    data: bytes
    format: str


def dump(estimator: Any) -> Dumped:
    """Return a fitted estimator's bytes, in the format that claims it."""
    name = next((name for name, kind in FORMATS.items().items() if kind.claims(estimator)), DEFAULT)
    return Dumped(FORMATS.get(name).dump(estimator), name)


def load(data: bytes, name: str, trusted: Sequence[str] = ()) -> Any:
    """Load an estimator from bytes whose digest was verified.

    Raises:
        UnknownKind: No installed package brings the format.
        UntrustedModel, CorruptArtifact: See `ModelFormat.load`.
    """
    return FORMATS.get(name).load(data, trusted)
