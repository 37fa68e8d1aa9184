"""Step on published scores: deliver a window's current publication to where its consumers read."""

from __future__ import annotations

from pathlib import Path

from windvane.errors import DeliveryFailed, WindvaneError
from windvane.results import Publication
from windvane.spec import Model
from windvane.spec.publish import PUBLISHERS
from windvane.stores import Stores
from windvane.windows import Window


def deliver(model: Model, window: Window, stores: Stores) -> Publication:
    """Deliver a window's current publication to every declared place, whole or not at all.

    What is current is asked again afterwards: a publication that came meanwhile is delivered too. So whoever delivers
    last has seen the last one, and no place goes back to an older one.

    Raises:
        DeliveryFailed: A place could not be written; the others were, and running it again changes nothing there.
    """
    from windvane.steps.reading import published, scores_of

    found = published(model.name, window.key, stores)
    while True:
        rows = scores_of(found, stores)
        rows = rows.assign(model=found.model, window=found.window, publication=found.publication)
        problems: list[WindvaneError] = []
        for place in model.publish:
            try:
                PUBLISHERS.get(place.kind).deliver(place, found, rows, stores.base or Path.cwd(), stores.connections)
            except WindvaneError as error:
                problems.append(type(error)(f"{place.shown}: {error.cause}", error.remedy))
        if problems:
            first = problems[0]
            kind = type(first) if isinstance(first, DeliveryFailed) else DeliveryFailed
            where = f"{model.name} {window}: publication {found.publication} is kept, and was not delivered"
            more = f" (and to {len(problems) - 1} more places)" if len(problems) > 1 else ""
            again = f"windvane run score {model.name} --window {window}"
            raise kind(f"{where} to {first.cause}{more}", f"{first.remedy}: {again}") from first
        now = published(model.name, window.key, stores)
        if now.publication == found.publication:
            return found
        found = now
