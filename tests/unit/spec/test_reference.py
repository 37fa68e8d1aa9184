"""The page of the declared classes: whole, never stale, and every example of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from windvane import spec
from windvane.spec.base import Declaration
from windvane.spec.reference import ENTRIES, Entry, page, told

DOCS = Path(__file__).resolve().parents[3] / "docs" / "reference.md"


def test_the_page_is_what_the_classes_say() -> None:
    written = DOCS.read_text(encoding="utf-8")
    assert written == page(), "stale; run: python -m windvane.spec.reference > docs/reference.md"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind.__name__)
def test_every_field_is_explained_and_every_example_runs(entry: Entry) -> None:
    said = told(entry.kind)
    for name in entry.kind.model_fields:
        assert said.get(name), f"{entry.kind.__name__}.{name} is not explained"
    exec(compile(entry.example, entry.kind.__name__, "exec"), {})  # noqa: S102 (the page's own example)


def test_every_class_of_a_declaration_is_on_the_page() -> None:
    there = {entry.kind.__name__ for entry in ENTRIES}
    declared = [getattr(spec, name, None) for name in spec.__all__]
    own = {kind.__name__ for kind in declared if isinstance(kind, type) and issubclass(kind, Declaration)} - {
        "Declaration",
        "Plan",
        "Rule",
    }
    assert own <= there
