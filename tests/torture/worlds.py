"""Where a trial takes place: a registry and artifacts of its own, in which some history has happened already."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import boto3

from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.torture.lending import RUN, day, spec
from windvane import Model, steps
from windvane.errors import WindvaneError
from windvane.pipeline import runner
from windvane.spec import sha256_of
from windvane.spec.places import bucket_and_key
from windvane.stores import Stores, open_stores
from windvane.stores.artifacts import ID_NAME
from windvane.stores.s3 import S3Artifacts
from windvane.stores.sql import SqlRegistry

_FENCE = timedelta(seconds=2)
"""How long a killed removal is waited for: all clocks are one here."""
_STANDS = datetime(2021, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """One trial's stores and its model.

    Args:
        registry: Its URL.
        artifacts: Where they are.
        model: The model.
        export: A file with the history of `begin`.
        still: True when the registry's clock stands still, so that the same work leaves the same world.
    """

    registry: str
    artifacts: str
    model: Model
    export: str = ""
    still: bool = False

    @contextmanager
    def opened(self) -> Iterator[Stores]:
        """Open the stores, and close them."""
        stores = open_stores(self.registry, self.artifacts)
        if self.artifacts.startswith("s3://"):
            bucket, prefix = bucket_and_key(self.artifacts)
            stores = replace(stores, artifacts=S3Artifacts(bucket, prefix, fence=_FENCE))
        if self.still:
            stores.registry.close()
            stores = replace(stores, registry=SqlRegistry(self.registry, clock=lambda: _STANDS))
        try:
            yield stores
        finally:
            stores.registry.close()

    def verified(self) -> list[str]:
        """Return what `windvane verify` finds wrong."""
        try:
            with self.opened() as stores:
                return list(_verified(stores)) if stores.registry.models.all() else [f"{self.model.name} is gone"]
        except WindvaneError as error:
            return [f"{error.name}: {error}"]


class Place(Protocol):
    """Where worlds are made."""

    def world(self, trial: int) -> World:
        """Return a fresh world with the history of `begin`."""
        ...

    def empty(self, trial: int) -> World:
        """Return a fresh world without any."""
        ...


class Embedded:
    """Worlds of SQLite and a folder: copies of one that was made once.

    Args:
        folder: Where they are; a world goes when the next one comes.
        still: See `World`.
    """

    def __init__(self, folder: Path, still: bool = False) -> None:
        self._folder, self._still = folder, still
        self._export = folder / "history.tar"
        made = self._at(folder / "made")
        begin(made)
        export(made, self._export)

    def world(self, trial: int) -> World:
        """See `Place.world`."""
        here = self._cleared()
        shutil.copytree(self._folder / "made", here)
        return self._at(here)

    def empty(self, trial: int) -> World:
        """See `Place.empty`."""
        return self._at(self._cleared())

    def _at(self, folder: Path) -> World:
        return replace(_embedded(folder), export=str(self._export), still=self._still)

    def _cleared(self) -> Path:
        here = self._folder / "here"
        shutil.rmtree(here, ignore_errors=True)
        return here


class Served:
    """Worlds of PostgreSQL and S3: each in a database of its own, copied from one, and below a prefix of its own.

    Args:
        postgres: The server.
        s3: The server; the environment must lead to it.
        folder: Of files beside them.
    """

    def __init__(self, postgres: PostgresServer, s3: S3Server, folder: Path) -> None:
        self._postgres, self._s3 = postgres, s3
        self._here: str | None = None
        self._count = 0
        self._made = World(postgres.database(), f"s3://{s3.bucket}/made", spec(), str(folder / "history.tar"))
        begin(self._made)
        export(self._made, folder / "history.tar")
        self._client = boto3.client("s3")
        self._keys = [
            item["Key"] for item in self._client.list_objects_v2(Bucket=s3.bucket, Prefix="made/")["Contents"]
        ]

    def world(self, trial: int) -> World:
        """See `Place.world`."""
        prefix = self._next(template=self._made.registry.rpartition("/")[2])
        for key in self._keys:
            where = {"Bucket": self._s3.bucket, "Key": key}
            self._client.copy_object(Bucket=where["Bucket"], Key=key.replace("made/", prefix, 1), CopySource=where)
        return self._world(prefix)

    def empty(self, trial: int) -> World:
        """See `Place.empty`."""
        return self._world(self._next())

    def _next(self, template: str = "template0") -> str:
        """Make the next database and drop the last one; return the prefix of its artifacts."""
        if self._here is not None:
            self._postgres.drop(self._here.rpartition("/")[2])
        self._here = self._postgres.database(template)
        self._count += 1
        return f"world-{self._count}/"

    def _world(self, prefix: str) -> World:
        assert self._here is not None
        return replace(self._made, registry=self._here, artifacts=f"s3://{self._s3.bucket}/{prefix}")


class Fresh:
    """Worlds of SQLite and a folder in which nothing has happened yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def world(self, trial: int, model: Model) -> World:
        """Return the world of a number, empty."""
        here = self._folder / f"fresh-{trial}"
        shutil.rmtree(here, ignore_errors=True)
        return _embedded(here, model)


def _embedded(folder: Path, model: Model | None = None) -> World:
    return World(f"sqlite:///{folder / 'registry.db'}", str(folder / "artifacts"), model or spec())


def export(world: World, path: Path) -> None:
    """Write a world's history into a file."""
    with world.opened() as stores:
        steps.export_model(world.model.name, path, stores)


def begin(world: World) -> None:
    """Let some history happen: v1 is the champion, a day is scored, v2 passed the gate but is not promoted yet.

    Beside it lie artifacts that nothing refers to.
    """
    model = world.model
    with world.opened() as stores:
        runner.run_train(model, day(model, 1), stores, RUN)
        runner.run_score(model, day(model, 4), stores, RUN)
        window = day(model, 2)
        taken = steps.snapshot(model, window, stores, RUN)
        steps.validate(model, window, taken.digest, stores, RUN)
        version = steps.train(model, window, taken.digest, stores, RUN)
        steps.evaluate(model, version.version, stores, RUN)
        decision = steps.gate(model, version.version, stores, RUN).decision
        assert decision == "promote", decision
        for number in range(12):
            stores.artifacts.put(f"what a crash left, {number}".encode())


@dataclass(frozen=True)
class Look:
    """How a world is found.

    Args:
        wrong: Everything that is wrong: an audit log that does not verify, and whatever is visible but not whole.
        picture: All that the registry says about the model, but for when it was said: two of them can be compared.
    """

    wrong: tuple[str, ...]
    picture: dict[str, Any]


def look(world: World) -> Look:
    """Look at a world, through one opening of its stores: that is what costs most."""
    with world.opened() as stores:
        wrong = [*_verified(stores), *_half(world.model, stores)]
        return Look(tuple(wrong), _picture(world.model, stores))


def contents(world: World) -> str:
    """Return the digest of everything that an embedded world holds: its schema, its rows, its files.

    Of a file that a failed `put` left, the place and the bytes count, not its random name. Of the id that registry and
    artifacts share, only that it is there counts: it is a random one.

    Raises:
        sqlite3.DatabaseError: The database cannot be read.
        AssertionError: SQLite finds it damaged.
    """
    found = hashlib.sha256()
    file = Path(world.registry.removeprefix("sqlite:///"))
    if not file.is_file():
        assert not list(Path(world.artifacts).rglob("*")), "artifacts without a registry"
        return found.hexdigest()
    with closing(sqlite3.connect(file)) as registry:
        assert registry.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        schema = registry.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        found.update(repr(schema).encode())
        for kind, name, _ in schema:
            if kind == "table":
                what = "one, id <> ''" if name == "identity" else "*"
                rows = sorted(map(repr, registry.execute(f'SELECT {what} FROM "{name}"')))
                found.update(repr((name, rows)).encode())
    root = Path(world.artifacts)
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.name if not path.name.startswith(".partial-") else path.suffix
        data = b"" if name == ID_NAME else path.read_bytes()
        found.update(repr((str(path.parent.relative_to(root)), name, data)).encode())
    return found.hexdigest()


def picture(world: World) -> dict[str, Any]:
    """Return a world's picture alone."""
    with world.opened() as stores:
        return _picture(world.model, stores)


def _picture(model: Model, stores: Stores) -> dict[str, Any]:
    registry = stores.registry
    if not registry.models.all():
        return {part: [] for part in ("versions", "states", "promotions", "events", "scores", "monitored", "requests")}
    promotions = [
        (promotion.epoch, promotion.version, promotion.from_version, promotion.kind, promotion.reason)
        for promotion in registry.champions.promotions(model.name)
    ]
    versions = registry.versions.all(model.name)
    return {
        "versions": [sha256_of(item.model_dump(mode="json", exclude={"created_at"})) for item in versions],
        "states": [item.state for item in versions],
        "promotions": promotions,
        "events": [(event.kind, sha256_of(event.payload)) for event in registry.audit.events(model.name)],
        "scores": [
            found and sha256_of(found.model_dump(mode="json", exclude={"at"}))
            for found in (registry.scores.current(model.name, day(model, number).key) for number in range(1, 8))
        ],
        "artifacts": sha256_of(sorted(stores.artifacts.digests())),
        "monitored": [(item.window, item.decision) for item in registry.monitoring.results(model.name)],
        "requests": [(item.request, item.started_at is None) for item in registry.monitoring.requests(model.name)],
    }


def _verified(stores: Stores) -> Iterator[str]:
    for row in stores.registry.models.all():
        yield from (f"{item.error}: {item.cause}" for item in steps.verify(row.name, stores).problems)


def _half(model: Model, stores: Stores) -> Iterator[str]:
    """Yield what is visible but not whole, as its readers would meet it: `verify` is not asked."""
    registry = stores.registry
    if not registry.models.all():
        return
    for version in registry.versions.all(model.name):
        named = [version.artifact, version.profile, *([version.evaluation] if version.evaluation else [])]
        for snapshot in version.snapshots:
            named += [part.digest for part in registry.snapshots.get(model.name, snapshot).parts]
        yield from _unreadable(stores, f"v{version.version}", named)
        try:
            steps.verify_version(model, version.version, stores)
        except WindvaneError as error:
            yield f"v{version.version} cannot be loaded: {error}"
    for number in range(1, 8):
        scores = registry.scores.current(model.name, day(model, number).key)
        if scores is not None:
            yield from _unreadable(stores, f"scores of {scores.window}", [scores.artifact])


def _unreadable(stores: Stores, what: str, digests: list[str]) -> Iterator[str]:
    for digest in digests:
        try:
            stores.artifacts.get(digest)
        except WindvaneError as error:
            yield f"{what}: {error}"
