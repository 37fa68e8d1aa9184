"""Versions on trial: scores that were not published, live comparisons, and promotions in stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from windvane.errors import IllegalMove, OlderWindow
from windvane.results import LiveResult, Rollout, Run, Scores, StagedWindow, Version
from windvane.results.people import RolloutState
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.erasures import AGAIN, refuse_erased
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.pointer import last_promotion, refuse_promotion
from windvane.stores.sql.rollouts import end_rollout, open_rollout, rollouts_of, windows_of
from windvane.stores.sql.tables import live, rollout_windows, rollouts, shadow_scores
from windvane.stores.sql.versions import version_row


class SqlStaging(Part):
    """See `windvane.stores.registry.staging.Staging` for what its methods promise."""

    @writes
    def add_shadow(self, connection: sa.Connection, scores: Scores, run: Run) -> None:
        """See `Registry.add_shadow`."""
        lock(connection, scores.model)
        version_row(connection, scores.model, scores.version)
        key = {name: getattr(scores, name) for name in ("model", "window", "version", "artifact")}
        if connection.execute(sa.select(shadow_scores.c.seq).filter_by(**key)).first() is not None:
            return
        where = f"{scores.model} {scores.window} was scored"
        refuse_erased(connection, scores.model, (scores.snapshot, scores.artifact), where, AGAIN)
        change = self.database.change(connection, scores.model, run)
        text = scores.model_copy(update={"at": change.at}).to_json()
        change.insert(shadow_scores, **key, recorded=change.seq, scores=text)
        message = {"window": scores.window, "version": scores.version, "artifact": scores.artifact, "rows": scores.rows}
        change.tell("scores.shadowed", **message)

    @reads
    def shadow(
        self, connection: sa.Connection, model: str, window_key: str | None = None, version: int | None = None
    ) -> list[Scores]:
        """See `Registry.shadow`."""
        query = sa.select(shadow_scores).where(shadow_scores.c.model == model).order_by(shadow_scores.c.recorded)
        if window_key is not None:
            query = query.where(shadow_scores.c.window == window_key)
        if version is not None:
            query = query.where(shadow_scores.c.version == version)
        latest = {(row.window, row.version): Scores.from_json(row.scores) for row in connection.execute(query)}
        return list(latest.values())

    @writes
    def add_live(self, connection: sa.Connection, result: LiveResult, run: Run) -> None:
        """See `Registry.add_live`."""
        lock(connection, result.model)
        key: dict[str, Any] = {name: getattr(result, name) for name in ("model", "window", "version", "champion")}
        key["digest"] = result.sha256
        if connection.execute(sa.select(live.c.seq).filter_by(**key)).first() is not None:
            return
        change = self.database.change(connection, result.model, run)
        change.insert(live, **key, recorded=change.seq, result=result.to_json())
        message = {"window": result.window, "version": result.version, "champion": result.champion}
        change.tell("version.compared", **message, outcome=result.outcome, headline=result.reason.headline)

    @reads
    def live(
        self, connection: sa.Connection, model: str, version: int | None = None, champion: int | None = None
    ) -> list[LiveResult]:
        """See `Registry.live`."""
        query = sa.select(live).where(live.c.model == model).order_by(live.c.recorded)
        if version is not None:
            query = query.where(live.c.version == version)
        if champion is not None:
            query = query.where(live.c.champion == champion)
        latest = {
            (row.window, row.version, row.champion): LiveResult.from_json(row.result)
            for row in connection.execute(query)
        }
        return sorted(latest.values(), key=lambda item: (item.window_start, item.version, item.champion))

    @writes
    def begin(
        self,
        connection: sa.Connection,
        model: str,
        number: int,
        shares: Sequence[float],
        margin: float,
        expected_epoch: int,
        run: Run,
        reason: str,
    ) -> Rollout:
        """See `Registry.begin_rollout`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        standing = last_promotion(connection, model)
        same = [item for item in rollouts_of(connection, model, number) if item.expected_epoch == expected_epoch]
        if same:
            return same[0]
        refuse_promotion(connection, version, standing, expected_epoch, run, reason)
        if standing is None or standing.version == number:
            raise IllegalMove(f"{model} v{number} has no other champion to take over from", "promote it at once")
        running = open_rollout(connection, model)
        if running is not None:
            _refuse_older(version, version_row(connection, model, running.version))
        change = self.database.change(connection, model, run)
        if running is not None:
            end_rollout(change, running, "withdrawn", f"v{number} of window {version.window} takes its place")
        begun = Rollout(
            model=model,
            rollout=change.seq,
            version=number,
            champion=standing.version,
            expected_epoch=expected_epoch,
            shares=tuple(shares),
            margin=margin,
            state="open",
            stage=0,
            began_at=change.at,
            actor=run.actor,
            reason=reason,
            run_id=run.run_id,
        )
        row = {"model": model, "rollout": begun.rollout, "version": number, "state": begun.state}
        change.insert(rollouts, **row, record=begun.to_json())
        message = {"rollout": begun.rollout, "version": number, "champion": standing.version, "shares": list(shares)}
        replaced = {"replaces": running.version} if running else {}
        change.tell("rollout.began", **message, **replaced, expected_epoch=expected_epoch, reason=reason)
        return begun

    @reads
    def rollouts(self, connection: sa.Connection, model: str, number: int | None = None) -> list[Rollout]:
        """See `Registry.rollouts`."""
        known(connection, model)
        return rollouts_of(connection, model, number)

    @writes
    def stage_window(
        self, connection: sa.Connection, model: str, rollout: int, window_key: str, window_start: datetime, run: Run
    ) -> StagedWindow:
        """See `Registry.stage_window`."""
        lock(connection, model)
        staged_before = next(
            (item for item in windows_of(connection, model, rollout) if item.window == window_key), None
        )
        if staged_before is not None:
            return staged_before
        found = next(item for item in rollouts_of(connection, model) if item.rollout == rollout)
        if found.state != "open":
            raise IllegalMove(
                f"{model}: the promotion of v{found.version} is {found.state}: {found.why}", "score again"
            )
        staged = StagedWindow(window=window_key, window_start=window_start, stage=found.stage, share=found.share)
        change = self.database.change(connection, model, run)
        change.insert(rollout_windows, model=model, rollout=rollout, window=window_key, record=staged.to_json())
        message = {"rollout": rollout, "version": found.version, "window": window_key}
        change.tell("rollout.scored", **message, stage=staged.stage, share=staged.share)
        return staged

    @writes
    def advance(
        self,
        connection: sa.Connection,
        model: str,
        rollout: int,
        run: Run,
        *,
        stage: int | None = None,
        state: RolloutState = "open",
        why: str = "",
    ) -> Rollout:
        """See `Registry.advance`."""
        lock(connection, model)
        found = next(item for item in rollouts_of(connection, model) if item.rollout == rollout)
        stage = found.stage if stage is None else stage
        if found.state != "open" or (state, stage) == (found.state, found.stage):
            return found
        change = self.database.change(connection, model, run)
        if state == "open":
            moved = found.model_copy(update={"stage": stage})
            change.update(rollouts, {"model": model, "rollout": rollout}, record=_bare(moved).to_json())
            change.tell(
                "rollout.moved", rollout=rollout, version=found.version, stage=stage, share=moved.share, why=why
            )
            return moved
        end_rollout(change, found.model_copy(update={"stage": stage}), state, why)
        change.tell(f"rollout.{state}", rollout=rollout, version=found.version, stage=stage, why=why)
        return next(item for item in rollouts_of(connection, model) if item.rollout == rollout)


def _bare(found: Rollout) -> Rollout:
    return found.model_copy(update={"windows": ()})


def _refuse_older(version: Version, running: Version) -> None:
    if running.window_end > version.window_end:
        cause = f"{version.model} v{version.version} is of window {version.window}, older than {running.window} of "
        raise OlderWindow(
            f"{cause}v{running.version}, which is being promoted", "to stop that, use `windvane withdraw`"
        )
