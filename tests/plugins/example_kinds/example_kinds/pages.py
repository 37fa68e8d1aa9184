"""The page `/sizes`: how many versions each model has."""

from __future__ import annotations

from windvane.results import Record
from windvane.web.page import page
from windvane.web.visit import Page, Visit


class SizesData(Record):
    """Numbers of versions, by model."""

    versions: dict[str, int]


@page("/sizes", SizesData, tab="Sizes")
def sizes(visit: Visit) -> Page:
    """Count the versions of every model that the viewer may see."""
    counts = {name: len(visit.stores.registry.versions.all(name)) for name in sorted(visit.visible)}
    return Page("Sizes", "sizes.html", SizesData(versions=counts), [("Models", visit.url())])
