"""The registry's protocol: what is known about models, and the only way to change it.

Every change is one transaction that appends an event to the model's trail; doing the same again changes nothing.
Where a transaction's answer gets lost, its fate is looked up, and it is not made twice. The backend is SQL:
`windvane.stores.sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from windvane.results import (
    Approval,
    Build,
    Champion,
    Evaluation,
    Event,
    GateResult,
    Incident,
    LiveResult,
    MonitorResult,
    Move,
    Notice,
    Record,
    RetrainRequest,
    Rollout,
    Run,
    Scores,
    Snapshot,
    StagedWindow,
    Validation,
    Version,
    VersionDraft,
)
from windvane.results.people import Answer, ApprovalState, RolloutState


class ModelRow(Record):
    """A model as it was last registered."""

    name: str
    owner: str
    description: str
    task: str
    spec_digest: str
    registered_at: datetime
    """When it was first registered."""
    spec: dict[str, Any]


class TrailCheck(NamedTuple):
    """What was found to be as it was written."""

    events: int
    rows: int
    """Rows of tables that the events vouch for."""


class Row(NamedTuple):
    """One row of one of the registry's tables, its values as JSON holds them."""

    table: str
    values: dict[str, Any]


class Registry(Protocol):
    """What is known, transactionally. A method that names a model raises `UnknownModel` when there is none."""

    url: str
    """Where it is, without credentials."""
    schema: str
    """The revision of its tables."""

    def take_fence(self, run: Run) -> Run:
        """Return the run of an attempt with the next number of its work; all earlier attempts are refused from now on.

        Every method that takes a run refuses one whose `fence` is not the last of its `work`, with `StaleAttempt`, and
        writes nothing. A run without a `work` has no rivals, and needs no fence.

        Raises:
            StaleAttempt: A later attempt has taken one already.
        """
        ...

    def register(self, model: str, spec_digest: str, spec: dict[str, Any], run: Run) -> None:
        """Make a model known, or note that its spec changed."""
        ...

    def models(self) -> list[ModelRow]:
        """Return all models, by name."""
        ...

    def model(self, model: str) -> ModelRow:
        """Return one model."""
        ...

    def add_snapshot(self, snapshot: Snapshot, mature: bool, run: Run) -> None:
        """Record a snapshot as its window's latest; once recorded as mature, it stays so.

        Args:
            snapshot: The manifest.
            mature: True when the window's outcomes were due when it was taken.
            run: Who took it.
        """
        ...

    def snapshot(self, model: str, digest: str) -> Snapshot:
        """Return a snapshot, or raise `UnknownSnapshot`."""
        ...

    def latest_snapshot(self, model: str, window_key: str, mature_only: bool) -> Snapshot | None:
        """Return the last snapshot recorded for a window."""
        ...

    def add_validation(self, model: str, validation: Validation, run: Run) -> None:
        """Record the outcome of the declared expectations on a snapshot."""
        ...

    def begin_version(self, model: str, window_key: str, fingerprint: str, run: Run) -> Version | None:
        """Note that a version is being built, or return the one that these inputs made before.

        A build that was begun and never finished is taken over: it is the same version.
        """
        ...

    def building(self, model: str) -> list[Build]:
        """Return the builds that were begun and are not finished, the oldest first."""
        ...

    def add_version(self, draft: VersionDraft, run: Run) -> Version:
        """Finish a build: give its draft the next number; the same fingerprint again returns the version there is."""
        ...

    def version(self, model: str, number: int) -> Version:
        """Return a version, or raise `UnknownVersion`."""
        ...

    def version_by_fingerprint(self, model: str, fingerprint: str) -> Version | None:
        """Return the version made of exactly these inputs."""
        ...

    def versions(self, model: str, limit: int | None = None, offset: int = 0) -> list[Version]:
        """Return the versions that were built, the newest first."""
        ...

    def add_evaluation(self, model: str, number: int, digest: str, evaluation: Evaluation, run: Run) -> None:
        """Record a version's latest evaluation; a built version becomes evaluated."""
        ...

    def add_gate(self, model: str, number: int, result: GateResult, run: Run) -> None:
        """Record the gate's latest decision about a version."""
        ...

    def reject(self, model: str, number: int, run: Run, reason: str) -> Version:
        """Mark an evaluated version as rejected; one that is, or was, champion stays what it is.

        Raises:
            IllegalMove: The version was never evaluated.
        """
        ...

    def champion(self, model: str, as_of: datetime | None = None) -> Champion | None:
        """Return where the pointer stands, or stood at a moment."""
        ...

    def champion_for(self, model: str, moment: datetime) -> Champion | None:
        """Return the version of the newest window that had ended by a moment, of those that were let through.

        With the start of a window: the one that may score it, since it has seen none of the window's rows. Let through
        are versions that were promoted, and those that passed their gate when a newer window had its champion already;
        so the answer does not depend on the order in which windows were trained. What a person rolled back does not
        count, until a person promotes it again.
        """
        ...

    def rival_of(self, model: str, number: int) -> Champion | None:
        """Return the newest version let through, other than this one, that was trained on none of its holdout."""
        ...

    def first_champion(self, model: str) -> Champion | None:
        """Return the first champion there ever was."""
        ...

    def moves(self, model: str, limit: int | None = None, offset: int = 0) -> list[Move]:
        """Return the moves of the pointer, the newest first."""
        ...

    def promote(self, model: str, number: int, expected_epoch: int, run: Run, reason: str) -> Champion:
        """Make a version the champion, by compare-and-swap on the epoch.

        A version that is the champion now, or that this very promotion made champion before, is left as it is.

        Args:
            model: The model.
            number: The version.
            expected_epoch: The epoch the decision looked at; 0 means that there was no champion.
            run: Who asks. `cli:` and `airflow:` actors are people; all others are automation.
            reason: Why.

        Raises:
            IllegalMove: The version was never evaluated; or it was rejected, and no person with a reason asks.
            StaleChampion: The pointer has moved since.
            OlderWindow: The champion's window ends later than the version's.
            AutomationPaused: A person paused the model's automation, and automation asks.
            RolledBack: A person rolled it, or a version of the same or a later window, back; automation may go on
                with newer windows only.
        """
        ...

    def let_through(self, model: str, number: int, run: Run, reason: str) -> Version:
        """Let a version through late: it passed, but a newer window has its champion already. The pointer stays.

        A version that was let through before is left as it is.

        Raises:
            IllegalMove: The version was never evaluated, or it was rejected, and no person with a reason asks.
            StaleChampion: The champion is of no newer window (any more): promote it.
            AutomationPaused: A person paused the model's automation, and automation asks.
            RolledBack: A person rolled this version, or its window, back.
        """
        ...

    def rollback(self, model: str, number: int, run: Run, reason: str, expected_epoch: int | None = None) -> Champion:
        """Move the pointer back to a version that was champion before; the same run again changes nothing.

        Args:
            model: The model.
            number: The version.
            run: Who asks.
            reason: Why.
            expected_epoch: The epoch that the person looked at; None goes back from wherever the pointer stands.

        Raises:
            IllegalMove: No reason, no person, the version was never champion, or it is the champion now.
            StaleChampion: The pointer has moved since.
        """
        ...

    def pause(self, model: str, run: Run, reason: str) -> None:
        """Stop a model's automation: until a person resumes it, it promotes nothing and asks for no retrain.

        Raises:
            IllegalMove: No person, or no reason.
        """
        ...

    def resume(self, model: str, run: Run, reason: str) -> None:
        """Let a model's automation go on.

        Raises:
            IllegalMove: No person, or no reason.
        """
        ...

    def add_scores(self, scores: Scores, run: Run) -> None:
        """Make a file of scores the published one of its window."""
        ...

    def scores(self, model: str, window_key: str) -> Scores | None:
        """Return the window's published scores."""
        ...

    def published(
        self, model: str, window_key: str | None = None, version: int | None = None, limit: int | None = None
    ) -> list[Scores]:
        """Return every file of scores that was ever published, the last published first."""
        ...

    def add_explanation(self, model: str, number: int, digest: str, run: Run) -> None:
        """Record where a version's latest explanation is kept."""
        ...

    def explanation(self, model: str, number: int) -> str | None:
        """Return the digest of a version's latest explanation."""
        ...

    def ask_approval(
        self, model: str, number: int, within: timedelta, run: Run, deadline: datetime | None = None
    ) -> Approval:
        """Ask a person about a version; the same run finds the question it asked before, while it is open.

        Args:
            model: The model.
            number: A version of which the gate says `needs_approval`.
            within: How long there is to answer.
            run: Who asks.
            deadline: Until when, instead.

        Raises:
            IllegalMove: The gate does not ask for a person.
        """
        ...

    def answer_approval(
        self, model: str, approval: int, state: ApprovalState, answer: Answer, run: Run, reason: str, why: str = ""
    ) -> Approval:
        """Record the answer to a question, once; only a yes may become void later.

        Args:
            model: The model.
            approval: The question.
            state: What the answer comes to.
            answer: What was said.
            run: Who said it.
            reason: Their words.
            why: Why the answer does not count, if it does not.

        Raises:
            IllegalMove: The question was answered otherwise before, or there is none.
        """
        ...

    def approvals(self, model: str, number: int | None = None) -> list[Approval]:
        """Return the questions asked, the newest first."""
        ...

    def add_shadow(self, scores: Scores, run: Run) -> None:
        """Keep a challenger's scores of a window, which are not published."""
        ...

    def shadow(self, model: str, window_key: str | None = None, version: int | None = None) -> list[Scores]:
        """Return the latest unpublished scores of each window and version."""
        ...

    def add_live(self, result: LiveResult, run: Run) -> None:
        """Record how a challenger did beside the champion on a window."""
        ...

    def live(self, model: str, version: int | None = None, champion: int | None = None) -> list[LiveResult]:
        """Return the latest result of each window, version and champion, in the order of the windows."""
        ...

    def begin_rollout(
        self,
        model: str,
        number: int,
        shares: Sequence[float],
        margin: float,
        expected_epoch: int,
        run: Run,
        reason: str,
    ) -> Rollout:
        """Begin a promotion in stages; one of the same version at the same epoch is returned as it is, or as it ended.

        Another one that is under way is withdrawn, unless its version is of a newer window. A move of the champion
        ends whichever is under way: `promoted` when its version arrived, else `withdrawn`.

        Raises:
            StaleChampion, OlderWindow, RolledBack, IllegalMove: As `promote`.
        """
        ...

    def rollouts(self, model: str, number: int | None = None) -> list[Rollout]:
        """Return the promotions in stages, with the windows they scored, the newest first."""
        ...

    def stage_window(self, model: str, rollout: int, window_key: str, window_start: datetime, run: Run) -> StagedWindow:
        """Fix the share of the keys that a window is scored with; a window keeps the share it had first.

        Raises:
            IllegalMove: The promotion has ended, and the window was not part of it.
        """
        ...

    def move_rollout(
        self,
        model: str,
        rollout: int,
        run: Run,
        *,
        stage: int | None = None,
        state: RolloutState = "open",
        why: str = "",
    ) -> Rollout:
        """Move a promotion to another stage, or end it; one that has ended stays as it is."""
        ...

    def add_monitoring(
        self,
        result: MonitorResult,
        request: RetrainRequest | None,
        run: Run,
        *,
        cooldown_since: datetime | None = None,
        daily_cap: int | None = None,
    ) -> MonitorResult:
        """Record what the monitor concluded together with the retrain it asks for, in one transaction.

        The same window, version and evidence again return what is recorded, and ask for nothing.

        Args:
            result: The conclusion.
            request: The retrain it asks for.
            run: Who monitors.
            cooldown_since: No second retrain is asked for while another one concerns a window that starts at this
                moment or later; the conclusion is then `hold`, and says so.
            daily_cap: Nor when as many were asked for in the last 24 hours.
        """
        ...

    def monitoring(self, model: str, window_key: str | None = None, limit: int | None = None) -> list[MonitorResult]:
        """Return the latest conclusion of each window, the newest window first."""
        ...

    def add_report(self, model: str, window_key: str, digest: str, run: Run) -> None:
        """Note which artifact is a window's last report."""
        ...

    def reports(self, model: str, window_key: str | None = None) -> dict[str, str]:
        """Return window to digest of its last report, of one window or of all."""
        ...

    def requests(self, model: str, pending_only: bool = False) -> list[RetrainRequest]:
        """Return the retrains asked for, the oldest first."""
        ...

    def mark_started(self, request_id: str, run: Run) -> None:
        """Note that a run answers a request, or raise `UnknownRequest`."""
        ...

    def incidents(self, model: str, open_only: bool = False, limit: int | None = None) -> list[Incident]:
        """Return the incidents, the newest first. `add_monitoring` opens and closes them."""
        ...

    def notices(self, model: str, channel: str, since: datetime) -> list[Notice]:
        """Return what a channel has not told people yet, the oldest incident first.

        Args:
            model: The model.
            channel: Name of the way in which people are told.
            since: What happened earlier is not told any more.
        """
        ...

    def mark_told(self, notice: Notice, channel: str, run: Run) -> None:
        """Note that a channel told people, or raise `UnknownIncident`."""
        ...

    def events(self, model: str, limit: int | None = None, before: int | None = None) -> list[Event]:
        """Return the trail, the newest event first; with `before`, only what came before that event's `seq`."""
        ...

    def events_of(self, model: str, number: int) -> list[Event]:
        """Return the events that concern a version, the oldest first."""
        ...

    def verify_trail(self, model: str) -> TrailCheck:
        """Recompute the trail's hashes, and hold every row of the tables against the digests in it.

        It reads one moment, in memory that does not grow with the trail.

        Raises:
            TrailBroken: An event or a row is not what was written; the first one is named.
        """
        ...

    def rows(self, model: str) -> Iterator[Row]:
        """Yield all rows of a model as they are at one moment, in an order in which they can be received."""
        ...

    def receive(self, model: str, rows: Callable[[], Iterable[Row]]) -> None:
        """Take in all rows of a model that is not there yet, in one transaction.

        Args:
            model: The model.
            rows: Gives them from their beginning, as `rows` does; called again when the transaction is.

        Raises:
            ModelExists: It is there.
            DamagedExport: A row is not one of the registry's tables, or another model's.
            TrailBroken: The rows are not what their own trail says.
        """
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
