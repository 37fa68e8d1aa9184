"""A short document of headings, sentences and tables, written as Markdown or HTML with every value escaped."""

from __future__ import annotations

from dataclasses import dataclass

from windvane.lifecycle.escaping import escaped, one_line, pipe_table

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ document.title }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid #d0d7de; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 0.5rem 0; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #eaeef2; }
td { overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } h2, th, td { border-color: #30363d; }
}
</style>
</head>
<body>
<main>
<h1>{{ document.title }}</h1>
{% for section in document.sections %}
<section>
<h2>{{ section.heading }}</h2>
{% for sentence in section.sentences %}
<p>{{ sentence }}</p>
{% endfor %}
{% for table in section.tables if table.rows %}
<div class="wide" tabindex="0" role="region" aria-label="{{ section.heading }}, table {{ loop.index }}">
<table>
<thead><tr>{% for head in table.heads %}<th scope="col">{{ head }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in table.rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
</div>
{% endfor %}
</section>
{% endfor %}
</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Table:
    """Rows of plain texts under their heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A heading, and what stands under it."""

    heading: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Document:
    """A title, and sections. All texts are plain: nothing in them is markup."""

    title: str
    sections: tuple[Section, ...]


def markdown(document: Document) -> str:
    """Return the document as Markdown; a value that looks like markup is shown as it is."""
    parts = [f"# {escaped(document.title)}"]
    for section in document.sections:
        parts.append(f"## {escaped(section.heading)}")
        parts += [escaped(sentence) for sentence in section.sentences]
        parts += [
            pipe_table([escaped(head) for head in table.heads], [[escaped(cell) for cell in row] for row in table.rows])
            for table in section.tables
            if table.rows
        ]
    return "\n\n".join(parts) + "\n"


def page(document: Document) -> str:
    """Return the document as a page of HTML that loads nothing and runs nothing."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, finalize=_finalised, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_PAGE).render(document=document)


def _finalised(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value
