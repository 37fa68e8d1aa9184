"""What the site of docs/ needs besides its files: the order of the pages, and a page a declared class.

MkDocs calls these functions by their names (`hooks` in mkdocs.yml).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from windvane.spec.reference import RULES_PAGE, page_of, rules_page
from windvane.spec.reference_entries import ENTRIES

DOCS = Path(__file__).resolve().parents[1] / "docs"
_UPWARDS = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<place>(?:\.\./)+[^)#\s]+)(?:#[^)]*)?\)")
_FIRST = ("index.md", "tutorial.md")
_BOOKS = {
    "Use it": (
        "first-hours.md",
        "guide.md",
        "gate.md",
        "monitor.md",
        "pages.md",
        "tuning.md",
        "ci.md",
        "cli.md",
        "changing.md",
        "plugins.md",
    ),
    "Trust it": ("threats.md", "erasing.md", "torture.md", "cost.md"),
}


def on_config(config: Any) -> Any:
    """Set the order of the pages."""
    reference = ["reference.md", *(f"reference/{name}.md" for name in _names()), f"reference/{RULES_PAGE}.md"]
    listed = {*_FIRST, "reference.md", "design.md", *(page for pages in _BOOKS.values() for page in pages)}
    more = [path.name for path in sorted(DOCS.glob("*.md")) if path.name not in listed]
    config.nav = [
        *_FIRST,
        {"Recipes": _in("recipes")},
        *({title: list(pages)} for title, pages in _BOOKS.items()),
        {"Reference": reference},
        {"Runbooks": _in("runbooks")},
        *([{"More": more}] if more else []),
        {"Design": ["design.md", *_in("decisions")]},
    ]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add a page a declared class, made from the class, and the tutorial, made from its notebook."""
    pages = {f"reference/{entry.kind.__name__.lower()}.md": page_of(entry) for entry in ENTRIES}
    pages[f"reference/{RULES_PAGE}.md"] = rules_page()
    pages["tutorial.md"] = tutorial()
    for place, text in pages.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Leave the text of links to files beside docs/: a checkout has them, the site does not."""
    folder = (DOCS / page.file.src_uri).parent

    def told(link: re.Match[str]) -> str:
        target = (folder / link["place"]).resolve()
        return link["text"] if not target.is_relative_to(DOCS) and target.exists() else link[0]

    return _UPWARDS.sub(told, markdown)


def tutorial() -> str:
    """Return the notebook as a page: its words, and its cells as code."""
    import nbformat

    notebook = nbformat.read(DOCS / "tutorial.ipynb", as_version=4)  # type: ignore[no-untyped-call]  # it has no types
    parts = [
        cell.source if cell.cell_type == "markdown" else f"```python\n{cell.source}\n```" for cell in notebook.cells
    ]
    return "\n\n".join(parts) + "\n"


def _names() -> list[str]:
    return [entry.kind.__name__.lower() for entry in ENTRIES]


def _in(folder: str) -> list[str]:
    found = sorted(path.name for path in (DOCS / folder).glob("*.md"))
    first = [name for name in ("README.md", "index.md") if name in found]
    return [f"{folder}/{name}" for name in [*first, *(name for name in found if name not in first)]]
