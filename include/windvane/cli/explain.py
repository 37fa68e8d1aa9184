"""The pages of `windvane show`: a model, and one version with its verdicts, metrics and origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from windvane.cli.evidence import evaluation_blocks, heading, warning_blocks
from windvane.cli.output import Answer, facts, table
from windvane.cli.reasons import verdict_blocks
from windvane.lifecycle.overriding import overridden_by
from windvane.lifecycle.wording import elsewhere, refitted, trained_until
from windvane.results import Approval, Evaluation, Rollout, Version

if TYPE_CHECKING:
    from windvane.stores import Stores


def version_label(number: int | None) -> str | None:
    """Return `v3`, as people name versions."""
    return None if number is None else f"v{number}"


def version_data(version: Version) -> dict[str, Any]:
    """Return a version's facts under the words of the vocabulary."""
    data = version.model_dump(mode="json")
    data["digest"] = data.pop("artifact")
    data["at"] = data.pop("created_at")
    gate = data.pop("gate")
    data["decision"] = gate["decision"] if gate else None
    data["reasons"] = gate["reasons"] if gate else []
    data["verdicts"] = gate["verdicts"] if gate else []
    return data


def model_page(name: str, stores: Stores) -> Answer:
    """Explain a model: what was declared, who scores, what is there."""
    row = stores.registry.models.get(name)
    champion = stores.registry.champions.current(name)
    versions = stores.registry.versions.all(name)
    monitored = stores.registry.monitoring.results(name, limit=1)
    last = monitored[0] if monitored else None
    waiting = [item.version for item in stores.registry.people.approvals(name) if item.state == "open"]
    running = next((item for item in stores.registry.staging.rollouts(name) if item.state == "open"), None)
    data = {
        "model": row.name,
        "owner": row.owner,
        "task": row.task,
        "description": row.description,
        "at": row.registered_at,
        "digest": row.spec_digest,
        "champion": champion.version if champion else None,
        "epoch": champion.epoch if champion else 0,
        "window": champion.window if champion else None,
        "versions": len(versions),
        "requested": waiting,
        "staged": running.version if running else None,
        "share": running.share if running else None,
        "monitored": last.window if last else None,
        "decision": last.decision if last else None,
        "reasons": last.reasons if last else (),
        "spec": row.spec,
    }
    named = ("model", "description", "owner", "task")
    shown = {name: data[name] for name in named} | {
        "target": row.spec.get("target"),
        "windows": f"{row.spec.get('window')}, {row.spec.get('timezone')}",
        "champion": version_label(champion.version if champion else None),
        "epoch": data["epoch"],
        "since": champion.at if champion else None,
        "versions": data["versions"],
        "awaiting approval": [f"v{item}" for item in waiting] or None,
        "in stages": f"v{running.version}, at {running.share:.0%} of the keys" if running else None,
        "monitored": data["monitored"],
        "decision": data["decision"],
        "why": last.reasons[0].headline if last and last.reasons else None,
        "spec": data["digest"],
    }
    return Answer(data, [facts(shown)])


def version_page(name: str, number: int, stores: Stores) -> Answer:
    """Explain a version: what was decided and why, how good it is, and what it was made from."""
    version = stores.registry.versions.get(name, number)
    champion = stores.registry.champions.current(name)
    evaluation = None
    if version.evaluation is not None:
        evaluation = Evaluation.from_json(stores.artifacts.get(version.evaluation))
    data = version_data(version)
    data["champion"] = champion.version if champion else None
    data["epoch"] = champion.epoch if champion else 0
    data["evaluation"] = evaluation.model_dump(mode="json") if evaluation else None
    data["approvals"] = stores.registry.people.approvals(name, number)
    data["rollouts"] = stores.registry.staging.rollouts(name, number)
    over = overridden_by(version, stores.registry.champions.promotions(name))
    data["overridden_by"] = over.actor if over else None
    decision = {
        "model": name,
        "version": version_label(number),
        "state": version.state,
        "window": version.window,
        "decision": data["decision"],
        "because": version.gate.headline if version.gate else None,
        **({"gate overridden by": f"{over.actor}: {over.reason}"} if over else {}),
        "champion": version_label(data["champion"]),
        "built": version.created_at,
        "actor": version.actor,
        "run": version.run_id,
    }
    blocks: list[RenderableType] = [facts(decision)]
    if version.gate:
        blocks += [*heading("verdicts"), *verdict_blocks(version.gate.verdicts)]
    if evaluation:
        blocks += evaluation_blocks(evaluation, stores.registry.models.get(name).spec)
    blocks += warning_blocks(version.warnings)
    blocks += _people(data["approvals"], data["rollouts"])
    return Answer(data, [*blocks, *heading("made from"), facts({**_origins(version), **_fitting(version)})])


def _fitting(version: Version) -> dict[str, Any]:
    """Return how a fit went, where that is not plain: where it stopped, and which categories it knows."""
    early = version.stopped
    said = (
        f"{early.rounds:,}, by the last {early.rows:,} rows, from {early.since:%Y-%m-%d %H:%M} UTC" if early else None
    )
    known = ", ".join(f"{name} ({len(values):,})" for name, values in version.categories.items())
    found = {"rounds before it stopped early": said, "categories it knows": known or None}
    return {name: value for name, value in found.items() if value}


def _people(approvals: list[Approval], rollouts: list[Rollout]) -> list[RenderableType]:
    """Return what people answered, and how a promotion in stages went."""
    drawn: list[RenderableType] = []
    if approvals:
        rows = [
            (item.requested_at, item.requested_by, item.deadline, item.state, item.actor, item.reason, item.why)
            for item in approvals
        ]
        heads = ("asked at", "asked by", "until", "state", "answered by", "words", "does not count because")
        drawn += [*heading("approvals"), table(heads, rows)]
    if rollouts:
        staged = [
            (
                item.began_at,
                item.state,
                f"{item.stage} of {len(item.shares)}",
                ", ".join(f"{one.window} at {one.share:.0%}" for one in item.windows),
                item.why,
            )
            for item in rollouts
        ]
        drawn += [*heading("stages"), table(("began", "state", "passed", "windows", "why it ended"), staged)]
    return drawn


def _origins(version: Version) -> dict[str, object]:
    return {
        "rows": version.rows,
        "trained until": trained_until(version),
        **({"made elsewhere": elsewhere(version)} if version.elsewhere else {}),
        **({"scores with": refitted(version)} if version.refit else {}),
        "snapshots": version.snapshots,
        "digest": version.artifact,
        **({"judged": version.refit.judged} if version.refit else {}),
        "fingerprint": version.fingerprint,
        "profile": version.profile,
        "spec": version.spec_digest,
        "code": version.code_digest,
        "seed": version.seed,
        "environment": ", ".join(f"{name} {known}" for name, known in sorted(version.environment.items())),
    }
