"""What all declarations share: frozen, closed to unknown fields, and one error that lists every mistake."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from windvane.errors import SpecError

_IMPORT_PATH = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")

_P = ParamSpec("_P")
_R = TypeVar("_R")


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value (sorted keys, no spaces, no NaN): what digests are taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_of(value: object) -> str:
    """Return `sha256:<hex>` of a value's canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()


def maker(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function that makes a declaration refuse what it does not take as a declaration does: by `SpecError`.

    Args:
        function: It names its arguments. Python itself would raise a `TypeError` without the nearest match.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def made(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            known = [name for name in signature.parameters if name not in ("self", "cls")]
            foreign = [name for name in kwargs if name not in known]
            said = [unknown(f"argument {name!r}", name, known) for name in foreign]
            called = function.__qualname__.removeprefix("_").removesuffix(".__call__")
            raise SpecError(called, said or [str(error)]) from None
        return function(*args, **kwargs)

    return made


class Declaration(BaseModel):
    """A part of a spec. Frozen; an unknown field or a wrong value raises `SpecError` with all problems at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise SpecError(self._subject(fields), _problems(type(self), error)) from None

    @classmethod
    def _subject(cls, fields: dict[str, Any]) -> str:
        """How errors name this declaration."""
        name = fields.get("name")
        return f"{cls.__name__} {name!r}" if isinstance(name, str) else cls.__name__

    @property
    def digest(self) -> str:
        """SHA-256 of everything declared here."""
        return sha256_of(self.model_dump(mode="json"))

    def __repr_args__(self) -> Any:
        return [(key, value) for key, value in super().__repr_args__() if value not in (None, (), "")]

    def revised(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, validated like a new one."""
        fields = {name: getattr(self, name) for name in type(self).model_fields} | changes
        return type(self)(**fields)


def _problems(kind: type[BaseModel], error: ValidationError) -> list[str]:
    """Turn pydantic's errors into lines that name the field, the value and the nearest match."""
    found = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            found.append(unknown(f"field {where!r}", where, kind.model_fields))
        elif item["type"] == "missing":
            found.append(f"field {where!r} is required")
        elif item["type"] == "value_error":
            message = str(item.get("ctx", {}).get("error", item["msg"]))
            found.append(f"{where}: {message}" if where else message)
        else:
            found.append(f"{where}: {item['msg']}, not {item['input']!r:.80}")
    return found


def unknown(what: str, name: str, known: Any) -> str:
    """Return `unknown <what>; did you mean …? Known: …`."""
    import difflib

    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    close = close or [option for option in options if option.lower() == name.lower()]
    guess = f"; did you mean {close[0]!r}?" if close else ";"
    return f"unknown {what}{guess} Known: {', '.join(options)}"


def checked_path(path: str) -> str:
    """Return an import path `package.module:name`, or raise `ValueError`."""
    if not _IMPORT_PATH.fullmatch(path):
        raise ValueError(f"{path!r} is not an import path; write it like 'models.flights:departures'")
    return path
