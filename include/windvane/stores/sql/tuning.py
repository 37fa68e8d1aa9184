"""Studies and trials: begun, taken over, finished and chosen, each change an event of the model's audit log."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from windvane.results import Cost, Run, Study, Trial, TrialResult
from windvane.spec import canonical_json
from windvane.stores.sql.audit_log import Change, known, lock
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.tables import studies, trials

_SHORT = 19
"""Characters of a digest that tell it from others in an event."""


class SqlTuning(Part):
    """See `windvane.stores.registry.tuning.Tuning` for what its methods promise."""

    @writes
    def begin(self, connection: sa.Connection, study: Study, run: Run) -> Study:
        """See `Tuning.begin`."""
        lock(connection, study.model)
        there = _study(connection, study.model, study.study)
        if there is not None:
            return there
        change = self.database.change(connection, study.model, run)
        key = {"model": study.model, "study": study.study}
        change.insert(studies, **key, window=study.window, record=study.to_json(), chosen=None, headline="")
        change.tell("study.begun", study=study.study, window=study.window, first=len(study.first))
        return study

    @reads
    def study(self, connection: sa.Connection, model: str, study: str) -> Study | None:
        """See `Tuning.study`."""
        return _study(connection, model, study)

    @reads
    def studies(self, connection: sa.Connection, model: str, limit: int | None = None) -> list[Study]:
        """See `Tuning.studies`."""
        known(connection, model)
        query = sa.select(studies).where(studies.c.model == model).order_by(studies.c.seq.desc())
        return [_study_of(row) for row in connection.execute(query.limit(limit))]

    @reads
    def trials(self, connection: sa.Connection, model: str, study: str, since: int = 0) -> list[Trial]:
        """See `Tuning.trials`."""
        query = sa.select(trials).filter_by(model=model, study=study).where(trials.c.trial >= since)
        return [_trial_of(row) for row in connection.execute(query.order_by(trials.c.trial))]

    @writes
    def begin_trial(
        self,
        connection: sa.Connection,
        model: str,
        study: str,
        trial: int,
        parameters: dict[str, Any],
        seed: int,
        owner: str,
        until: datetime,
        run: Run,
    ) -> bool:
        """See `Tuning.begin_trial`."""
        lock(connection, model)
        key = {"model": model, "study": study}
        last = connection.execute(sa.select(sa.func.max(trials.c.trial)).filter_by(**key)).scalar()
        if (-1 if last is None else last) + 1 != trial:
            return False
        proposal = canonical_json({"parameters": parameters, "seed": seed})
        state = {"state": "running", "owner": owner, "claim": 1, "until": until, "result": None, "cost": None}
        change = self.database.change(connection, model, run)
        change.insert(trials, **key, trial=trial, proposal=proposal, **state)
        change.tell("trial.begun", study=study[:_SHORT], trial=trial, claim=1)
        return True

    @writes
    def take_over(
        self,
        connection: sa.Connection,
        model: str,
        study: str,
        trial: int,
        claim: int,
        owner: str,
        until: datetime,
        run: Run,
    ) -> bool:
        """See `Tuning.take_over`."""
        change = self._change_of(connection, model, study, trial, claim, run)
        if change is None:
            return False
        key = {"model": model, "study": study, "trial": trial}
        change.update(trials, key, owner=owner, claim=claim + 1, until=until)
        change.tell("trial.begun", study=study[:_SHORT], trial=trial, claim=claim + 1)
        return True

    @writes
    def finish(
        self,
        connection: sa.Connection,
        model: str,
        study: str,
        trial: int,
        claim: int,
        result: TrialResult,
        cost: Cost,
        run: Run,
    ) -> bool:
        """See `Tuning.finish`."""
        change = self._change_of(connection, model, study, trial, claim, run)
        if change is None:
            return False
        key = {"model": model, "study": study, "trial": trial}
        change.update(trials, key, state=result.state, result=result.to_json(), cost=cost.to_json())
        told = {"problem": result.problem} if result.problem else {}
        change.tell("trial.ended", study=study[:_SHORT], trial=trial, state=result.state, loss=result.loss, **told)
        return True

    @writes
    def choose(self, connection: sa.Connection, model: str, study: str, trial: int, headline: str, run: Run) -> Study:
        """See `Tuning.choose`."""
        lock(connection, model)
        there = _study(connection, model, study)
        assert there is not None  # whoever chooses has read it
        if there.chosen is not None:
            return there
        change = self.database.change(connection, model, run)
        change.update(studies, {"model": model, "study": study}, chosen=trial, headline=headline)
        change.tell("study.chosen", study=study, window=there.window, trial=trial, headline=headline)
        return there.model_copy(update={"chosen": trial, "headline": headline})

    def _change_of(
        self, connection: sa.Connection, model: str, study: str, trial: int, claim: int, run: Run
    ) -> Change | None:
        """Return a change of a trial that still runs under a claim; None of one that does not."""
        lock(connection, model)
        query = sa.select(trials.c.claim).filter_by(model=model, study=study, trial=trial, state="running", claim=claim)
        if connection.execute(query).first() is None:
            return None
        return self.database.change(connection, model, run)


def _study(connection: sa.Connection, model: str, study: str) -> Study | None:
    row = connection.execute(sa.select(studies).filter_by(model=model, study=study)).one_or_none()
    return _study_of(row) if row else None


def _study_of(row: Any) -> Study:
    return Study.model_validate({**json.loads(row.record), "chosen": row.chosen, "headline": row.headline})


def _trial_of(row: Any) -> Trial:
    own = {name: getattr(row, name) for name in ("model", "study", "trial", "state", "owner", "claim", "until")}
    ended = {name: json.loads(getattr(row, name)) if getattr(row, name) else None for name in ("result", "cost")}
    return Trial.model_validate({**own, **json.loads(row.proposal), **ended})
