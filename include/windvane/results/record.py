"""What all records share: frozen, JSON-able, with one digest; and who asks for a run."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from windvane.errors import NotRecordable
from windvane.redaction import redacted
from windvane.results.actors import ActorKind, actor_kind
from windvane.spec.base import canonical_json, sha256_of

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Record(BaseModel):
    """A frozen, JSON-able record.

    A number that is not finite is kept as None: JSON has no NaN. A text is kept with U+FFFD in place of what no
    database can keep: NUL, and half of a surrogate pair.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            said = error.errors(include_url=False, include_input=False, include_context=False)
            where = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg'].lower()}" for item in said[:3])
            cause = f"{type(self).__name__}: what was found is no number or text that can be recorded: {where}"
            raise NotRecordable(cause, "look for huge or broken values in the window's rows") from error

    @model_validator(mode="before")
    @classmethod
    def _kept(cls, fields: Any) -> Any:
        return storable(fields)

    def to_json(self) -> str:
        """Return the canonical JSON text: the same record gives the same bytes."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote."""
        return cls.model_validate_json(text)

    @property
    def sha256(self) -> str:
        """`sha256:<hex>` of the canonical JSON."""
        return sha256_of(self.model_dump(mode="json"))


def storable(value: Any) -> Any:
    """Return plain data without numbers and characters that JSON or a database cannot keep."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return list(value) if _plain_numbers(value) else [storable(item) for item in value]
    return value


def _plain_numbers(values: Sequence[Any]) -> bool:
    """True where a sequence holds finite numbers only: a profile has thousands, and none needs a look of its own."""
    return {*map(type, values)} <= {int, float} and all(map(math.isfinite, values))


class Run(Record):
    """Who asks, from where, and as of when: handed in from the outermost layer, never looked up inside."""

    actor: str
    """The person or automation that asked: `os:1000/ada`, `airflow:admin`, `schedule`, `monitor`."""
    as_of: datetime
    """The moment this run stands at, UTC: outcomes due later do not exist for it. All tries of a run share it."""
    run_id: str = ""
    """The Airflow DAG run (`flights_train/manual__…`), or empty outside Airflow."""
    attempt: int = 1
    """The try number within Airflow."""
    reason: str = ""
    """Why a person asked, in their words; a password in them is hidden, for the audit log is kept for good."""
    work: str = ""
    """The piece of work that this is a try of (`flights_train/manual__…/train`); empty when there are no others."""
    began: datetime | None = None
    """When this attempt began, UTC."""
    fence: int = 0
    """The number that this attempt took of its work; see `Registry.take_fence`."""

    @property
    def actor_kind(self) -> ActorKind:
        """Who asks: a person, at a terminal or through Airflow under their own name; or automation."""
        return actor_kind(self.actor)

    @property
    def is_person(self) -> bool:
        """True when a person asks."""
        return self.actor_kind == "person"

    @property
    def dag_run(self) -> str:
        """The run without its DAG (`manual__…`): what a request for a retrain names; empty outside Airflow."""
        return self.run_id.rsplit("/", 1)[-1]

    @field_validator("reason")
    @classmethod
    def _hide(cls, reason: str) -> str:
        return redacted(reason)
