"""The champion: a pointer with an epoch, moved by compare-and-swap, one move a transaction."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from windvane.errors import IllegalMove, StaleChampion
from windvane.results import Champion, Promotion, Run, Version
from windvane.results.lineup import Lineup, Outcome, Reconsidered
from windvane.stores.sql.answers import answer_by_promotion
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.lineup import ELIGIBLE, lineup_of, put_barrier, write_states
from windvane.stores.sql.moments import seq_at
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.pauses import refuse_paused
from windvane.stores.sql.pointer import (
    champion_of,
    champion_or_none,
    ever_champions,
    last_promotion,
    newer_of_window,
    newest_eligible,
    promoted_before,
    promotion_of,
    refuse_promotion,
    refuse_rolled_back,
    refuse_unjudged,
    select_promotions,
    taken_back,
)
from windvane.stores.sql.rollouts import end_by_promotion
from windvane.stores.sql.tables import promotions, versions
from windvane.stores.sql.versions import version_row

if TYPE_CHECKING:
    import sqlalchemy as sa

_EVENTS = {
    "promote": "champion.promoted",
    "rollback": "champion.rolled_back",
    "reorder": "champion.reordered",
}


def _over(version: Version, run: Run) -> dict[str, str]:
    """Return the mark of a promotion that overrides the gate's refusal: the first reason of that."""
    if version.gate is None or version.gate.decision != "reject" or not run.is_person:
        return {}
    return {"gate_overridden": version.gate.headline or "reject"}


def _gains(seen: Lineup, found: Outcome) -> bool:
    """Tell whether a version becomes eligible that was not."""
    was = {item.version for item in seen.entries if item.eligible}
    return any(item.state in ELIGIBLE and item.version not in was for item in found.changes)


class SqlChampions(Part):
    """See `windvane.stores.registry.champions.Champions` for what its methods promise."""

    @reads
    def current(self, connection: sa.Connection, model: str, as_of: datetime | None = None) -> Champion | None:
        """See `Registry.champion`."""
        known(connection, model)
        if as_of is None:
            return champion_or_none(last_promotion(connection, model))
        last = seq_at(connection, model, as_of, self.database.moment(connection))
        return champion_or_none(last_promotion(connection, model, promotions.c.seq <= last))

    @reads
    def at(self, connection: sa.Connection, model: str, moment: datetime) -> Champion | None:
        """See `Registry.champion_for`."""
        known(connection, model)
        return newest_eligible(connection, model, versions.c.window_end <= moment)

    @reads
    def lineup(self, connection: sa.Connection, model: str, arriving: int) -> Lineup:
        """See `Champions.lineup`."""
        known(connection, model)
        return lineup_of(connection, model, arriving)

    @writes
    def settle(
        self, connection: sa.Connection, seen: Lineup, arriving: int, found: Outcome, run: Run, reason: str
    ) -> Version:
        """See `Champions.settle`."""
        lock(connection, seen.model)
        model, version = seen.model, version_row(connection, seen.model, arriving)
        if lineup_of(connection, model, arriving) != seen:
            cause = f"{model}: the line-up changed while v{arriving} was judged"
            raise StaleChampion(cause, "nothing was changed; judge it again")
        if _gains(seen, found):
            refuse_paused(connection, model, run, f"promote v{arriving}")
            if not run.is_person:
                refuse_rolled_back(connection, version)
        begin = partial(self.database.change, connection, model, run)
        champion = found.champion if found.champion != seen.champion else None
        rest = [item for item in found.changes if item.version not in (champion, seen.champion)]
        write_states(connection, begin, model, rest, reason)
        if champion is not None:
            standing, new = last_promotion(connection, model), version_row(connection, model, champion)
            why = next((item.reason for item in found.changes if item.version == champion), "") or reason
            if new.state == "rejected":
                back = Reconsidered(version=champion, window=new.window, state="evaluated", reason=why)
                write_states(connection, begin, model, [back], why)
            older = standing is not None and standing.window_end > new.window_end
            self._promotion(connection, new, standing, "reorder" if older else "promote", run, why)
            answer_by_promotion(connection, begin, model, champion, run)
        write_states(
            connection, begin, model, [item for item in found.changes if item.version == seen.champion], reason
        )
        return version_row(connection, model, arriving)

    @reads
    def first(self, connection: sa.Connection, model: str) -> Champion | None:
        """See `Registry.first_champion`."""
        known(connection, model)
        return champion_or_none(last_promotion(connection, model, promotions.c.epoch == 1))

    @reads
    def promotions(
        self, connection: sa.Connection, model: str, limit: int | None = None, offset: int = 0
    ) -> list[Promotion]:
        """See `Registry.promotions`."""
        known(connection, model)
        rows = connection.execute(select_promotions().where(promotions.c.model == model).limit(limit).offset(offset))
        return [promotion_of(row) for row in rows]

    @writes
    def promote(
        self, connection: sa.Connection, model: str, number: int, expected_epoch: int, run: Run, reason: str
    ) -> Champion:
        """See `Registry.promote`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        standing = last_promotion(connection, model)
        done = promoted_before(connection, standing, version, expected_epoch)
        if done is not None:
            return champion_of(done)
        refuse_promotion(connection, version, standing, expected_epoch, run, reason)
        moved = self._promotion(connection, version, standing, "promote", run, reason, barrier="promotion")
        answer_by_promotion(connection, lambda: self.database.change(connection, model, run), model, number, run)
        return moved

    @writes
    def mark_eligible(self, connection: sa.Connection, model: str, number: int, run: Run, reason: str) -> Version:
        """See `Registry.eligible`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        if version.state in ("champion", "archived"):
            return version
        refuse_unjudged(version, run, reason)
        standing = last_promotion(connection, model)
        if standing is None or standing.window_end <= version.window_end:
            cause = f"{model} v{number}: no champion of a newer window than {version.window} stands in its way"
            raise StaleChampion(cause, "promote it")
        refuse_paused(connection, model, run, f"let v{number} through")
        if not run.is_person:
            refuse_rolled_back(connection, version)
        change = self.database.change(connection, model, run)
        settled = version.settled or change.seq
        key = {"model": model, "version": number}
        change.update(versions, key, state="archived", eligible=change.seq, settled=settled)
        if run.is_person:
            put_barrier(connection, change, model, "promotion", run.actor, number)
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
        standing = last_promotion(connection, model)
        if standing is None or last_promotion(connection, model, promotions.c.version == number) is None:
            cause = f"{model} v{number} was never champion; versions that were: {ever_champions(connection, model)}"
            raise IllegalMove(cause, "roll back to one of those, or promote this one")
        if standing.version == number:
            if standing.kind == "rollback" and run.run_id and standing.run_id == run.run_id:
                return champion_of(standing)
            raise IllegalMove(f"{model} v{number} is the champion already", "roll back to an earlier champion")
        if expected_epoch is not None and standing.epoch != expected_epoch:
            cause = f"{model}: the champion is now v{standing.version} at epoch {standing.epoch}, not {expected_epoch}"
            raise StaleChampion(cause, "nothing was changed; look at it again, then decide")
        return self._promotion(connection, version, standing, "rollback", run, reason, barrier="rollback")

    def _promotion(
        self,
        connection: sa.Connection,
        version: Version,
        standing: Promotion | None,
        kind: str,
        run: Run,
        reason: str,
        barrier: str = "",
    ) -> Champion:
        """Move the pointer; `barrier` names the decision when it is a person's own."""
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
        taken = taken_back(connection, version, standing) if kind == "rollback" and standing is not None else []
        for other in sorted({*taken, *newer_of_window(connection, version)}):
            change.update(versions, {"model": model, "version": other}, eligible=None)
        settled = version.settled or change.seq
        key = {"model": model, "version": number}
        change.update(versions, key, state="champion", eligible=change.seq, settled=settled)
        if barrier and run.is_person:
            put_barrier(connection, change, model, barrier, run.actor, number, *([before] if before else []))
        change.tell(
            _EVENTS[kind], version=number, epoch=epoch, from_version=before, reason=reason, **_over(version, run)
        )
        made = last_promotion(connection, model)
        assert made is not None
        return champion_of(made)
