"""The champion: a pointer with an epoch, moved by compare-and-swap, one move a transaction."""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa

from windvane.errors import IllegalMove, OlderWindow, RolledBack, StaleChampion, TrailBroken
from windvane.results import Champion, Event, Move, Run, Version
from windvane.stores.sql.tables import moves, versions
from windvane.stores.sql.versions import Versions, change_version, version_row

_PEOPLE = ("cli:", "airflow:")
_EVENTS = {"promote": "champion.promoted", "rollback": "champion.rolled_back"}


class Champions(Versions):
    """The part of the registry that says which version counts, and counted at any moment."""

    def champion(self, model: str, as_of: datetime | None = None) -> Champion | None:
        """See `Registry.champion`."""
        with self.reading() as connection:
            self.known(connection, model)
            if as_of is None:
                return _plain(_last(connection, model))
            return _plain(_last(connection, model, moves.c.at <= as_of))

    def first_champion(self, model: str) -> Champion | None:
        """See `Registry.first_champion`."""
        with self.reading() as connection:
            self.known(connection, model)
            return _plain(_last(connection, model, moves.c.epoch == 1))

    def moves(self, model: str, limit: int | None = None) -> list[Move]:
        """See `Registry.moves`."""
        with self.reading() as connection:
            self.known(connection, model)
            return _moves(connection, model, limit)

    def promote(self, model: str, number: int, expected_epoch: int, run: Run, reason: str) -> Champion:
        """See `Registry.promote`."""
        with self.writing() as connection:
            self.lock(connection, model)
            version = version_row(connection, model, number)
            history = _moves(connection, model)
            standing = history[0] if history else None
            done = _already(history, number, expected_epoch)
            if done is not None:
                return _champion(done)
            _refuse_unjudged(version, run, reason)
            epoch = standing.epoch if standing else 0
            if epoch != expected_epoch:
                now = f"v{standing.version} at epoch {epoch}" if standing else "none"
                cause = f"{model} v{number} was judged at epoch {expected_epoch}, but the champion is now {now}"
                raise StaleChampion(
                    cause, "nothing was changed; evaluate and judge it again against the champion of now"
                )
            if standing is not None and standing.window_end > version.window_end:
                cause = f"{model} v{number} is of window {version.window}, older than {standing.window} of the champion"
                raise OlderWindow(f"{cause} v{standing.version}", "to go back on purpose, use rollback")
            if not is_person(run):
                _refuse_rolled_back(version, history)
            return self._move(connection, version, standing, "promote", run, reason)

    def rollback(self, model: str, number: int, run: Run, reason: str) -> Champion:
        """See `Registry.rollback`."""
        with self.writing() as connection:
            self.lock(connection, model)
            version = version_row(connection, model, number)
            history = _moves(connection, model)
            if not reason.strip():
                raise IllegalMove(
                    f"{model}: a rollback to v{number} without a reason", "say why, for those who come after"
                )
            if not is_person(run):
                raise IllegalMove(f"{model}: {run.actor} may not roll back to v{number}", "a person decides to go back")
            if not any(move.version == number for move in history):
                ever = ", ".join(f"v{item}" for item in sorted({move.version for move in history})) or "none"
                cause = f"{model} v{number} was never champion; versions that were: {ever}"
                raise IllegalMove(cause, "roll back to one of those, or promote this one")
            standing = history[0]
            if standing.version == number:
                if standing.kind == "rollback" and run.run_id and standing.run_id == run.run_id:
                    return _champion(standing)
                raise IllegalMove(f"{model} v{number} is the champion already", "roll back to an earlier champion")
            return self._move(connection, version, standing, "rollback", run, reason)

    def verify_trail(self, model: str) -> None:
        """See `Registry.verify_trail`; the moves must be those of the trail, too."""
        with self.reading() as connection:
            trail = self.verified(connection, model)
            moved = _moves(connection, model)[::-1]
        told = [_told(event) for event in trail if event.kind in _EVENTS.values()]
        found = [(move.epoch, move.version, move.from_version, move.at, move.actor, move.reason) for move in moved]
        for epoch, (one, other) in enumerate(zip_longest(told, found), start=1):
            if one != other:
                cause = f"{model}: the champion's move to epoch {epoch} is not what the trail says"
                raise TrailBroken(cause, "restore the registry from a backup, and find out who")

    def _move(
        self, connection: sa.Connection, version: Version, standing: Move | None, kind: str, run: Run, reason: str
    ) -> Champion:
        epoch = standing.epoch + 1 if standing else 1
        before = standing.version if standing else None
        told = {"version": version.version, "epoch": epoch, "from_version": before, "reason": reason}
        stamp = self.append(connection, version.model, _EVENTS[kind], run, told)
        if before is not None:
            change_version(connection, version.model, before, state="archived")
        change_version(connection, version.model, version.version, state="champion")
        row = {"model": version.model, "epoch": epoch, "version": version.version, "kind": kind, "at": stamp.at}
        row |= {"from_version": before, "actor": run.actor, "run_id": run.run_id, "reason": reason}
        connection.execute(sa.insert(moves).values(**row))
        return _champion(_moves(connection, version.model, 1)[0])


def _told(event: Event) -> tuple[Any, ...]:
    told = event.payload
    return (told["epoch"], told["version"], told["from_version"], event.at, event.actor, told["reason"])


def is_person(run: Run) -> bool:
    """True when a person asks: at a terminal, or through Airflow under their own name."""
    return run.actor.startswith(_PEOPLE)


def _already(history: list[Move], number: int, expected_epoch: int) -> Move | None:
    """Return the move that this promotion made before, or the champion's when it is this version now."""
    if history and history[0].version == number:
        return history[0]
    for move in history:
        if move.epoch == expected_epoch + 1 and move.version == number and move.kind == "promote":
            return move
    return None


def _refuse_unjudged(version: Version, run: Run, reason: str) -> None:
    if version.state == "built":
        raise IllegalMove(
            f"{version.model} v{version.version} was never evaluated", "evaluate it before it is promoted"
        )
    if version.state == "rejected" and not (is_person(run) and reason.strip()):
        cause = f"{version.model} v{version.version} was rejected; {run.actor or 'nobody'} may not promote it"
        raise IllegalMove(cause, "a person may, with a reason")


def _refuse_rolled_back(version: Version, history: list[Move]) -> None:
    """Refuse to automation what a person took back, until they, or a newer window, move on.

    Blocked are the very version that was taken back (until a person reinstates it), and every version of its window
    or an older one (until the champion is of that window or a newer one again, which only a person or a newer
    window's version can bring about).
    """
    for index, move in enumerate(history):  # the newest first: those before `index` came later
        if move.kind != "rollback":
            continue
        taken = next(item for item in history[index + 1 :] if item.epoch == move.epoch - 1)
        later = history[:index]
        same = taken.version == version.version and all(item.version != version.version for item in later)
        older = version.window_end <= taken.window_end and all(item.window_end < taken.window_end for item in later)
        if same or older:
            cause = f"{version.model} v{version.version}: {move.actor} rolled back v{taken.version} of window"
            cause += f" {taken.window} at {move.at:%Y-%m-%d %H:%M} UTC ({move.reason})"
            raise RolledBack(cause, "a version of a newer window may follow; a person may promote this one by hand")


def _select() -> sa.Select[Any]:
    joined = moves.join(versions, (moves.c.model == versions.c.model) & (moves.c.version == versions.c.version))
    found = (versions.c.window, versions.c.window_end, versions.c.trained_until)
    return sa.select(moves, *found).select_from(joined).order_by(moves.c.epoch.desc())


def _moves(connection: sa.Connection, model: str, limit: int | None = None) -> list[Move]:
    rows = connection.execute(_select().where(moves.c.model == model).limit(limit))
    return [Move.model_validate(dict(row._mapping)) for row in rows]  # noqa: SLF001 (SQLAlchemy's public name)


def _last(connection: sa.Connection, model: str, *conditions: sa.ColumnElement[bool]) -> Move | None:
    row = connection.execute(_select().where(moves.c.model == model, *conditions).limit(1)).one_or_none()
    return Move.model_validate(dict(row._mapping)) if row else None  # noqa: SLF001 (SQLAlchemy's public name)


def _champion(move: Move) -> Champion:
    return Champion.model_validate(move.model_dump())


def _plain(move: Move | None) -> Champion | None:
    return _champion(move) if move else None
