"""`SqlRegistry`: the parts put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from windvane.errors import Unguarded
from windvane.stores.registry import AuditLogCheck
from windvane.stores.registry.audit import Audit
from windvane.stores.registry.champions import Champions
from windvane.stores.registry.models import Models
from windvane.stores.registry.monitoring import Monitoring
from windvane.stores.registry.people import People as PeoplePart
from windvane.stores.registry.scores import PublishedScores
from windvane.stores.registry.snapshots import Snapshots
from windvane.stores.registry.staging import Staging
from windvane.stores.registry.versions import Versions
from windvane.stores.sql.audit_log import Clock, now
from windvane.stores.sql.connection import reads
from windvane.stores.sql.guarding import unguarded
from windvane.stores.sql.pausing import Pausing
from windvane.stores.sql.transfer import Transfer
from windvane.stores.sql.trials import Trials
from windvane.stores.sql.verifying import broken, verify

if TYPE_CHECKING:
    import sqlalchemy as sa


class Tower(Trials, Transfer, Pausing):
    """The registry in a SQL database; see `windvane.stores.registry.Registry` for what its methods promise.

    Args:
        url: A SQLAlchemy URL: `sqlite:////srv/windvane/registry.db` (the file and its folders are made), or
            `postgresql://user:password@host:5432/registry` (the database is there, and empty).
        busy_timeout: How long to wait for another writer, in seconds.
        clock: The moment a change is recorded at; it never chooses data.
    """

    @reads
    def verify_audit_log(self, connection: sa.Connection, model: str) -> AuditLogCheck:
        """See `Registry.verify_audit_log`."""
        damage = self._backend.damage(connection)
        if damage is not None:
            raise broken(f"{self._backend.where} is damaged: {damage}")
        self.known(connection, model)
        try:
            return verify(connection, model)
        except (TypeError, KeyError, AttributeError) as error:  # a text where a number was, a word that is gone
            raise broken(f"{model}: a row or an event holds something else than was written: {error}") from error

    @reads
    def verify_guards(self, connection: sa.Connection) -> None:
        """See `Registry.verify_guards`."""
        wrong = unguarded(connection)
        if wrong is not None:
            remedy = "find out who, and what was written since; export the models, and import them into a new registry"
            raise Unguarded(f"{self._backend.where}: {wrong}", remedy)


class _Part:
    """Some methods of the tower, under their own names."""

    def __init__(self, tower: Tower, names: dict[str, str]) -> None:
        self._tower, self._names = tower, names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tower, self._names[name])


class SqlRegistry:
    """The registry in a SQL database, in parts."""

    def __init__(self, url: str, busy_timeout: float = 30.0, clock: Clock = now) -> None:
        tower = Tower(url, busy_timeout, clock)
        self._tower = tower
        self.url: str = tower.url
        self.schema: str = tower.schema
        self.models: Models = cast("Any", _Part(tower, {"register": "register", "all": "models", "get": "model"}))
        self.snapshots: Snapshots = cast(
            "Any",
            _Part(
                tower,
                {
                    "add": "add_snapshot",
                    "get": "snapshot",
                    "get_all": "snapshots",
                    "latest": "latest_snapshot",
                    "add_validation": "add_validation",
                },
            ),
        )
        self.versions: Versions = cast(
            "Any",
            _Part(
                tower,
                {
                    "begin": "begin_version",
                    "building": "building",
                    "add": "add_version",
                    "get": "version",
                    "by_fingerprint": "version_by_fingerprint",
                    "all": "versions",
                    "add_evaluation": "add_evaluation",
                    "add_gate": "add_gate",
                    "reject": "reject",
                    "add_explanation": "add_explanation",
                    "explanation": "explanation",
                },
            ),
        )
        self.champions: Champions = cast(
            "Any",
            _Part(
                tower,
                {
                    "current": "champion",
                    "at": "champion_for",
                    "comparison_for": "comparison_for",
                    "first": "first_champion",
                    "promotions": "promotions",
                    "promote": "promote",
                    "mark_eligible": "eligible",
                    "rollback": "rollback",
                },
            ),
        )
        self.people: PeoplePart = cast(
            "Any",
            _Part(
                tower,
                {
                    "pause": "pause",
                    "resume": "resume",
                    "request_approval": "ask_approval",
                    "answer_approval": "answer_approval",
                    "approvals": "approvals",
                },
            ),
        )
        self.staging: Staging = cast(
            "Any",
            _Part(
                tower,
                {
                    "add_shadow": "add_shadow",
                    "shadow": "shadow",
                    "add_live": "add_live",
                    "live": "live",
                    "begin": "begin_rollout",
                    "rollouts": "rollouts",
                    "stage_window": "stage_window",
                    "advance": "advance_rollout",
                },
            ),
        )
        self.scores: PublishedScores = cast(
            "Any", _Part(tower, {"add": "add_scores", "latest": "scores", "published": "published"})
        )
        self.monitoring: Monitoring = cast(
            "Any",
            _Part(
                tower,
                {
                    "add": "add_monitoring",
                    "results": "monitoring",
                    "add_report": "add_report",
                    "reports": "reports",
                    "requests": "requests",
                    "mark_started": "mark_started",
                    "incidents": "incidents",
                    "notices": "notices",
                    "mark_notified": "mark_notified",
                },
            ),
        )
        self.audit: Audit = cast(
            "Any",
            _Part(
                tower,
                {
                    "take_fence": "take_fence",
                    "events": "events",
                    "events_of": "events_of",
                    "verify": "verify_audit_log",
                    "verify_guards": "verify_guards",
                    "rows": "rows",
                    "receive": "receive",
                },
            ),
        )

    def close(self) -> None:
        """Let go of what is open."""
        self._tower.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tower, name)
