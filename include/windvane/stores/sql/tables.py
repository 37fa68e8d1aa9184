"""The registry's tables. Records are kept as the canonical JSON they are hashed as; what is asked for has columns.

A table with a `seq` is vouched for: `seq` is the event that wrote the row last, and that event holds the row's digest.
Its rows are written through `Change` (in `audit_log.py`) and never deleted.
"""

from __future__ import annotations

import sqlalchemy as sa

from windvane.stores.sql.kinds import Moment, Name, Words

metadata = sa.MetaData(
    naming_convention={  # a constraint without a name cannot be migrated later
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


UNHASHED = {"unhashed": True}
"""Marks a column that is no part of a row's digest: every event changes it."""


def _model() -> sa.Column[str]:
    return sa.Column("model", Name(63), sa.ForeignKey("models.name"), nullable=False)


def _seq() -> sa.Column[int]:
    """Return the column of the event that wrote a row last."""
    return sa.Column("seq", sa.Integer, nullable=False, server_default="0")


identity = sa.Table(
    "identity",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),  # 1: the one row, there from the beginning
    sa.Column("id", Name(36), nullable=False),  # empty until the registry first meets its artifacts
)

models = sa.Table(
    "models",
    metadata,
    sa.Column("name", Name(63), primary_key=True),
    sa.Column("owner", Words, nullable=False),
    sa.Column("description", Words, nullable=False),
    sa.Column("task", Name(16), nullable=False),
    sa.Column("spec_digest", Name(71), nullable=False),
    sa.Column("spec", Words, nullable=False),
    sa.Column("registered_at", Moment, nullable=False),
    # the end of the audit log: what the next event follows
    sa.Column("audit_seq", sa.Integer, nullable=False, info=UNHASHED),
    sa.Column("audit_hash", Name(71), nullable=False, info=UNHASHED),
    sa.Column("audit_at", Moment, nullable=False, info=UNHASHED),
    _seq(),
    sa.Index("models_by_event", "name", "seq"),
)

names = sa.Table(  # what a model was renamed to; its records stay under the name that it began with
    "names",
    metadata,
    _model(),
    sa.Column("name", Name(63), nullable=False, unique=True),
    _seq(),  # the name that was given last is the present one
    sa.PrimaryKeyConstraint("model", "name"),
    sa.Index("names_by_event", "model", "seq"),
)

events = sa.Table(
    "events",
    metadata,
    _model(),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", Name(32), nullable=False),
    sa.Column("actor", Words, nullable=False),
    sa.Column("run_id", Words, nullable=False),
    sa.Column("payload", Words, nullable=False),
    # what the payload says, for who looks for it; `verify` holds one against the other
    sa.Column("version", sa.Integer),
    sa.Column("window", Name(32)),
    sa.Column("rows", Words, nullable=False, server_default="{}"),  # digests of what the change wrote
    sa.Column("previous", Name(71), nullable=False),
    sa.Column("hash", Name(71), nullable=False),
    sa.PrimaryKeyConstraint("model", "seq"),
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    _model(),
    sa.Column("digest", Name(71), nullable=False),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("mature", sa.Boolean, nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),  # the event that recorded it last
    sa.Column("manifest", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "digest"),
    sa.Index("snapshots_by_window", "model", "window", "recorded"),
    sa.Index("snapshots_by_event", "model", "seq"),
)

validations = sa.Table(
    "validations",
    metadata,
    _model(),
    sa.Column("snapshot", Name(71), nullable=False),
    sa.Column("digest", Name(71), nullable=False),
    sa.Column("success", sa.Boolean, nullable=False),
    sa.Column("validation", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "snapshot", "digest"),
    sa.ForeignKeyConstraint(["model", "snapshot"], ["snapshots.model", "snapshots.digest"]),
    sa.Index("validations_by_event", "model", "seq"),
)

versions = sa.Table(
    "versions",
    metadata,
    _model(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("fingerprint", Name(71), nullable=False),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("window_end", Moment, nullable=False),
    sa.Column("trained_until", Moment, nullable=False),
    sa.Column("state", Name(16), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("actor", Words, nullable=False),
    sa.Column("run_id", Words, nullable=False),
    sa.Column("dag_run", Words, nullable=False),  # `run_id` without its DAG: what a request for a retrain names
    sa.Column("draft", Words, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),  # how many it was trained on
    sa.Column("evaluation", Name(71)),
    sa.Column("gate", Words),
    sa.Column("decision", Name(20)),  # the gate's; none before it was asked
    sa.Column("decided", Words),  # its first reason
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
    sa.Column("reason", Words, nullable=False, server_default=""),
    sa.Column("eligible", sa.Integer),  # the event that did so last; none once it is taken back
    sa.Column("settled", sa.Integer),  # the event that decided on it first
    sa.Column("beside", sa.Integer),  # the version that the gate compared it with, 0 for none
    _seq(),
    sa.PrimaryKeyConstraint("model", "version"),
    sa.UniqueConstraint("model", "fingerprint"),
    sa.Index(
        "one_champion",
        "model",
        unique=True,
        sqlite_where=sa.text("state = 'champion'"),
        postgresql_where=sa.text("state = 'champion'"),
    ),
    sa.Index("versions_eligible", "model", "window_end", "eligible"),
    sa.Index("versions_by_event", "model", "seq"),
)

judgements = sa.Table(  # what a version came to beside each one that it was compared with
    "judgements",
    metadata,
    _model(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("beside", sa.Integer, nullable=False),  # 0 for none
    sa.Column("evaluation", Name(71), nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "version", "beside"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index("judgements_by_event", "model", "seq"),
)

barriers = sa.Table(  # decisions of people, beyond which nothing is decided again
    "barriers",
    metadata,
    _model(),
    sa.Column("barrier", sa.Integer, nullable=False),  # the event
    sa.Column("kind", Name(16), nullable=False),
    sa.Column("window_end", Moment, nullable=False),
    sa.Column("actor", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "barrier"),
    sa.Index("barriers_by_event", "model", "seq"),
)

builds = sa.Table(
    "builds",
    metadata,
    _model(),
    sa.Column("fingerprint", Name(71), nullable=False),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("actor", Words, nullable=False),
    sa.Column("run_id", Words, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("version", sa.Integer),  # none while it is being built
    _seq(),
    sa.PrimaryKeyConstraint("model", "fingerprint"),
    sa.Index("builds_by_event", "model", "seq"),
)

promotions = sa.Table(
    "promotions",
    metadata,
    _model(),
    sa.Column("epoch", sa.Integer, nullable=False),  # its primary key lets one attempt win
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", Name(16), nullable=False),
    sa.Column("from_version", sa.Integer),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Words, nullable=False),
    sa.Column("actor_kind", Name(16), nullable=False),  # `person` or `automation`
    sa.Column("run_id", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "epoch"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index("promotions_by_moment", "model", "at"),
    sa.Index("promotions_by_version", "model", "version", "epoch"),
    sa.Index("promotions_by_kind", "model", "kind", "epoch"),
    sa.Index("promotions_by_event", "model", "seq"),
)

scores = sa.Table(
    "scores",
    metadata,
    _model(),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("artifact", Name(71), nullable=False),
    sa.Column("published", sa.Integer, nullable=False),  # the event that published it last
    sa.Column("scores", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "window", "version", "artifact"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index("scores_by_event", "model", "seq"),
)

publications = sa.Table(  # every publication of a window's scores, as the audit log tells them, in columns
    "publications",
    metadata,
    _model(),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("publication", sa.Integer, nullable=False),  # numbered from 1 in each window
    sa.Column("recorded", sa.Integer, nullable=False),  # the event that tells it
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("artifact", Name(71), nullable=False),
    sa.Column("snapshot", Name(71), nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("staged", sa.Integer),
    sa.Column("share", sa.Float),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Words, nullable=False),
    sa.Column("run_id", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.PrimaryKeyConstraint("model", "window", "publication"),
    sa.Index("publications_by_event", "model", "recorded"),
    info={"derived": True},
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("request", Name(71), primary_key=True),
    _model(),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("window_start", Moment, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("requested", sa.Integer, nullable=False),  # the event that asked for it
    sa.Column("run_id", Words, nullable=False),
    sa.Column("started_at", Moment),
    _seq(),
    sa.Index("requests_by_window", "model", "window_start"),
    sa.Index("requests_by_event", "model", "seq"),
)

monitoring = sa.Table(
    "monitoring",
    metadata,
    _model(),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),  # the event that recorded it
    sa.Column("evidence", Name(71), nullable=False),
    sa.Column("decision", Name(20), nullable=False),
    sa.Column("request", Name(71), sa.ForeignKey("requests.request")),
    sa.Column("result", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "window", "recorded"),
    sa.UniqueConstraint("model", "window", "evidence"),
    sa.Index("monitoring_by_event", "model", "seq"),
)

incidents = sa.Table(
    "incidents",
    metadata,
    _model(),
    sa.Column("incident", sa.Integer, nullable=False),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("closed_window", Name(32)),
    sa.Column("closed_at", Moment),
    _seq(),
    sa.PrimaryKeyConstraint("model", "incident"),
    sa.Index("incidents_by_event", "model", "seq"),
)

notices = sa.Table(
    "notices",
    metadata,
    _model(),
    sa.Column("incident", sa.Integer, nullable=False),
    sa.Column("kind", Name(16), nullable=False),
    sa.Column("channel", Name(128), nullable=False),
    sa.Column("notified_at", Moment, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "incident", "kind", "channel"),
    sa.ForeignKeyConstraint(["model", "incident"], ["incidents.model", "incidents.incident"]),
    sa.Index("notices_by_event", "model", "seq"),
)

explanations = sa.Table(
    "explanations",
    metadata,
    _model(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("artifact", Name(71), nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "version"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index("explanations_by_event", "model", "seq"),
)

approvals = sa.Table(
    "approvals",
    metadata,
    _model(),
    sa.Column("approval", sa.Integer, nullable=False),  # the event that asked
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", Name(16), nullable=False),
    sa.Column("record", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "approval"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index("approvals_by_event", "model", "seq"),
)

shadow_scores = sa.Table(
    "shadow_scores",
    metadata,
    _model(),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("artifact", Name(71), nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),  # the event that recorded it
    sa.Column("scores", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "window", "version", "artifact"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index("shadow_scores_by_event", "model", "seq"),
)

live = sa.Table(
    "live",
    metadata,
    _model(),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("champion", sa.Integer, nullable=False),
    sa.Column("digest", Name(71), nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),  # the event that recorded it
    sa.Column("result", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "window", "version", "champion", "digest"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index("live_by_event", "model", "seq"),
)

rollouts = sa.Table(
    "rollouts",
    metadata,
    _model(),
    sa.Column("rollout", sa.Integer, nullable=False),  # the event that began it
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", Name(16), nullable=False),
    sa.Column("record", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "rollout"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index(
        "one_rollout",
        "model",
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
    sa.Index("rollouts_by_event", "model", "seq"),
)

rollout_windows = sa.Table(
    "rollout_windows",
    metadata,
    _model(),
    sa.Column("rollout", sa.Integer, nullable=False),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("record", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "rollout", "window"),
    sa.ForeignKeyConstraint(["model", "rollout"], ["rollouts.model", "rollouts.rollout"]),
    sa.Index("rollout_windows_by_event", "model", "seq"),
)

erased = sa.Table(  # artifacts that are gone on purpose: what their digests, which stay in the records, stand for now
    "erased",
    metadata,
    _model(),
    sa.Column("digest", Name(71), nullable=False),
    sa.Column("kind", Name(24), nullable=False),
    sa.Column("successor", Name(71), nullable=False),  # the same without what was erased; empty for nothing
    sa.Column("removed", sa.Integer, nullable=False),  # rows that it had and its successor has not
    sa.Column("remaining", sa.Integer, nullable=False),  # rows of the successor
    _seq(),  # the event that erased it says when, who and why
    sa.PrimaryKeyConstraint("model", "digest"),
    sa.Index("erased_by_event", "model", "seq"),
    sa.Index("erased_by_digest", "digest"),
)

studies = sa.Table(  # searches for parameters
    "studies",
    metadata,
    _model(),
    sa.Column("study", Name(71), nullable=False),
    sa.Column("window", Name(32), nullable=False),
    sa.Column("record", Words, nullable=False),
    sa.Column("chosen", sa.Integer),  # the trial that was chosen
    sa.Column("headline", Words, nullable=False),
    _seq(),
    sa.PrimaryKeyConstraint("model", "study"),
    sa.Index("studies_by_window", "model", "window"),
    sa.Index("studies_by_event", "model", "seq"),
)

trials = sa.Table(
    "trials",
    metadata,
    _model(),
    sa.Column("study", Name(71), nullable=False),
    sa.Column("trial", sa.Integer, nullable=False),
    sa.Column("proposal", Words, nullable=False),  # parameters and seed
    sa.Column("state", Name(16), nullable=False),
    sa.Column("owner", Words, nullable=False),
    sa.Column("claim", sa.Integer, nullable=False),  # grows each time that somebody begins it
    sa.Column("until", Moment, nullable=False),
    sa.Column("result", Words),
    sa.Column("cost", Words),
    _seq(),
    sa.PrimaryKeyConstraint("model", "study", "trial"),
    sa.ForeignKeyConstraint(["model", "study"], ["studies.model", "studies.study"]),
    sa.Index("trials_by_event", "model", "seq"),
)

received = sa.Table(  # histories that came in a file: none of this registry's runs made their versions
    "received",
    metadata,
    _model(),
    sa.Column("versions", sa.Integer, nullable=False),  # up to which number
    sa.Column("trusted", sa.Boolean, nullable=False),  # a person trusted the file's author
    sa.PrimaryKeyConstraint("model"),
    info={"derived": True},
)

verifications = sa.Table(  # what was verified, when and by whom: no event, or each would make one to verify
    "verifications",
    metadata,
    _model(),
    sa.Column("verification", sa.Integer, nullable=False),
    sa.Column("upto", sa.Integer, nullable=False),  # the last event that was looked at
    sa.Column("hash", Name(71), nullable=False),  # its hash
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Words, nullable=False),
    sa.Column("everything", sa.Boolean, nullable=False),  # files too
    sa.Column("problem", Words, nullable=False),  # the first that was found; empty for none
    sa.PrimaryKeyConstraint("model", "verification"),
    sa.Index("verifications_by_kind", "model", "everything", "verification"),
    info={"derived": True},  # of this registry's history, not of the model's
)

fences = sa.Table(
    "fences",
    metadata,
    sa.Column("work", Words, primary_key=True),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("began", Moment),
    sa.Column("taken_at", Moment, nullable=False),
)

windows = sa.Table(  # the latest conclusion about each window, in columns: what pages sort, filter and draw
    "windows",
    metadata,
    _model(),
    sa.Column("window", sa.String(32), nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),  # the row of `monitoring` that it tells
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("version", sa.Integer),
    sa.Column("loss", sa.Float),
    sa.Column("first_loss", sa.Float),
    sa.Column("previous_loss", sa.Float),
    sa.Column("checks", sa.Integer, nullable=False),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.PrimaryKeyConstraint("model", "window"),
    info={"derived": True},
)

sa.Index("versions_by_state", versions.c.model, versions.c.state)
sa.Index("events_by_moment", events.c.at)
sa.Index("versions_by_decision", versions.c.decision, versions.c.state, versions.c.model)
sa.Index("versions_by_run", versions.c.model, versions.c.dag_run)
sa.Index("monitoring_by_decision", monitoring.c.model, monitoring.c.decision, monitoring.c.window)
sa.Index("events_by_kind", events.c.model, events.c.kind, events.c.seq)
sa.Index("events_by_version", events.c.model, events.c.version, events.c.seq)
sa.Index("events_by_window", events.c.model, events.c.kind, events.c.window, events.c.seq)
