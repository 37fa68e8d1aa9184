"""Where the champion's pointer stands and stood, what is eligible, and what may not be promoted: over a connection."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from windvane.errors import IllegalMove, OlderWindow, RolledBack, StaleChampion
from windvane.results import Champion, Promotion, Run, Version
from windvane.stores.sql.pauses import refuse_paused
from windvane.stores.sql.tables import events, promotions, versions


def refuse_promotion(
    connection: sa.Connection, version: Version, standing: Promotion | None, expected_epoch: int, run: Run, reason: str
) -> None:
    """Refuse a promotion, at once or in stages, that `Registry.promote` forbids."""
    refuse_unjudged(version, run, reason)
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
        refuse_rolled_back(connection, version)


def taken_back(connection: sa.Connection, back_to: Version, standing: Promotion) -> list[int]:
    """Return the versions that a rollback takes back: the champion, and what became eligible of later windows."""
    span = (versions.c.window_end > back_to.window_end) & (versions.c.window_end <= standing.window_end)
    query = sa.select(versions.c.version).where(
        versions.c.model == back_to.model,
        versions.c.eligible.is_not(None),
        span | (versions.c.version == standing.version),
    )
    return list(connection.execute(query.order_by(versions.c.version)).scalars())


def newer_of_window(connection: sa.Connection, version: Version) -> list[int]:
    """Return the eligible versions of the same window with a later number: promoting this one takes them back."""
    query = sa.select(versions.c.version).where(
        versions.c.model == version.model,
        versions.c.window_end == version.window_end,
        versions.c.version > version.version,
        versions.c.eligible.is_not(None),
    )
    return list(connection.execute(query).scalars())


def newest_eligible(connection: sa.Connection, model: str, *conditions: sa.ColumnElement[bool]) -> Champion | None:
    """Return the version of the newest window that is eligible, and fulfils the conditions."""
    epoch = sa.select(sa.func.max(promotions.c.epoch)).where(
        promotions.c.model == versions.c.model, promotions.c.version == versions.c.version
    )
    query = (
        sa.select(versions, sa.func.coalesce(epoch.scalar_subquery(), 0).label("epoch"), events.c.at)
        .join_from(versions, events, (events.c.model == versions.c.model) & (events.c.seq == versions.c.eligible))
        .where(versions.c.model == model, versions.c.eligible.is_not(None), *conditions)
        .order_by(versions.c.window_end.desc(), versions.c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return Champion.model_validate(dict(row)) if row else None


def promoted_before(
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
    return last_promotion(connection, version.model, *same)


def refuse_unjudged(version: Version, run: Run, reason: str) -> None:
    """Refuse a version that was never evaluated, or was rejected and is overruled by no person with a reason."""
    if version.state == "built":
        raise IllegalMove(
            f"{version.model} v{version.version} was never evaluated", "evaluate it before it is promoted"
        )
    if version.state == "rejected" and not (run.is_person and reason.strip()):
        cause = f"{version.model} v{version.version} was rejected; {run.actor or 'nobody'} may not promote it"
        raise IllegalMove(cause, "a person may, with a reason")


def refuse_rolled_back(connection: sa.Connection, version: Version) -> None:
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


def ever_champions(connection: sa.Connection, model: str) -> str:
    """Return the versions that were ever champion, as a text."""
    query = (
        sa.select(promotions.c.version)
        .where(promotions.c.model == model)
        .distinct()
        .order_by(promotions.c.version.desc())
    )
    found = connection.execute(query.limit(13)).scalars().all()
    return ", ".join(f"v{item}" for item in sorted(found[:12])) + (", …" if len(found) > 12 else "") or "none"


def select_promotions() -> sa.Select[Any]:
    """Select promotions with their version's window, the newest first."""
    joined = promotions.join(
        versions, (promotions.c.model == versions.c.model) & (promotions.c.version == versions.c.version)
    )
    found = (versions.c.window, versions.c.window_end, versions.c.trained_until)
    return sa.select(promotions, *found).select_from(joined).order_by(promotions.c.epoch.desc())


def last_promotion(connection: sa.Connection, model: str, *conditions: sa.ColumnElement[bool]) -> Promotion | None:
    """Return the last promotion that fulfils the conditions: without any, where the pointer stands."""
    row = connection.execute(select_promotions().where(promotions.c.model == model, *conditions).limit(1)).one_or_none()
    return promotion_of(row) if row else None


def promotion_of(row: sa.Row[Any]) -> Promotion:
    """Return the promotion of a row."""
    return Promotion.model_validate(dict(row._mapping))  # noqa: SLF001 (SQLAlchemy's public name)


def champion_of(promotion: Promotion) -> Champion:
    """Return where the pointer stood after a promotion."""
    return Champion.model_validate(promotion.model_dump())


def champion_or_none(promotion: Promotion | None) -> Champion | None:
    """Return where the pointer stood after a promotion, if there was one."""
    return champion_of(promotion) if promotion else None
