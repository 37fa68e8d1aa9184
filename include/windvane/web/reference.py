"""The API's part of `docs/pages.md`, written from the records themselves: `python -m windvane.web.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from windvane import results
from windvane.results import Record
from windvane.web.app import PAGES
from windvane.web.pages.approvals import ApprovalsData
from windvane.web.pages.audit_log import AuditLogData
from windvane.web.pages.card import CardData
from windvane.web.pages.compare import CompareData
from windvane.web.pages.model import ModelData
from windvane.web.pages.overview import OverviewData
from windvane.web.pages.predictions import PredictionData
from windvane.web.pages.version import VersionData
from windvane.web.pages.window import WindowData

ANSWERS: dict[str, type[Record]] = {
    "/": OverviewData,
    "/approvals": ApprovalsData,
    "/audit-log": AuditLogData,
    "/models/{model}": ModelData,
    "/models/{model}/audit-log": AuditLogData,
    "/models/{model}/compare": CompareData,
    "/models/{model}/predictions": PredictionData,
    "/models/{model}/windows/{window}": WindowData,
    "/models/{model}/versions/{number}": VersionData,
    "/models/{model}/versions/{number}/card": CardData,
}
"""What each address below `/api` returns."""


def lines() -> Iterator[str]:
    """Yield the reference, a line at a time: what each address returns, then the records that only pages have."""
    yield "| `GET` | returns |"
    yield "|---|---|"
    for path in PAGES:
        yield f"| `/api{path.rstrip('/')}` | `{ANSWERS[path].__name__}` |"
    yield ""
    known: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(ANSWERS.values()):
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
