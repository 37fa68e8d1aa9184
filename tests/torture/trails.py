"""An audit log that is whole in itself, and not the one that was witnessed: held against statements, it is found."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.torture.lending import RUN
from tests.torture.outcome import Outcome, tried
from tests.torture.tamper import lived, unguarded
from tests.torture.worlds import World
from windvane import steps
from windvane.stores.signing import Keys, Signer
from windvane.stores.sql.audit_log import hash_of
from windvane.stores.sql.pauses import PAUSED
from windvane.stores.witnesses import FolderPlace

FAULT = "an older copy put back, one that went on, or a chain written anew; SQLite and a folder"
MUST_HOLD = "verify --against finds it, whichever statements are left"

_MOMENTS = 24
_PERSON, _FORGER = "airflow:ada", "airflow:ceo"

_Fake = Callable[[Path, World, int, Random], str]


def run(trials: Sequence[int], seed: int, folder: Path) -> Outcome:
    """Change the audit log of a copy so that it is whole in itself, and hold it against some of its statements.

    Args:
        trials: Their numbers.
        seed: Of the moments, the events and the statements.
        folder: Where the worlds are.
    """
    made, keys = _witnessed(folder)
    here, place = folder / "trail", folder / "some statements"
    statements = sorted((folder / "statements" / made.model.name).iterdir())

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        for old in (here, place):
            shutil.rmtree(old, ignore_errors=True)
        moment = random.randrange(_MOMENTS)
        kind, fake = _FAKES[trial % len(_FAKES)]
        message = fake(here, made, moment, random)
        # one of a later moment, at least, is out of reach of who did it
        later = [item for item in statements if int(item.name.partition("-")[0]) > _seq(folder, moment)]
        kept = {random.choice(later), *random.sample(statements, random.randrange(len(statements)))}
        (place / made.model.name).mkdir(parents=True)
        for item in kept:
            shutil.copy(item, place / made.model.name)
        world = _world(here, made)
        whole = not world.verified()
        counts[f"{kind}{', and whole in itself' if whole else ''}"] += 1
        with world.opened() as stores:
            found = steps.verify_against(made.model.name, [FolderPlace(place)], keys, stores)
        if not any(item.error == "AuditLogBroken" for item in found):
            yield f"{kind}: {message}; {len(kept)} statements said nothing"

    outcome = tried(FAULT, MUST_HOLD, trials, seed, attempt)
    with _world(folder / f"moment {_MOMENTS}", made).opened() as stores:  # the honest one is not accused
        assert not steps.verify_against(made.model.name, [FolderPlace(folder / "statements")], keys, stores)
    return outcome


def _witnessed(folder: Path) -> tuple[World, Keys]:
    """Return a world that was copied and witnessed after each of many events, and whose keys count."""
    made = lived(folder)
    key = Ed25519PrivateKey.generate()
    private, public = folder / "own.key", folder / "own.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private.chmod(0o600)
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    signer, place = Signer.load(str(private)), FolderPlace(folder / "statements")
    for moment in range(_MOMENTS + 1):
        _went_on(made, 1, moment)
        shutil.copytree(folder / "here", folder / f"moment {moment}")
        if moment:
            with made.opened() as stores:
                steps.checkpoint(made.model.name, [place], signer, stores, RUN)
    return made, Keys.load(str(public))


def _went_on(world: World, count: int, first: int = 0, actor: str = _PERSON) -> None:
    """Pause and resume the automation: the cheapest events there are."""
    with world.opened() as stores:
        for number in range(first, first + count):
            person = RUN.model_copy(update={"actor": actor, "reason": f"reason {number}"})
            people = stores.registry.people
            paused = stores.registry.audit.events(world.model.name, limit=1)[0].kind == PAUSED
            (people.resume if paused else people.pause)(world.model.name, person, f"reason {number}")
    with closing(sqlite3.connect(Path(world.registry.removeprefix("sqlite:///")))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _world(here: Path, made: World) -> World:
    return replace(made, registry=f"sqlite:///{here / 'registry.db'}", artifacts=str(here / "artifacts"))


def _seq(folder: Path, moment: int) -> int:
    with closing(sqlite3.connect(folder / f"moment {moment}" / "registry.db")) as connection:
        return int(connection.execute("SELECT max(seq) FROM events").fetchone()[0])


def _put_back(here: Path, made: World, moment: int, random: Random) -> str:
    shutil.copytree(here.parent / f"moment {moment}", here)
    return f"the copy of moment {moment}"


def _put_back_and_went_on(here: Path, made: World, moment: int, random: Random) -> str:
    shutil.copytree(here.parent / f"moment {moment}", here)
    count = random.randrange(1, 2 * _MOMENTS)
    _went_on(_world(here, made), count, 100, _FORGER)
    return f"the copy of moment {moment}, with {count} events since"


def _written_anew(here: Path, made: World, moment: int, random: Random) -> str:
    """Give an event to somebody else, and make the chain whole from there on."""
    shutil.copytree(here.parent / f"moment {_MOMENTS}", here)
    with _world(here, made).opened() as stores:
        told = stores.registry.audit.events(made.model.name, limit=10_000)[::-1]
    first = random.randrange(_seq(here.parent, moment))
    with closing(sqlite3.connect(here / "registry.db", isolation_level=None)) as connection, unguarded(connection):
        previous = told[first].previous
        for number, event in enumerate(told[first:]):
            actor = _FORGER if number == 0 else event.actor
            changed = event.model_copy(update={"actor": actor, "previous": previous})
            changed = changed.model_copy(update={"hash": hash_of(changed)})
            previous = changed.hash
            connection.execute(
                "UPDATE events SET actor = ?, previous = ?, hash = ? WHERE seq = ?",
                (changed.actor, changed.previous, changed.hash, changed.seq),
            )
        connection.execute("UPDATE models SET audit_hash = ?", (previous,))
    return f"event {told[first].seq} is another person's, and all later hashes follow"


_FAKES: tuple[tuple[str, _Fake], ...] = (
    ("an older copy", _put_back),
    ("an older copy that went on", _put_back_and_went_on),
    ("written anew", _written_anew),
)
