"""A version's model card: the same document that `windvane card` writes, to read and to take along."""

from __future__ import annotations

from windvane.errors import AuditLogBroken, SpecError
from windvane.results import Record
from windvane.spec import Model
from windvane.web.page import page
from windvane.web.visit import File, Page, Visit
from windvane.web.words import number_of


class CardTable(Record):
    """A table of a section."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class CardSection(Record):
    """A heading, with what stands under it."""

    heading: str
    sentences: tuple[str, ...]
    tables: tuple[CardTable, ...]


class CardData(Record):
    """A model card, as plain texts."""

    title: str
    model: str
    version: int
    sections: tuple[CardSection, ...]


@page("/models/{model}/versions/{number}/card", CardData)
def build(visit: Visit, model: str, number: str) -> Page:
    """Tell what a version is for, what it was made from, how good and how fair it is, and who let it in.

    Raises:
        AuditLogBroken: The spec that was registered is of a form this version of Windvane does not know.
    """
    from windvane import steps
    from windvane.lifecycle import document

    name = visit.see(model)
    version = number_of(number, name)
    try:
        spec = Model.from_stored(visit.moment.spec(name))
    except (SpecError, ValueError) as error:
        cause = f"the spec of {name} that was registered cannot be read: {type(error).__name__}"
        raise AuditLogBroken(cause, "run any of its DAGs with the spec of now, then load the page again") from None
    drawn = steps.card(spec, version, visit.stores)
    sections = tuple(
        CardSection(
            heading=section.heading,
            sentences=section.sentences,
            tables=tuple(CardTable(heads=table.heads, rows=table.rows) for table in section.tables if table.rows),
        )
        for section in drawn.sections
    )
    data = CardData(title=drawn.title, model=name, version=version, sections=sections)
    crumbs = [
        ("Models", visit.url()),
        (visit.called(name), visit.model_url(name)),
        (f"v{version}", visit.model_url(name, "versions", version)),
    ]
    files = {
        "md": File("card", "text/markdown; charset=utf-8", lambda: document.markdown(drawn)),
        "html": File("card", "text/html; charset=utf-8", lambda: document.page(drawn)),
    }
    return Page("Model card", "card.html", data, crumbs, files=files)
