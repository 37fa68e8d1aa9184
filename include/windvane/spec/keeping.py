"""The part of a declaration that says how long files are kept: `Model(keep=Keep(reports="90d"))`."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator, model_serializer

from windvane.spec.base import Declaration
from windvane.windows import parse_duration

_LEAST_DAYS = 1


class Keep(Declaration):
    """How long files that tell of rows are kept, by kind; what is older goes by `windvane sweep --yes`.

    Ages such as `90d` or `52w`, since a file was last written; None keeps it for good. The records, with the digests of
    what went, stay. What the champion, an eligible version or the next runs need stays whatever its age; `windvane
    sweep` says why. Models and evaluations never go by their age. Rows of a person go by `windvane erase`, at any age.
    """

    documents: str | None = None
    """Results of expectations, with examples of values that were not expected."""
    reports: str | None = None
    """Monitoring reports."""
    explanations: str | None = None
    """What the scores of versions rest on, with keys of rows that two versions score differently."""
    snapshots: str | None = None
    """Rows of windows. What went is not read again: `ErasedRows`. No version that was trained on it is made again."""
    scores: str | None = None
    """Predictions of windows, published ones and those of challengers."""

    @field_validator("*")
    @classmethod
    def _long_enough(cls, value: str | None) -> str | None:
        if value is not None and parse_duration(value).days < _LEAST_DAYS:
            raise ValueError(f"{value!r} is shorter than a day; runs that are at work need what is younger")
        return value

    @model_serializer(mode="wrap")
    def _dump(self, handler: Any) -> dict[str, Any]:
        """Leave out what is not said."""
        return {name: value for name, value in handler(self).items() if value is not None}
