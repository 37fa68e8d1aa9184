"""skops' format, made canonical: scikit-learn's own estimators, and any made of parts that skops can store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from windvane.stores.model_formats import ModelFormat


class SkopsFormat(ModelFormat):
    """What every estimator is kept in that no other format claims; see `windvane.stores.models`."""

    name: ClassVar[str] = "skops"

    @classmethod
    def dump(cls, estimator: Any) -> bytes:
        """Return the canonical bytes; see `ModelFormat.dump`."""
        from windvane.stores.models import dump_model

        return dump_model(estimator)

    @classmethod
    def load(cls, data: bytes, trusted: Sequence[str] = ()) -> Any:
        """Load by an allow-list of types; see `ModelFormat.load`."""
        from windvane.stores.models import load_model

        return load_model(data, trusted)
