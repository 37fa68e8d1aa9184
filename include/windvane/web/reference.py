"""The API's part of `docs/pages.md`, written from the records themselves: `python -m windvane.web.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from windvane import results
from windvane.web.page import PAGES, about, is_own


def lines() -> Iterator[str]:
    """Yield the reference, a line at a time: what each address returns, then the records that only pages have."""
    yield "| `GET` | returns |"
    yield "|---|---|"
    answers = {path: about(build).answers for path, build in PAGES.items().items() if is_own(build)}
    for path, kind in answers.items():
        yield f"| `/api{path.rstrip('/')}` | `{kind.__name__}` |"
    yield ""
    known: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(answers.values()):
        schema = kind.model_json_schema(mode="serialization")
        known |= {kind.__name__: schema, **schema.get("$defs", {})}
    for name in sorted(set(known) - set(results.__all__)):
        message = [f"`{field}`: {_type(about)}" for field, about in known[name].get("properties", {}).items()]
        yield f"- **{_plain(name)}**: {', '.join(message) or 'anything'}"


def _type(about: dict[str, Any]) -> str:
    """Return a field's type in a few words."""
    if "$ref" in about:
        return _plain(about["$ref"].rpartition("/")[2])
    if "anyOf" in about:
        return " or ".join(_type(item) for item in about["anyOf"])
    if "enum" in about:
        return " or ".join(f"`{item}`" for item in about["enum"])
    kind = about.get("format") or about.get("type", "anything")
    if kind == "array":
        return f"list of {_type(about.get('items', {}))}"
    inner = about.get("additionalProperties")
    return f"object of {_type(inner)}" if kind == "object" and isinstance(inner, dict) else str(kind)


def _plain(name: str) -> str:
    """Return a record's name, a listing's with what it lists."""
    return name.replace("_", " ").strip()


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
