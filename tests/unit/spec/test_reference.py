"""The page of the declared classes: whole, never stale, and every example of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from windvane import spec
from windvane.spec.base import Declaration
from windvane.spec.reference import page, page_of, refusal, rules_page, told
from windvane.spec.reference_entries import ENTRIES, Entry
from windvane.spec.rules import RULES

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


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind.__name__)
def test_every_class_shows_a_mistake_and_what_it_says(entry: Entry) -> None:
    said = refusal(entry)
    assert said.startswith("SpecError: ")
    assert " ".join(said.split()) in " ".join(page_of(entry).split())


def test_every_rule_is_on_the_page_with_every_field_explained() -> None:
    text = rules_page()
    for name, kind in RULES.items().items():
        part = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for field in set(kind.model_fields) - {"kind", "inconclusive"}:
            line = next(line for line in part.splitlines() if line.startswith(f"| `{field}` |"))
            assert not line.endswith("|  |"), f"rule.{name}: {field} is not explained"
