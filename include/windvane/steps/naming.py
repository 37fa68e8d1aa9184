"""Steps about a model's name: its records stay under the first one, whatever it is called later."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from windvane.errors import IllegalMove, UnknownModel
from windvane.loading import find_spec, load_specs
from windvane.results import Record, Run
from windvane.spec import Model, is_model_name
from windvane.stores import Stores


class Renamed(Record):
    """A model that was given another name."""

    model: str
    """The name that its records have, and keep."""
    before: str
    """What it was called."""
    name: str
    """What it is called now."""


class Remark(NamedTuple):
    """What is to be said about the name of a declared model.

    Args:
        model: The declared name.
        cause: What there is to know.
        remedy: What to do.
        wrong: Whether it is a mistake.
    """

    model: str
    cause: str
    remedy: str
    wrong: bool = False


def as_recorded(model: Model, stores: Stores) -> Model:
    """Return a declaration under the name that its model's records have: whoever runs a step begins with it.

    So what a renamed model makes is what it would have made: the same snapshots, versions and digests.
    """
    name = stores.registry.models.recorded(model.name)
    return model if name == model.name else model.model_copy(update={"name": name})


def declared(name: str, folder: Path, stores: Stores) -> Model:
    """Return the spec that a DAG file declares, under that name or another one that the model has, or had.

    Args:
        name: A name of the model.
        folder: The folder of the DAG files.
        stores: Registry and artifacts.

    Raises:
        UnknownModel, SpecError: See `windvane.loading.find_spec`.
    """
    try:
        return find_spec(name, folder)
    except UnknownModel:
        recorded = stores.registry.models.recorded
        known = [spec.model.name for spec in load_specs(folder)[0]]
        other = next((other for other in known if recorded(other) == recorded(name)), None)
        if other is None:
            raise
        return find_spec(other, folder)


def registered(name: str, stores: Stores) -> Model:
    """Return the spec of a model as its last run registered it; no DAG file is needed for that.

    Raises:
        UnknownModel: No run ever registered it.
    """
    return Model.from_stored(stores.registry.models.get(name).spec)


def rename(model: str, name: str, stores: Stores, run: Run) -> Renamed:
    """Give a model another name; its whole history stays, and every name that it had leads to it.

    Raises:
        UnknownModel: No model has the first name.
        IllegalMove: The second is no name of a model, or what the model is called already.
        ModelExists: Another model has that name, or had it.
    """
    if not is_model_name(name):
        cause = f"{model}: {name!r:.90} is no name of a model"
        raise IllegalMove(cause, "begin it with a lower-case letter; use at most 63 of a-z, 0-9 and _")
    models = stores.registry.models
    recorded = models.get(model).name
    before = models.called()[recorded]
    models.rename(recorded, name, run)
    return Renamed(model=recorded, before=before, name=name)


def remarks(declared: Sequence[Model], stores: Stores) -> list[Remark]:
    """Return what the registry knows about the names of declared models: renamed, taken twice, or perhaps renamed."""
    models = stores.registry.models
    called, known = models.called(), {model.name: models.recorded(model.name) for model in declared}
    found = []
    for model in declared:
        recorded = known[model.name]
        others = [other for other, same in known.items() if same == recorded and other != model.name]
        if others:
            cause = f"{model.name} and {', '.join(others)} are names of one model, whose records stand under {recorded}"
            found.append(Remark(model.name, cause, "declare it once, under the name that it has now", wrong=True))
        elif called.get(recorded, model.name) != model.name:
            now = called[recorded]
            found.append(
                Remark(model.name, f"the model is called {now} now", f'declare name="{now}" when it suits you')
            )
    lost = [row for row in models.all() if row.name not in known.values()]
    for model in (one for one in declared if known[one.name] not in called):
        for row in lost:
            before = Model.from_stored(row.spec)
            if before.model_copy(update={"name": model.name}).digest == model.digest:
                now = called[row.name]
                cause = f"it has no history, and {now}, which no file declares any more, was declared alike"
                remedy = f"to go on with that history: windvane rename {now} {model.name}"
                found.append(Remark(model.name, cause, remedy))
    return found
