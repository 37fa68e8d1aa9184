"""One flipped byte, one edited cell, one row too many or too few, anywhere in the stores: verify finds it."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.torture.lending import RUN, day
from tests.torture.outcome import Outcome, tried
from tests.torture.work import WORKS
from tests.torture.worlds import Embedded, World
from windvane import steps
from windvane.pipeline import runner
from windvane.stores.references import references

FAULT = "one flipped byte or edited row anywhere; SQLite and a folder"
MUST_HOLD = "verify finds it"


class Change(NamedTuple):
    """What was done to the stores, in words, and of which kind."""

    kind: str
    message: str


_Make = Callable[[Path, Random], Change]


def run(trials: Sequence[int], seed: int, folder: Path) -> Outcome:
    """Change one thing in a copy of the stores, and verify them.

    A third of the trials flip a byte of an artifact that some row names, each byte as likely as any other. A third edit
    a cell of a table, each column of each table as likely, with triggers and constraints out of the way.
    A sixth take a row away or write one twice. A sixth flip a byte of the database's own file, each byte as likely but
    for those that hold no row: where SQLite reads the same rows afterwards and finds its own structure whole.

    Args:
        trials: Their numbers.
        seed: Of the places.
        folder: Where the worlds are.
    """
    made = lived(folder)
    assert not made.verified()
    with made.opened() as stores:
        named = {item.digest for item in references(stores.registry.audit.rows(made.model.name))}
    here = folder / "tampered"

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(folder / "here", here)
        flip = partial(_flip_artifact, named=named)
        make: _Make = (flip, _edit_cell, flip, _edit_cell, _edit_row, _flip_file)[trial % 6]
        change = make(here, random)
        counts[change.kind] += 1
        if not World(f"sqlite:///{here / 'registry.db'}", str(here / "artifacts"), made.model).verified():
            yield change.message

    return tried(FAULT, MUST_HOLD, trials, seed, attempt)


def lived(folder: Path) -> World:
    """Return a world in which everything has happened at least once."""
    world = Embedded(folder).world(0)
    for name in ("promote", "score", "monitor", "train"):
        WORKS[name].act(world)
    person = RUN.model_copy(update={"actor": "cli:ada", "reason": "I looked at it", "run_id": ""})
    with world.opened() as stores:
        steps.rollback(world.model, 1, stores, person)
        runner.run_train(world.model, day(world.model, 6), stores, RUN)
    with closing(sqlite3.connect(Path(world.registry.removeprefix("sqlite:///")))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return world


def _flip_artifact(here: Path, random: Random, named: set[str]) -> Change:
    files = sorted(path for path in (here / "artifacts").rglob("*") if f"sha256:{path.parent.name}{path.name}" in named)
    sizes = [path.stat().st_size for path in files]
    file = random.choices(files, weights=sizes)[0]
    at, message = _flip(file, random)
    return Change("byte of an artifact", f"byte {at} of {file.relative_to(here)}: {message}")


def _flip(file: Path, random: Random) -> tuple[int, str]:
    data = bytearray(file.read_bytes())
    at, bits = random.randrange(len(data)), random.randrange(1, 256)
    data[at] ^= bits
    file.write_bytes(data)
    return at, f"{data[at] ^ bits:#04x} became {data[at]:#04x}"


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    )
    return [name for (name,) in found]


def _open(here: Path) -> sqlite3.Connection:
    """Open the database as somebody would who means to change it unseen: no trigger and no check is in the way."""
    connection = sqlite3.connect(here / "registry.db", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    return connection


class unguarded:  # noqa: N801 (it is called as a function)
    """A database whose triggers are gone while the block runs, and back afterwards."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._triggers = list(self._connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        for name, _ in self._triggers:
            self._connection.execute(f'DROP TRIGGER "{name}"')

    def __exit__(self, *_: object) -> None:
        for _, text in self._triggers:
            self._connection.execute(text)


def _edit_cell(here: Path, random: Random) -> Change:
    with closing(_open(here)) as connection:
        columns = [
            (table, column)
            for table in _tables(connection)
            for _, column, *_ in connection.execute(f'PRAGMA table_info("{table}")')
        ]
        with unguarded(connection):
            while True:
                table, column = random.choice(columns)
                rows = [row for (row,) in connection.execute(f'SELECT rowid FROM "{table}"')]
                if not rows:
                    continue
                row = random.choice(rows)
                where = f'FROM "{table}" WHERE rowid = {row}'
                before = connection.execute(f'SELECT "{column}" {where}').fetchone()[0]
                after = _other(before, random)
                try:
                    connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = {row}', (after,))
                except sqlite3.IntegrityError:  # a key that is there already, or NULL where none may be
                    continue
                if connection.execute(f'SELECT "{column}" {where}').fetchone()[0] != before:
                    return Change(
                        f"cell of {table}", f"{table}.{column} of row {row}: {before!r:.200} became {after!r:.200}"
                    )


def _other(value: Any, random: Random) -> Any:
    """Return another value of the same look."""
    if value is None:
        return random.choice(["2020-01-01 00:00:00.000000", 1, "sha256:" + "0" * 64])
    if isinstance(value, int):
        return value + random.choice([-1, 1])
    if isinstance(value, float):
        return value * 1.5 + 1
    text = str(value)
    if not text or random.random() < 0.05:
        return random.choice([None, text + "x"])
    at = random.randrange(len(text))
    digits = "0123456789" if text[at].isdigit() else "abcdef" if text[at].isalpha() else " -_"
    return text[:at] + random.choice(digits.replace(text[at], "")) + text[at + 1 :]


def _edit_row(here: Path, random: Random) -> Change:
    """Take a row away, or write it a second time under another key."""
    with closing(_open(here)) as connection, unguarded(connection):
        rows = [
            (table, row)
            for table in _tables(connection)
            for (row,) in connection.execute(f'SELECT rowid FROM "{table}"')
        ]
        table, row = random.choice(rows)
        if random.random() < 0.5:
            connection.execute(f'DELETE FROM "{table}" WHERE rowid = {row}')
            return Change("row taken away", f"row {row} of {table} was taken away")
        columns = [(name, bool(key)) for _, name, _, _, _, key in connection.execute(f'PRAGMA table_info("{table}")')]
        values = list(connection.execute(f'SELECT * FROM "{table}" WHERE rowid = {row}').fetchone())
        last = max(index for index, (_, key) in enumerate(columns) if key or len(columns) == 1)
        values[last] = values[last] + 1000 if isinstance(values[last], int) else f"{values[last]}0"
        marks = ", ".join("?" * len(values))
        try:
            connection.execute(f'INSERT INTO "{table}" VALUES ({marks})', values)
        except sqlite3.IntegrityError:  # another column is unique as well
            connection.execute(f'DELETE FROM "{table}" WHERE rowid = {row}')
            return Change("row taken away", f"row {row} of {table} was taken away")
        return Change(
            "row written twice", f"row {row} of {table} is there twice, the second time with {values[last]!r}"
        )


def _flip_file(here: Path, random: Random) -> Change:
    file = here / "registry.db"
    before, whole = _said(file), file.read_bytes()
    while True:
        at, message = _flip(file, random)
        if _said(file) != before:
            return Change("byte of the database file", f"byte {at} of registry.db: {message}")
        file.write_bytes(whole)


def _said(file: Path) -> Any:
    """Return all that SQLite reads from a file, and what it thinks of its structure."""
    try:
        with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as connection:
            checked = connection.execute("PRAGMA integrity_check").fetchall()
            return (
                checked,
                [connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in _tables(connection)],
            )
    except sqlite3.DatabaseError as error:
        return str(error)
    except (UnicodeError, OverflowError) as error:
        return str(error)
