"""The names of models: records stay under the first one; those that were given later lead to them."""

from __future__ import annotations

import sqlalchemy as sa

from windvane.stores.sql.tables import models, names


def recorded(connection: sa.Connection, name: str, kept: dict[str, str]) -> str:
    """Return the name that a model's records have; one that no model has is returned as it is.

    Args:
        connection: That of the transaction.
        name: Any name that the model ever had.
        kept: What was found before: a name that leads to a model leads to it for ever.
    """
    if name not in kept:
        first = sa.select(models.c.name).where(models.c.name == name)
        given = sa.select(names.c.model).where(names.c.name == name)
        found = connection.execute(first.union_all(given).limit(1)).scalar()
        if found is None:
            return name
        kept[name] = found
    return kept[name]


def called(connection: sa.Connection) -> dict[str, str]:
    """Return what each model is called now, by the name that its records have."""
    newest = sa.select(sa.func.max(names.c.seq)).where(names.c.model == models.c.name)
    newest = newest.correlate(models)
    same = sa.and_(names.c.model == models.c.name, names.c.seq == newest.scalar_subquery())
    query = sa.select(models.c.name, names.c.name.label("now")).select_from(models.outerjoin(names, same))
    return {row.name: row.now or row.name for row in connection.execute(query.order_by(models.c.name))}
