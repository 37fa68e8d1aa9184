"""From a page to HTML: templates that escape everything, and the files that pages load."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateNotFound,
)

from windvane.results.reason import cells, columns
from windvane.spec import check_label
from windvane.web import timeline, words
from windvane.web.heat import cell
from windvane.web.measured import verdict_state
from windvane.web.pages.over_time import rows_of

_HERE = Path(__file__).parent
_MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """A file that pages load.

    Args:
        body: Its bytes.
        media: Its type.
        digest: The beginning of its SHA-256, which its address carries: a new file has a new address.
    """

    body: bytes
    media: str
    digest: str


@cache
def assets() -> Mapping[str, Asset]:
    """Return every file that pages load, by name; no other name is ever looked up on the disk."""
    found = {}
    for path in sorted((_HERE / "static").iterdir()):
        if path.suffix in _MEDIA:
            body = path.read_bytes()
            found[path.name] = Asset(body, _MEDIA[path.suffix], hashlib.sha256(body).hexdigest()[:12])
    return found


class _OfPackages(BaseLoader):
    """Finds `package:file.html` in the folder `templates` of a package that brings pages."""

    def get_source(self, environment: Environment, template: str) -> Any:
        """Return a template's text."""
        package, colon, name = template.partition(":")
        if not colon:
            raise TemplateNotFound(template)
        return PackageLoader(package).get_source(environment, name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(_HERE / "templates"), _OfPackages()]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(words, name) for name in ("number", "change", "percent", "chance", "utc", "short", "tone")
    }
    environment.filters |= {"state_title": words.title, "state_mark": words.mark, "number_cells": cells}
    environment.filters |= {"number_columns": columns, "verdict_state": verdict_state, "trend_rows": rows_of}
    environment.filters["check_label"] = check_label
    environment.globals |= {"ago": words.ago, "shape": timeline.shape, "heat_cell": cell}
    return environment


def html(template: str, **context: Any) -> str:
    """Draw a template."""
    return _environment().get_template(template).render(**context)
