"""What goes between the two processes: lines of JSON, in which records, windows and declarations keep their types."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import windvane
from windvane.errors import WrongEnvironment
from windvane.spec import Model
from windvane.stores import Stores
from windvane.windows import Window

_PLAIN = (str, int, float, bool, type(None))


def encoded(value: Any) -> Any:
    """Return a step's argument or result as plain data.

    Raises:
        TypeError: It is of a kind that no step takes or gives.
    """
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Model):
        return {"$": "model", "value": value.model_dump(mode="json"), "digest": value.digest}
    if isinstance(value, Window):
        return {"$": "window", "value": value.key}
    if isinstance(value, Stores):
        return {"$": "stores"}
    if isinstance(value, datetime):
        return {"$": "moment", "value": value.isoformat()}
    if isinstance(value, BaseModel):
        return {"$": "record", "of": _named(value), "value": value.model_dump(mode="json")}
    if isinstance(value, Mapping):
        return {"$": "mapping", "value": {name: encoded(one) for name, one in value.items()}}
    names = _parts(value)
    if names is not None:
        return {"$": "parts", "of": _named(value), "value": {name: encoded(getattr(value, name)) for name in names}}
    if isinstance(value, list | tuple):
        return {"$": type(value).__name__, "value": [encoded(one) for one in value]}
    raise TypeError(f"a {type(value).__name__} is handed to no other process")


def decoded(value: Any, model: Model | None = None, stores: Stores | None = None) -> Any:
    """Return what was encoded.

    Args:
        value: The plain data.
        model: The declaration by whose windows a key is read.
        stores: What stands in place of the stores that were handed in.

    Raises:
        WrongEnvironment: A declaration is read in another way than it was written.
    """
    if not isinstance(value, dict):
        return value
    kind: str = value["$"]
    held: Any = value.get("value")
    if kind == "model":
        return read_model(value)
    if kind == "window":
        assert model is not None
        return model.cadence.window(held)
    if kind == "stores":
        return stores
    if kind == "moment":
        return datetime.fromisoformat(held)
    if kind == "record":
        return _type(value["of"]).model_validate(held)
    if kind in ("parts", "mapping"):
        items = {name: decoded(one, model, stores) for name, one in held.items()}
        return items if kind == "mapping" else _type(value["of"])(**items)
    several = [decoded(one, model, stores) for one in held]
    return tuple(several) if kind == "tuple" else several


def read_model(value: Mapping[str, Any]) -> Model:
    """Return a declaration, and hold it to the digest that it had.

    Raises:
        WrongEnvironment: It is read in another way here.
    """
    read = Model.from_stored(value["value"])
    if read.digest != value["digest"]:
        cause = f"{read.name}: the declaration is read in another way here than by the worker"
        raise WrongEnvironment(cause, "install the same packages of kinds (rules, checks, sources, …) in both")
    return read


@cache
def code_digest() -> str:
    """Return the SHA-256 of Windvane's own code as it stands in this process."""
    root, found = Path(windvane.__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        found.update(f"{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return found.hexdigest()


def line(message: Mapping[str, Any]) -> bytes:
    """Return a message as it is sent."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _parts(value: Any) -> list[str] | None:
    """Return the names of a dataclass's or a named tuple's parts; None for anything else."""
    if is_dataclass(value):
        return [part.name for part in fields(value)]
    return list(value._fields) if isinstance(value, tuple) and hasattr(value, "_fields") else None


def _named(value: Any) -> str:
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _type(name: str) -> Any:
    """Return a type of Windvane's own; a message names no other one."""
    module, _, qualified = name.partition(":")
    if module.partition(".")[0] != "windvane":
        raise TypeError(f"{name} is no record of Windvane")
    found: Any = importlib.import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    return found
