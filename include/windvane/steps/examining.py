"""The health of models: what the registry and the artifacts say, beside what Airflow told, in one pure call a model."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from windvane.errors import WindvaneError
from windvane.lifecycle.health import examine
from windvane.lifecycle.health_signs import Question, Signs
from windvane.results import DagState, ModelHealth, Verification
from windvane.results.health import LEVELS
from windvane.results.reason import fitting
from windvane.spec import Model
from windvane.stores import Stores
from windvane.stores.pages import ModelLine, Moment, Query

_MOST = 10_000
_FRESH_SECONDS = 300.0
"""How long a stored model that was there counts as there."""

_LEAST_SHARE = 0.1
"""What an examination has of the budget, though another one had all of it just now: a mended file is soon seen."""

_SAME_SECONDS = 60.0
"""How long a model counts as it did when nothing of it changed but the time: some of them up to twice as long."""


@dataclass(frozen=True)
class _Examined:
    """How a model was found, and from what: nothing else decides, but the time."""

    line: ModelLine
    why: tuple[str, tuple[str, datetime] | None]
    """Why its stored model cannot be read, and what somebody found who verified it."""
    dags: tuple[DagState, ...] | None
    until: datetime
    health: ModelHealth

    def holds(
        self,
        line: ModelLine,
        why: tuple[str, tuple[str, datetime] | None],
        dags: tuple[DagState, ...] | None,
        now: datetime,
    ) -> bool:
        """True when the model would be found the same: all that is known of it is as it was then."""
        same = line is self.line or (line.audit_hash == self.line.audit_hash and line == self.line)
        return same and now < self.until and why == self.why and dags == self.dags


class Examiner:
    """Examines models, and remembers what does not change from one visit to the next: declarations, names of files.

    Args:
        budget: Seconds of each second in which stored models are looked for, and a tenth of that in each examination;
            None for as long as it takes. Those not reached are looked for the next time, the longest unseen first.
    """

    def __init__(self, budget: float | None = None) -> None:
        self._budget = budget
        self._specs: dict[str, tuple[str, Model | None]] = {}
        self._digests: dict[tuple[str, int], str] = {}
        self._seen: dict[tuple[str, int], tuple[float, str]] = {}
        self._looked = -1.0  # longer ago than a second by any monotonic clock
        self._examined: dict[str, _Examined] = {}

    def examine(
        self,
        stores: Stores,
        moment: Moment,
        lines: Sequence[ModelLine],
        now: datetime,
        airflow: Mapping[str, tuple[DagState, ...]] | None = None,
    ) -> dict[str, ModelHealth]:
        """Return the health of models, by name.

        Args:
            stores: Where their stored models are.
            moment: The moment of the registry that the lines are of.
            lines: The models.
            now: The time.
            airflow: What Airflow tells of their DAGs; None where it cannot be asked.
        """
        unreadable, wrong = self._looked_for(stores, moment, lines), _verified(moment, lines)
        found: dict[str, ModelHealth | None] = {}
        for line in lines:
            dags = None if airflow is None else airflow.get(line.model, ())
            known = self._examined.get(line.model)
            why = (unreadable.get(line.model, ""), wrong.get(line.model))
            found[line.model] = known.health if known and known.holds(line, why, dags, now) else None
        anew = [line for line in lines if found[line.model] is None]
        specs, questions = self._declared(moment, anew), _questions(moment, anew)
        for line in anew:
            name = line.model
            why = (unreadable.get(name, ""), wrong.get(name))
            dags = None if airflow is None else airflow.get(name, ())
            health = examine(_signs(line, specs[name], questions.get(name, ()), *why, dags), now)
            spread = 1 + zlib.crc32(name.encode()) % 100 / 100  # so that no visit examines all models anew
            until = now + timedelta(seconds=spread * _SAME_SECONDS)
            self._examined[name] = _Examined(line, why, dags, until, health)
            found[name] = health
        return {name: health for name, health in found.items() if health is not None}

    def tags(self, model: str) -> tuple[str, ...]:
        """Return the tags that a model's registered declaration has; nothing before the model was examined."""
        spec = self._specs.get(model, ("", None))[1]
        return spec.tags if spec else ()

    def _declared(self, moment: Moment, lines: Sequence[ModelLine]) -> dict[str, Model | None]:
        known = self._specs
        changed = [line.model for line in lines if known.get(line.model, ("",))[0] != line.spec_digest]
        digests = {line.model: line.spec_digest for line in lines}
        for name, fields in moment.specs(changed).items():
            known[name] = (digests[name], _read(fields))
        return {line.model: known.get(line.model, ("", None))[1] for line in lines}

    def _looked_for(self, stores: Stores, moment: Moment, lines: Sequence[ModelLine]) -> dict[str, str]:
        """Return why champions' stored models cannot be read, by model."""
        begun = time.monotonic()
        share = max(_LEAST_SHARE, min(1.0, begun - self._looked))
        budget = None if self._budget is None else self._budget * share
        champions = [(line.model, line.champion) for line in lines if line.champion is not None]
        never = (-_FRESH_SECONDS, "")
        stale = [
            one for one in champions if begun - self._seen.get(one, never)[0] >= _FRESH_SECONDS or self._seen[one][1]
        ]
        stale.sort(key=lambda one: self._seen.get(one, never)[0])
        self._digests |= moment.stored_models([one for one in stale if one not in self._digests][:_MOST])
        for one in stale:
            if budget is not None and time.monotonic() - begun > budget:
                break
            self._seen[one] = (time.monotonic(), _why_not(stores, self._digests[one]))
        self._looked = begun
        return {one[0]: self._seen[one][1] for one in champions if one in self._seen}


def examine_all(
    stores: Stores, now: datetime, airflow: Mapping[str, tuple[DagState, ...]] | None = None, only: str | None = None
) -> list[ModelHealth]:
    """Return the health of every model, the worst first; see `windvane.lifecycle.health`.

    Args:
        stores: Registry and artifacts.
        now: The time.
        airflow: What Airflow tells of their DAGs; None where it cannot be asked.
        only: The one model that is asked for.

    Raises:
        UnknownModel: There is no such model.
    """
    with stores.registry.read() as moment:
        lines = [moment.line(only)] if only else list(moment.models(Query(limit=_MOST)).rows)
        return worst_first(Examiner().examine(stores, moment, lines, now, airflow).values())


def worst_first(found: Iterable[ModelHealth]) -> list[ModelHealth]:
    """Return models as they are to be looked at."""
    return sorted(found, key=lambda one: (LEVELS.index(one.level), one.model))


def _signs(
    line: ModelLine,
    spec: Model | None,
    questions: tuple[Question, ...],
    unreadable: str,
    verified: tuple[str, datetime] | None,
    dags: tuple[DagState, ...] | None,
) -> Signs:
    alert = None
    if line.decision == "alert" or line.incidents:
        alert = (line.window, line.reason or "", line.wrong_since or line.decided_at)
    refused = None
    if line.newest is not None and line.newest_state == "rejected" and line.newest_at is not None:
        refused = (line.newest, line.newest_at, line.newest_reason or "")
    return Signs(
        model=line.model,
        spec=spec,
        champion=line.champion,
        champion_at=line.champion_at,
        champion_window=line.champion_window,
        unreadable=unreadable,
        alert=alert,
        scored=line.scored,
        monitored=line.window,
        concluded_at=line.decided_at,
        conclusion=line.reason or "",
        losses=line.losses,
        questions=questions,
        refused=refused,
        versions=line.newest or 0,
        paused_at=line.paused_at,
        retrain_at=line.retrain_at,
        dags=dags,
        verified=verified,
        registered=line.registered,
    )


def _verified(moment: Moment, lines: Sequence[ModelLine]) -> dict[str, tuple[str, datetime]]:
    """Return what somebody found who verified a model last, where that was not good, and when."""
    found = {}
    for model, known in moment.verifications([lines[0].model] if len(lines) == 1 else None).items():
        last, wrong = known[0], standing_problem(known)
        if wrong is not None:
            found[model] = (f"{wrong.actor} verified it, and found: {wrong.problem}", wrong.at)
        elif not last.holds:
            said = f"Event {last.upto} of the audit log is not the one that {last.actor} verified"
            found[model] = (said, last.at)
    return found


def standing_problem(known: Sequence[Verification]) -> Verification | None:
    """Return the verification whose problem still stands; the audit log alone proves nothing of files.

    Args:
        known: The last verification of the audit log alone, and the last of everything, the later one first.
    """
    return next((one for one in known if one.problem and (one is known[0] or one.everything)), None)


def _questions(moment: Moment, lines: Sequence[ModelLine]) -> dict[str, tuple[Question, ...]]:
    """Return the versions that wait for a person, each with the deadline of the question about it, if one was asked."""
    found: dict[str, dict[int, Question]] = {}
    for one, asked in moment.questions([line.model for line in lines if line.waiting]):
        since, deadline = (asked.requested_at, asked.deadline) if asked else (one.created_at, None)
        found.setdefault(one.model, {})[one.version] = Question(one.version, since, deadline)
    return {model: tuple(questions.values()) for model, questions in found.items()}


def _read(fields: Mapping[str, object]) -> Model | None:
    """Return a declaration, or None where this version cannot read it: its other pages say why."""
    try:
        return Model.from_stored(fields)
    except WindvaneError:
        return None


def _why_not(stores: Stores, digest: str) -> str:
    try:
        return "" if stores.artifacts.has(digest) else "it is missing"
    except WindvaneError as error:
        return fitting(f"{error.name}: {error.cause}")
