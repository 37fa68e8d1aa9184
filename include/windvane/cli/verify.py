"""`windvane verify`: prove that a model's trail and stored bytes are what was once written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from windvane.cli.home import Home
from windvane.cli.output import Answer, Failure, line
from windvane.cli.reading import Name
from windvane.cli.verbs import failure_of
from windvane.errors import WindvaneError
from windvane.results import Version

if TYPE_CHECKING:
    from windvane.stores import Stores


def verify(home: Home, model: Name) -> Answer:
    """Recompute the hash chain of a model's trail, and the digests of all that its versions are made of."""
    with home.stores() as stores:
        stores.registry.model(model)
        versions = stores.registry.versions(model)
        events = len(stores.registry.events(model))
        failures = list(_failing(f"{model} trail", lambda: stores.registry.verify_trail(model)))
        checked: set[str] = set()
        for version in reversed(versions):
            failures += _broken_artifacts(version, stores, checked)
    data = {
        "model": model,
        "versions": len(versions),
        "artifacts": len(checked),
        "events": events,
        "problems": [failure.data() for failure in failures],
    }
    seen = f"{model}: versions {len(versions)}, artifacts {len(checked)}, events {events}"
    end = f"{len(failures)} not as written" if failures else "all as they were written"
    return Answer(data, [line(f"{seen}; {end}", style="bold red" if failures else "green")], failures)


def _broken_artifacts(version: Version, stores: Stores, checked: set[str]) -> Iterator[Failure]:
    """Yield a failure for each artifact of a version that is absent or altered; remember those looked at."""
    named = {"model": version.artifact, "profile": version.profile}
    if version.evaluation:
        named["evaluation"] = version.evaluation
    where = f"{version.model} v{version.version}"
    for snapshot in version.snapshots:
        try:
            parts = stores.registry.snapshot(version.model, snapshot).parts
        except WindvaneError as error:
            yield _placed(error, where)
        else:
            named |= {f"snapshot part {part.digest}": part.digest for part in parts}
    for what, digest in named.items():
        if digest not in checked:
            checked.add(digest)
            yield from _failing(f"{where} {what.partition(' sha256')[0]}", stores.artifacts.get, digest)


def _failing(where: str, look: Callable[..., object], *given: object) -> Iterator[Failure]:
    try:
        look(*given)
    except WindvaneError as error:
        yield _placed(error, where)


def _placed(error: WindvaneError, where: str) -> Failure:
    failure = failure_of(error)
    return Failure(failure.error, f"{where}: {failure.cause}", failure.remedy)
