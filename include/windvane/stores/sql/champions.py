"""The champion: a pointer with an epoch, moved by compare-and-swap, one move a transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from windvane.errors import IllegalMove, OlderWindow, RolledBack, StaleChampion
from windvane.results import Champion, Promotion, Run, Version
from windvane.stores.sql.answers import answer_by_promotion
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.pauses import refuse_paused
from windvane.stores.sql.rollouts import end_by_promotion
from windvane.stores.sql.tables import events, promotions, versions
from windvane.stores.sql.versions import version_row

_EVENTS = {"promote": "champion.promoted", "rollback": "champion.rolled_back"}


class SqlChampions(Part):
    """See `windvane.stores.registry.champions.Champions` for what its methods promise."""

    @reads
    def current(self, connection: sa.Connection, model: str, as_of: datetime | None = None) -> Champion | None:
        """See `Registry.champion`."""
        known(connection, model)
        if as_of is None:
            return _plain(_last(connection, model))
        then = _select().where(promotions.c.model == model, promotions.c.at <= as_of).order_by(None)
        row = connection.execute(
            then.order_by(promotions.c.at.desc(), promotions.c.epoch.desc()).limit(1)
        ).one_or_none()
        return _champion(_promotion(row)) if row else None

    @reads
    def at(self, connection: sa.Connection, model: str, moment: datetime) -> Champion | None:
        """See `Registry.champion_for`."""
        known(connection, model)
        return _newest(connection, model, versions.c.window_end <= moment)

    @reads
    def comparison_for(self, connection: sa.Connection, model: str, number: int) -> Champion | None:
        """See `Registry.comparison_for`."""
        version = version_row(connection, model, number)
        earlier = versions.c.trained_until <= version.trained_until
        return _newest(connection, model, earlier, versions.c.version != number)

    @reads
    def first(self, connection: sa.Connection, model: str) -> Champion | None:
        """See `Registry.first_champion`."""
        known(connection, model)
        return _plain(_last(connection, model, promotions.c.epoch == 1))

    @reads
    def promotions(
        self, connection: sa.Connection, model: str, limit: int | None = None, offset: int = 0
    ) -> list[Promotion]:
        """See `Registry.promotions`."""
        known(connection, model)
        rows = connection.execute(_select().where(promotions.c.model == model).limit(limit).offset(offset))
        return [_promotion(row) for row in rows]

    @writes
    def promote(
        self, connection: sa.Connection, model: str, number: int, expected_epoch: int, run: Run, reason: str
    ) -> Champion:
        """See `Registry.promote`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        standing = _last(connection, model)
        done = _already(connection, standing, version, expected_epoch)
        if done is not None:
            return _champion(done)
        refuse_promotion(connection, version, standing, expected_epoch, run, reason)
        moved = self._promotion(connection, version, standing, "promote", run, reason)
        answer_by_promotion(connection, lambda: self.database.change(connection, model, run), model, number, run)
        return moved

    @writes
    def mark_eligible(self, connection: sa.Connection, model: str, number: int, run: Run, reason: str) -> Version:
        """See `Registry.eligible`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        if version.state in ("champion", "archived"):
            return version
        _refuse_unjudged(version, run, reason)
        standing = _last(connection, model)
        if standing is None or standing.window_end <= version.window_end:
            cause = f"{model} v{number}: no champion of a newer window than {version.window} stands in its way"
            raise StaleChampion(cause, "promote it")
        refuse_paused(connection, model, run, f"let v{number} through")
        if not run.is_person:
            _refuse_rolled_back(connection, version)
        change = self.database.change(connection, model, run)
        change.update(versions, {"model": model, "version": number}, state="archived", eligible=change.seq)
        change.tell("version.eligible", version=number, window=version.window, reason=reason)
        return version_row(connection, model, number)

    @writes
    def rollback(
        self,
        connection: sa.Connection,
        model: str,
        number: int,
        run: Run,
        reason: str,
        expected_epoch: int | None = None,
    ) -> Champion:
        """See `Registry.rollback`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        if not reason.strip():
            raise IllegalMove(f"{model}: a rollback to v{number} without a reason", "say why, for those who come after")
        if not run.is_person:
            raise IllegalMove(f"{model}: {run.actor} may not roll back to v{number}", "a person decides to go back")
        standing = _last(connection, model)
        if standing is None or _last(connection, model, promotions.c.version == number) is None:
            cause = f"{model} v{number} was never champion; versions that were: {_ever(connection, model)}"
            raise IllegalMove(cause, "roll back to one of those, or promote this one")
        if standing.version == number:
            if standing.kind == "rollback" and run.run_id and standing.run_id == run.run_id:
                return _champion(standing)
            raise IllegalMove(f"{model} v{number} is the champion already", "roll back to an earlier champion")
        if expected_epoch is not None and standing.epoch != expected_epoch:
            cause = f"{model}: the champion is now v{standing.version} at epoch {standing.epoch}, not {expected_epoch}"
            raise StaleChampion(cause, "nothing was changed; look at it again, then decide")
        return self._promotion(connection, version, standing, "rollback", run, reason)

    def _promotion(
        self, connection: sa.Connection, version: Version, standing: Promotion | None, kind: str, run: Run, reason: str
    ) -> Champion:
        model, number = version.model, version.version
        epoch = standing.epoch + 1 if standing else 1
        before = standing.version if standing else None
        change = self.database.change(connection, model, run)
        change.insert(
            promotions,
            model=model,
            epoch=epoch,
            version=number,
            kind=kind,
            from_version=before,
            at=change.at,
            actor=run.actor,
            actor_kind=run.actor_kind,
            run_id=run.run_id,
            reason=reason,
        )
        if before is not None:
            change.update(versions, {"model": model, "version": before}, state="archived")
        end_by_promotion(connection, change, model, number, epoch)
        if kind == "rollback" and standing is not None:
            for taken in _taken_back(connection, version, standing):
                change.update(versions, {"model": model, "version": taken}, eligible=None)
        change.update(versions, {"model": model, "version": number}, state="champion", eligible=change.seq)
        change.tell(_EVENTS[kind], version=number, epoch=epoch, from_version=before, reason=reason)
        made = _last(connection, model)
        assert made is not None
        return _champion(made)


def last_promotion(connection: sa.Connection, model: str) -> Promotion | None:
    """Return where the pointer stands."""
    return _last(connection, model)


def refuse_promotion(
    connection: sa.Connection, version: Version, standing: Promotion | None, expected_epoch: int, run: Run, reason: str
) -> None:
    """Refuse a promotion, at once or in stages, that `Registry.promote` forbids."""
    _refuse_unjudged(version, run, reason)
    refuse_paused(connection, version.model, run, f"promote v{version.version}")
    epoch, named = standing.epoch if standing else 0, f"{version.model} v{version.version}"
    if epoch != expected_epoch:
        now = f"v{standing.version} at epoch {epoch}" if standing else "none"
        cause = f"{named} was judged at epoch {expected_epoch}, but the champion is now {now}"
        raise StaleChampion(cause, "nothing was changed; evaluate and judge it again against the champion of now")
    if standing is not None and standing.window_end > version.window_end:
        cause = f"{named} is of window {version.window}, older than {standing.window} of the champion"
        raise OlderWindow(f"{cause} v{standing.version}", "to go back on purpose, use rollback")
    if not run.is_person:
        _refuse_rolled_back(connection, version)


def _taken_back(connection: sa.Connection, back_to: Version, standing: Promotion) -> list[int]:
    """Return the versions that a rollback takes back: the champion, and what was let through of later windows."""
    span = (versions.c.window_end > back_to.window_end) & (versions.c.window_end <= standing.window_end)
    query = sa.select(versions.c.version).where(
        versions.c.model == back_to.model,
        versions.c.eligible.is_not(None),
        span | (versions.c.version == standing.version),
    )
    return list(connection.execute(query.order_by(versions.c.version)).scalars())


def _newest(connection: sa.Connection, model: str, *conditions: sa.ColumnElement[bool]) -> Champion | None:
    """Return the version of the newest window that was let through, and fulfils the conditions."""
    epoch = sa.select(sa.func.max(promotions.c.epoch)).where(
        promotions.c.model == versions.c.model, promotions.c.version == versions.c.version
    )
    query = (
        sa.select(versions, sa.func.coalesce(epoch.scalar_subquery(), 0).label("epoch"), events.c.at)
        .join_from(versions, events, (events.c.model == versions.c.model) & (events.c.seq == versions.c.eligible))
        .where(versions.c.model == model, versions.c.eligible.is_not(None), *conditions)
        .order_by(versions.c.window_end.desc(), versions.c.eligible.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return Champion.model_validate(dict(row)) if row else None


def _already(
    connection: sa.Connection, standing: Promotion | None, version: Version, expected_epoch: int
) -> Promotion | None:
    """Return the move that this promotion made before, or the champion's when it is this version now."""
    if standing is None or standing.version == version.version:
        return standing
    same = (
        promotions.c.epoch == expected_epoch + 1,
        promotions.c.version == version.version,
        promotions.c.kind == "promote",
    )
    return _last(connection, version.model, *same)


def _refuse_unjudged(version: Version, run: Run, reason: str) -> None:
    if version.state == "built":
        raise IllegalMove(
            f"{version.model} v{version.version} was never evaluated", "evaluate it before it is promoted"
        )
    if version.state == "rejected" and not (run.is_person and reason.strip()):
        cause = f"{version.model} v{version.version} was rejected; {run.actor or 'nobody'} may not promote it"
        raise IllegalMove(cause, "a person may, with a reason")


def _refuse_rolled_back(connection: sa.Connection, version: Version) -> None:
    """Refuse to automation what a person took back, until they, or a newer window, move on.

    Blocked are the very version that was taken back (until a person reinstates it), and every version of a window from
    the one gone back to up to its own (until the champion is of that window or a newer one again, which only a person
    or a newer window's version can bring about).
    """
    back, taken = promotions.alias("back"), promotions.alias("taken")
    made, target = versions.alias("made"), versions.alias("target")
    later, grown = promotions.alias("later"), versions.alias("grown")
    after = sa.select(later.c.epoch).where(later.c.model == back.c.model, later.c.epoch > back.c.epoch)
    of_window = after.join_from(
        later, grown, (grown.c.model == later.c.model) & (grown.c.version == later.c.version)
    ).where(grown.c.window_end >= made.c.window_end)
    same = (taken.c.version == version.version) & ~after.where(later.c.version == version.version).exists()
    within = (made.c.window_end >= version.window_end) & (target.c.window_end <= version.window_end)
    older = within & ~of_window.exists()
    query = (
        sa.select(back.c.actor, back.c.at, back.c.reason, taken.c.version, made.c.window)
        .join_from(back, taken, (taken.c.model == back.c.model) & (taken.c.epoch == back.c.epoch - 1))
        .join(made, (made.c.model == taken.c.model) & (made.c.version == taken.c.version))
        .join(target, (target.c.model == back.c.model) & (target.c.version == back.c.version))
        .where(back.c.model == version.model, back.c.kind == "rollback", same | older)
        .order_by(back.c.epoch.desc())
        .limit(1)
    )
    found = connection.execute(query).one_or_none()
    if found is not None:
        cause = f"{version.model} v{version.version}: {found.actor} rolled back v{found.version} of window"
        cause += f" {found.window} at {found.at:%Y-%m-%d %H:%M} UTC ({found.reason})"
        raise RolledBack(cause, "a version of a newer window may follow; a person may promote this one by hand")


def _ever(connection: sa.Connection, model: str) -> str:
    query = (
        sa.select(promotions.c.version)
        .where(promotions.c.model == model)
        .distinct()
        .order_by(promotions.c.version.desc())
    )
    found = connection.execute(query.limit(13)).scalars().all()
    return ", ".join(f"v{item}" for item in sorted(found[:12])) + (", …" if len(found) > 12 else "") or "none"


def _select() -> sa.Select[Any]:
    joined = promotions.join(
        versions, (promotions.c.model == versions.c.model) & (promotions.c.version == versions.c.version)
    )
    found = (versions.c.window, versions.c.window_end, versions.c.trained_until)
    return sa.select(promotions, *found).select_from(joined).order_by(promotions.c.epoch.desc())


def _last(connection: sa.Connection, model: str, *conditions: sa.ColumnElement[bool]) -> Promotion | None:
    row = connection.execute(_select().where(promotions.c.model == model, *conditions).limit(1)).one_or_none()
    return _promotion(row) if row else None


def _promotion(row: sa.Row[Any]) -> Promotion:
    return Promotion.model_validate(dict(row._mapping))  # noqa: SLF001 (SQLAlchemy's public name)


def _champion(promotion: Promotion) -> Champion:
    return Champion.model_validate(promotion.model_dump())


def _plain(promotion: Promotion | None) -> Champion | None:
    return _champion(promotion) if promotion else None
